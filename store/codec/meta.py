"""Metadata: keys under the prefix ``m``, and DatabaseInfo / TableInfo to and from the JSON that TiDB writes.

Three structures live there: strings, hashes and lists. Database 1 has its tables in the hash ``DB:1`` under fields
``Table:<id>``; ``DBs`` lists the databases; counters (`NEXT_GLOBAL_ID`, auto ids) are decimal text.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

from sqlnode.base.schema import (
    ColumnInfo,
    ConstraintInfo,
    DatabaseInfo,
    ForeignKeyInfo,
    IndexColumn,
    IndexInfo,
    ReferenceAction,
    SchemaState,
    TableInfo,
    ViewInfo,
)
from sqlnode.base.types import SqlType
from store.codec.keys import decode_bytes, decode_int, decode_uint, encode_bytes, encode_int, encode_uint, prefix_next

PREFIX = b"m"
_STRING = ord("s")
_HASH = ord("h")
_LIST = ord("l")
_LIST_META = ord("L")

NEXT_GLOBAL_ID = b"NextGlobalID"
SCHEMA_VERSION = b"SchemaVersionKey"
DATABASES = b"DBs"
BOOTSTRAP = b"BootstrapKey"
DDL_JOB_LIST = b"DDLJobList"
DDL_JOB_HISTORY = b"DDLJobHistory"


# Keys


def string_key(name: bytes) -> bytes:
    """The key of a string (or counter)."""
    return PREFIX + encode_bytes(name) + encode_uint(_STRING)


def hash_prefix(name: bytes) -> bytes:
    """What the keys of all fields of a hash begin with."""
    return PREFIX + encode_bytes(name) + encode_uint(_HASH)


def hash_key(name: bytes, field: bytes) -> bytes:
    """The key of one field of a hash."""
    return hash_prefix(name) + encode_bytes(field)


def hash_range(name: bytes) -> tuple[bytes, bytes]:
    """[start, end) of all fields of a hash."""
    prefix = hash_prefix(name)
    return prefix, prefix_next(prefix)


def list_key(name: bytes, index: int) -> bytes:
    """The key of one list element."""
    return PREFIX + encode_bytes(name) + encode_uint(_LIST) + encode_int(index)


def list_meta_key(name: bytes) -> bytes:
    """The key that holds a list's half-open bounds (two signed 64-bit numbers, big-endian)."""
    return PREFIX + encode_bytes(name) + encode_uint(_LIST_META)


def encode_list_meta(left: int, right: int) -> bytes:
    """The value under `list_meta_key`."""
    return left.to_bytes(8, "big", signed=True) + right.to_bytes(8, "big", signed=True)


def decode_list_meta(value: bytes) -> tuple[int, int]:
    """Inverse of `encode_list_meta`."""
    return int.from_bytes(value[:8], "big", signed=True), int.from_bytes(value[8:16], "big", signed=True)


def decode_key(key: bytes) -> tuple[str, bytes, bytes | int | None]:
    """(structure, name, field or index): structure is `string`, `hash`, `list` or `list meta`. Raises ValueError."""
    if key[:1] != PREFIX:
        raise ValueError(f"not a metadata key: {key.hex()}")
    name, position = decode_bytes(key, 1)
    kind = decode_uint(key, position)
    position += 8
    if kind == _HASH:
        return "hash", name, decode_bytes(key, position)[0]
    if kind == _LIST:
        return "list", name, decode_int(key, position)
    if kind == _STRING:
        return "string", name, None
    if kind == _LIST_META:
        return "list meta", name, None
    raise ValueError(f"unknown metadata structure {kind:#x}")


def database_hash(database_id: int) -> bytes:
    """Name of the hash with a database's tables and counters."""
    return b"DB:%d" % database_id


def database_key(database_id: int) -> bytes:
    """Where a database's DBInfo JSON is."""
    return hash_key(DATABASES, database_hash(database_id))


def table_key(database_id: int, table_id: int) -> bytes:
    """Where a table's TableInfo JSON is."""
    return hash_key(database_hash(database_id), b"Table:%d" % table_id)


@lru_cache(maxsize=4096)
def row_id_key(database_id: int, table_id: int) -> bytes:
    """The counter of row ids (and auto-increment values where they share it)."""
    return hash_key(database_hash(database_id), b"TID:%d" % table_id)


@lru_cache(maxsize=4096)
def auto_increment_key(database_id: int, table_id: int) -> bytes:
    """The separate auto-increment counter (table version 5 with auto_id_cache 1)."""
    return hash_key(database_hash(database_id), b"IID:%d" % table_id)


def schema_diff_key(version: int) -> bytes:
    """Where the SchemaDiff JSON of a schema version is."""
    return string_key(b"Diff:%d" % version)


def job_history_key(job_id: int) -> bytes:
    """Where a finished DDL job's JSON is."""
    return hash_key(DDL_JOB_HISTORY, job_id.to_bytes(8, "big"))


# JSON


def dump_json(value: dict[str, Any]) -> bytes:
    """Compact JSON as stored."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def load_json(data: bytes | str) -> dict[str, Any]:
    """Parsed JSON object. Raises ValueError for anything else."""
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("metadata is not a JSON object")
    return value


def _name(text: str) -> dict[str, str]:
    return {"O": text, "L": text.lower()}


def _text(value: Any) -> str:
    return value["O"] if isinstance(value, dict) else (value or "")


def _rest(data: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """What we do not model, and lists that are empty instead of null (TiDB writes either)."""
    return {key: value for key, value in data.items() if key not in known or value == []}


def _list(items: list[Any], extra: dict[str, Any], key: str) -> list[Any] | None:
    return items or ([] if extra.get(key) == [] else None)


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")


def _unbase64(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value)


def names(text: str) -> tuple[str, ...]:
    """JSON key names written in one string."""
    return tuple(text.split())


_DATABASE_KEYS = ("id", "db_name", "charset", "collate", "state")


def database_to_json(info: DatabaseInfo) -> dict[str, Any]:
    """DBInfo as TiDB writes it."""
    return {
        "id": info.id,
        "db_name": _name(info.name),
        "charset": info.charset,
        "collate": info.collation,
        "Deprecated": {},
        "state": int(info.state),
        "policy_ref_info": None,
        **info.extra,
    }


def database_from_json(data: dict[str, Any]) -> DatabaseInfo:
    """Inverse of `database_to_json`; unknown keys are kept in `extra`."""
    return DatabaseInfo(
        data["id"],
        _text(data["db_name"]),
        data.get("charset", ""),
        data.get("collate", ""),
        SchemaState(data.get("state", 0)),
        _rest(data, _DATABASE_KEYS),
    )


_TYPE_KEYS = ("Tp", "Flag", "Flen", "Decimal", "Charset", "Collate", "Elems")


def type_to_json(sql_type: SqlType, extra: dict[str, Any]) -> dict[str, Any]:
    """FieldType as TiDB writes it."""
    return {
        "Tp": sql_type.code,
        "Flag": sql_type.flags,
        "Flen": sql_type.length,
        "Decimal": sql_type.scale,
        "Charset": sql_type.charset,
        "Collate": sql_type.collation,
        "Elems": _list(list(sql_type.elements), extra, "Elems"),
        "ElemsIsBinaryLit": None,
        "Array": False,
        **{key: value for key, value in extra.items() if key != "Elems"},
    }


def type_from_json(data: dict[str, Any]) -> SqlType:
    """Inverse of `type_to_json`."""
    return SqlType(
        data["Tp"],
        data.get("Flag", 0),
        data.get("Flen", -1),
        data.get("Decimal", -1),
        data.get("Charset", ""),
        data.get("Collate", ""),
        tuple(data.get("Elems") or ()),
    )


_COLUMN_KEYS = names(
    "id name offset origin_default origin_default_bit default default_bit default_is_expr "
    "generated_expr_string generated_stored dependences type state comment hidden version "
)


def column_to_json(column: ColumnInfo) -> dict[str, Any]:
    """ColumnInfo as TiDB writes it."""
    extra = dict(column.extra)
    type_extra = extra.pop("type", {})
    dependences: dict[str, Any] | None = (
        None if column.dependences is None else {name: {} for name in column.dependences}
    )
    return {
        "id": column.id,
        "name": _name(column.name),
        "offset": column.offset,
        "origin_default": column.origin_default,
        "origin_default_bit": _base64(column.origin_default_bit),
        "default": column.default,
        "default_bit": _base64(column.default_bit),
        "default_is_expr": column.default_is_expr,
        "generated_expr_string": column.generated_expr,
        "generated_stored": column.generated_stored,
        "dependences": dependences,
        "type": type_to_json(column.type, type_extra),
        "state": int(column.state),
        "comment": column.comment,
        "hidden": column.hidden,
        "change_state_info": None,
        "version": column.version,
        **extra,
    }


def column_from_json(data: dict[str, Any]) -> ColumnInfo:
    """Inverse of `column_to_json`."""
    extra = _rest(data, _COLUMN_KEYS)
    type_extra = _rest(data["type"], _TYPE_KEYS)
    if type_extra:
        extra["type"] = type_extra
    dependences = data.get("dependences")
    return ColumnInfo(
        id=data["id"],
        name=_text(data["name"]),
        offset=data.get("offset", 0),
        type=type_from_json(data["type"]),
        default=data.get("default"),
        default_is_expr=data.get("default_is_expr", False),
        default_bit=_unbase64(data.get("default_bit")),
        origin_default=data.get("origin_default"),
        origin_default_bit=_unbase64(data.get("origin_default_bit")),
        generated_expr=data.get("generated_expr_string", ""),
        generated_stored=data.get("generated_stored", False),
        dependences=None if dependences is None else tuple(dependences),
        state=SchemaState(data.get("state", 0)),
        comment=data.get("comment", ""),
        hidden=data.get("hidden", False),
        version=data.get("version", 0),
        extra=extra,
    )


_INDEX_KEYS = names(
    "id idx_name idx_cols state backfill_state comment index_type is_unique is_primary is_invisible is_global mv_index "
)


_DESCENDING = "sqlnode_desc"
"""Of a key part; a key that TiDB does not know and passes over."""


def _part_to_json(part: IndexColumn) -> dict[str, Any]:
    found: dict[str, Any] = {"name": _name(part.name), "offset": part.offset, "length": part.length}
    return {**found, _DESCENDING: True} if part.descending else found


def index_to_json(index: IndexInfo) -> dict[str, Any]:
    """IndexInfo as TiDB writes it."""
    return {
        "id": index.id,
        "idx_name": _name(index.name),
        "tbl_name": _name(""),
        "idx_cols": [_part_to_json(part) for part in index.columns],
        "state": int(index.state),
        "backfill_state": index.backfill_state,
        "comment": index.comment,
        "index_type": index.index_type,
        "is_unique": index.unique,
        "is_primary": index.primary,
        "is_invisible": index.invisible,
        "is_global": index.is_global,
        "mv_index": index.mv_index,
        "vector_index": None,
        **index.extra,
    }


def index_from_json(data: dict[str, Any]) -> IndexInfo:
    """Inverse of `index_to_json`."""
    return IndexInfo(
        id=data["id"],
        name=_text(data["idx_name"]),
        columns=tuple(
            IndexColumn(_text(part["name"]), part["offset"], part.get("length", -1), part.get(_DESCENDING, False))
            for part in data["idx_cols"] or ()
        ),
        unique=data.get("is_unique", False),
        primary=data.get("is_primary", False),
        state=SchemaState(data.get("state", 0)),
        comment=data.get("comment", ""),
        index_type=data.get("index_type", 1),
        invisible=data.get("is_invisible", False),
        is_global=data.get("is_global", False),
        mv_index=data.get("mv_index", False),
        backfill_state=data.get("backfill_state", 0),
        extra=_rest(data, _INDEX_KEYS),
    )


_FOREIGN_KEYS = names("id fk_name ref_schema ref_table ref_cols cols on_delete on_update state version")


def foreign_key_to_json(key: ForeignKeyInfo) -> dict[str, Any]:
    """FKInfo as TiDB writes it."""
    return {
        "id": key.id,
        "fk_name": _name(key.name),
        "ref_schema": _name(key.ref_schema),
        "ref_table": _name(key.ref_table),
        "ref_cols": [_name(name) for name in key.ref_columns],
        "cols": [_name(name) for name in key.columns],
        "on_delete": int(key.on_delete),
        "on_update": int(key.on_update),
        "state": int(key.state),
        "version": key.version,
        **key.extra,
    }


def foreign_key_from_json(data: dict[str, Any]) -> ForeignKeyInfo:
    """Inverse of `foreign_key_to_json`."""
    return ForeignKeyInfo(
        data["id"],
        _text(data["fk_name"]),
        _text(data.get("ref_schema")),
        _text(data["ref_table"]),
        tuple(_text(name) for name in data["ref_cols"] or ()),
        tuple(_text(name) for name in data["cols"] or ()),
        ReferenceAction(data.get("on_delete", 0)),
        ReferenceAction(data.get("on_update", 0)),
        SchemaState(data.get("state", 0)),
        data.get("version", 0),
        _rest(data, _FOREIGN_KEYS),
    )


_CONSTRAINT_KEYS = ("id", "constraint_name", "constraint_cols", "enforced", "in_column", "expr_string", "state")


def constraint_to_json(constraint: ConstraintInfo, table: str) -> dict[str, Any]:
    """ConstraintInfo as TiDB writes it."""
    return {
        "id": constraint.id,
        "constraint_name": _name(constraint.name),
        "tbl_name": _name(table),
        "constraint_cols": [_name(name) for name in constraint.columns],
        "enforced": constraint.enforced,
        "in_column": constraint.in_column,
        "expr_string": constraint.expression,
        "state": int(constraint.state),
        **constraint.extra,
    }


def constraint_from_json(data: dict[str, Any]) -> ConstraintInfo:
    """Inverse of `constraint_to_json`."""
    return ConstraintInfo(
        data["id"],
        _text(data["constraint_name"]),
        tuple(_text(name) for name in data["constraint_cols"] or ()),
        data["expr_string"],
        data.get("enforced", True),
        data.get("in_column", False),
        SchemaState(data.get("state", 0)),
        _rest(data, _CONSTRAINT_KEYS),
    )


_VIEW_KEYS = ("view_algorithm", "view_security", "view_select", "view_checkoption", "view_cols")


def view_to_json(view: ViewInfo) -> dict[str, Any]:
    """ViewInfo as TiDB writes it."""
    extra = dict(view.extra)
    definer = {
        "Username": view.definer_user,
        "Hostname": view.definer_host,
        "CurrentUser": False,
        "AuthUsername": view.definer_user,
        "AuthHostname": view.definer_host,
        "AuthPlugin": "",
        **extra.pop("view_definer", {}),
    }
    return {
        "view_algorithm": view.algorithm,
        "view_definer": definer,
        "view_security": view.security,
        "view_select": view.select,
        "view_checkoption": view.check_option,
        "view_cols": [_name(name) for name in view.columns] or None,
        **extra,
    }


def view_from_json(data: dict[str, Any]) -> ViewInfo:
    """Inverse of `view_to_json`."""
    definer = data.get("view_definer") or {}
    return ViewInfo(
        data["view_select"],
        tuple(_text(name) for name in data["view_cols"] or ()),
        data.get("view_algorithm", 0),
        definer.get("Username", ""),
        definer.get("Hostname", ""),
        data.get("view_security", 0),
        data.get("view_checkoption", 1),
        _rest(data, _VIEW_KEYS),
    )


def table_to_json(table: TableInfo) -> dict[str, Any]:
    """TableInfo as TiDB writes it (`table_json`)."""
    from store.codec.table_json import table_to_json as convert

    return convert(table)


def table_from_json(data: dict[str, Any]) -> TableInfo:
    """Inverse of `table_to_json`."""
    from store.codec.table_json import table_from_json as convert

    return convert(data)
