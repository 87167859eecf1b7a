"""Values from the text in which the vectors show rows."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

from sqlnode.base.types import SqlType, TypeCode, Value
from store.codec.table_codec import value_of_text


def value_from_shown(shown: Any, sql_type: SqlType) -> Value:
    """The value of a cell of `select`. FLOAT is shown with six digits of a float32."""
    if shown is None:
        return None
    if isinstance(shown, dict):
        data = bytes.fromhex(shown["hex"])
        return int.from_bytes(data, "big") if sql_type.code == TypeCode.BIT else data
    if sql_type.code == TypeCode.FLOAT:
        return float(struct.unpack("<f", struct.pack("<f", float(shown)))[0])
    if sql_type.code == TypeCode.NEWDECIMAL:
        return Decimal(shown)
    return value_of_text(shown, sql_type)
