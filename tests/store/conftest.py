"""Stores for the tests of this package."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from store import open_store
from store.store import Store

T = TypeVar("T")
Runner = Callable[[Callable[[Store], Awaitable[None]]], None]


@pytest.fixture
def run() -> Runner:
    """Runs a coroutine function over a fresh store in memory."""

    def runner(body: Callable[[Store], Awaitable[None]]) -> None:
        async def main() -> None:
            store = open_store("memory:")
            try:
                await asyncio.wait_for(body(store), 30)
            finally:
                await store.close()

        asyncio.run(main())

    return runner
