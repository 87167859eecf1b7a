"""tipb expressions to functions over record batches, through the planner's typed expressions and their kernels.

There is one set of kernels: a signature number becomes a call of the registered function (`signatures`), whose
arguments already have the kinds that the signature computes with. Types and collations are the message's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from executor.context import EvalContext
from executor.copr.errors import UnsupportedDagError
from executor.copr.ordering import KeyFunction
from executor.copr.scan import is_utc
from executor.copr.signatures import FUNCTIONS
from executor.evaluate import compile_vector
from planner.context import PlanContext
from planner.expr.nodes import Call, Column, Constant, Expression, Parameter
from planner.functions import cast, resolve
from planner.functions.casting import make_cast
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlError
from sqlnode.base.temporal import from_utc
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, arrow_type
from store.codec.keys import decode_int
from store.codec.tipb_types import constant_value, type_of_field
from store.proto import tipb_pb2
from store.proto.numbers import SIGNATURE_NAMES, ExprType

_CONSTANTS = frozenset(
    {
        ExprType.NULL,
        ExprType.INT64,
        ExprType.UINT64,
        ExprType.FLOAT32,
        ExprType.FLOAT64,
        ExprType.STRING,
        ExprType.BYTES,
        ExprType.MYSQL_BIT,
        ExprType.MYSQL_DECIMAL,
        ExprType.MYSQL_DURATION,
        ExprType.MYSQL_ENUM,
        ExprType.MYSQL_TIME,
        ExprType.MYSQL_JSON,
    }
)


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """A function over batches, its type, and the expression it came from."""

    evaluate: KeyFunction
    type: SqlType
    node: Expression


class ExpressionCompiler:
    """Compiles the expressions of one executor, whose input columns have the given types. Errors name the columns by
    `offsets`, their places by default."""

    def __init__(self, types: Sequence[SqlType], zone: tzinfo | None, offsets: Sequence[int] | None = None) -> None:
        names = range(len(types)) if offsets is None else offsets
        self._columns = tuple(
            Column(index, str(name), sql_type) for index, (name, sql_type) in enumerate(zip(names, types, strict=True))
        )
        self._zone = zone
        self._context = PlanContext(catalog=Catalog(0, {}), zone=zone)

    def compile(self, expr: tipb_pb2.Expr) -> CompiledExpression:
        """A value per row. Raises UnsupportedDagError with the signature's name when it is not supported."""
        node = self.node(expr)
        return self._compiled(node)

    def narrowed(self, offsets: Sequence[int]) -> ExpressionCompiler:
        """A compiler for some of the input columns."""
        return ExpressionCompiler([self._columns[offset].type for offset in offsets], self._zone, offsets)

    def condition(self, expr: tipb_pb2.Expr) -> KeyFunction:
        """A selection's condition: numbers are true when they are not zero; other kinds are refused."""
        compiled = self.compile(expr)
        if compiled.type.eval_type not in (EvalType.INT, EvalType.REAL, EvalType.DECIMAL):
            raise UnsupportedDagError(f"conditions of type {compiled.type.eval_type.value}")
        return compiled.evaluate

    def cast(self, compiled: CompiledExpression, target: SqlType) -> CompiledExpression:
        """The same value in another type."""
        return self._compiled(cast(compiled.node, target))

    def _compiled(self, node: Expression) -> CompiledExpression:
        if isinstance(node, Column):
            offset = node.id
            return CompiledExpression(lambda batch, context: batch.column(offset), node.type, node)
        try:
            evaluate = compile_vector(node, self._columns)
        except SqlError as error:
            raise UnsupportedDagError(str(error)) from error
        return CompiledExpression(_in_type(evaluate, arrow_type(node.type)), node.type, node)

    def node(self, expr: tipb_pb2.Expr) -> Expression:
        """The typed expression of a message."""
        if expr.tp == ExprType.COLUMN_REF:
            return self._column(expr)
        if expr.tp == ExprType.PARAMETER:
            return Parameter(int.from_bytes(expr.val, "big"), type_of_field(expr.field_type))
        if expr.tp in _CONSTANTS:
            return self._constant(expr)
        if expr.tp != ExprType.SCALAR_FUNC:
            raise UnsupportedDagError(f"expression kind {expr.tp}")
        return self._call(expr)

    def _column(self, expr: tipb_pb2.Expr) -> Expression:
        offset = decode_int(expr.val)
        if not 0 <= offset < len(self._columns):
            raise UnsupportedDagError(f"column offset {offset} of {len(self._columns)}")
        return self._columns[offset]

    def _constant(self, expr: tipb_pb2.Expr) -> Expression:
        try:
            value = constant_value(expr)
        except ValueError as error:
            raise UnsupportedDagError(str(error)) from error
        sql_type = type_of_field(expr.field_type)
        if sql_type.code == TypeCode.TIMESTAMP and isinstance(value, int) and value and not is_utc(self._zone):
            assert self._zone is not None, "no zone is UTC"
            value = from_utc(value, self._zone)
        return Constant(value, sql_type)

    def _call(self, expr: tipb_pb2.Expr) -> Expression:
        signature = SIGNATURE_NAMES.get(expr.sig, str(expr.sig))
        function = FUNCTIONS.get(signature)
        if function is None:
            raise UnsupportedDagError(signature)
        result = type_of_field(expr.field_type)
        args = [self.node(child) for child in expr.children]
        if not function.accepts([arg.type.eval_type for arg in args if not _is_null(arg)]):
            raise UnsupportedDagError(f"{signature} with arguments of other kinds")
        if function.name == "cast":
            scalar = result.eval_type == EvalType.JSON and not result.flags & Flag.PARSE_TO_JSON
            return make_cast(args[0], result, scalar_json=scalar)
        args = [_with_collation(arg, result) for arg in args]
        try:
            node = resolve(function.name, args, self._context)
        except SqlError as error:
            raise UnsupportedDagError(f"{signature} ({error.message})") from error
        if node.type.eval_type != result.eval_type:
            raise UnsupportedDagError(f"{signature} as {node.type.eval_type.value}")
        return node


def _is_null(node: Expression) -> bool:
    return isinstance(node, Constant) and node.value is None


def _with_collation(node: Expression, result: SqlType) -> Expression:
    """A string argument in the collation that the message says the function compares with."""
    if not node.type.is_string or not isinstance(node, (Column, Constant, Call)):
        return node
    if result.collation in ("", "binary") or node.type.collation == result.collation:
        return node
    return replace(node, type=replace(node.type, collation=result.collation))


def _in_type(
    evaluate: Callable[[pa.RecordBatch, EvalContext], pa.Array], target: pa.DataType
) -> Callable[[pa.RecordBatch, EvalContext], pa.Array]:
    """The function with its result in exactly the Arrow type that the SQL type has."""

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        array = evaluate(batch, context)
        return array if array.type == target else pc.cast(array, target)

    return run
