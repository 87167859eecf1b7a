"""TableInfo to and from TiDB's JSON; the parts of a table are in `meta`."""

from __future__ import annotations

from typing import Any

from sqlnode.base.schema import SchemaState, TableInfo
from store.codec import meta

_KNOWN = meta.names(
    "id name charset collate cols index_info constraint_info fk_info state pk_is_handle is_common_handle "
    "common_handle_version comment auto_inc_id auto_id_cache max_col_id max_idx_id max_fk_id max_cst_id "
    "update_timestamp view partition version revision "
)
_LISTS = ("index_info", "constraint_info", "fk_info", "cols")


def table_to_json(table: TableInfo) -> dict[str, Any]:
    """TableInfo as TiDB writes it (equal as a JSON value; the order of keys is TiDB's for the fields we know)."""
    extra = table.extra
    constraints = [meta.constraint_to_json(constraint, table.name) for constraint in table.constraints]
    return {
        "id": table.id,
        "name": {"O": table.name, "L": table.name.lower()},
        "charset": table.charset,
        "collate": table.collation,
        "cols": _list([meta.column_to_json(column) for column in table.columns], extra, "cols"),
        "index_info": _list([meta.index_to_json(index) for index in table.indexes], extra, "index_info"),
        "constraint_info": _list(constraints, extra, "constraint_info"),
        "fk_info": _list([meta.foreign_key_to_json(key) for key in table.foreign_keys], extra, "fk_info"),
        "state": int(table.state),
        "pk_is_handle": table.pk_is_handle,
        "is_common_handle": table.is_common_handle,
        "common_handle_version": table.common_handle_version,
        "comment": table.comment,
        "auto_inc_id": table.auto_increment,
        "auto_id_cache": table.auto_id_cache,
        "auto_rand_id": 0,
        "max_col_id": table.max_column_id,
        "max_idx_id": table.max_index_id,
        "max_fk_id": table.max_foreign_key_id,
        "max_cst_id": table.max_constraint_id,
        "update_timestamp": table.update_ts,
        "ShardRowIDBits": 0,
        "max_shard_row_id_bits": 0,
        "auto_random_bits": 0,
        "auto_random_range_bits": 0,
        "pre_split_regions": 0,
        "partition": table.partition,
        "compression": "",
        "view": None if table.view is None else meta.view_to_json(table.view),
        "sequence": None,
        "Lock": None,
        "version": table.version,
        "tiflash_replica": None,
        "is_columnar": False,
        "temp_table_type": 0,
        "cache_table_status": 0,
        "policy_ref_info": None,
        "stats_options": None,
        "exchange_partition_info": None,
        "ttl_info": None,
        "revision": table.revision,
        **{key: value for key, value in extra.items() if key not in _LISTS},
    }


def _list(items: list[Any], extra: dict[str, Any], key: str) -> list[Any] | None:
    return items or ([] if extra.get(key) == [] else None)


def table_from_json(data: dict[str, Any]) -> TableInfo:
    """Inverse of `table_to_json`; keys that we do not model are kept in `extra`. Missing keys take the zero value."""
    view = data.get("view")
    return TableInfo(
        id=data["id"],
        name=data["name"]["O"],
        charset=data.get("charset", ""),
        collation=data.get("collate", ""),
        columns=tuple(meta.column_from_json(column) for column in data.get("cols") or ()),
        indexes=tuple(meta.index_from_json(index) for index in data.get("index_info") or ()),
        foreign_keys=tuple(meta.foreign_key_from_json(key) for key in data.get("fk_info") or ()),
        constraints=tuple(meta.constraint_from_json(item) for item in data.get("constraint_info") or ()),
        state=SchemaState(data.get("state", 0)),
        pk_is_handle=data.get("pk_is_handle", False),
        is_common_handle=data.get("is_common_handle", False),
        common_handle_version=data.get("common_handle_version", 0),
        comment=data.get("comment", ""),
        auto_increment=data.get("auto_inc_id", 0),
        auto_id_cache=data.get("auto_id_cache", 0),
        max_column_id=data.get("max_col_id", 0),
        max_index_id=data.get("max_idx_id", 0),
        max_foreign_key_id=data.get("max_fk_id", 0),
        max_constraint_id=data.get("max_cst_id", 0),
        update_ts=data.get("update_timestamp", 0),
        view=None if view is None else meta.view_from_json(view),
        version=data.get("version", 0),
        partition=data.get("partition"),
        revision=data.get("revision", 0),
        extra={key: value for key, value in data.items() if key not in _KNOWN or (key in _LISTS and value == [])},
    )
