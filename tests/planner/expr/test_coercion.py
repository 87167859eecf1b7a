"""Result types of several types together, types of comparisons, and mixed collations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.expr.coercion import aggregate_collations, comparison_type, unify
from planner.expr.nodes import Column, Constant
from planner.functions import resolve
from sqlnode.base.errors import SqlError
from sqlnode.base.types import (
    SqlType,
    TypeCode,
    date,
    datetime,
    decimal,
    double,
    integer,
    json,
    null,
    time,
    varbinary,
    varchar,
)
from tests.planner.functions.answers import plan_context

UTF8, GENERAL = varchar(10), varchar(10, "utf8mb4", "utf8mb4_general_ci")
LATIN = varchar(10, "latin1", "latin1_swedish_ci")


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ((integer(), integer(TypeCode.LONG)), (TypeCode.LONGLONG, 20, 0)),
        ((integer(), decimal(5, 2)), (TypeCode.NEWDECIMAL, 21, 2)),
        ((decimal(5, 2), decimal(10, 4)), (TypeCode.NEWDECIMAL, 10, 4)),
        ((integer(), double()), (TypeCode.DOUBLE, 22, -1)),
        ((integer(unsigned=True), integer()), (TypeCode.NEWDECIMAL, 20, 0)),
        ((integer(TypeCode.LONG, unsigned=True), integer(TypeCode.LONG)), (TypeCode.LONGLONG, 12, 0)),
        ((date(), datetime(3)), (TypeCode.DATETIME, 23, 3)),
        ((time(), date()), (TypeCode.DATETIME, 19, 0)),
        ((integer(), varchar(5)), (TypeCode.VAR_STRING, 20, -1)),
        ((json(), json()), (TypeCode.JSON, 4294967295, 0)),
        ((null(), date()), (TypeCode.DATE, 10, 0)),
        ((varbinary(3), varchar(5)), (TypeCode.VAR_STRING, 5, -1)),
    ],
)
def test_unify(types: tuple[SqlType, ...], wanted: tuple[int, int, int]) -> None:
    found = unify(types)
    assert (found.code, found.length, found.scale) == wanted


def test_unified_strings_with_bytes_are_bytes() -> None:
    assert unify((varbinary(3), varchar(5))).charset == "binary"


def test_not_null_only_together() -> None:
    certain = integer(not_null=True)
    assert unify((certain, certain)).not_null
    assert not unify((certain, integer())).not_null
    assert not unify((certain, null())).not_null


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (integer(), varchar(5), TypeCode.DOUBLE),
        (integer(), decimal(5, 2), TypeCode.NEWDECIMAL),
        (date(), varchar(5), TypeCode.DATETIME),
        (date(), integer(), TypeCode.LONGLONG),
        (json(), varchar(5), TypeCode.JSON),
        (time(), time(2), TypeCode.TIME),
        (time(), date(), TypeCode.DATETIME),
    ],
)
def test_comparison_type(left: SqlType, right: SqlType, wanted: int) -> None:
    assert comparison_type(left, right).code == wanted


def test_collations() -> None:
    context = plan_context()
    column, other = Column(1, "a", GENERAL), Column(2, "b", replace(GENERAL, collation="utf8mb4_bin"))
    literal = Constant(b"x", UTF8)
    assert aggregate_collations((column, literal), context, operation="=").collation == "utf8mb4_general_ci"
    assert aggregate_collations((column, other), context, operation="=").collation == "utf8mb4_bin"
    assert aggregate_collations((Column(3, "c", LATIN), column), context, operation="=").charset == "utf8mb4"
    assert aggregate_collations((column, Column(4, "d", varbinary(5))), context, operation="=").collation == "binary"


def test_mixes_that_are_refused() -> None:
    context = plan_context()
    column, other = Column(1, "a", GENERAL), Column(2, "b", UTF8)
    with pytest.raises(SqlError, match="1267"):
        resolve("=", (column, other), context)
    first = resolve("collate", (column,), context, text="utf8mb4_bin")
    second = resolve("collate", (other,), context, text="utf8mb4_unicode_ci")
    with pytest.raises(SqlError, match=r"EXPLICIT.*EXPLICIT"):
        resolve("=", (first, second), context)
    assert resolve("=", (first, other), context)
    assert resolve("concat", (column, other), context).type.collation == "utf8mb4_bin"
