"""SQL expressions to the text that a client would see, by row and by column."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from executor.evaluate import compile_vector
from planner.bind import bind_expression
from planner.context import PlanContext, SqlMode
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Column, Constant, Expression, transform
from planner.expr.scalar import compile_scalar
from planner.functions.cast_text import text_converter
from planner.functions.registry import Volatility
from planner.parse import parse_expression
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.temporal import zone_of_name
from sqlnode.base.types import EvalType, SqlType, Value, arrow_type, null, varchar

NOW_US = 1_704_164_645_678_901
"""2024-01-02 03:04:05.678901 UTC."""


@dataclass
class Session:
    """Facts of a session, for the information functions."""

    database: str = "test"
    user: str = "app@localhost"
    current_user: str = "app@%"
    connection_id: int = 7
    last_insert_id: int = 42
    row_count: int = 3
    found_rows: int = 5
    variables: dict[str, object] = field(default_factory=dict)

    def variable(self, name: str, scope: str = "") -> object:
        known: dict[str, object] = {
            "version": "8.0.36-sqlnode",
            "block_encryption_mode": "aes-128-ecb",
            "lc_time_names": "en_US",
            "default_week_format": 0,
        }
        return (known | self.variables)[name]

    def user_variable(self, name: str) -> tuple[Value, SqlType]:
        return None, null()

    def set_user_variable(self, name: str, value: Value, sql_type: SqlType) -> None:
        """Forgotten: no example reads it back."""


def plan_context(zone: str = "+00:00", sql_mode: int = SqlMode.DEFAULT) -> PlanContext:
    return PlanContext(
        catalog=Catalog(0, {}), zone=zone_of_name(zone), sql_mode=sql_mode, now_us=NOW_US, database="test"
    )


def eval_context(zone: str = "+00:00", sql_mode: int = SqlMode.DEFAULT) -> tuple[EvalContext, list[SqlWarning]]:
    warnings: list[SqlWarning] = []
    context = EvalContext(
        now_us=NOW_US, zone=zone_of_name(zone), sql_mode=sql_mode, warn=warnings.append, session=Session()
    )
    return context, warnings


def bound(sql: str, zone: str = "+00:00", sql_mode: int = SqlMode.DEFAULT) -> Expression:
    """The typed expression of a text."""
    return bind_expression(parse_expression(sql, sql_mode=sql_mode), (), plan_context(zone, sql_mode))


def shown(value: Value, sql_type: SqlType) -> str:
    """A value as the text protocol sends it."""
    if value is None:
        return "NULL"
    convert = text_converter(sql_type, varchar(), explicit=False)
    found = value if convert is None or sql_type.is_string else convert(value, EvalContext())
    assert isinstance(found, bytes), f"text of {value!r}"
    return found.decode("utf-8", "backslashreplace")


def answer(sql: str, *, zone: str = "+00:00", sql_mode: int = SqlMode.DEFAULT, warnings: bool = False) -> str:
    """The result of an expression as text; errors as `1582 message`; with `warnings` those too."""
    context, found = eval_context(zone, sql_mode)
    try:
        expression = bound(sql, zone, sql_mode)
        result = shown(compile_scalar(expression, ())((), context), expression.type)
    except SqlError as error:
        return f"{error.code} {error.message}"
    return " | ".join([result, *(f"{w.code} {w.message}" for w in found)]) if warnings else result


def by_column(sql: str) -> tuple[list[Value], list[Value]]:
    """(values by row, values by column) of the expression whose innermost constants have become columns, over the
    rows: the constants, NULLs, the constants again."""
    expression = bound(sql)
    columns: list[Column] = []
    values: list[Value] = []

    def lift(node: Expression) -> Expression | None:
        if isinstance(node, Constant) and node.value is not None and node.type.eval_type is not EvalType.JSON:
            column = Column(len(columns) + 1, f"c{len(columns)}", node.type.nullable())
            columns.append(column)
            values.append(node.value)
            return column
        if isinstance(node, Call) and node.signature.volatility is Volatility.ROW:
            return node
        return None

    lifted = transform(expression, lift)
    rows = [tuple(values), tuple([None] * len(values)), tuple(values)]
    context, warnings = eval_context()
    scalar = compile_scalar(lifted, columns)
    failure = ""
    one: list[Value] = []
    try:
        one = [scalar(row, context) for row in rows]
    except SqlError as error:
        failure = error.message
    arrays = [pa.array([row[at] for row in rows], arrow_type(column.type)) for at, column in enumerate(columns)]
    arrays.append(pa.array([0, 0, 0]))
    batch = pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])
    other, other_warnings = eval_context()
    try:
        many = compile_vector(lifted, columns)(batch, other).to_pylist()
    except SqlError as error:
        assert error.message == failure
        return [], []
    assert warnings == other_warnings
    return one, many
