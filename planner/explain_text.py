"""The words of EXPLAIN: operator names, access objects, operator info, expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from planner import physical
from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import (
    AggregateCall,
    Call,
    Column,
    Constant,
    CorrelatedColumn,
    Expression,
    OrderItem,
    Parameter,
    UserVariable,
    columns_of,
)
from planner.expr.scalar import value_of
from planner.logical import JoinKind, LockMode, LockWait, SetKind
from planner.physical import AggMode, IndexScan, KeyValue, PhysicalNode, TableScan
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import IndexInfo
from sqlnode.base.types import SqlType, TypeCode, Value

Read = Callable[[Expression], Value]

_FUNCTIONS = {
    "=": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "<=>": "nulleq",
    "+": "plus",
    "-": "minus",
    "*": "mul",
    "/": "div",
    "div": "intdiv",
    "%": "mod",
    "is_null": "isnull",
    "unary_minus": "unaryminus",
    "&": "bitand",
    "|": "bitor",
    "^": "bitxor",
    "~": "bitneg",
    "<<": "leftshift",
    ">>": "rightshift",
    "is_true": "istrue",
    "is_false": "isfalse",
}
_SET_NAMES = {SetKind.INTERSECT: "Intersect", SetKind.EXCEPT: "Except", SetKind.UNION: "Union"}


def value_reader(context: PlanContext) -> Read:
    """Evaluates what a plan knows before it runs, with the statement's parameters."""
    return value_of(EvalContext(parameters=context.parameters, now_us=context.now_us, zone=context.zone))


def operator_name(node: PhysicalNode) -> str:
    """TiDB's name of a node."""
    match node:
        case TableScan():
            if node.ranges is None:
                return "TableRowIDScan"
            return "TableFullScan" if node.ranges.is_full else "TableRangeScan"
        case IndexScan():
            return "IndexFullScan" if node.ranges.is_full else "IndexRangeScan"
        case physical.PointGet():
            return "Point_Get"
        case physical.BatchPointGet():
            return "Batch_Point_Get"
        case physical.Dual():
            return "TableDual"
        case physical.ValuesScan():
            return "ValuesScan"
        case physical.CteScan():
            return "CTEFullScan"
        case physical.SetOperation():
            return _SET_NAMES[node.kind]
        case physical.StreamAgg():
            return "StreamAgg"
    return type(node).__name__


# ------------------------------------------------------------------------------------------------------- access object


def access_object(node: PhysicalNode) -> str:
    """The table, and the index where one is read."""
    match node:
        case TableScan():
            return f"table:{node.alias}"
        case IndexScan():
            return f"table:{node.alias}, {_index(node.index)}"
        case physical.PointGet() | physical.BatchPointGet():
            if node.index is not None:
                return f"table:{node.alias}, {_index(node.index)}"
            if node.table.is_common_handle and node.table.primary_index is not None:
                return f"table:{node.alias}, clustered {_index(node.table.primary_index)}"
            return f"table:{node.alias}"
        case physical.MemTableScan():
            return f"table:{node.table.name}"
        case physical.CteScan():
            return f"CTE:{node.name}"
    return ""


def _index(index: IndexInfo) -> str:
    return f"index:{index.name}({', '.join(part.name for part in index.columns)})"


# ------------------------------------------------------------------------------------------------------- operator info


def operator_info(node: PhysicalNode, context: PlanContext, read: Read, *, brief: bool) -> str:
    """What a node does, in TiDB's words."""
    match node:
        case TableScan() | IndexScan():
            return _scan(node, context, read)
        case physical.TableReader():
            return f"data:{_title(node.cop, brief=brief)}"
        case physical.IndexReader():
            return f"index:{_title(node.cop, brief=brief)}"
        case physical.PointGet() | physical.BatchPointGet():
            return _point(node, read)
        case physical.Selection():
            return ", ".join(sorted(text_of(condition) for condition in node.conditions))
        case physical.Projection():
            return ", ".join(_computed(e, c) for e, c in zip(node.expressions, node.columns))
        case physical.HashAgg():
            return _aggregation(node)
        case physical.Sort():
            return _items(node.items)
        case physical.TopN():
            return f"{_items(node.items)}, {_limit(node.count, node.offset)}"
        case physical.Limit():
            return _limit(node.count, node.offset)
        case physical.HashJoin() | physical.IndexJoin() | physical.Apply():
            return _join(node, brief=brief)
        case physical.SelectLock():
            wait = {LockWait.WAIT: "", LockWait.NOWAIT: " nowait", LockWait.SKIP_LOCKED: " skip locked"}[node.wait]
            return f"for {'update' if node.mode is LockMode.UPDATE else 'share'}{wait or ' 0'}"
        case physical.Dual():
            return f"rows:{node.rows}"
        case physical.ValuesScan():
            return f"rows:{len(node.rows)}"
        case physical.MemTableScan():
            return _predicates(node, read)
        case physical.CteScan():
            return f"data:CTE_{node.cte_id}"
        case physical.Insert() | physical.Update() | physical.Delete():
            return "N/A"
    return ""


def _title(node: PhysicalNode, *, brief: bool) -> str:
    return operator_name(node) if brief else f"{operator_name(node)}_{node.id}"


def _scan(node: TableScan | IndexScan, context: PlanContext, read: Read) -> str:
    parts = []
    ranges = node.ranges
    if ranges is not None and not ranges.is_full:
        outer = {
            column
            for box in ranges.boxes
            for conditions in box
            for condition in conditions
            for operand in _operands(condition)
            for column in columns_of(operand)
        }
        if outer:
            parts.append(f"range: decided by [{', '.join(sorted(text_of(column) for column in outer))}]")
        else:
            parts.append(f"range:{_ranges(node, context, read)}")
    parts.append(f"keep order:{'true' if node.keep_order else 'false'}")
    if node.desc:
        parts.append("desc")
    if node.pseudo:
        parts.append("stats:pseudo")
    return ", ".join(parts)


def _operands(condition: object) -> Iterable[Expression]:
    alternatives = getattr(condition, "alternatives", None)
    if alternatives is None:
        yield from condition.operands  # type: ignore[attr-defined]
        return
    for conditions in alternatives:
        for inner in conditions:
            yield from _operands(inner)


def _ranges(node: TableScan | IndexScan, context: PlanContext, read: Read) -> str:
    assert node.ranges is not None, "the caller tested"
    try:
        return node.ranges.describe(read, context.zone)
    except (SqlError, IndexError, KeyError):
        return "decided at execution"  # Parameters without values, columns of an outer query.


def _point(node: physical.PointGet | physical.BatchPointGet, read: Read) -> str:
    parts = []
    integer = node.index is None and not node.table.is_common_handle
    if isinstance(node, physical.PointGet):
        if integer:
            parts.append(f"handle:{_key(node.key, read)}")
    else:
        if integer:
            parts.append(f"handle:[{' '.join(_key(key, read) for key in node.keys)}]")
        parts.append(f"keep order:{'true' if node.keep_order else 'false'}")
        parts.append(f"desc:{'true' if node.desc else 'false'}")
    if node.lock is not None:
        parts.append("lock")
    return ", ".join(parts)


def _key(key: Sequence[KeyValue], read: Read) -> str:
    (only,) = key
    if isinstance(only.expression, Parameter):
        try:
            return str(read(only.expression))
        except IndexError:
            return "?"
    return text_of(only.expression)


def _computed(expression: Expression, column: Column) -> str:
    text = text_of(expression)
    if isinstance(expression, Column) and expression.id == column.id:
        return text
    return f"{text}->Column#{column.id}"


def _aggregation(node: physical.HashAgg) -> str:
    parts = []
    if node.group_by:
        parts.append(f"group by:{', '.join(text_of(expression) for expression in node.group_by)}")
    columns = list(node.columns)
    for call in node.aggregates:
        width = 2 if node.mode is AggMode.PARTIAL and call.name == "avg" else 1
        given = ", ".join(f"Column#{column.id}" for column in columns[:width])
        del columns[:width]
        parts.append(f"funcs:{text_of(call)}->{given}")
    if not node.aggregates:
        parts.extend(f"funcs:firstrow({text_of(e)})->{text_of(c)}" for e, c in zip(node.group_by, columns))
    return ", ".join(parts)


def _items(items: Sequence[OrderItem]) -> str:
    return ", ".join(text_of(item.expression) + (":desc" if item.descending else "") for item in items)


def _limit(count: Expression | None, offset: Expression | None) -> str:
    first = "0" if offset is None else text_of(offset)
    return f"offset:{first}, count:{'all' if count is None else text_of(count)}"


def _join(node: physical.HashJoin | physical.IndexJoin | physical.Apply, *, brief: bool) -> str:
    equal = [] if isinstance(node, physical.Apply) else list(node.equal)
    cartesian = not equal
    aware = any(pair.null_aware for pair in equal) or (isinstance(node, physical.HashJoin) and node.null_aware_other)
    kind = ("Null-aware " if aware and node.kind in (JoinKind.ANTI, JoinKind.ANTI_MARK) else "") + node.kind.value
    parts = [f"CARTESIAN {kind}" if cartesian else kind]
    if isinstance(node, physical.IndexJoin):
        inner = node.right if node.inner_is_right else node.left
        parts.append(f"inner:{_title(inner, brief=brief)}")
        pairs = [(pair.left, pair.right) if node.inner_is_right else (pair.right, pair.left) for pair in equal]
        parts.append("outer key:" + ", ".join(text_of(outer) for outer, _ in pairs))
        parts.append("inner key:" + ", ".join(text_of(inner_key) for _, inner_key in pairs))
        parts.append("equal cond:" + ", ".join(f"eq({text_of(outer)}, {text_of(key)})" for outer, key in pairs))
    elif equal:
        texts = (f"{'nulleq' if p.null_safe else 'eq'}({text_of(p.left)}, {text_of(p.right)})" for p in equal)
        parts.append(f"equal:[{' '.join(texts)}]")
    other: list[Expression] = list(node.conditions) if isinstance(node, physical.Apply) else list(node.other)
    if isinstance(node, physical.HashJoin):
        other.extend(node.null_aware_other)
    if other:
        parts.append("other cond:" + ", ".join(sorted(text_of(one) for one in other)))
    return ", ".join(parts)


def _predicates(node: physical.MemTableScan, read: Read) -> str:
    parts = []
    for predicate in node.predicates:
        try:
            values = ", ".join(constant_text(read(one), one.type) for one in predicate.operands)
        except (SqlError, IndexError, KeyError):
            values = "?"
        name = predicate.column + ("" if predicate.op == "in" else f" {predicate.op}")
        parts.append(f"{name}:[{values}]")
    return ", ".join(parts)


# --------------------------------------------------------------------------------------------------------- expressions


def text_of(expression: Expression) -> str:
    """An expression as TiDB's EXPLAIN prints it."""
    match expression:
        case Column():
            return _column(expression)
        case CorrelatedColumn():
            return _column(expression.column)
        case Constant():
            return constant_text(expression.value, expression.type)
        case Parameter():
            return "?"
        case UserVariable():
            return f'getvar("{expression.name}")'
        case AggregateCall():
            inside = ", ".join(map(text_of, expression.args))
            name = {"first_row": "firstrow"}.get(expression.name, expression.name)
            order = f" order by {_items(expression.order_by)}" if expression.order_by else ""
            return f"{name}({'distinct ' if expression.distinct else ''}{inside}{order})"
        case Call():
            return _call(expression)
    raise AssertionError(f"no expression: {expression!r}")


def _column(column: Column) -> str:
    if column.origin_name:
        parts = (column.database, column.table or column.origin_table, column.origin_name)
        return ".".join(part.lower() for part in parts if part)
    return f"Column#{column.id}"


def _call(call: Call) -> str:
    if call.name == "cast":
        return f"cast({text_of(call.args[0])}, {type_text(call.type)})"
    name = _FUNCTIONS.get(call.name, call.name)
    args = list(map(text_of, call.args))
    if call.text is not None:
        args.append(call.text)
    if name in ("and", "or") and len(args) > 2:
        text = args[-1]
        for arg in reversed(args[:-1]):
            text = f"{name}({arg}, {text})"
        return text
    return f"{name}({', '.join(args)})"


_TYPE_NAMES = {
    TypeCode.LONGLONG: "bigint",
    TypeCode.LONG: "int",
    TypeCode.DOUBLE: "double",
    TypeCode.FLOAT: "float",
    TypeCode.DATETIME: "datetime",
    TypeCode.TIMESTAMP: "timestamp",
    TypeCode.DATE: "date",
    TypeCode.TIME: "time",
    TypeCode.JSON: "json",
}


def type_text(sql_type: SqlType) -> str:
    """`decimal(20,0) BINARY`."""
    if sql_type.code == TypeCode.NEWDECIMAL:
        name = f"decimal({sql_type.length},{max(sql_type.scale, 0)})"
    elif sql_type.is_string:
        name = "var_string" + (f"({sql_type.length})" if sql_type.length >= 0 else "")
    else:
        name = _TYPE_NAMES.get(sql_type.code, "bigint")
        if sql_type.is_integer and sql_type.length > 0:
            name += f"({sql_type.length})"
        elif sql_type.fsp:
            name += f"({sql_type.fsp})"
    if sql_type.unsigned:
        name += " UNSIGNED"
    return name + (" BINARY" if sql_type.charset == "binary" else "")


def constant_text(value: Value, sql_type: SqlType) -> str:
    """A constant; strings in double quotes."""
    from planner.access.range_plan import value_text

    return value_text(value, sql_type)
