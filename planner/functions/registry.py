"""Declarations of functions: one `Function` per SQL function or operator, next to its kernel.

A family module holds `Function` values at its top level; `planner.functions` collects them. The smallest declaration::

    BIT_LENGTH = Function(
        "bit_length", (Kind.STRING,), integer(length=10), scalar=lambda text: 8 * len(text),
        tipb="BitLength", exact=True, example=("BIT_LENGTH('text')", "32"),
    )

What the declaration says:

* `arguments`: one `Kind` per argument; the last one repeats up to `max_args`. An argument of another kind is cast by
  `resolve` (with MySQL's implicit conversion and its warnings), so a kernel sees only the Python form of its kinds.
* `min_args`, `max_args`: default len(arguments); `UNLIMITED` for variadic functions.
* `result`: a `SqlType`, or a function of the `CallSite`. A character type whose collation is `FROM_ARGUMENTS` gets
  charset and collation aggregated over the string arguments (error 1267 when they cannot be mixed), the connection's
  where there is none. Results are nullable unless `not_null` says: not NULL when no argument is.
* `nulls`: PROPAGATE (default: NULL in, NULL out; the kernel never sees None) or KERNEL (it does).
* `volatility`: PURE; STATEMENT (the same all through a statement: NOW, DATABASE); ROW (RAND, UUID, SLEEP): never
  folded, never moved, evaluated once a row.
* `scalar`: Python values in, value out. With `context=True` the first argument is the `EvalContext`. When the kernel
  depends on the call's types, text or collation, `build` makes it: `build(call) -> kernel` (same argument rules).
* `vector` / `build_vector`: the same over `pa.Array`s of equal length (first the EvalContext with `context=True`).
  It returns an array in (or safely castable to) the result's Arrow form, or None for "not exactly", after which the
  scalar kernel runs row by row (and raises or warns as it must). Optional. Must agree with the scalar kernel.
  With `constants=True` it gets a `pa.Scalar` for an argument that is constant.
* `tipb`: ScalarFuncSig name; `exact`: a store's answer is the same as ours, so the call may be pushed down
  (a function of the call where that depends on its types).
* `overloads`: several argument lists with their own result, kernels and signature; `choose` picks one, by default the
  first whose kinds all arguments already have, else the last.
* `resolver`: takes over completely; for functions that rewrite themselves into other calls.
* `lazy`: compiles the call itself from compiled arguments (short circuit, CASE); see `LazyKernel`.
* `example`: (SQL text, result text as a client sees it); a test evaluates it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from planner.context import PlanContext
from planner.expr.nodes import Call, Expression
from sqlnode.base.types import EvalType, SqlType, Value

if TYPE_CHECKING:
    from planner.expr.evaluation import EvalContext

UNLIMITED = 1 << 30
FROM_ARGUMENTS = "?"
"""Charset and collation of a result type that `resolve` fills in from the string arguments."""


class Kind(Enum):
    """In what form a function takes an argument."""

    ANY = "any"
    """As it is."""
    INT = "int"
    """int; signed or unsigned (see the argument's type), BIT included."""
    REAL = "real"
    """float."""
    DECIMAL = "decimal"
    """decimal.Decimal."""
    NUMBER = "number"
    """int, Decimal or float as it is; other kinds become float."""
    STRING = "string"
    """bytes; character or binary. Numbers and temporal values become their text; ENUM and SET their names."""
    TIME = "time"
    """packed time, DATE or DATETIME(fsp); text is parsed, a bad one is NULL with warning 1292."""
    DURATION = "duration"
    """TIME in nanoseconds."""
    JSON = "json"
    """binary JSON; a string is parsed as a document (error 3141), other values become JSON scalars."""

    def accepts(self, sql_type: SqlType) -> bool:
        """Whether values of this type already have the form."""
        kind = sql_type.eval_type
        if self is Kind.ANY:
            return True
        if self is Kind.NUMBER:
            return kind in (EvalType.INT, EvalType.REAL, EvalType.DECIMAL)
        if self is Kind.STRING:
            return sql_type.is_string
        return bool(kind.value == self.value)


class Nulls(Enum):
    """What a kernel does with NULL arguments."""

    PROPAGATE = "propagate"
    KERNEL = "kernel"


class Volatility(Enum):
    """When two evaluations with equal arguments may differ."""

    PURE = "pure"
    STATEMENT = "statement"
    ROW = "row"


class Coercibility:
    """MySQL's strength of a collation (COERCIBILITY()); the smaller wins."""

    EXPLICIT = 0
    NONE = 1
    IMPLICIT = 2
    SYSTEM = 3
    LITERAL = 4
    NUMERIC = 5
    IGNORABLE = 6


@dataclass(frozen=True, slots=True)
class Derivation:
    """Charset and collation of a string value, and how strong they are."""

    charset: str
    collation: str
    coercibility: int


@dataclass(frozen=True, slots=True)
class CallSite:
    """What a result rule sees: the arguments after casts, and the aggregated collation of the string ones."""

    name: str
    args: tuple[Expression, ...]
    context: PlanContext
    text: str | None
    derivation: Derivation

    @property
    def types(self) -> tuple[SqlType, ...]:
        """The arguments' types."""
        return tuple(arg.type for arg in self.args)


Kernel: TypeAlias = Callable[..., Any]
"""Values (or arrays) in, a value (an array, None for "not exactly") out."""
KernelBuilder: TypeAlias = Callable[[Call], Kernel]
ResultRule: TypeAlias = SqlType | Callable[[CallSite], SqlType]
Compiled: TypeAlias = "Callable[[Sequence[Value], EvalContext], Value]"
"""An expression over a row: values in the order of the columns it was compiled for."""
VectorCompiled: TypeAlias = "Callable[[Any, EvalContext], Any]"
"""An expression over a RecordBatch: `pa.Array`, one value a row."""
Resolver: TypeAlias = Callable[[str, "tuple[Expression, ...]", PlanContext, "str | None"], Expression]


class LazyKernel(Protocol):
    """How a call with its own evaluation order compiles; both get the compiled arguments in order."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch. Arguments may be evaluated on any subset of the batch's rows (`batch.filter`, `take`)."""


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function: see the module's text for every field."""

    arguments: tuple[Kind, ...] = ()
    result: ResultRule | None = None
    scalar: Kernel | None = None
    build: KernelBuilder | None = None
    vector: Kernel | None = None
    build_vector: KernelBuilder | None = None
    tipb: str = ""
    exact: bool | Callable[[Call], bool] = False
    constants: bool = False
    """The vector kernel takes `pa.Scalar` in place of an array for constant arguments (never for all of them)."""

    def kind(self, position: int) -> Kind:
        """The kind of an argument; the last one repeats."""
        return self.arguments[min(position, len(self.arguments) - 1)] if self.arguments else Kind.ANY


@dataclass(frozen=True, slots=True)
class Function:
    """A declared function or operator; the module's text explains the fields."""

    name: str
    arguments: tuple[Kind, ...] = ()
    result: ResultRule | None = None
    scalar: Kernel | None = None
    build: KernelBuilder | None = None
    vector: Kernel | None = None
    build_vector: KernelBuilder | None = None
    tipb: str = ""
    exact: bool | Callable[[Call], bool] = False
    constants: bool = False
    aliases: tuple[str, ...] = ()
    min_args: int = -1
    max_args: int = -1
    nulls: Nulls = Nulls.PROPAGATE
    not_null: bool = False
    volatility: Volatility = Volatility.PURE
    context: bool = False
    overloads: tuple[Overload, ...] = ()
    choose: Callable[[Sequence[Expression], PlanContext], Overload] | None = None
    resolver: Resolver | None = None
    lazy: LazyKernel | None = None
    coercibility: int = -1
    """Strength of the result's collation; -1: that of the arguments."""
    example: tuple[str, str] | None = None
    examples: tuple[tuple[str, str], ...] = ()
    slow: bool = field(default=False)

    @property
    def bounds(self) -> tuple[int, int]:
        """(least, most) arguments."""
        least = self.min_args if self.min_args >= 0 else len(self.arguments)
        most = self.max_args if self.max_args >= 0 else max(least, len(self.arguments))
        return least, most

    @property
    def all_overloads(self) -> tuple[Overload, ...]:
        """The declared overloads, or the one that the function's own fields make."""
        if self.overloads:
            return self.overloads
        return (
            Overload(
                self.arguments,
                self.result,
                self.scalar,
                self.build,
                self.vector,
                self.build_vector,
                self.tipb,
                self.exact,
                self.constants,
            ),
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """The overload that a call was resolved to."""

    function: Function
    overload: Overload
    derivation: Derivation = Derivation("binary", "binary", Coercibility.NUMERIC)
    """Collation that the call compares or computes strings with, and strength of its result's."""

    @property
    def tipb(self) -> str:
        """ScalarFuncSig name, empty when the store has none."""
        return self.overload.tipb

    @property
    def volatility(self) -> Volatility:
        """When two evaluations may differ."""
        return self.function.volatility

    @property
    def slow(self) -> bool:
        """Whether the column path runs Python once a row."""
        overload = self.overload
        return self.function.lazy is None and overload.vector is None and overload.build_vector is None

    def pushdown(self, call: Call) -> bool:
        """Whether a store evaluates this call with exactly our result (its arguments judged separately)."""
        if not self.overload.tipb:
            return False
        exact = self.overload.exact
        return exact if isinstance(exact, bool) else exact(call)


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """An aggregate (or window-only) function: how its arguments are cast and what type it has.

    How it is computed is the executor's. `arguments` as in `Function`.
    """

    name: str
    arguments: tuple[Kind, ...]
    result: ResultRule
    aliases: tuple[str, ...] = ()
    min_args: int = -1
    max_args: int = -1
    window_only: bool = False
    distinct: bool = True
    """Whether DISTINCT may be said."""
    example: tuple[str, str] | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """(least, most) arguments."""
        least = self.min_args if self.min_args >= 0 else len(self.arguments)
        most = self.max_args if self.max_args >= 0 else max(least, len(self.arguments))
        return least, most

    def kind(self, position: int) -> Kind:
        """The kind of an argument; the last one repeats."""
        return self.arguments[min(position, len(self.arguments) - 1)] if self.arguments else Kind.ANY


def text_type(length: int = -1, code: int = 253) -> SqlType:
    """A character result whose charset and collation come from the string arguments."""
    return SqlType(code, 0, length, -1, FROM_ARGUMENTS, FROM_ARGUMENTS)
