"""Results that are sent while they are made, as asynchronous streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from sqlnode.base.errors import SqlError
from store.api import StoreError

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlnode.session.session import Session


async def as_async(batches: Any) -> AsyncIterator[pa.RecordBatch]:
    """Batches of either kind of iterator."""
    if hasattr(batches, "__aiter__"):
        async for batch in batches:
            yield batch
    else:
        for batch in batches:
            yield batch


async def watched(session: Session, batches: Any) -> AsyncIterator[pa.RecordBatch]:
    """The batches of a result that is sent while it is made: errors become the user's, rows are counted."""
    count = 0
    kill = session.kill
    try:
        async for batch in as_async(batches):
            kill.check()
            count += batch.num_rows
            session.found_rows = count
            yield batch
    except SqlError as error:
        session.rows_failed(error)
        raise
    except StoreError as error:
        raise session.rows_failed(error) from error
    finally:
        session.found_rows = count
        close = getattr(batches, "aclose", None) or getattr(batches, "close", None)
        if close is not None:
            closing = close()
            if closing is not None:
                await closing
