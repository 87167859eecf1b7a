"""What a statement may ask about its session, its server and its own expressions (Information Functions)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from planner.context import PlanContext
from planner.expr.coercion import derivation_of
from planner.expr.evaluation import EvalContext, SessionFacts
from planner.expr.nodes import Call, Constant, Expression
from planner.functions.registry import Coercibility, Compiled, Function, Kind, Nulls, VectorCompiled, Volatility
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import by_name
from sqlnode.base.types import EvalType, Flag, SqlType, Value, integer, varchar

N = Kind.INT
SYSTEM_TEXT = varchar(64, "utf8mb4", "utf8mb4_0900_ai_ci")
_ID = integer(unsigned=True, not_null=True, length=21)


def session_of(context: EvalContext) -> SessionFacts:
    """The session that runs the statement."""
    assert context.session is not None, "a statement runs in a session"
    return context.session


def _fact(
    name: str,
    result: SqlType,
    read: Callable[[SessionFacts], Value],
    example: tuple[str, str],
    *aliases: str,
    volatility: Volatility = Volatility.STATEMENT,
) -> Function:
    """A function without arguments that reads the session."""
    return Function(
        name,
        (),
        result,
        scalar=lambda context: read(session_of(context)),
        context=True,
        aliases=aliases,
        volatility=volatility,
        coercibility=Coercibility.SYSTEM,
        example=example,
    )


def _current_role(facts: SessionFacts) -> bytes:
    return b"NONE"


FACTS = (
    _fact("database", SYSTEM_TEXT, lambda facts: facts.database.encode() or None, ("DATABASE()", "test"), "schema"),
    _fact(
        "user",
        varchar(288, "utf8mb4", "utf8mb4_0900_ai_ci"),
        lambda facts: facts.user.encode(),
        ("USER()", "app@localhost"),
        "session_user",
        "system_user",
    ),
    _fact(
        "current_user",
        varchar(288, "utf8mb4", "utf8mb4_0900_ai_ci"),
        lambda facts: facts.current_user.encode(),
        ("CURRENT_USER()", "app@%"),
    ),
    _fact("current_role", SYSTEM_TEXT, _current_role, ("CURRENT_ROLE()", "NONE")),
    _fact(
        "version", SYSTEM_TEXT, lambda facts: str(facts.variable("version")).encode(), ("VERSION()", "8.0.36-sqlnode")
    ),
    _fact("connection_id", _ID, lambda facts: facts.connection_id, ("CONNECTION_ID()", "7")),
    _fact("row_count", integer(not_null=True, length=21), lambda facts: facts.row_count, ("ROW_COUNT()", "3")),
    _fact("found_rows", _ID, lambda facts: facts.found_rows, ("FOUND_ROWS()", "5")),
    _fact(
        "tidb_version",
        varchar(128, "utf8mb4", "utf8mb4_0900_ai_ci"),
        lambda facts: b"Release Version: " + str(facts.variable("version")).encode(),
        ("TIDB_VERSION()", "Release Version: 8.0.36-sqlnode"),
    ),
    _fact("icu_version", SYSTEM_TEXT, lambda facts: b"73.1", ("ICU_VERSION()", "73.1")),
)


def _last_insert_id(context: EvalContext, *given: int | None) -> int | None:
    facts = session_of(context)
    if not given:
        return facts.last_insert_id
    value = given[0]
    facts.last_insert_id = 0 if value is None else value & ((1 << 64) - 1)
    return value


LAST_INSERT_ID = Function(
    "last_insert_id",
    (N,),
    _ID.nullable(),
    scalar=_last_insert_id,
    context=True,
    min_args=0,
    max_args=1,
    nulls=Nulls.KERNEL,
    volatility=Volatility.ROW,
    example=("LAST_INSERT_ID()", "42"),
    examples=(("LAST_INSERT_ID(17)", "17"),),
)


# --------------------------------------------------------------------------------------- facts about an expression


def _constant_text(answer: Callable[[Expression, PlanContext], str]) -> Callable[..., Expression]:
    def resolver(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
        return Constant(answer(args[0], context).encode(), SYSTEM_TEXT.with_flags(add=Flag.NOT_NULL))

    return resolver


def _has_no_characters(expression: Expression) -> bool:
    """Numbers and times, which are sent as binary, whatever they would be in a string."""
    return expression.type.is_numeric or expression.type.eval_type in (EvalType.TIME, EvalType.DURATION)


def _charset(expression: Expression, context: PlanContext) -> str:
    if _has_no_characters(expression):
        return "binary"
    return charset_by_name(derivation_of(expression, context).charset).display_name


def _collation(expression: Expression, context: PlanContext) -> str:
    if _has_no_characters(expression):
        return "binary"
    return by_name(derivation_of(expression, context).collation).display_name


def _coercibility(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    return Constant(derivation_of(args[0], context).coercibility, integer(not_null=True, length=10))


CHARSET = Function(
    "charset", min_args=1, max_args=1, resolver=_constant_text(_charset), example=("CHARSET('abc')", "utf8mb4")
)
COLLATION = Function(
    "collation",
    min_args=1,
    max_args=1,
    resolver=_constant_text(_collation),
    example=("COLLATION('abc')", "utf8mb4_0900_ai_ci"),
)
COERCIBILITY = Function(
    "coercibility",
    min_args=1,
    max_args=1,
    resolver=_coercibility,
    example=("COERCIBILITY('abc')", "4"),
    examples=(
        ("COERCIBILITY('abc' COLLATE utf8mb4_bin)", "0"),
        ("COERCIBILITY(USER())", "3"),
        ("COERCIBILITY(1)", "5"),
    ),
)


# ------------------------------------------------------------------------------------------------------------ BENCHMARK


class _Benchmark:
    """Evaluates its second argument as often as the first says."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            count = args[0](row, context)
            if not isinstance(count, int) or count < 0:
                return None
            for _ in range(count):
                args[1](row, context)
            return 0

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch: as often for the whole batch."""

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            counts = args[0](batch, context).to_pylist()
            for _ in range(max((count or 0 for count in counts), default=0)):
                args[1](batch, context)
            return pa.array([None if count is None or count < 0 else 0 for count in counts], pa.int64())

        return run


BENCHMARK = Function(
    "benchmark",
    (N, Kind.ANY),
    integer(length=1),
    lazy=_Benchmark(),
    volatility=Volatility.ROW,
    example=("BENCHMARK(10, 1 + 1)", "0"),
)
