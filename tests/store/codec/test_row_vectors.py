"""Tables that TiDB wrote: our codec must produce the same keys and values, and read the same rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sqlnode.base import json as binary_json
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import TypeCode, Value
from store.codec import meta
from store.codec.keys import Handle, decode_record_key
from store.codec.rows import TableCodec, decode_rows
from tests.data.vectors import load
from tests.store.codec.values import value_from_shown

CASES: list[dict[str, Any]] = load("rows")
EXPECTED_SHARE = 0.85

# What is read but never written by us: the reason stands beside it.
READ_ONLY = {
    "row_checksum": "row checksum (off by default)",
    "row_checksum_cpk": "row checksum (off by default)",
    "added_columns": "rows written before a schema change",
    "ids_over_255": "rows written before a schema change",
    "modified_columns": "rows rewritten by a column type change keep old ids",
}
UNSUPPORTED = {
    "vectors": "type vector",
    "mv_index_unique": "multi-valued index",
    "idx_expr": "expression index (needs an evaluator above this package)",
}


def _pairs(case: dict[str, Any]) -> dict[bytes, bytes]:
    return {
        bytes.fromhex(pair["k"]): bytes.fromhex(pair.get("v_in_unistore", pair["v"]))
        for pair in case["pairs"]
        if not pair.get("dropped_index")
    }


def _rows(case: dict[str, Any], table: TableInfo) -> list[tuple[list[Value], Value]]:
    """(values by column offset, hidden row id) of every row of `select`; JSON is filled in later."""
    names = case["select"]["columns"]
    columns = {column.name.lower(): column for column in table.columns}
    rows = []
    for shown in case["select"]["rows"]:
        values: list[Value] = [None] * len(table.columns)
        row_id: Value = None
        for name, cell in zip(names, shown, strict=True):
            if name == "_tidb_rowid":
                row_id = int(cell)
                continue
            column = columns[name.lower()]
            if column.type.code == TypeCode.JSON:
                values[column.offset] = None if cell is None else cell.encode()
            else:
                values[column.offset] = value_from_shown(cell, column.type)
        rows.append((values, row_id))
    return rows


def _fill_from_stored(codec: TableCodec, values: list[Value], stored: bytes, handle: Handle) -> None:
    """Text loses JSON's types (dates, opaque) and a FLOAT's last digits: take these from the stored row, decoded."""
    decoded = codec.decode_row(stored, handle)
    for column in codec.table.columns:
        value, shown = decoded[column.offset], values[column.offset]
        if column.type.code == TypeCode.JSON and isinstance(value, bytes):
            values[column.offset] = binary_json.encode(binary_json.decode(value))
        if column.type.code == TypeCode.FLOAT and isinstance(value, float) and isinstance(shown, float):
            assert value == pytest.approx(shown, rel=1e-5)
            values[column.offset] = value


def _generate(case: dict[str, Any]) -> dict[bytes, bytes]:
    table = meta.table_from_json(case["table_info"])
    recorded = _pairs(case)
    physical = case["physical_ids"] if len(case["physical_ids"]) == 1 else case["physical_ids"][1:]
    codecs = [TableCodec(table, physical_id) for physical_id in physical]
    made: dict[bytes, bytes] = {}
    for values, row_id in _rows(case, table):
        handle = codecs[0].handle(values)
        if handle is None:
            assert isinstance(row_id, int)
            handle = row_id
        codec = next(codec for codec in codecs if codec.record_key(handle) in recorded)
        key = codec.record_key(handle)
        _fill_from_stored(codec, values, recorded[key], handle)
        made[key] = codec.encode_row(values)
        for entry in codec.index_entries(values, handle):
            made[entry.key] = entry.value
    return made


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["name"] not in READ_ONLY and case["name"] not in UNSUPPORTED],
    ids=lambda case: case["name"],
)
def test_same_bytes(case: dict[str, Any]) -> None:
    made, recorded = _generate(case), _pairs(case)
    assert {k.hex(): v.hex() for k, v in made.items()} == {k.hex(): v.hex() for k, v in recorded.items()}


@pytest.mark.parametrize("case", [c for c in CASES if c["name"] != "vectors"], ids=lambda case: case["name"])
def test_reads_rows(case: dict[str, Any]) -> None:
    table = meta.table_from_json(case["table_info"])
    codec = TableCodec(table)
    records = [pair for pair in case["pairs"] if pair["kind"] == "record"]
    keys = [bytes.fromhex(pair["k"]) for pair in records]
    values = [bytes.fromhex(pair["v"]) for pair in records]
    columns = [column for column in table.visible_columns if not column.is_virtual]
    decoder = codec.row_decoder(columns)
    singly = [decoder.decode(value, decode_record_key(key)[1]) for key, value in zip(keys, values, strict=True)]
    batch = decode_rows(keys, values, [codec.column_spec(column) for column in columns], codec.handle_parts())
    assert [list(row.values()) for row in batch.to_pylist()] == singly
    names = [name.lower() for name in case["select"]["columns"]]
    places = [names.index(column.name.lower()) for column in columns]
    expected = [[row[place] for place in places] for row in case["select"]["rows"]]
    # JSON text is MySQL's, not TiDB's.
    compared = [index for index, column in enumerate(columns) if column.type.code != TypeCode.JSON]
    shown = [[value_from_shown(row[index], columns[index].type) for index in compared] for row in expected]
    assert sorted(map(_comparable, shown)) == sorted(_comparable([row[index] for index in compared]) for row in singly)


def _comparable(row: list[Value]) -> str:
    """Rows as text; floats with the six digits that the vectors show of a FLOAT."""
    return repr([f"{value:.5g}" if isinstance(value, float) else value for value in row])


def test_share(capsys: pytest.CaptureFixture[str]) -> None:
    missing: Counter[str] = Counter()
    good = 0
    for case in CASES:
        reason = UNSUPPORTED.get(case["name"]) or READ_ONLY.get(case["name"])
        try:
            if reason is None and _generate(case) == _pairs(case):
                good += 1
                continue
        except (ValueError, SqlError) as error:
            reason = str(error)
        missing[reason or f"differs: {case['name']}"] += 1
    with capsys.disabled():
        print(f"\nrows.json: {good} of {len(CASES)} tables byte for byte ({good / len(CASES):.0%}); missing:")
        for reason, count in missing.most_common():
            print(f"  {count} {reason}")
    assert good / len(CASES) >= EXPECTED_SHARE
    assert not any(reason.startswith("differs") for reason in missing)


def test_metadata_round_trip() -> None:
    seen = 0

    def visit(node: Any) -> None:
        nonlocal seen
        if isinstance(node, dict):
            if "cols" in node and "index_info" in node:
                assert meta.table_to_json(meta.table_from_json(node)) == node
                seen += 1
                return
            if "db_name" in node and "id" in node:
                assert meta.database_to_json(meta.database_from_json(node)) == node
                seen += 1
            for child in node.values():
                visit(child)
        elif isinstance(node, list):
            for child in node:
                visit(child)

    visit(load("meta"))
    visit(CASES)
    assert seen > 100


def test_metadata_keys() -> None:
    bootstrap = load("meta")["bootstrap"]
    for item in bootstrap:
        structure, name, field = meta.decode_key(bytes.fromhex(item["key"]))
        assert name.decode() == item["name"]
        if structure == "hash" and item["name"] != "DDLJobHistory":
            assert isinstance(field, bytes)
            assert field.decode() == item["field"]
            assert meta.hash_key(name, field).hex() == item["key"]
        elif structure == "string":
            assert meta.string_key(name).hex() == item["key"]
