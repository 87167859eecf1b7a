"""Coprocessor requests of an execution, and the same chain run here over rows that a request would not see.

A transaction's own writes are in its buffer only. Where a reader's ranges hold such writes, the pairs are read with the
buffer merged in, and the request's DAG runs over them in this process, a page at a time (each page counts as a region
of its own, so partial aggregates, TopN and limits come once a page and are put together above, as always).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.compiled import kept
from executor.copr.runner import CompiledDag, DagRunner
from executor.offload import computed
from executor.reads import is_dirty, scan_pages
from planner.access.range_plan import Groups
from planner.expr.describe import with_names
from planner.physical import IndexLookUp, IndexReader, PhysicalNode, RequestTemplate, TableReader
from sqlnode.base.errors import DATA_OUT_OF_RANGE, SqlError
from sqlnode.base.types import Value
from store.api import Block, CopCounters, CopRequest, KeyRange
from store.proto.numbers import ExecType, RequestFlag

if TYPE_CHECKING:
    from executor.stream import Execution

Reader = TableReader | IndexReader | IndexLookUp


def request_flags(execution: Execution) -> int:
    """DAG flags of this statement."""
    evaluation = execution.evaluation
    if not evaluation.in_dml:
        return RequestFlag.IN_SELECT | RequestFlag.TRUNCATE_AS_WARNING | RequestFlag.OVERFLOW_AS_WARNING
    flags = int(RequestFlag.IN_UPDATE_OR_DELETE)
    return flags if evaluation.strict_dml else flags | RequestFlag.TRUNCATE_AS_WARNING


def slot_values(template: RequestTemplate, node: PhysicalNode, execution: Execution) -> tuple[Value, ...]:
    """The values of the DAG's parameters."""
    if not template.slots:
        return ()
    value_of = execution.value_of(node)
    return tuple([value_of(slot) for slot in template.slots])


def reader_groups(node: Reader, execution: Execution) -> Groups:
    """The key ranges of a reader in this execution: groups in the order in which they are to be read."""
    given = execution.given_ranges.get(id(node))
    groups = given if given is not None else node.ranges.evaluate(execution.value_of(node), execution.evaluation.zone)
    return groups[::-1] if node.desc else groups


async def run_request(
    template: RequestTemplate, ranges: Sequence[KeyRange], node: Reader, execution: Execution
) -> AsyncIterator[pa.RecordBatch]:
    """The batches of a request over sorted ranges, the transaction's own writes included."""
    context, evaluation = execution.context, execution.evaluation
    check = context.kill.check
    parameters = slot_values(template, node, execution)
    if is_dirty(context, ranges):
        async for pairs in scan_pages(execution.reads, ranges, reverse=node.desc):
            check()
            block = ([key for key, _ in pairs], [value for _, value in pairs])
            for batch in await run_here(template, [block], parameters, node, execution):
                yield batch
        return
    request = CopRequest(
        template.dag,
        tuple(ranges),
        parameters=parameters,
        desc=node.desc,
        keep_order=node.keep_order,
        zone=evaluation.zone,
        flags=request_flags(execution),
        warn=evaluation.warn,
        check=check,
    )
    runtime = execution.runtime(node)
    counters = CopCounters() if runtime is None else runtime.cop
    before = counters.keys_read
    batches = execution.reads.coprocessor(request, counters)
    try:
        async for batch in batches:
            check()
            if batch.num_rows:
                yield batch
        if isinstance(node, TableReader) and node.ranges.is_full and not _stops_early(template):
            context.rows_seen(node.ranges.table_id, float(counters.keys_read - before))
    except SqlError as error:
        raise _with_names(error, template) from None
    finally:
        await batches.aclose()  # type: ignore[attr-defined]


def _with_names(error: SqlError, template: RequestTemplate) -> SqlError:
    """A store tells of an overflow in columns by their offsets; the statement has names for them."""
    if error.row is DATA_OUT_OF_RANGE:
        error.message = with_names(error.message, template.scanned)
    return error


def _stops_early(template: RequestTemplate) -> bool:
    return any(executor.tp == ExecType.LIMIT for executor in template.dag.executors)


async def run_here(
    template: RequestTemplate,
    blocks: Sequence[Block],
    parameters: tuple[Value, ...],
    node: Reader,
    execution: Execution,
) -> list[pa.RecordBatch]:
    """The DAG over given pairs, evaluated in this process."""
    evaluation = execution.evaluation
    rows = sum(len(keys) for keys, _ in blocks) + template.dag.ByteSize()

    def work() -> list[pa.RecordBatch]:
        compiled = kept(template, "_compiled_dag", lambda: CompiledDag(template.dag))
        batches: Iterator[pa.RecordBatch] = _RUNNER.run(
            compiled, blocks, parameters, evaluation.zone, request_flags(execution), evaluation.warn
        )
        return [batch for batch in batches if batch.num_rows]

    try:
        return await computed(rows, work, execution.context.kill)
    except SqlError as error:
        raise _with_names(error, template) from None


_RUNNER = DagRunner()
"""Only its `run` is used, which keeps nothing."""
