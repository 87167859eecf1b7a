"""What plan texts do not show: types, privileges, ids, metadata, helpers for stored expressions."""

from __future__ import annotations

from planner.bind import bind_expression, table_columns
from planner.bind.table_expressions import check_expressions, default_expression, generated_expressions
from planner.expr.nodes import Call, Column, Constant
from planner.logical import Aggregate, DataSource, Delete, Insert, LogicalNode, Update
from planner.parse import parse_expression
from sqlnode.base.schema import ConstraintInfo
from sqlnode.base.types import Flag, TypeCode
from tests.planner.bind.trees import CATALOG, bound, context


def nodes(plan: LogicalNode) -> list[LogicalNode]:
    """All nodes, parents first."""
    return [plan, *(node for child in plan.children for node in nodes(child))]


def test_column_ids_are_unique() -> None:
    query = bound("SELECT * FROM t a JOIN t b ON a.id = b.id WHERE a.b IN (SELECT b FROM t) OR (SELECT 1) = a.a")
    scans = [node for node in nodes(query.plan) if isinstance(node, DataSource)]
    ids = [column.id for scan in scans for column in scan.columns]
    assert len(ids) == len(set(ids)) == 15


def test_result_columns_carry_their_origin() -> None:
    column = bound("SELECT x.a AS q FROM test.t AS x").columns[0]
    assert (column.name, column.table, column.database, column.origin_table, column.origin_name) == (
        "q", "x", "test", "t", "a",
    )  # fmt: skip


def test_the_inner_side_of_an_outer_join_is_nullable() -> None:
    query = bound("SELECT t.b, s.x FROM t LEFT JOIN s ON t.id = s.id")
    assert [column.type.not_null for column in query.columns] == [True, False]


def test_privileges_and_tables() -> None:
    query = bound("SELECT id FROM v WHERE id IN (SELECT k FROM u)")
    assert set(query.privileges) == {
        ("SELECT", "test", "v", ""), ("SELECT", "test", "v", "id"), ("SELECT", "test", "u", ""), ("SELECT", "test", "u", "k"),
    }  # fmt: skip
    assert ("test", "v", "root", "%", "SELECT", "test", "t", "") in query.view_privileges
    assert sorted(table.name for _, table in query.tables) == ["t", "u", "v"]


def needed(text: str) -> list[str]:
    return sorted(f"{privilege} {table}.{column}" for privilege, _, table, column in bound(text).privileges)


def test_privileges_of_writes() -> None:
    assert needed("INSERT INTO t (id, b) SELECT id, x FROM s ON DUPLICATE KEY UPDATE b = 1") == [
        "INSERT t.", "INSERT t.b", "INSERT t.id", "SELECT s.", "SELECT s.id", "SELECT s.x", "UPDATE t.", "UPDATE t.b",
    ]  # fmt: skip
    assert needed("UPDATE plain SET a = 1 WHERE x = 2") == [
        "SELECT plain.x", "UPDATE plain.", "UPDATE plain.a",
    ]  # fmt: skip
    assert needed("DELETE FROM t") == ["DELETE t."]
    assert needed("DELETE FROM t WHERE id = 1") == ["DELETE t.", "SELECT t.id"]


def test_privileges_of_joins_and_stars() -> None:
    assert needed("SELECT COUNT(*) FROM t") == ["SELECT t."]
    assert needed("SELECT 1 FROM t JOIN s USING (id)") == ["SELECT s.", "SELECT s.id", "SELECT t.", "SELECT t.id"]
    assert len(needed("SELECT * FROM s")) == 1 + len(bound("SELECT * FROM s").columns)


def test_parameters_take_types_from_their_surroundings() -> None:
    query = bound("SELECT a FROM t WHERE s = ? AND ? < b LIMIT ?")
    assert [t.code for t in query.parameter_types] == [TypeCode.VAR_STRING, TypeCode.LONG, TypeCode.LONGLONG]
    assert query.parameter_types[2].unsigned
    query = bound("INSERT INTO t (id, s) VALUES (?, ?)")
    assert [t.code for t in query.parameter_types] == [TypeCode.LONG, TypeCode.VAR_STRING]


def test_targets_have_every_column_and_the_row_id() -> None:
    plan = bound("DELETE FROM u WHERE k = 1").plan
    assert isinstance(plan, Delete)
    (target,) = plan.targets
    assert [column.name for column in target.columns] == ["k", "v"]
    assert target.handle is not None and target.handle.name == "_tidb_rowid"
    plan = bound("UPDATE t SET a = 1").plan
    assert isinstance(plan, Update)
    assert [column.name for column in plan.targets[0].columns] == ["id", "a", "b", "s", "d"]
    assert plan.targets[0].handle is None


def test_values_of_a_new_row_are_other_columns() -> None:
    plan = bound("INSERT INTO t (id, b) VALUES (1, 2) ON DUPLICATE KEY UPDATE b = VALUES(b), a = b").plan
    assert isinstance(plan, Insert)
    assert plan.on_duplicate[0].expression == plan.values_columns[2]
    assert plan.on_duplicate[1].expression == plan.row_columns[2]


def test_equal_calls_with_other_words_are_grouped_apart() -> None:
    query = bound("SELECT EXTRACT(YEAR FROM d), COUNT(*) FROM t GROUP BY EXTRACT(YEAR FROM d)")
    (aggregate,) = [node for node in nodes(query.plan) if isinstance(node, Aggregate)]
    assert len(aggregate.group_by) == 1


def test_expressions_over_given_columns() -> None:
    table = CATALOG.table("test", "g")
    assert table is not None
    columns = table_columns("test", table, 10)
    expression = bind_expression(parse_expression("a + g.id"), columns, context())
    assert isinstance(expression, Call) and expression.args[:2] == (columns[1], columns[0])


def test_stored_expressions() -> None:
    from dataclasses import replace

    table = CATALOG.table("test", "g")
    assert table is not None
    columns = table_columns("test", table, 10)
    ((info, expression),) = generated_expressions(table, columns, context())
    assert info.name == "c" and isinstance(expression, Call) and columns[1] in expression.args
    default = default_expression(table.columns[1], context())
    assert isinstance(default, Constant) and default.value == b"5"
    checked = replace(table, constraints=(ConstraintInfo(1, "k", ("a",), "a > 0"),))
    ((constraint, condition),) = check_expressions(checked, columns, context())
    assert constraint.name == "k" and isinstance(condition, Call)


def test_generated_columns_come_after_those_they_read() -> None:
    from tests.planner.bind.trees import table

    info = table(1, "x", "a int, c int as (b + 1), b int as (a + 1)")
    ordered = generated_expressions(info, table_columns("test", info, 1), context())
    assert [column.name for column, _ in ordered] == ["b", "c"]


def test_implicit_groups_are_nullable() -> None:
    query = bound("SELECT ANY_VALUE(b), MAX(b) FROM t WHERE id = 0")
    assert not any(column.type.flags & Flag.NOT_NULL for column in query.columns)


def test_columns_named_by_labels() -> None:
    columns = bound("SELECT t.A, `b`, a+ 1, 'x' 'y', NULL, (SELECT 1) FROM t").labels
    assert columns == ("A", "b", "a+ 1", "x", "NULL", "(SELECT 1)")


def test_a_long_chain_does_not_recurse() -> None:
    condition = " OR ".join(f"a = {n}" for n in range(3000))
    assert isinstance(bound(f"SELECT a FROM t WHERE {condition}").columns[0], Column)
    terms = " + ".join("1" for _ in range(400))
    assert bound(f"SELECT {terms}").columns
