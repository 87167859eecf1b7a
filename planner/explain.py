"""EXPLAIN: a plan as rows of text, in TiDB's table form, as a tree, or as JSON.

Every format renders one list of `Line`s. Runtime statistics (EXPLAIN ANALYZE) are kept by node id; a node without any
prints as not executed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from planner.context import PlanContext
from planner.explain_text import access_object, operator_info, operator_name, value_reader
from planner.physical import (
    Apply,
    HashJoin,
    IndexJoin,
    IndexLookUp,
    IndexReader,
    IndexScan,
    PhysicalNode,
    PhysicalPlan,
    PointGet,
    TableReader,
    TableScan,
)
from planner.physical import Delete as PhysicalDelete
from planner.physical import Insert as PhysicalInsert
from planner.physical import Update as PhysicalUpdate
from sqlnode.base.errors import UNKNOWN_EXPLAIN_FORMAT, SqlError
from store.api import CopCounters

ROW_LABELS = ("id", "estRows", "task", "access object", "operator info")
ANALYZE_LABELS = (
    "id",
    "estRows",
    "actRows",
    "task",
    "access object",
    "execution info",
    "operator info",
    "memory",
    "disk",
)


class NodeStatistics(Protocol):
    """What a node did; see `executor.runtime.NodeRuntime`."""

    rows: int
    loops: int
    nanoseconds: int


class RuntimeStatistics(Protocol):
    """Statistics of one execution by node id; see `executor.runtime.Runtime`."""

    @property
    def nodes(self) -> Mapping[int, NodeStatistics]:
        """What each node did."""


@dataclass(frozen=True, slots=True)
class Line:
    """One node of the plan. `prefix` draws the tree, `role` is (Build), (Probe) or nothing."""

    node: PhysicalNode
    depth: int
    prefix: str
    role: str
    task: str
    reader: PhysicalNode | None = None
    """For a node in a cop chain: the reader that sends it."""

    def name(self, *, brief: bool) -> str:
        """`TableReader_7(Build)`."""
        name = operator_name(self.node)
        return f"{name}{'' if brief else f'_{self.node.id}'}{self.role}"


def explain_rows(
    plan: PhysicalPlan,
    context: PlanContext,
    *,
    format: str = "",
    runtime: RuntimeStatistics | None = None,
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """(labels, rows of texts). Formats: row and traditional (the default), brief, tree, json, rules. Error 1791 for
    another one."""
    labels = explain_labels(format, analyze=runtime is not None)
    nodes = None if runtime is None else runtime.nodes
    match format.upper() or "ROW":
        case "TREE":
            return labels, [(_tree(plan, context, nodes),)]
        case "JSON" | "TIDB_JSON":
            return labels, [(_json(plan, context, nodes),)]
        case "RULES":
            return labels, [(rule,) for rule in plan.rules]
        case name:
            return labels, _table(plan, context, brief=name == "BRIEF", runtime=nodes)


def explain_labels(format: str = "", *, analyze: bool = False) -> tuple[str, ...]:
    """The labels of the result. Error 1791 for an unknown format."""
    match format.upper() or "ROW":
        case "ROW" | "TRADITIONAL" | "BRIEF":
            return ANALYZE_LABELS if analyze else ROW_LABELS
        case "TREE" | "JSON":
            return ("EXPLAIN",)
        case "TIDB_JSON":
            return ("TiDB_JSON",)
        case "RULES":
            return ("rule",)
    raise SqlError(UNKNOWN_EXPLAIN_FORMAT, format=format)


# -------------------------------------------------------------------------------------------------------------- lines


def lines_of(plan: PhysicalPlan) -> list[Line]:
    """The plan's nodes in the order that EXPLAIN prints them, common table expressions behind."""
    lines = list(_lines(plan.root, 0, "", "", "root", last=True, top=True))
    for _, node in sorted(plan.ctes.items()):
        lines.extend(_lines(node, 0, "", "", "root", last=True, top=True))
    return lines


def _lines(
    node: PhysicalNode,
    depth: int,
    indent: str,
    role: str,
    task: str,
    *,
    last: bool,
    top: bool = False,
    reader: PhysicalNode | None = None,
) -> Iterator[Line]:
    prefix = "" if top else indent + ("└─" if last else "├─")
    yield Line(node, depth, prefix, role, task, reader)
    if isinstance(node, (TableReader, IndexReader, IndexLookUp)):
        reader = node
    below = "" if top else indent + ("  " if last else "│ ")
    children = _inputs(node, task)
    for position, (child, child_role, child_task) in enumerate(children):
        is_last = position == len(children) - 1
        yield from _lines(child, depth + 1, below, child_role, child_task, last=is_last, reader=reader)


def _inputs(node: PhysicalNode, task: str) -> list[tuple[PhysicalNode, str, str]]:
    """The children as printed, build side first: (node, role, task)."""
    match node:
        case TableReader() | IndexReader():
            return [(node.cop, "", "cop[tikv]")]
        case IndexLookUp():
            return [(node.index_cop, "(Build)", "cop[tikv]"), (node.table_cop, "(Probe)", "cop[tikv]")]
        case HashJoin():
            sides = (node.left, node.right) if node.build_left else (node.right, node.left)
            return [(sides[0], "(Build)", task), (sides[1], "(Probe)", task)]
        case IndexJoin():
            sides = (node.left, node.right) if node.inner_is_right else (node.right, node.left)
            return [(sides[0], "(Build)", task), (sides[1], "(Probe)", task)]
        case Apply():
            return [(node.left, "(Build)", task), (node.right, "(Probe)", task)]
    return [(child, "", task) for child in node.children]


# ------------------------------------------------------------------------------------------------------------- formats


def _table(
    plan: PhysicalPlan, context: PlanContext, *, brief: bool, runtime: Mapping[int, NodeStatistics] | None
) -> list[tuple[str, ...]]:
    read = value_reader(context)
    rows: list[tuple[str, ...]] = []
    for line in lines_of(plan):
        name = line.prefix + line.name(brief=brief)
        estimate = estimated(line.node)
        where, info = access_object(line.node), operator_info(line.node, context, read, brief=brief)
        if runtime is None:
            rows.append((name, estimate, line.task, where, info))
            continue
        actual, execution = _execution(runtime, line.node) if line.reader is None else _in_store(runtime, line)
        rows.append((name, estimate, actual, line.task, where, execution, info, "N/A", "N/A"))
    return rows


def estimated(node: PhysicalNode) -> str:
    """The estimate with two decimals; data changes have none."""
    if isinstance(node, (PhysicalInsert, PhysicalUpdate, PhysicalDelete)):
        return "N/A"
    return f"{1.0 if isinstance(node, PointGet) else node.estimated_rows:.2f}"


def _execution(runtime: Mapping[int, NodeStatistics], node: PhysicalNode) -> tuple[str, str]:
    found = runtime.get(node.id)
    if found is None:
        return "0", ""
    text = f"time:{duration(found.nanoseconds)}, loops:{found.loops}"
    requests = getattr(found, "cop", None)
    if isinstance(requests, CopCounters) and requests.tasks:
        text += (
            f", cop_task: {{num: {requests.tasks}, keys: {requests.keys_read}, rows: {requests.rows_returned}, "
            f"time: {duration(requests.nanoseconds)}}}"
        )
    for name, number in (getattr(found, "notes", None) or {}).items():
        text += f", {name}:{number}"
    return str(found.rows), text


def _in_store(runtime: Mapping[int, NodeStatistics], line: Line) -> tuple[str, str]:
    """A cop node's rows as far as its reader counted them: what the request read and what it returned."""
    assert line.reader is not None, "a node of a cop chain"
    found = runtime.get(line.reader.id)
    requests = getattr(found, "cop", None)
    if not isinstance(requests, CopCounters):
        return "0", ""
    of_table = isinstance(line.reader, IndexLookUp) and _is_in(line.node, line.reader)
    if isinstance(line.node, TableScan | IndexScan):
        rows = requests.rows_returned if of_table else requests.keys_read
        return str(rows), ""
    if isinstance(line.reader, IndexLookUp):
        if line.node is line.reader.index_cop:
            return str(requests.rows_returned), ""
        return (str(found.rows) if found is not None and line.node is line.reader.table_cop else "N/A"), ""
    return (str(requests.rows_returned) if line.node is line.reader.cop else "N/A"), ""  # type: ignore[attr-defined]


def _is_in(node: PhysicalNode, reader: IndexLookUp) -> bool:
    """Whether a node stands on the table side of a double read."""
    below: PhysicalNode | None = reader.table_cop
    while below is not None:
        if below is node:
            return True
        below = below.children[0] if below.children else None
    return False


def duration(nanoseconds: int) -> str:
    """`1.23ms`, as Go prints durations."""
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g}{unit}"
    return f"{nanoseconds}ns"


def _tree(plan: PhysicalPlan, context: PlanContext, runtime: Mapping[int, NodeStatistics] | None) -> str:
    read = value_reader(context)
    text = []
    for line in lines_of(plan):
        parts = [f"{'    ' * line.depth}-> {line.name(brief=True)}"]
        details = [access_object(line.node), operator_info(line.node, context, read, brief=True)]
        if any(details):
            parts.append(f": {', '.join(part for part in details if part)}")
        parts.append(f"  (rows={estimated(line.node)})")
        if runtime is not None:
            found = runtime.get(line.node.id)
            if found is None:
                parts.append(" (never executed)")
            else:
                spent = found.nanoseconds / 1e6
                parts.append(f" (actual time={spent:.3f} rows={found.rows} loops={found.loops})")
        text.append("".join(parts))
    return "\n".join(text) + "\n"


def _json(plan: PhysicalPlan, context: PlanContext, runtime: Mapping[int, NodeStatistics] | None) -> str:
    read = value_reader(context)

    def described(node: PhysicalNode, role: str, task: str) -> dict[str, object]:
        found: dict[str, object] = {
            "id": f"{operator_name(node)}_{node.id}{role}",
            "estRows": estimated(node),
            "taskType": task,
        }
        where, info = access_object(node), operator_info(node, context, read, brief=False)
        if where:
            found["accessObject"] = where
        if info:
            found["operatorInfo"] = info
        if runtime is not None:
            found["actRows"], found["rootBasicExecInfo"] = _execution(runtime, node)
        below = [described(*child) for child in _inputs(node, task)]
        if below:
            found["subOperators"] = below
        return found

    whole = [described(plan.root, "", "root")]
    whole.extend(described(node, "", "root") for _, node in sorted(plan.ctes.items()))
    return json.dumps(whole, indent=4, ensure_ascii=False)
