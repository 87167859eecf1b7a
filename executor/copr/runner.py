"""Compiles a DAG once and runs it over blocks of keys and values.

A DAG is a chain: a scan, then selections, projections, aggregations, TopN, limits, each consuming the batches of the
one before. Everything streams except aggregations and TopN, which drain their input. A template DAG holds parameter
slots; their values come with each run, so that a cached plan compiles its coprocessor part once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from executor.context import EvalContext
from executor.copr.aggregate import AggregateFunction, Aggregation
from executor.copr.aggregate_functions import compile_aggregate
from executor.copr.errors import UnsupportedDagError
from executor.copr.expressions import ExpressionCompiler
from executor.copr.ordering import KeyFunction, TopN
from executor.copr.scan import Scan, compile_scan
from executor.copr.selection import FilteredScan, Selection, all_offsets_known, filtered_scan
from planner.context import SqlMode
from sqlnode.base.errors import SqlWarning
from sqlnode.base.types import SqlType, Value
from store.api import Block, CopRequest
from store.proto import tipb_pb2
from store.proto.numbers import ExecType, RequestFlag

_CACHE_SIZE = 1024
_CACHED_BYTES = 262_144
"""What is compiled from a longer DAG takes megabytes and is not kept."""


class Step(Protocol):
    """One executor above the scan."""

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """The output batches, lazily."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Replaces the columns by expressions."""

    expressions: tuple[KeyFunction, ...]

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """See `Step`."""
        names = [str(index) for index in range(len(self.expressions))]
        for batch in batches:
            arrays = [expression(batch, context) for expression in self.expressions]
            yield pa.RecordBatch.from_arrays(arrays, names=names)


@dataclass(frozen=True, slots=True)
class Limit:
    """The first rows."""

    limit: int

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """See `Step`; stops pulling as soon as it has enough."""
        left = self.limit
        if not left:
            return
        for batch in batches:
            yield batch.slice(0, min(left, batch.num_rows))
            left -= batch.num_rows
            if left <= 0:
                return


@dataclass(frozen=True, slots=True)
class _Program:
    scan: Scan | FilteredScan
    steps: tuple[Step, ...]


class CompiledDag:
    """A DAG ready to run. `types` are the output columns'; `descending` says how the reader must walk its ranges;
    `limit` is the number of rows after which the reader may stop, when a limit stands directly on the scan. `zone` is
    the one that it will run in first."""

    def __init__(self, dag: tipb_pb2.DAGRequest, zone: tzinfo | None = None) -> None:
        self.dag = dag
        self._programs: dict[object, _Program] = {}
        self.types: tuple[SqlType, ...] = ()
        program = self.program(zone)
        self.descending = program.scan.descending
        first = program.steps[0] if program.steps else None
        self.limit = first.limit if isinstance(first, Limit) else None

    def program(self, zone: tzinfo | None) -> _Program:
        """The executors for one time zone (timestamp constants in a DAG are UTC and move with the zone)."""
        key = None if zone is None else str(zone)
        found = self._programs.get(key)
        if found is None:
            found = self._programs[key] = self._compile(zone)
        return found

    def _compile(self, zone: tzinfo | None) -> _Program:
        executors = list(self.dag.executors)
        if not executors:
            raise UnsupportedDagError("a request without executors")
        whole = compile_scan(executors[0])
        scan: Scan | FilteredScan = whole
        types = whole.types
        steps: list[Step] = []
        rest = executors[1:]
        two_steps = _two_step_scan(whole, rest, zone)
        if two_steps is not None:
            scan, rest = two_steps, rest[1:]
        for executor in rest:
            step, types = _compile_step(executor, types, zone)
            steps.append(step)
        offsets = list(self.dag.output_offsets)
        if any(offset >= len(types) for offset in offsets):
            raise UnsupportedDagError(f"output offsets {offsets} of {len(types)} columns")
        if offsets != list(range(len(types))):
            steps.append(Projection(tuple(_column_reader(offset) for offset in offsets)))
        self.types = tuple(types[offset] for offset in offsets)
        return _Program(scan, tuple(steps))


def _two_step_scan(scan: Scan, rest: list[tipb_pb2.Executor], zone: tzinfo | None) -> FilteredScan | None:
    if not rest or rest[0].tp != ExecType.SELECTION:
        return None
    selection = rest[0].selection
    if not all_offsets_known(selection.conditions, len(scan.types)):
        return None
    return filtered_scan(scan, selection, ExpressionCompiler(scan.types, zone))


def _column_reader(offset: int) -> KeyFunction:
    return lambda batch, context: batch.column(offset)


def _compile_step(
    executor: tipb_pb2.Executor, types: tuple[SqlType, ...], zone: tzinfo | None
) -> tuple[Step, tuple[SqlType, ...]]:
    compiler = ExpressionCompiler(types, zone)
    if executor.parent_idx:
        raise UnsupportedDagError("executor trees")
    match executor.tp:
        case ExecType.SELECTION:
            return Selection(tuple(compiler.condition(expr) for expr in executor.selection.conditions)), types
        case ExecType.PROJECTION:
            compiled = [compiler.compile(expr) for expr in executor.Projection.exprs]
            return Projection(tuple(one.evaluate for one in compiled)), tuple(one.type for one in compiled)
        case ExecType.AGGREGATION | ExecType.STREAM_AGG:
            return _compile_aggregation(executor.aggregation, compiler)
        case ExecType.TOP_N:
            return _compile_top_n(executor.topN, compiler), types
        case ExecType.LIMIT:
            if executor.limit.partition_by or executor.limit.truncate_key_expr:
                raise UnsupportedDagError("limits by partition")
            return Limit(executor.limit.limit), types
    raise UnsupportedDagError(f"executor {executor.tp}")


def _compile_aggregation(
    aggregation: tipb_pb2.Aggregation, compiler: ExpressionCompiler
) -> tuple[Step, tuple[SqlType, ...]]:
    functions: list[AggregateFunction] = [compile_aggregate(expr, compiler) for expr in aggregation.agg_func]
    keys = [compiler.compile(expr) for expr in aggregation.group_by]
    partial_types = [sql_type for function in functions for sql_type in function.types]
    key_types = tuple(key.type for key in keys)
    step = Aggregation(tuple(functions), tuple(key.evaluate for key in keys), key_types)
    return step, (*partial_types, *key_types)


def _compile_top_n(top_n: tipb_pb2.TopN, compiler: ExpressionCompiler) -> Step:
    if top_n.partition_by:
        raise UnsupportedDagError("TopN by partition")
    keys = [compiler.compile(item.expr) for item in top_n.order_by]
    return TopN(
        tuple(key.evaluate for key in keys),
        tuple(key.type for key in keys),
        tuple(item.desc for item in top_n.order_by),
        top_n.limit,
    )


class DagRunner:
    """Compiles (cached by the DAG object's identity, since templates are shared) and runs DAGs."""

    def __init__(self) -> None:
        self._cache: OrderedDict[int, CompiledDag] = OrderedDict()
        self._lock = Lock()

    def compile(self, dag: tipb_pb2.DAGRequest, zone: tzinfo | None = None) -> CompiledDag:
        """The compiled form. The DAG must not be changed afterwards. Any thread may ask. Raises UnsupportedDagError."""
        with self._lock:
            found = self._cache.get(id(dag))
            if found is not None and found.dag is dag:
                self._cache.move_to_end(id(dag))
                return found
        compiled = CompiledDag(dag, zone)
        if dag.ByteSize() > _CACHED_BYTES:
            return compiled
        with self._lock:
            self._cache[id(dag)] = compiled
            if len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return compiled

    def evaluate(self, request: CopRequest, blocks: Iterator[Block]) -> Iterator[pa.RecordBatch]:
        """What the embedded store is given as its `DagEvaluator`."""
        compiled = self.compile(request.dag, zone_of(request.dag) if request.zone is None else request.zone)
        return self.run(compiled, blocks, request.parameters, request.zone, request.flags, request.warn)

    def run(
        self,
        compiled: CompiledDag,
        blocks: Iterable[Block],
        parameters: tuple[Value, ...] = (),
        zone: tzinfo | None = None,
        flags: int | None = None,
        warn: Callable[[SqlWarning], None] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Output batches, lazily; closing the iterator stops reading.

        `blocks` are visible keys and values in scan order (descending when `compiled.descending`), some thousand rows
        each. `zone` and `flags` replace those of the DAG. Raises SqlError where an expression fails.
        """
        dag = compiled.dag
        session_zone = zone_of(dag) if zone is None else zone
        bits = dag.flags if flags is None else flags
        in_dml = bool(bits & (RequestFlag.IN_INSERT | RequestFlag.IN_UPDATE_OR_DELETE))
        strict = not bits & RequestFlag.TRUNCATE_AS_WARNING
        sql_mode = dag.sql_mode
        if not sql_mode and strict and not bits & RequestFlag.DIVIDED_BY_ZERO_AS_WARNING:
            # TiDB leaves the mode out and lets the flags speak; a strict statement has one.
            sql_mode = SqlMode.STRICT_TRANS_TABLES | SqlMode.ERROR_FOR_DIVISION_BY_ZERO
        context = EvalContext(
            parameters=parameters,
            zone=session_zone,
            sql_mode=sql_mode,
            in_dml=in_dml,
            strict_dml=in_dml and strict,
        )
        if dag.HasField("div_precision_increment"):
            context.div_precision_increment = dag.div_precision_increment
        if warn is not None:
            context.warn = warn
        program = compiled.program(session_zone)
        batches: Iterator[pa.RecordBatch] = program.scan.batches(blocks, context)
        for step in program.steps:
            batches = step.run(batches, context)
        return batches


def zone_of(dag: tipb_pb2.DAGRequest) -> tzinfo:
    """The session's zone as the DAG names it: a name wins over an offset in seconds."""
    name = dag.time_zone_name
    if name and name not in ("System", "SYSTEM"):
        return UTC if name == "UTC" else ZoneInfo(name)
    return timezone(timedelta(seconds=dag.time_zone_offset))
