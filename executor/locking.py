"""Row locks of reading statements: keys to locked, newest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from executor.context import ExecContext
from planner.logical import LockMode, LockWait
from store.api import LockMode as StoreLockMode
from store.api import LockWait as StoreLockWait

_MODES: Final = {LockMode.UPDATE: StoreLockMode.EXCLUSIVE, LockMode.SHARE: StoreLockMode.SHARED}
_WAITS: Final = {
    LockWait.WAIT: StoreLockWait.WAIT,
    LockWait.NOWAIT: StoreLockWait.NOWAIT,
    LockWait.SKIP_LOCKED: StoreLockWait.SKIP_LOCKED,
}
_DEFAULT_WAIT_SECONDS: Final = 50


def lock_wait_ms(context: ExecContext) -> int:
    """How long this session waits for a row lock (innodb_lock_wait_timeout)."""
    seconds = context.variables.get("innodb_lock_wait_timeout", _DEFAULT_WAIT_SECONDS)
    assert isinstance(seconds, int), "innodb_lock_wait_timeout is a number of seconds"
    return seconds * 1000


async def lock_rows(context: ExecContext, keys: Sequence[bytes], mode: LockMode, wait: LockWait) -> dict[bytes, bytes]:
    """Locks the keys (at READ COMMITTED those that exist) and gives the newest value of each that exists, the
    transaction's own writes in front; keys that SKIP LOCKED left alone are missing. Raises the store's lock errors."""
    transaction = context.transaction
    assert transaction is not None, "locks belong to a transaction"
    if not keys:
        return {}
    buffer = transaction.buffer
    result = await transaction.lock_keys(
        keys,
        mode=_MODES[mode],
        wait=_WAITS[wait],
        wait_ms=lock_wait_ms(context),
        return_values=True,
        only_if_exists=not context.locks_missing,
        for_write=context.evaluation.in_dml,
    )
    found = {}
    for key in keys:
        if key in result.skipped:
            continue
        value = buffer.get(key) if key in buffer else result.values.get(key)
        if value is not None:
            found[key] = value
    return found
