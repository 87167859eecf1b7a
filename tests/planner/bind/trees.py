"""A small catalog and plans as text, for tests of the binder."""

from __future__ import annotations

from planner.bind import bind
from planner.context import PlanContext
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
)
from planner.logical import (
    Aggregate,
    BoundQuery,
    CteReference,
    DataSource,
    Delete,
    Dual,
    Insert,
    Join,
    Limit,
    Lock,
    LogicalNode,
    Projection,
    Selection,
    SetOperation,
    Sort,
    Update,
    Values,
)
from planner.parse import parse_text
from sqlnode.base.catalog import Catalog, Schema
from sqlnode.base.schema import ColumnInfo, DatabaseInfo, IndexColumn, IndexInfo, TableInfo, ViewInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, datetime, decimal, integer, varchar

TYPES = {
    "int": integer(TypeCode.LONG),
    "bigint": integer(),
    "varchar": varchar(20),
    "datetime": datetime(),
    "decimal": decimal(10, 2),
}


def column(offset: int, text: str) -> ColumnInfo:
    """`name type [not null] [key] [default X] [as (expression)]`."""
    name, kind, *words = text.split()
    sql_type = TYPES[kind]
    options = " ".join(words)
    flags = 0
    if "not null" in options or "key" in words:
        flags |= Flag.NOT_NULL
    if "key" in words:
        flags |= Flag.PRI_KEY
    if "auto" in words:
        flags |= Flag.AUTO_INCREMENT
    default = options.split("default ")[1] if "default " in options else None
    generated = options.split("as ")[1] if "as " in options else ""
    return ColumnInfo(
        offset + 1, name, offset, sql_type.with_flags(add=flags), default=default, generated_expr=generated
    )


def table(number: int, name: str, columns: str, *, unique: str = "", handle: bool = True) -> TableInfo:
    """A table from a comma separated column list; `unique` names the columns of one unique index."""
    infos = tuple(column(at, text.strip()) for at, text in enumerate(columns.split(",")))
    offsets = {info.name: info.offset for info in infos}
    indexes = ()
    if unique:
        parts = tuple(IndexColumn(part, offsets[part]) for part in unique.split())
        indexes = (IndexInfo(1, "u", parts, unique=True),)
    has_key = any(info.type.flags & Flag.PRI_KEY for info in infos)
    return TableInfo(number, name, "utf8mb4", "utf8mb4_0900_ai_ci", infos, indexes, pk_is_handle=handle and has_key)


def view(number: int, name: str, select: str, columns: str) -> TableInfo:
    """A view."""
    names = tuple(columns.split())
    infos = tuple(ColumnInfo(at + 1, n, at, SqlType(TypeCode.NULL)) for at, n in enumerate(names))
    info = ViewInfo(select, names, definer_user="root", definer_host="%")
    return TableInfo(number, name, "utf8mb4", "utf8mb4_0900_ai_ci", infos, view=info)


TABLES = (
    table(101, "t", "id int key auto, a int, b int not null, s varchar, d datetime"),
    table(102, "s", "id int key, t_id int, x int not null, y decimal", unique="x"),
    table(103, "u", "k int, v int"),
    table(104, "g", "id int key, a int default 5, c int as (a + 1)"),
    view(105, "v", "select `test`.`t`.`id` AS `id`,`test`.`t`.`a` + 1 AS `p` from `test`.`t`", "id p"),
    view(106, "bad", "select `test`.`gone`.`id` AS `id` from `test`.`gone`", "id"),
    view(107, "self", "select `test`.`self`.`id` AS `id` from `test`.`self`", "id"),
    view(110, "simple", "select `id`,`b`,`s` from `test`.`t` where `b` > 0", "p q r"),
    view(108, "agg", "select `test`.`t`.`a` AS `a`,count(0) AS `n` from `test`.`t` group by `test`.`t`.`a`", "a n"),
    view(109, "plain", "select `id` AS `x`,`test`.`t`.`a` AS `a`,`test`.`t`.`b` + 1 AS `e` from `test`.`t`", "x a e"),
)
CATALOG = Catalog(
    1,
    {
        "test": Schema(DatabaseInfo(1, "test"), {t.name: t for t in TABLES}),
        "other": Schema(DatabaseInfo(2, "other"), {"t": table(201, "t", "id int key, z int")}),
    },
)


def context(**values: object) -> PlanContext:
    """A context whose database is `test`."""
    return PlanContext(CATALOG, **{"database": "test", **values})  # type: ignore[arg-type]


def bound(sql: str, **values: object) -> BoundQuery:
    """The bound form of one statement."""
    return bind(parse_text(sql)[0], context(**values))


def tree(sql: str, **values: object) -> str:
    """The bound plan as indented text."""
    return dump(bound(sql, **values).plan)


def dump(node: LogicalNode, depth: int = 0) -> str:
    """A plan as text, one node a line."""
    lines = ["  " * depth + line(node)]
    lines += [dump(child, depth + 1) for child in node.children]
    return "\n".join(lines)


def line(node: LogicalNode) -> str:
    """One node without its children."""
    name = type(node).__name__
    match node:
        case Dual():
            return f"{name} {node.rows}"
        case DataSource():
            return f"{name} {node.database}.{node.table.name} as {node.alias}"
        case Selection():
            return f"{name} {texts(node.conditions)}"
        case Projection():
            return f"{name} {texts(node.expressions)}"
        case Join():
            mark = f" mark {text(node.mark)}" if node.mark is not None else ""
            aware = f" null aware {node.null_aware_count}" if node.null_aware_count else ""
            straight = " straight" if node.straight else ""
            return f"{name} {node.kind.name} {texts(node.conditions)}{mark}{aware}{straight}".rstrip()
        case Aggregate():
            return f"{name} by [{texts(node.group_by)}] {texts(node.aggregates)}"
        case Sort():
            return f"{name} {', '.join(order(item) for item in node.items)}"
        case Limit():
            return f"{name} {text(node.count)}" + (f" offset {text(node.offset)}" if node.offset is not None else "")
        case SetOperation():
            return f"{name} {node.kind.name}{' ALL' if node.all_rows else ''}"
        case Lock():
            return f"{name} {node.mode.name} {node.wait.name} {','.join(sorted(node.aliases))}".rstrip()
        case Values():
            return f"{name} {'; '.join(texts(row) for row in node.rows)}"
        case CteReference():
            return f"{name} {node.cte_id} {node.name}"
        case Insert():
            columns = ",".join(c.name for c in node.columns)
            rows = "; ".join(",".join("DEFAULT" if v is None else text(v) for v in row) for row in node.rows)
            extra = ", ".join(f"{a.column.name}={text(a.expression)}" for a in node.on_duplicate)
            return f"{name} {node.table.name}({columns}) {rows}" + (f" on duplicate {extra}" if extra else "")
        case Update():
            return f"{name} " + ", ".join(
                f"{node.targets[a.target].alias}.{a.column.name}={text(a.expression)}" for a in node.assignments
            )
        case Delete():
            return f"{name} {','.join(t.alias for t in node.targets)}"
    return name


def order(item: OrderItem) -> str:
    """One ORDER BY item."""
    return text(item.expression) + (" desc" if item.descending else "")


def texts(expressions: tuple[Expression, ...]) -> str:
    """Several expressions."""
    return ", ".join(text(expression) for expression in expressions)


def text(expression: Expression | None) -> str:
    """One expression; casts are shown as `x:code`."""
    match expression:
        case None:
            return "DEFAULT"
        case Column():
            return f"{expression.table}.{expression.origin_name or expression.name}" if expression.table else "#"
        case CorrelatedColumn():
            return f"^{text(expression.column)}"
        case Constant():
            value = expression.value
            return repr(value.decode("utf-8", "replace")) if isinstance(value, bytes) else str(value)
        case Parameter():
            return f"?{expression.index}"
        case UserVariable():
            return f"@{expression.name}"
        case Call():
            return f"{expression.name}({', '.join(text(arg) for arg in expression.args)})"
        case AggregateCall():
            inside = ", ".join(text(arg) for arg in expression.args)
            distinct = "distinct " if expression.distinct else ""
            by = f" order by {', '.join(order(i) for i in expression.order_by)}" if expression.order_by else ""
            return f"{expression.name}({distinct}{inside}{by})"
    raise AssertionError(expression)
