from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sqlnode.wire.fake import Running, running
from tests.sqlnode.wire.script import script


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(script) as found:
        yield found
