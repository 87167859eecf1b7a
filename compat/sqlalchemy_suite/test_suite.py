"""The suite itself; it ships inside the installed package."""

from sqlalchemy.testing.suite import *  # noqa: F403
