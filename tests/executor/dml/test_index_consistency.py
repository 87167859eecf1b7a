"""Random data changes of every kind; after each, rows and index entries agree, and constraints hold."""

from __future__ import annotations

import asyncio
import random

import pytest

from executor.dml.table_writer import writer_of
from executor.result import RowsResult
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.check_table import inconsistencies
from sqlnode.instance import open_instance
from sqlnode.session.execution import make_context
from sqlnode.session.session import Session
from store.codec.keys import decode_record_key, index_range, record_range

TABLES = {
    "clustered": "id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(8), g INT AS (a * 2), s INT AS (a + 1) STORED,"
    " at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, UNIQUE KEY ua (a), KEY kb (b), KEY kg (g),"
    " KEY kat (at), UNIQUE KEY usb (s, b)",
    "common": "a INT, b VARCHAR(8), c DECIMAL(8,2) DEFAULT 1.5, PRIMARY KEY (b, a), UNIQUE KEY uc (c), KEY ka (a)",
    "hidden": "a INT, b VARCHAR(8), d DATETIME DEFAULT NOW(), UNIQUE KEY uab (a, b), KEY kb (b)",
}


def statement(table: str, source: random.Random) -> str:
    a = source.choice(("NULL", *map(str, range(8)))) if table != "common" else str(source.randrange(8))
    b = source.choice(("'x'", "'Y'", "'zz '", "'é'"))
    where = source.choice((f"a = {a}", f"b = {b}", f"a > {source.randrange(8)}", "1 = 1"))
    limit = source.choice(("", " LIMIT 1", " ORDER BY a DESC LIMIT 2"))
    return source.choice(
        (
            f"INSERT INTO {table} (a, b) VALUES ({a}, {b})",
            f"INSERT INTO {table} (a, b) VALUES ({a}, {b}), ({source.randrange(9)}, 'x')",
            f"INSERT IGNORE INTO {table} (a, b) VALUES ({a}, {b}), ({source.randrange(9)}, 'x')",
            f"REPLACE INTO {table} (a, b) VALUES ({a}, {b}), ({source.randrange(9)}, {b})",
            f"INSERT INTO {table} (a, b) VALUES ({a}, {b}) ON DUPLICATE KEY UPDATE a = a + 1, b = VALUES(b)",
            f"INSERT INTO {table} (a, b) SELECT a + 3, b FROM {table} WHERE {where}",
            f"UPDATE {table} SET a = a + 1 WHERE {where}{limit}",
            f"UPDATE {table} SET b = {b}, a = {a} WHERE {where}{limit}",
            f"UPDATE IGNORE {table} SET a = a + 1, b = 'x' WHERE {where}",
            f"UPDATE {table} x JOIN {table} y ON x.a = y.a + 1 SET x.b = y.b, y.a = y.a",
            f"DELETE FROM {table} WHERE {where}{limit}",
            f"DELETE x FROM {table} x JOIN {table} y ON x.a = y.a + 2",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT s",
            "ROLLBACK TO s",
        )
    )


async def stray_entries(session: Session, info: TableInfo) -> str:
    """As CHECK TABLE, with the virtual columns computed."""
    store = session.instance.store
    snapshot = store.snapshot(await store.timestamp())
    context = make_context(session, snapshot, None, ())
    writer = writer_of("test", info, context)
    expected = {}
    for key, value in await snapshot.scan(*record_range(info.id)):
        handle = decode_record_key(key)[1]
        row = writer.stored(writer.decode(value, handle, context.evaluation), session.zone)
        expected.update((entry.key, entry.value) for entry in writer.codec.index_entries(row, handle))
    found: dict[bytes, bytes] = {}
    for index in info.indexes:
        if index is not writer.codec.primary:
            found.update(await snapshot.scan(*index_range(info.id, index.id)))
    return "" if found == expected else f"{len(found)} entries, {len(expected)} expected"


async def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    result = await session.execute_text(sql.encode())
    assert isinstance(result, RowsResult)
    found = []
    if hasattr(result.batches, "__aiter__"):
        async for batch in result.batches:
            found += [tuple(row.values()) for row in batch.to_pylist()]
    else:
        for batch in result.batches:
            found += [tuple(row.values()) for row in batch.to_pylist()]
    await session.finish(result)
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("table", TABLES)
def test_random_changes(table: str, seed: int) -> None:
    async def main() -> None:
        instance = await open_instance("memory:")
        session = Session(instance, 1)
        await session.use("test")
        await session.execute_text(f"CREATE TABLE {table} ({TABLES[table]})".encode())
        source = random.Random(seed)
        done = 0
        for _ in range(120):
            sql = statement(table, source)
            try:
                await session.execute_text(sql.encode())
                done += 1
            except SqlError as error:
                assert error.code in (1062, 1305, 1706), f"{sql}: {error}"
            if source.random() < 0.3:
                counts = {
                    tuple(await rows(session, f"SELECT COUNT(*), SUM(a) FROM {table} {hint}"))
                    for hint in ("", f"FORCE INDEX ({'ka' if table == 'common' else 'kb'})")
                }
                assert len(counts) == 1, sql
        await session.execute_text(b"COMMIT")
        info = instance.catalogs.current.table("test", table)
        assert info is not None
        problem = await inconsistencies(session, info) or await stray_entries(session, info)
        assert not problem, problem
        assert done > 60
        await instance.close()

    asyncio.run(main())
