"""A catalog made by CREATE TABLE, and plans as text, for tests of the planner."""

from __future__ import annotations

from dataclasses import replace

from planner import plan
from planner.bind import bind
from planner.context import PlanContext
from planner.explain import explain_rows, lines_of
from planner.explain_text import access_object, operator_info, value_reader
from planner.logical import BoundQuery
from planner.parse import parse_text
from planner.parse.nodes_ddl import CreateTable
from planner.physical import PhysicalNode, PhysicalPlan
from sqlnode.base.catalog import EMPTY, Catalog, Schema
from sqlnode.base.schema import DatabaseInfo, TableInfo
from sqlnode.base.types import SqlType, Value
from sqlnode.ddl.build_table import build_table, surroundings
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.table_options import read_table_options

DEFAULT = CharsetPair("utf8mb4", "utf8mb4_0900_ai_ci")

TABLES = """
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT NOT NULL, s VARCHAR(20), d DATETIME, m DECIMAL(10,2), ts TIMESTAMP NULL,
    KEY ka (a), KEY kbs (b, s), UNIQUE KEY ud (d));
CREATE TABLE u (uid BIGINT UNSIGNED PRIMARY KEY, tid INT NOT NULL, k INT, name VARCHAR(30), KEY ktid (tid));
CREATE TABLE c (x INT, y VARCHAR(10), z INT, PRIMARY KEY (x, y), KEY kz (z));
CREATE TABLE h (p INT, q INT, e ENUM('one','two'), j JSON, UNIQUE KEY up (p));
CREATE TABLE g (id INT PRIMARY KEY, a INT, v INT AS (a + 1), w INT AS (a * 2) STORED, KEY kv (v));
CREATE TABLE sbtest1 (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '',
    pad CHAR(60) NOT NULL DEFAULT '', KEY k_1 (k))
"""


def table_of(sql: str, table_id: int, catalog: Catalog = EMPTY) -> TableInfo:
    """The TableInfo of a CREATE TABLE."""
    node = parse_text(sql)[0].ast
    assert isinstance(node, CreateTable)
    options = read_table_options(node.options, node.table.name, 0, lambda warning: None)
    building = Building(options.pair(DEFAULT), planning=lambda: PlanContext(catalog=EMPTY))
    return replace(build_table(node, options, building, surroundings(catalog, "test")), id=table_id)


def catalog_of(text: str = TABLES) -> Catalog:
    """The catalog of several CREATE TABLEs in the database `test`."""
    tables = {}
    for number, sql in enumerate(part for part in text.split(";") if part.strip()):
        table = table_of(sql, 100 + number)
        tables[table.name.lower()] = table
    return Catalog(1, {"test": Schema(DatabaseInfo(1, "test"), tables)})


CATALOG = catalog_of()


def context_of(
    parameters: tuple[Value, ...] = (),
    types: tuple[SqlType, ...] = (),
    rows: dict[str, float] | None = None,
    catalog: Catalog = CATALOG,
) -> PlanContext:
    """A context; `rows` gives row counts by table name."""
    by_id = {table.id: rows[table.name] for _, table in catalog.all_tables() if rows and table.name in rows}
    return PlanContext(
        catalog=catalog, database="test", parameters=parameters, parameter_types=types, row_count=by_id.get
    )


def bound(sql: str, context: PlanContext | None = None) -> BoundQuery:
    """The bound form of a statement."""
    return bind(parse_text(sql)[0], context or context_of())


def planned(sql: str, context: PlanContext | None = None) -> PhysicalPlan:
    """The plan of a statement."""
    return plan(parse_text(sql)[0], context or context_of())


def explained(sql: str, context: PlanContext | None = None, *, format: str = "BRIEF") -> str:
    """EXPLAIN as lines of cells."""
    context = context or context_of()
    _, rows = explain_rows(planned(sql, context), context, format=format)
    return "\n".join(" | ".join(row).rstrip(" |") for row in rows)


def outline(node: PhysicalNode | None, context: PlanContext | None = None) -> str:
    """A physical tree as indented names and infos, without numbers."""
    if node is None:
        return "none"
    context = context or context_of()
    read = value_reader(context)
    text = []
    for line in lines_of(PhysicalPlan(root=node)):
        info = operator_info(line.node, context, read, brief=True)
        parts = [part for part in (line.name(brief=True), access_object(line.node), info) if part]
        text.append("  " * line.depth + " ".join(parts))
    return "\n".join(text)
