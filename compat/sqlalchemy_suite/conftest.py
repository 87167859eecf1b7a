"""Hands the run over to SQLAlchemy's pytest plugin, as a dialect's own tests do."""

import pytest

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403
