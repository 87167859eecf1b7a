"""Index entries that we write, read back as whole columns: values, handles, restored strings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sqlnode.base.schema import ColumnInfo, IndexColumn, IndexInfo, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from store.codec.index_batch import IndexLayout, decode_index_entries
from store.codec.keys import decode_record_key
from store.codec.row_format import HandleParts
from store.codec.rows import TableCodec, decode_rows

INT = SqlType(TypeCode.LONG, 0, 11, 0)
KEY_INT = SqlType(TypeCode.LONG, Flag.NOT_NULL | Flag.PRI_KEY, 11, 0)


def text(collation: str, *, code: int = TypeCode.VARCHAR, flags: int = 0) -> SqlType:
    return SqlType(code, flags, 20, -1, "utf8mb4", collation)


def table(
    types: list[SqlType], indexes: list[IndexInfo], *, int_handle: bool, primary: tuple[int, ...] = ()
) -> TableInfo:
    columns = tuple(ColumnInfo(at + 1, f"c{at}", at, sql_type) for at, sql_type in enumerate(types))
    if primary:
        parts = tuple(IndexColumn(f"c{at}", at) for at in primary)
        indexes = [IndexInfo(9, "PRIMARY", parts, unique=True, primary=True), *indexes]
    return TableInfo(
        45,
        "t",
        "utf8mb4",
        "utf8mb4_bin",
        columns,
        tuple(indexes),
        pk_is_handle=int_handle,
        is_common_handle=not int_handle,
        common_handle_version=0 if int_handle else 1,
    )


def index(index_id: int, *offsets: int, unique: bool = False) -> IndexInfo:
    return IndexInfo(index_id, f"i{index_id}", tuple(IndexColumn(f"c{at}", at) for at in offsets), unique=unique)


TEXT = st.text(alphabet="aAbé \u65e5", max_size=12).map(str.encode)


def check(info: TableInfo, rows: list[list[Value]]) -> None:
    codec = TableCodec(info)
    parts = codec.handle_parts()
    handle_type = KEY_INT if info.pk_is_handle else None
    keys, values = [], []
    for row in rows:
        handle = codec.handle(row)
        assert handle is not None
        keys.append(codec.record_key(handle))
        values.append(codec.encode_row(row))
        decoded = codec.decode_row(values[-1], handle)
        assert decoded == row
        assert decode_record_key(keys[-1]) == (45, handle)
    specs = [codec.column_spec(column) for column in info.columns]
    assert [list(row.values()) for row in decode_rows(keys, values, specs, parts).to_pylist()] == rows
    for one in info.indexes:
        if one.primary:
            continue
        entries = []
        for row in rows:
            handle = codec.handle(row)
            assert handle is not None
            entries.extend(codec.index_entries(row, handle, only=one))
        columns = tuple(specs[part.offset] for part in one.columns)
        layout = IndexLayout(columns, handle_type, HandleParts(parts.ids, parts.types))
        arrays = decode_index_entries([entry.key for entry in entries], [entry.value for entry in entries], layout)
        offsets = [part.offset for part in one.columns]
        offsets += [0] if info.pk_is_handle else [column_id - 1 for column_id in parts.ids]
        expected = [[row[at] for at in offsets] for row in rows]
        assert [list(row) for row in zip(*(array.to_pylist() for array in arrays), strict=True)] == expected


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 5), st.none() | st.integers(-3, 3), st.none() | TEXT), min_size=1, max_size=6)
)
def test_integer_handles(rows: list[tuple[int, int | None, bytes | None]]) -> None:
    for collation in ("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_0900_ai_ci"):
        info = table(
            [KEY_INT, INT, text(collation)],
            [index(1, 1), index(2, 1, unique=True), index(3, 2), index(4, 2, 1, unique=True)],
            int_handle=True,
        )
        check(info, [list(row) for row in rows])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(TEXT, st.integers(-5, 5), st.none() | TEXT), min_size=1, max_size=6))
def test_common_handles(rows: list[tuple[bytes, int, bytes | None]]) -> None:
    required = Flag.NOT_NULL | Flag.PRI_KEY
    for collation in ("utf8mb4_bin", "utf8mb4_general_ci"):
        info = table(
            [text(collation, flags=required), KEY_INT, text(collation)],
            [index(1, 2), index(2, 2, unique=True), index(3, 0, 2)],
            int_handle=False,
            primary=(0, 1),
        )
        check(info, [list(row) for row in rows])
