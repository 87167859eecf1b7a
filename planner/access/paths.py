"""The ways to read a table: its records, or one of its indexes, each with what a filter means for its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planner.access.range_plan import KeyPart, RangePlan
from planner.access.ranges import (
    POINT_LIMIT,
    Access,
    KeyColumn,
    conjuncts,
    detach,
    disjuncts,
    equal_operand,
    is_free,
)
from planner.expr.nodes import Column, Expression
from planner.logical import DataSource
from planner.physical import KeyValue
from sqlnode.base.schema import ColumnInfo, IndexInfo, SchemaState, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, integer

HANDLE_ID = -1
HANDLE = ColumnInfo(HANDLE_ID, "_tidb_rowid", -1, integer(not_null=True), state=SchemaState.PUBLIC, hidden=True)
"""The hidden row id as a column."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way to read a table. `index` None: by record key.

    `keys` are the key's parts in order; `own_parts` of them belong to the index itself, the rest are the handle that
    follows in entries of an index that is not unique. `covering`: the index gives every column that is asked for.
    """

    index: IndexInfo | None
    keys: tuple[KeyColumn, ...]
    access: Access
    own_parts: int
    unique: bool
    covering: bool
    forced: bool = False

    def ranges(self, table: TableInfo) -> RangePlan:
        """The keys to visit."""
        parts = tuple(key.part for key in self.keys)
        return RangePlan(table.id, None if self.index is None else self.index.id, parts, self.access.boxes)


@dataclass(frozen=True, slots=True)
class Points:
    """A path of which every key is known as whole: `keys` have one value per part; `residual` is left to check."""

    path: Path
    keys: tuple[tuple[KeyValue, ...], ...]
    residual: tuple[Expression, ...]


def handle_infos(table: TableInfo) -> tuple[ColumnInfo, ...]:
    """The columns that make a row's handle: one integer, or the clustered primary key's columns in key order."""
    if table.is_common_handle:
        index = table.primary_index
        assert index is not None, f"table {table.name} is clustered without a primary key"
        return tuple(table.columns[part.offset] for part in index.columns)
    column = table.handle_column
    return (HANDLE if column is None else column,)


def column_of(source: DataSource, column_id: int) -> Column | None:
    """The source's column for a table column; None when nobody asked for it."""
    for column, info in zip(source.columns, source.infos):
        if info.id == column_id:
            return column
    return None


def record_keys(source: DataSource) -> tuple[KeyColumn, ...]:
    """The parts of the record key."""
    table = source.table
    if table.is_common_handle:
        assert table.primary_index is not None, "a clustered table has a primary key"
        return _index_keys(source, table.primary_index)
    (info,) = handle_infos(table)
    part = KeyPart(info.name, info.type, flagged=False, nullable=False)
    return (KeyColumn(part, column_of(source, info.id)),)


def _index_keys(source: DataSource, index: IndexInfo) -> tuple[KeyColumn, ...]:
    keys = []
    for part in index.columns:
        info = source.table.columns[part.offset]
        key = KeyPart(info.name, info.type, part.length, nullable=not info.type.not_null)
        keys.append(KeyColumn(key, column_of(source, info.id)))
    return tuple(keys)


def index_keys(source: DataSource, index: IndexInfo) -> tuple[KeyColumn, ...]:
    """The parts of an index's key; entries of an index that is not unique are ordered by the handle behind it."""
    keys = _index_keys(source, index)
    table = source.table
    if index.unique or any(key.part.length >= 0 for key in keys):
        return keys
    if table.is_common_handle:
        return keys + _index_keys(source, table.primary_index)  # type: ignore[arg-type]
    (info,) = handle_infos(table)
    if info.type.unsigned:
        return keys  # Entries order the handle as a signed number.
    return (*keys, KeyColumn(KeyPart(info.name, info.type, nullable=False), column_of(source, info.id)))


def is_key_order(path: Path) -> bool:
    """Whether walking the keys visits the parts in the order of their values: not for ENUM names and prefixes."""
    return all(key.part.length < 0 for key in path.keys[: path.own_parts])


def usable_indexes(source: DataSource) -> tuple[tuple[IndexInfo, ...], bool, frozenset[str]]:
    """(indexes that the hints leave, whether records may be scanned, names that are forced)."""
    table = source.table
    candidates = [index for index in table.public_indexes if not index.mv_index and _is_apart(table, index)]
    wanted: set[str] = set()
    forced: set[str] = set()
    ignored: set[str] = set()
    restricted = False
    for kind, scope, names in source.index_hints:
        lowered = {name.lower() for name in names}
        if scope not in ("", "JOIN"):
            continue
        if kind == "IGNORE":
            ignored |= lowered
            continue
        restricted = True
        wanted |= lowered
        if kind == "FORCE":
            forced |= lowered
    left = [
        index
        for index in candidates
        if index.name.lower() not in ignored and (index.name.lower() in wanted if restricted else not index.invisible)
    ]
    records = not left or not restricted or not forced or "primary" in wanted
    return tuple(left), records, frozenset(forced)


def _is_apart(table: TableInfo, index: IndexInfo) -> bool:
    """Whether the index has entries of its own (the clustered primary key has none)."""
    return not (index.primary and table.is_common_handle)


def access_paths(
    source: DataSource, conditions: Sequence[Expression], outer: frozenset[Column] = frozenset()
) -> list[Path]:
    """Every way to read the source under a filter; the record path, where allowed, comes first."""
    indexes, records, forced = usable_indexes(source)
    paths = []
    if records:
        paths.append(record_path(source, conditions, outer))
    for index in indexes:
        keys = index_keys(source, index)
        access = detach(conditions, keys, outer)
        covering = is_covering(source, index)
        parts = len(index.columns)
        paths.append(Path(index, keys, access, parts, index.unique, covering, index.name.lower() in forced))
    return paths


def record_path(source: DataSource, conditions: Sequence[Expression], outer: frozenset[Column] = frozenset()) -> Path:
    """Reading by record key."""
    keys = record_keys(source)
    return Path(None, keys, detach(conditions, keys, outer), len(keys), True, True, "primary" in _forced(source))


def _forced(source: DataSource) -> frozenset[str]:
    return frozenset(name.lower() for kind, _, names in source.index_hints if kind == "FORCE" for name in names)


def is_covering(source: DataSource, index: IndexInfo) -> bool:
    """Whether entries of the index hold every column of the source."""
    table = source.table
    given = {table.columns[part.offset].id for part in index.columns if part.length < 0}
    if table.is_common_handle:
        assert table.primary_index is not None, "a clustered table has a primary key"
        given |= {table.columns[part.offset].id for part in table.primary_index.columns if part.length < 0}
    else:
        given |= {info.id for info in handle_infos(table)}
    return all(info.id in given for info in source.infos)


def points_of(source: DataSource, path: Path, conditions: Sequence[Expression]) -> Points | None:
    """The whole keys that a conjunction allows on a unique path; None when it leaves a part open."""
    if not path.unique:
        return None
    flat = [part for condition in conditions for part in conjuncts(condition)]
    return _points_of_all(path, flat) or _points_of_any(path, flat)


def _points_of_any(path: Path, flat: Sequence[Expression]) -> Points | None:
    """The same where one of the conditions is an OR of which every operand, with the rest, names whole keys: what
    `(a, b) IN ((1, 2), (3, 4))` means."""
    for condition in flat:
        alternatives = disjuncts(condition)
        if len(alternatives) < 2 or len(alternatives) > POINT_LIMIT:
            continue
        rest = [one for one in flat if one is not condition]
        keys: list[tuple[KeyValue, ...]] = []
        left: set[int] = set()
        for alternative in alternatives:
            own = conjuncts(alternative)
            points = _points_of_all(path, [*own, *rest])
            if points is None or len(keys) + len(points.keys) > POINT_LIMIT:
                break
            keys += points.keys
            residual = {id(one) for one in points.residual}
            if any(id(one) in residual for one in own):
                residual.add(id(condition))
            left |= residual
        else:
            return Points(path, tuple(keys), tuple(one for one in flat if id(one) in left))
    return None


def _points_of_all(path: Path, flat: Sequence[Expression]) -> Points | None:
    used: list[Expression] = []
    choices: list[tuple[Expression, ...]] = []
    size = 1
    for key in path.keys[: path.own_parts]:
        if key.part.length >= 0 or key.part.type.code == TypeCode.TIMESTAMP:
            return None
        best: tuple[Expression, tuple[Expression, ...]] | None = None
        for condition in flat:
            values = equal_operand(condition, key, is_free)
            if values is not None and (best is None or len(values) < len(best[1])):
                best = (condition, values)
        if best is None:
            return None
        used.append(best[0])
        choices.append(best[1])
        size *= len(best[1])
        if size > POINT_LIMIT:
            return None
    types = [key.part.type for key in path.keys[: path.own_parts]]
    keys = tuple(_key(values, types) for values in product(*choices))
    residual = tuple(condition for condition in flat if not any(condition is one for one in used))
    return Points(path, keys, residual)


def _key(values: Sequence[Expression], types: Sequence[SqlType]) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(value, sql_type) for value, sql_type in zip(values, types))


def unique_keys(source: DataSource) -> list[frozenset[Column]]:
    """Sets of the source's columns that no two rows agree on (keys with a column that may be NULL are left out)."""
    found = []
    for keys, unique in [(record_keys(source), True)] + [
        (_index_keys(source, index), index.unique) for index in source.table.public_indexes if not index.mv_index
    ]:
        columns = [key.column for key in keys]
        if not unique or any(key.part.length >= 0 or key.part.nullable for key in keys):
            continue
        if all(column is not None for column in columns):
            found.append(frozenset(column for column in columns if column is not None))
    return found


def is_generated_virtual(info: ColumnInfo) -> bool:
    """Whether rows do not hold the column."""
    return info.is_virtual


def is_primary(info: ColumnInfo) -> bool:
    """Whether the column is (part of) the primary key."""
    return bool(info.type.flags & Flag.PRI_KEY)
