"""Nothing is accepted and ignored: what the parser can hold is run by some golden script, or refused by name.

Everything here is derived from the parser: statement kinds, first words, the frozen dataclasses of hand parsers with each
of their fields, the modifiers of queries, and the node classes and arguments of sqlglot's trees that the binder takes.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from sqlglot import expressions as exp

from planner.bind import bind
from planner.bind.consumption import READ
from planner.parse import StatementKind, nodes_common, parse_text, query, statement, token_pass
from planner.parse.dispatch import parsers
from planner.parse.nodes_account import AccountNode
from planner.parse.nodes_admin import AdminNode
from planner.parse.nodes_ddl import DdlNode
from planner.parse.nodes_session import SessionNode
from sqlnode.base.errors import SqlError
from sqlnode.statements import handler_for
from tests.house.golden_statements import golden_statements, present, trees_in, values_in
from tests.planner.bind.trees import bound, context

ROOT = Path(__file__).parents[2]
REFUSALS = frozenset((1235, 1290, 1305, 1327, 1747))
"""Not supported here; files on the server; a stored program or its variable, a partition of a table, that do not exist."""
NODE_MODULES = ("nodes_ddl", "nodes_session", "nodes_admin", "nodes_account", "nodes_common", "statement")
NO_VALUES = frozenset((nodes_common.Expr, nodes_common.Query, statement.Statement))
"""Carriers of trees and texts, which the other tests look into."""

AS_MYSQL = {
    ("ColumnDef", "reference"): "InnoDB ignores REFERENCES behind a column",
    ("ColumnDef", "column_format"): "for NDB only",
    ("ColumnDef", "storage"): "for NDB only",
    ("KeyDef", "key_block_size"): "a hint that InnoDB does not follow either",
    ("KeyPart", "descending"): "kept and shown; the order of entries changes no result",
    ("ForeignKeyDef", "index_name"): "names the index that is made for the key",
    ("CreateIndex", "algorithm"): "how, not what",
    ("CreateIndex", "lock"): "how, not what",
    ("DropIndex", "algorithm"): "how, not what",
    ("DropIndex", "lock"): "how, not what",
    ("Show", "alias"): "the spelling, for labels",
    ("Show", "extended"): "adds hidden columns; there are none",
    ("EnableKeys", "enable"): "InnoDB has no such option, and a note says so",
    ("FieldFormat", "optionally_enclosed"): "matters for writing files; reading takes both",
    ("TableMaintenance", "no_write_to_binlog"): "there is no binary log",
    ("LoadData", "priority"): "scheduling of MyISAM",
    ("TypeSpec", "national"): "the charset is set with it",
    ("TypeSpec", "bool_alias"): "BOOL is TINYINT(1)",
}
"""Fields that change nothing, as in MySQL, or whose effect stands in another field."""


def node_classes() -> Iterator[type]:
    """Every frozen dataclass that a hand parser makes."""
    for name in NODE_MODULES:
        module = importlib.import_module(f"planner.parse.{name}")
        for value in vars(module).values():
            if inspect.isclass(value) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__:
                if value not in NO_VALUES:
                    yield value


def node_fields() -> list[tuple[type, str]]:
    """(class, field) of all of them."""
    return [(kind, field.name) for kind in node_classes() for field in dataclasses.fields(kind) if field.name != "kind"]


@lru_cache(maxsize=1)
def fields_in_scripts() -> dict[tuple[type, str], set[int]]:
    """(class, field) with another value than the default: the codes that such statements give, 0 for success."""
    found: dict[tuple[type, str], set[int]] = {}
    for golden in golden_statements():
        for value in values_in(golden.statement):
            if not dataclasses.is_dataclass(value) or isinstance(value, type):
                continue
            for field in dataclasses.fields(value):
                default = field.default
                if field.default_factory is not dataclasses.MISSING:
                    default = field.default_factory()
                if getattr(value, field.name) != default:
                    found.setdefault((type(value), field.name), set()).add(golden.code)
    return found


@lru_cache(maxsize=1)
def names_read() -> frozenset[str]:
    """Attribute names that any module but the parser's reads, also through class patterns of `match`."""
    names: set[str] = set()
    for package in ("planner", "executor", "sqlnode"):
        for path in (ROOT / package).rglob("*.py"):
            if path.parent == ROOT / "planner" / "parse":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    names.add(node.attr)
                elif isinstance(node, ast.MatchClass):
                    names.update(node.kwd_attrs)
    return frozenset(names)


# --- statements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", StatementKind, ids=lambda kind: kind.name)
def test_every_statement_kind_is_run_or_refused(kind: StatementKind) -> None:
    codes = {golden.code for golden in golden_statements() if golden.statement.kind is kind}
    assert codes, f"no golden script has {kind.value}"
    assert 0 in codes or codes <= REFUSALS, f"{kind.value} only fails, with {codes}"


@pytest.mark.parametrize("words", sorted(parsers()), ids=" ".join)
def test_every_first_word_leads_somewhere(words: tuple[str, ...]) -> None:
    """A recognised statement is refused with its own name, or some script begins with its words."""
    text = " ".join(words)
    try:
        (found,) = parse_text(text)
        if found.kind is StatementKind.UNSUPPORTED:
            assert found.ast.feature == text  # type: ignore[union-attr]
            return
    except SqlError:
        pass
    starts = {" ".join(golden.statement.text.upper().split())[: len(text)] for golden in golden_statements()}
    assert text in starts, f"no golden script has {text}"


@pytest.mark.parametrize(
    "node",
    [*DdlNode.__args__, *SessionNode.__args__, *AdminNode.__args__, *AccountNode.__args__],
    ids=lambda n: n.__name__,
)
def test_every_hand_parsed_statement_has_a_handler(node: type) -> None:
    assert handler_for(node) is not None


# --- hand-parsed nodes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), node_fields(), ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_in_a_script(kind: type, name: str) -> None:
    codes = fields_in_scripts().get((kind, name))
    assert codes is not None, f"no golden script gives {kind.__name__}.{name} a value"
    assert 0 in codes or codes & REFUSALS, f"{kind.__name__}.{name} is neither run nor refused: {codes}"


@pytest.mark.parametrize(("kind", "name"), node_fields(), ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_read(kind: type, name: str) -> None:
    if (kind.__name__, name) in AS_MYSQL or 0 not in fields_in_scripts().get((kind, name), ()):
        return
    assert name in names_read(), f"nothing reads {kind.__name__}.{name}"


def test_the_list_of_exceptions_is_current() -> None:
    known = {(kind.__name__, name) for kind, name in node_fields()}
    assert set(AS_MYSQL) <= known


def test_every_modifier_is_in_a_script() -> None:
    words = token_pass.SELECT_WORDS | query._INSERT_WORDS | query._UPDATE_WORDS | query._DELETE_WORDS
    seen = {word for golden in golden_statements() if not golden.code for word in golden.statement.modifiers.words}
    assert words <= seen, f"in no golden script: {sorted(words - seen)}"


# --- sqlglot's trees -----------------------------------------------------------------------------------------------

REFUSED_ARGUMENTS = {
    (exp.Column, "catalog"): "SELECT def.test.t.id FROM t",
    (exp.Dot, "this"): "SELECT test.nope(1)",
    (exp.Dot, "expression"): "SELECT test.nope(1)",
    (exp.Group, "rollup"): "SELECT a FROM t GROUP BY a WITH ROLLUP",
    (exp.With, "recursive"): "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 2 FROM x) SELECT * FROM x",
    (exp.Table, "partition"): "SELECT id FROM t PARTITION (p0)",
}
"""What the binder reads in order to refuse it."""


@lru_cache(maxsize=1)
def executed_arguments() -> frozenset[tuple[type, str]]:
    """(node class, argument) in trees of statements that golden scripts run with success."""
    return frozenset(
        (type(node), name)
        for golden in golden_statements()
        if not golden.code
        for tree in trees_in(golden.statement)
        for node in tree.walk()
        for name, value in node.args.items()
        if present(value)
    )


def allowed() -> list[tuple[type[exp.Expression], str]]:
    """What the binder's table lets through."""
    return sorted(
        ((kind, name) for kind, names in READ.items() for name in names), key=lambda pair: (str(pair[0]), pair[1])
    )


@pytest.mark.parametrize(("kind", "name"), allowed(), ids=lambda value: getattr(value, "__name__", value))
def test_every_argument_that_is_let_through_is_executed(kind: type[exp.Expression], name: str) -> None:
    sql = REFUSED_ARGUMENTS.get((kind, name))
    if sql is None:
        assert (kind, name) in executed_arguments(), f"no golden script runs {kind.__name__}.{name}"
        return
    with pytest.raises(SqlError) as caught:
        bound(sql)
    assert caught.value.code in REFUSALS


def test_every_executed_argument_is_let_through() -> None:
    """The scripts run nothing that the binder's table does not know; types are read through their TypeSpec."""
    unknown = {
        f"{kind.__name__}.{name}"
        for kind, name in executed_arguments()
        if name not in READ.get(kind, ()) and not issubclass(kind, (exp.DataType, exp.DataTypeParam))
    }
    assert not unknown


SAMPLES = (
    "SELECT DISTINCT t.id AS i, -a + b * 2 / 3 - 4 % 5 DIV 6, test.t.s FROM t WHERE NOT a = 1 AND b <> 2 OR a < 3 XOR b > 4",
    "SELECT a & 1 | 2 ^ 3, ~a, a << 1, a >> 2, a <=> NULL, a <= 1, a >= 2 FROM t AS x USE INDEX () ORDER BY a DESC, b LIMIT 3",
    "SELECT s LIKE 'x' ESCAPE '|', s NOT LIKE 'y', s REGEXP 'z', a IS NULL, a IS NOT TRUE, a BETWEEN 1 AND 2 FROM t",
    "SELECT a IN (1, 2), a IN (SELECT k FROM u), EXISTS (SELECT 1 FROM u), a = ANY (SELECT k FROM u), a > ALL (SELECT 1) FROM t",
    "SELECT CASE a WHEN 1 THEN 2 ELSE 3 END, CASE WHEN a THEN b END, IF(a, 1, 2), (a, b) = (1, 2), ROW(1, 2) = (a, b) FROM t",
    "SELECT CAST(a AS CHAR(5)), CONVERT(s USING latin1), _utf8mb4'x', N'y', x'41', b'1', 1.5, 'q' COLLATE utf8mb4_bin FROM t",
    "SELECT EXTRACT(YEAR FROM d), TRIM(BOTH 'x' FROM s), d + INTERVAL 1 DAY, DATE '2020-01-01', JSON_VALUE('1', '$') FROM t",
    "SELECT COUNT(*), COUNT(DISTINCT a, b), GROUP_CONCAT(DISTINCT s ORDER BY s DESC SEPARATOR ';'), WEIGHT_STRING('a') FROM t",
    "SELECT @v, @v := 1, @@autocommit, @@GLOBAL.autocommit, ?, TRUE, NULL",
    "SELECT b, SUM(a) FROM t GROUP BY b HAVING SUM(a) > 1 ORDER BY b LIMIT 1 OFFSET 2",
    "SELECT * FROM t JOIN u ON (t.id = u.k) LEFT JOIN g USING (id)",
    "SELECT * FROM t NATURAL JOIN g",
    "SELECT * FROM t, s STRAIGHT_JOIN u ON u.k = s.id",
    "SELECT x.* FROM (SELECT id, a FROM t) AS x (p, q), (VALUES ROW(1, 2)) AS y",
    "WITH c (n) AS (SELECT id FROM t) SELECT n FROM c UNION ALL SELECT 1 INTERSECT SELECT 2 EXCEPT SELECT 3 ORDER BY 1 LIMIT 1",
    "(SELECT 1) UNION (SELECT 2 ORDER BY 1 LIMIT 1) ORDER BY 1 LIMIT 2",
    "VALUES ROW(1), ROW(2) ORDER BY 1 LIMIT 1",
    "SELECT id FROM t JOIN u ON k = id WHERE id = 1 FOR UPDATE OF t NOWAIT",
    "INSERT IGNORE INTO t (id, b) VALUES (1, 2), (DEFAULT, a + 1) ON DUPLICATE KEY UPDATE b = VALUES(b) + 1",
    "INSERT INTO t (id, b) SELECT id, x FROM s WHERE x = 1",
    "REPLACE INTO t SET id = 1, b = 2",
    "UPDATE t JOIN s ON t.id = s.t_id SET t.a = s.x + 1 WHERE t.b = 1",
    "UPDATE t SET a = 1 WHERE b = 2 ORDER BY id DESC LIMIT 3",
    "DELETE t FROM t JOIN s ON t.id = s.t_id WHERE s.x = 1",
    "WITH c AS (SELECT 1 AS n) DELETE FROM t WHERE id IN (SELECT n FROM c)",
    "DELETE FROM t WHERE a = 1 ORDER BY id LIMIT 2",
)
SILENT = frozenset((exp.Identifier, exp.Literal, exp.Var, exp.Star, exp.DataType, exp.DataTypeParam, exp.Null))
"""Leaves, whose text is all that they say."""


def places(sql: str) -> list[int]:
    """Numbers of the nodes of a sample's tree that must be asked about arguments nobody knows."""
    tree = parse_text(sql)[0].tree
    return [number for number, node in enumerate(tree.walk()) if type(node) not in SILENT]


@pytest.mark.parametrize("sql", SAMPLES)
def test_an_unknown_argument_is_refused_at_every_node(sql: str) -> None:
    """Wherever a clause could hang that the binder does not know, it answers with an error that names it."""
    bound(sql)
    ignored = []
    for number in places(sql):
        parsed = parse_text(sql)[0]
        node = list(parsed.tree.walk())[number]
        node.args["clause_of_tomorrow"] = exp.Literal.number(1)
        try:
            bind(parsed, context())
        except SqlError as error:
            if error.code == 1235 and "CLAUSE_OF_TOMORROW" in error.message:
                continue
            ignored.append(f"{type(node).__name__}: {error}")
        else:
            ignored.append(type(node).__name__)
    assert not ignored


def test_samples_have_every_node_that_is_let_through() -> None:
    seen = {type(node) for sql in SAMPLES for node in parse_text(sql)[0].tree.walk()}
    assert set(READ) - seen <= {exp.Dot, exp.MatchAgainst, exp.DPipe, exp.Offset, exp.JSONValue}
