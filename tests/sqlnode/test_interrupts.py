"""KILL, or a client's end, at the moment in which a statement is about to wait."""

from __future__ import annotations

import asyncio

import pytest

from executor.context import KillFlag
from sqlnode.base.errors import QUERY_INTERRUPTED, SqlError
from sqlnode.base.tasks import start
from sqlnode.session.interrupts import interruptible
from store import open_store


def killed() -> SqlError:
    return SqlError(QUERY_INTERRUPTED)


def test_killed_before_the_task_that_will_wait_has_its_turn() -> None:
    async def main() -> None:
        kill = KillFlag()
        ended = asyncio.get_running_loop().create_future()
        begun: list[int] = []

        async def long() -> None:
            begun.append(1)
            await asyncio.sleep(600)

        def begin() -> None:
            """As a connection's data callback does: outside of any task."""
            assert not start(interruptible(kill, long()), asyncio.get_running_loop(), "statement", ended.set_result)
            assert kill.waiting is None
            kill.error = killed()

        asyncio.get_running_loop().call_soon(begin)
        error = await asyncio.wait_for(ended, 30)
        assert isinstance(error, SqlError) and error.code == 1317
        assert not begun

    asyncio.run(main())


def test_killed_before_a_lock_is_waited_for() -> None:
    async def main() -> None:
        store = open_store("memory:")
        owner = store.begin(await store.timestamp(), pessimistic=True)
        await owner.lock_keys([b"k"])
        waiter = store.begin(await store.timestamp(), pessimistic=True)
        kill = KillFlag()
        waiter.check = kill.check
        await waiter.lock_keys([b"free"])
        kill.error = killed()
        assert not waiter.cancel_wait()
        with pytest.raises(SqlError):
            await asyncio.wait_for(waiter.lock_keys([b"other", b"k"]), 30)
        kill.error = None
        await waiter.rollback()
        await owner.lock_keys([b"free", b"other"])
        await owner.rollback()
        await store.close()

    asyncio.run(main())
