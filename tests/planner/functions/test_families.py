"""Errors, warnings, types and waiting of the function families, beyond their examples."""

from __future__ import annotations

import asyncio

import pytest

from planner.context import SqlMode
from planner.expr.evaluation import EvalContext, Suspend
from planner.expr.nodes import Column
from planner.expr.scalar import compile_scalar
from planner.functions import resolve_aggregate
from sqlnode.base import types
from sqlnode.base.errors import SqlError
from sqlnode.base.types import SqlType, TypeCode
from sqlnode.session.locks import AdvisoryLocks
from tests.planner.functions.answers import Session, answer, bound, eval_context, plan_context


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("LN(0)", "NULL | 3020 Invalid argument for logarithm"),
        ("UNHEX('G')", "NULL | 1411 Incorrect string value: ''G'' for function unhex"),
        ("STR_TO_DATE('x', '%Y')", "NULL | 1411 Incorrect datetime value: 'x' for function str_to_date"),
        (
            "DATE_ADD('9999-12-31', INTERVAL 1 DAY)",
            "NULL | 1441 Datetime function: date_add_interval field overflow",
        ),
        ("DATE_ADD('x', INTERVAL 1 DAY)", "NULL | 1292 Incorrect datetime value: 'x'"),
        ("FORMAT(1, 0, 'xx')", "1 | 1649 Unknown locale: 'xx'"),
        (
            "REPEAT('a', 1000000000)",
            "NULL | 1301 Result of repeat() was larger than max_allowed_packet (67108864) - truncated",
        ),
        ("NOW(7)", "1426 Too-big precision 7 specified for 'now'. Maximum is 6."),
        ("'a' REGEXP ''", "3685 Illegal argument to a regular expression."),
        ("'a' REGEXP '('", "3691 Mismatched parenthesis in regular expression."),
        ("'a' REGEXP '['", "3696 The regular expression contains an unclosed bracket expression."),
        ("REGEXP_SUBSTR('a', 'a', 5)", "3686 Index out of bounds in regular expression search."),
        (
            "JSON_EXTRACT('{', '$')",
            '3141 Invalid JSON text in argument 1 to function json_extract: "Missing a name for object member." at position 1.',
        ),
        (
            "JSON_SET('{}', '$.*', 1)",
            "3149 In this situation, path expressions may not contain the * and ** tokens or an array range.",
        ),
        ("JSON_REMOVE('{}', '$')", "3153 The path expression '$' is not allowed in this context."),
        ("JSON_OBJECT(NULL, 1)", "3158 JSON documents may not contain NULL member names."),
        (
            "JSON_EXTRACT(1, '$')",
            "3146 Invalid data type for JSON data in argument 1 to function json_extract; a JSON string or JSON type is required.",
        ),
        ("UUID_TO_BIN('x')", "1411 Incorrect string value: 'x' for function uuid_to_bin"),
        ("SLEEP(-1)", "1210 Incorrect arguments to sleep."),
        ("SUBSTRING('a')", "1582 Incorrect parameter count in the call to native function 'substring'"),
        ("ABS(-9223372036854775807 - 1)", "1690 BIGINT value is out of range in 'abs((-9223372036854775807 - 1))'"),
    ],
)
def test_complaints(sql: str, wanted: str) -> None:
    assert answer(sql, warnings=True).lower() == wanted.lower()


@pytest.mark.parametrize(
    ("sql", "code", "length", "scale"),
    [
        ("CONCAT('ab', 'cde')", TypeCode.VAR_STRING, 5, -1),
        ("HEX('ab')", TypeCode.VAR_STRING, 16, -1),
        ("DATE_ADD(DATE'2024-01-01', INTERVAL 1 DAY)", TypeCode.DATE, 10, 0),
        ("DATE_ADD(DATE'2024-01-01', INTERVAL 1 HOUR)", TypeCode.DATETIME, 19, 0),
        ("DATE_ADD(DATE'2024-01-01', INTERVAL 1 MICROSECOND)", TypeCode.DATETIME, 26, 6),
        ("DATE_ADD('2024-01-01', INTERVAL 1 DAY)", TypeCode.VAR_STRING, 29, -1),
        ("NOW(3)", TypeCode.DATETIME, 23, 3),
        ("CURDATE()", TypeCode.DATE, 10, 0),
        ("ROUND(1.245, 2)", TypeCode.NEWDECIMAL, 4, 2),
        ("ROUND(12)", TypeCode.LONGLONG, 3, 0),
        ("UNIX_TIMESTAMP()", TypeCode.LONGLONG, 11, 0),
        ("FROM_UNIXTIME(1.5)", TypeCode.DATETIME, 21, 1),
        ("STR_TO_DATE('a', '%H:%i')", TypeCode.TIME, 10, 0),
        ("STR_TO_DATE('a', '%Y-%m-%d %f')", TypeCode.DATETIME, 26, 6),
        ("PI()", TypeCode.DOUBLE, 8, 6),
    ],
)
def test_types(sql: str, code: int, length: int, scale: int) -> None:
    found = bound(sql).type
    assert (found.code, found.length, found.scale) == (code, length, scale)


@pytest.mark.parametrize(
    ("name", "source", "wanted"),
    [
        ("sum", types.integer(TypeCode.LONG), types.decimal(32, 0)),
        ("sum", types.integer(), types.decimal(41, 0)),
        ("sum", types.decimal(10, 2), types.decimal(32, 2)),
        ("sum", types.varchar(10), types.double()),
        ("avg", types.integer(TypeCode.LONG), types.decimal(14, 4)),
        ("avg", types.decimal(10, 2), types.decimal(14, 6)),
        ("avg", types.double(), types.double()),
        ("max", types.decimal(10, 2), types.decimal(10, 2)),
        ("std", types.integer(), types.double()),
    ],
)
def test_aggregate_types(name: str, source: SqlType, wanted: SqlType) -> None:
    found = resolve_aggregate(name, [Column(1, "c", source)], plan_context()).type
    assert (found.code, found.length, found.scale) == (wanted.code, wanted.length, wanted.scale)


def test_session_zone() -> None:
    assert answer("NOW()", zone="+05:30") == "2024-01-02 08:34:05"
    assert answer("UNIX_TIMESTAMP('2024-01-02 08:34:05')", zone="+05:30") == "1704164645"
    assert answer("FROM_UNIXTIME(0)", zone="Asia/Tokyo") == "1970-01-01 09:00:00"
    assert answer("UTC_TIMESTAMP()", zone="+05:30") == "2024-01-02 03:04:05"


def test_partial_dates() -> None:
    mode = SqlMode.DEFAULT & ~(SqlMode.NO_ZERO_DATE | SqlMode.NO_ZERO_IN_DATE)
    assert answer("MONTH('2008-00-00')", sql_mode=mode) == "0"
    assert answer("DAYOFWEEK('2008-00-00')", sql_mode=mode) == "NULL"
    assert answer("DATE_ADD('2008-00-00', INTERVAL 1 DAY)", sql_mode=mode) == "NULL"
    assert answer("DATE_FORMAT('2006-06-00', '%d %W')", sql_mode=mode) == "NULL"


def test_waiting_calls_run_again() -> None:
    locks = AdvisoryLocks()
    expression = bound(
        "CONCAT(GET_LOCK('a', 1), SLEEP(0.001), IS_USED_LOCK('A'), RELEASE_LOCK('a'), IS_FREE_LOCK('a'))"
    )

    async def run() -> bytes:
        context = EvalContext(session=Session(), advisory_locks=locks)
        run_once = compile_scalar(expression, ())
        while True:
            context.cursor = 0
            try:
                found = run_once((), context)
            except Suspend as wait:
                context.resumed.append(await wait.awaitable())
                continue
            assert isinstance(found, bytes)
            return found

    assert asyncio.run(run()) == b"10711"


def test_lock_names() -> None:
    with pytest.raises(SqlError, match="Incorrect user-level lock name 'NULL'"):
        compile_scalar(bound("GET_LOCK(NULL, 1)"), ())((), eval_context()[0])


def test_last_insert_id_remembers() -> None:
    context, _ = eval_context()
    assert compile_scalar(bound("LAST_INSERT_ID(17)"), ())((), context) == 17
    assert context.session is not None
    assert context.session.last_insert_id == 17


def test_random_numbers_by_seed() -> None:
    context, _ = eval_context()
    rand = compile_scalar(bound("RAND(3)"), ())
    assert [round(rand((), context), 6) for _ in range(3)] == [0.90577, 0.373079, 0.148086]  # type: ignore[arg-type]
