"""What a change of a column's definition means for rows that are stored already."""

from __future__ import annotations

from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import Flag, SqlType, TypeCode

_WIDTH = {TypeCode.TINY: 1, TypeCode.SHORT: 2, TypeCode.INT24: 3, TypeCode.LONG: 4, TypeCode.LONGLONG: 8}
_BLOB_ORDER = (TypeCode.TINY_BLOB, TypeCode.BLOB, TypeCode.MEDIUM_BLOB, TypeCode.LONG_BLOB)


def needs_copy(old: ColumnInfo, new: ColumnInfo, *, in_key: bool) -> bool:
    """Whether stored rows or index entries must be written again, or may be refused, for the new definition.

    False only where every stored value, as it is encoded now, is the same value of the new type. `in_key`: the column
    is part of an index or of the handle.
    """
    if old.is_generated or new.is_generated:
        return _generated_needs_copy(old, new, in_key=in_key)
    if new.type.not_null and not old.type.not_null:
        return True
    if new.type.flags & Flag.AUTO_INCREMENT and not old.type.flags & Flag.AUTO_INCREMENT:
        return True
    return type_needs_copy(old.type, new.type, in_key=in_key)


def _generated_needs_copy(old: ColumnInfo, new: ColumnInfo, *, in_key: bool) -> bool:
    same = (old.generated_expr, old.generated_stored) == (new.generated_expr, new.generated_stored)
    if same and old.type.with_flags(remove=_LOOKS) == new.type.with_flags(remove=_LOOKS):
        return False
    return in_key or old.generated_stored or new.generated_stored or not (old.is_generated and new.is_generated)


_LOOKS = (
    Flag.NOT_NULL | Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY | Flag.NO_DEFAULT_VALUE | Flag.ON_UPDATE_NOW
    | Flag.AUTO_INCREMENT | Flag.ZEROFILL
)  # fmt: skip
"""Flags that say nothing about how a value is stored."""


def type_needs_copy(old: SqlType, new: SqlType, *, in_key: bool) -> bool:
    """The same question for the types alone."""
    if old.with_flags(remove=_LOOKS) == new.with_flags(remove=_LOOKS):
        return False
    if old.is_integer and new.is_integer:
        return old.unsigned != new.unsigned or _WIDTH[new.code] < _WIDTH[old.code]
    if old.code in (TypeCode.ENUM, TypeCode.SET) and old.code == new.code:
        longer = new.elements[: len(old.elements)] == old.elements
        return not longer or old.collation != new.collation
    if old.is_string and new.is_string:
        return _string_needs_copy(old, new, in_key=in_key)
    if old.code == new.code and old.code in (TypeCode.DATETIME, TypeCode.TIMESTAMP, TypeCode.TIME):
        return new.fsp < old.fsp
    return True


def _string_needs_copy(old: SqlType, new: SqlType, *, in_key: bool) -> bool:
    if old.is_character != new.is_character:
        return True
    if old.collation != new.collation:
        wider = old.charset == new.charset or (old.charset in ("utf8", "ascii") and new.charset == "utf8mb4")
        if in_key or not wider:
            return True
    if old.is_blob and new.is_blob:
        return in_key or _BLOB_ORDER.index(new.code) < _BLOB_ORDER.index(old.code)
    if old.code != new.code or new.length < old.length:
        return True
    # Fixed-length binary values are padded to their length when they are written.
    return old.code == TypeCode.STRING and not old.is_character and new.length != old.length
