"""What sqlglot alone reads as something else than MySQL: the tree or the refusal that we get instead.

One test for each finding; the number behind `row` is its place in the list of measured differences.
"""

from __future__ import annotations

import time

import pytest
from sqlglot import expressions as exp

from planner.context import SqlMode
from planner.parse import StatementKind, parse_text
from planner.parse.nodes_admin import Explain
from planner.parse.nodes_common import Unsupported
from planner.parse.nodes_ddl import CreateTable
from planner.parse.nodes_session import (
    Begin,
    Rollback,
    Savepoint,
    SetPassword,
    SetStatement,
    SetTransaction,
    UnlockTables,
)
from planner.parse.statement import IntoVariable, Statement
from sqlnode.base.errors import SqlError


def one(sql: str, mode: int = SqlMode.DEFAULT) -> Statement:
    """The only statement of a text."""
    (statement,) = parse_text(sql, sql_mode=mode)
    return statement


def item(sql: str, mode: int = SqlMode.DEFAULT) -> exp.Expression:
    """The tree of an expression."""
    found = one(f"SELECT {sql}", mode).tree.expressions[0]
    assert isinstance(found, exp.Expression)
    return found


def shape(node: object) -> object:
    """A tree as nested tuples: operator or name, operands; literals and columns as their text."""
    match node:
        case exp.Paren():
            return shape(node.this)
        case exp.Column() | exp.Literal() | exp.Var() | exp.Identifier():
            return node.name
        case exp.Neg(this=exp.Literal()):
            return f"-{node.this.name}"
        case exp.Anonymous():
            return (node.name.lower(), *map(shape, node.expressions))
        case exp.Interval():
            return ("interval", shape(node.this), node.args["unit"].name)
        case exp.Case():
            return ("case",)
        case exp.Between():
            return ("between", shape(node.this), shape(node.args["low"]), shape(node.args["high"]))
        case exp.In():
            return ("in", shape(node.this), *map(shape, node.expressions))
        case exp.Like() if node.args.get("negate"):
            return ("not", ("like", shape(node.this), shape(node.expression)))
        case exp.Boolean() | exp.Null():
            return node.sql()
        case exp.Expression():
            parts = [node.this, node.args.get("expression")]
            return (type(node).__name__.lower(), *[shape(part) for part in parts if isinstance(part, exp.Expression)])
    return node


def error(sql: str, mode: int = SqlMode.DEFAULT) -> SqlError:
    """What a text is refused with."""
    with pytest.raises(SqlError) as caught:
        parse_text(sql, sql_mode=mode)
    return caught.value


@pytest.mark.parametrize("word", ["JOIN", "INNER JOIN", "CROSS JOIN", "STRAIGHT_JOIN"])
def test_bare_joins_take_linear_time(word: str) -> None:  # row 1
    sql = "SELECT 1 FROM t0 " + " ".join(f"{word} t{number}" for number in range(1, 60))
    start = time.perf_counter()
    joins = one(sql).tree.args["joins"]
    assert time.perf_counter() - start < 1
    assert len(joins) == 59 and all(join.args.get("kind") for join in joins)


@pytest.mark.parametrize("side", ["LEFT", "RIGHT OUTER"])
def test_an_outer_join_needs_a_condition(side: str) -> None:  # row 1
    assert error(f"SELECT 1 FROM t {side} JOIN s WHERE 1").code == 1064


def test_comma_is_no_join(sql: str = "SELECT 1 FROM t1, t2 RIGHT JOIN t3 ON 1") -> None:  # row 2
    comma, right = one(sql).tree.args["joins"]
    assert not any(comma.args.get(name) for name in ("kind", "side", "on", "method"))
    assert right.args["side"] == "RIGHT"
    assert one("SELECT 1 FROM t1 JOIN t2").tree.args["joins"][0].args["kind"] == "CROSS"


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("/*!40101 SET NAMES utf8 */", "SET NAMES utf8"),
        ("SELECT 1 /*!40101 + 1 */", "SELECT 1 + 1"),
        ("SELECT 1 /*! + 1 */ + 2", "SELECT 1 + 1 + 2"),
        ("SELECT 1 /*!80036 + 1 */", "SELECT 1 + 1"),
        ("SELECT 1 /*!80037 + 1 */", "SELECT 1"),
        ("SELECT 1 /*!99999 + 1 */", "SELECT 1"),
        ("SELECT 1 /*M! + 1 */", "SELECT 1"),
        ("SELECT 1 /*T![nonesuch] + 1 */", "SELECT 1"),
        ("SELECT '/*!40101 x */'", "SELECT '/*!40101 x */'"),
        ("SELECT 1 -- /*!40101 + 1\n", "SELECT 1"),
        ("SELECT /*!40001 SQL_NO_CACHE */ * FROM t", "SELECT SQL_NO_CACHE * FROM t"),
    ],
)
def test_versioned_comments(sql: str, plain: str) -> None:  # row 3
    left, right = one(sql), one(plain)
    assert left.kind is right.kind
    if left.is_query:
        assert left.tree == right.tree and left.modifiers == right.modifiers
    else:
        assert left.ast == right.ast


def test_versioned_comments_keep_offsets() -> None:  # row 3
    sql = "SELECT 1 /*!40101 + */ x FROM"
    assert "near ''" in error(sql).message
    assert one("SELECT /*!40101 a */, b").column_labels == ("a", "b")


def test_scopes_of_set_transaction() -> None:  # row 4
    level = "TRANSACTION ISOLATION LEVEL READ COMMITTED"
    found = [one(f"SET {scope} {level}").ast for scope in ("", "SESSION", "LOCAL", "GLOBAL")]
    assert [node.scope for node in found if isinstance(node, SetTransaction)] == [None, "SESSION", "SESSION", "GLOBAL"]


@pytest.mark.parametrize(
    ("sql", "tree"),
    [
        ("a = b < c", ("lt", ("eq", "a", "b"), "c")),  # row 5
        ("a <=> b >= c", ("gte", ("nullsafeeq", "a", "b"), "c")),
        ("a < b = c", ("eq", ("lt", "a", "b"), "c")),
        ("a + b COLLATE c", ("add", "a", ("collate", "b", "c"))),  # row 6
        ("'1' COLLATE c * 3", ("mul", ("collate", "1", "c"), "3")),
        ("BINARY 'a' COLLATE c", ("binary", ("collate", "a", "c"))),  # row 30
        ("x BETWEEN 1 AND 3 NOT LIKE 5", ("between", "x", "1", ("not", ("like", "3", "5")))),  # row 7
        ("INTERVAL(5, 1, 10)", ("interval", "5", "1", "10")),  # row 8
        ("INTERVAL (5, 1) + 1", ("add", ("interval", "5", "1"), "1")),
        ("d + INTERVAL 1.5 DAY", ("add", "d", ("interval", "1.5", "DAY"))),  # row 9
        ("d - INTERVAL -1 DAY", ("sub", "d", ("interval", "-1", "DAY"))),
        ("d + INTERVAL '1 DAY' HOUR", ("add", "d", ("interval", "1 DAY", "HOUR"))),  # row 10
        ("d + INTERVAL a + 1 DAY", ("add", "d", ("interval", ("add", "a", "1"), "DAY"))),
        ("LOG10(1000)", ("log10", "1000")),  # row 12
        ("LOG2(x)", ("log2", "x")),
        ("UTC_DATE", ("utc_date",)),  # row 14
        ("UTC_TIMESTAMP + 1", ("add", ("utc_timestamp",), "1")),
        ("DEFAULT(a)", ("default", "a")),  # row 15
        ("DATE_FORMAT(a, '%B %M %i %-d')", ("date_format", "a", "%B %M %i %-d")),  # row 31
        ("NOT a = b", ("not", ("eq", "a", "b"))),
        ("! a = b", ("eq", ("not", "a"), "b")),
        ("a OR b XOR c AND d", ("or", "a", ("xor", "b", ("and", "c", "d")))),
        ("a || b && c", ("or", "a", ("and", "b", "c"))),
        ("2 ^ 3 * 4", ("mul", ("bitwisexor", "2", "3"), "4")),
        ("-a ^ b", ("bitwisexor", ("neg", "a"), "b")),
        ("a | b & c << d + e", ("bitwiseor", "a", ("bitwiseand", "b", ("bitwiseleftshift", "c", ("add", "d", "e"))))),
        ("a DIV b MOD c", ("mod", ("intdiv", "a", "b"), "c")),
        ("a = b IS NULL", ("is", ("eq", "a", "b"), "NULL")),
        ("a IN (1) = c", ("eq", ("in", "a", "1"), "c")),
        ("a = b LIKE c", ("eq", "a", ("like", "b", "c"))),
        ("1--1", ("sub", "1", "-1")),
        ("a := b := c OR d", ("propertyeq", "a", ("propertyeq", "b", ("or", "c", "d")))),
    ],
)
def test_precedence(sql: str, tree: object) -> None:
    """Also what reads right today: a table change must not lose it."""
    if ":=" in sql:
        sql = sql.replace("a :=", "@a :=").replace("b :=", "@b :=")
        assert isinstance(item(sql), exp.PropertyEQ) and isinstance(item(sql).expression, exp.PropertyEQ)
        return
    assert shape(item(sql)) == tree


def test_an_interval_is_an_operand_of_dates_only() -> None:  # row 11
    tree = item("d + INTERVAL 1 DAY * 2")
    assert isinstance(tree.expression, exp.Mul), "the binder refuses an interval there"


def test_distinct_arguments_stay_apart() -> None:  # row 13
    tree = item("GROUP_CONCAT(DISTINCT a, b ORDER BY c SEPARATOR '/')")
    assert isinstance(tree, exp.GroupConcat) and isinstance(tree.this, exp.Order)
    distinct = tree.this.this
    assert isinstance(distinct, exp.Distinct) and [part.name for part in distinct.expressions] == ["a", "b"]


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t VALUES (DEFAULT(a), DEFAULT)", "UPDATE t SET a = DEFAULT(a), b = DEFAULT"]
)
def test_default_where_values_stand(sql: str) -> None:  # row 15
    found = [node for node in one(sql).tree.walk() if isinstance(node, exp.Anonymous)]
    assert sorted(len(node.expressions) for node in found) == [0, 1]
    assert {node.name.upper() for node in found} == {"DEFAULT"}


def test_real_is_double() -> None:  # row 16
    table = one("CREATE TABLE t (a REAL, b DOUBLE PRECISION, c FLOAT8, d FLOAT)").ast
    assert isinstance(table, CreateTable)
    assert [column.type.name for column in table.columns] == ["DOUBLE", "DOUBLE", "DOUBLE", "FLOAT"]
    assert item("CAST(x AS REAL)").args["to"].meta["spec"].name == "DOUBLE"
    table = one("CREATE TABLE t (a REAL)", SqlMode.REAL_AS_FLOAT).ast
    assert isinstance(table, CreateTable) and table.columns[0].type.name == "FLOAT"


@pytest.mark.parametrize("sql", ["VALUES ROW(1,2), ROW(3,4)", "INSERT INTO t VALUES ROW(1,2), ROW(3,4)"])
def test_rows_of_values_have_columns(sql: str) -> None:  # row 17
    values = one(sql).tree.find(exp.Values)
    assert values is not None
    assert [[part.name for part in row.expressions] for row in values.expressions] == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE QUICK FROM t", {"QUICK"}),
        ("DELETE LOW_PRIORITY IGNORE FROM t", {"LOW_PRIORITY", "IGNORE"}),
        ("UPDATE LOW_PRIORITY IGNORE t SET a = 1", {"LOW_PRIORITY", "IGNORE"}),
        ("INSERT HIGH_PRIORITY IGNORE INTO t VALUES (1)", {"HIGH_PRIORITY", "IGNORE"}),
        ("REPLACE DELAYED t VALUES (1)", {"DELAYED"}),
    ],
)
def test_modifiers_are_no_tables(sql: str, words: set[str]) -> None:  # row 18
    statement = one(sql)
    assert statement.modifiers.words == words
    assert [table.name for table in statement.tree.find_all(exp.Table)] == ["t"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a INTO @x FROM t",
        "SELECT a FROM t INTO @x",
        "SELECT a FROM t UNION SELECT 1 INTO @x",
        "SELECT a FROM t FOR UPDATE INTO @x",
    ],
)
def test_into_is_a_variable(sql: str) -> None:  # row 19
    statement = one(sql)
    assert statement.into is not None and statement.into.variables == (IntoVariable("x"),)
    assert statement.tree.find(exp.Into) is None
    two = one("SELECT a, b INTO @x, v FROM t").into
    assert two is not None and two.variables == (IntoVariable("x"), IntoVariable("v", user=False))


def test_only_transactions_begin() -> None:  # row 20
    assert isinstance(one("START SLAVE").ast, Unsupported) and isinstance(one("START REPLICA").ast, Unsupported)
    assert isinstance(one("BEGIN WORK").ast, Begin)
    assert error("BEGIN foo").code == 1064
    assert error("START foo").code == 1064


def test_rollback_chains() -> None:  # row 21
    assert one("ROLLBACK AND CHAIN").ast == Rollback(chain=True)
    assert one("ROLLBACK WORK AND NO CHAIN RELEASE").ast == Rollback(chain=False, release=True)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SAVEPOINT s", StatementKind.SAVEPOINT),
        ("FLUSH TABLES", StatementKind.FLUSH),
        ("FLUSH PRIVILEGES", StatementKind.FLUSH),
        ("UNLOCK TABLE", StatementKind.UNLOCK_TABLES),
        ("HELP 'x'", StatementKind.HELP),
        ("RESET MASTER", StatementKind.UNSUPPORTED),
        ("SHUTDOWN", StatementKind.UNSUPPORTED),
        ("RESTART", StatementKind.UNSUPPORTED),
        ("RESIGNAL", StatementKind.UNSUPPORTED),
        ("BINLOG 'x'", StatementKind.UNSUPPORTED),
    ],
)
def test_words_are_no_expressions(sql: str, kind: StatementKind) -> None:  # row 22
    assert one(sql).kind is kind
    assert isinstance(one("SAVEPOINT s").ast, Savepoint) and isinstance(one("UNLOCK TABLES").ast, UnlockTables)


@pytest.mark.parametrize("sql", ["foo", "foo bar", "1", "'x'", "@a", "SELEC 1", "CREATE", "DROP foo", "(1)"])
def test_other_words_are_refused(sql: str) -> None:  # row 22
    assert error(sql).code == 1064


def test_explain_table_is_a_query() -> None:  # row 23
    node = one("EXPLAIN TABLE t").ast
    assert isinstance(node, Explain) and node.statement is not None and node.statement.statement.is_query


def test_auto_random_is_no_key_name() -> None:  # row 24
    table = one("CREATE TABLE t (a BIGINT PRIMARY KEY AUTO_RANDOM(5))").ast
    assert isinstance(table, CreateTable) and table.columns[0].auto_random == (5,) and table.columns[0].primary_key


def test_a_vector_index_is_no_column() -> None:  # row 25
    table = one("CREATE TABLE t (a INT, VECTOR INDEX vi ((a)))").ast
    assert isinstance(table, CreateTable)
    assert [column.name for column in table.columns] == ["a"] and table.keys[0].kind == "VECTOR"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE PROCEDURE p() BEGIN DECLARE x INT DEFAULT 0; SELECT x; END",
        "CREATE TRIGGER t BEFORE INSERT ON s FOR EACH ROW BEGIN SET @a = 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN RETURN 1; END",
    ],
)
def test_programs_are_refused_by_name(sql: str) -> None:  # row 26
    from planner.parse.entry import split_text

    first = split_text(sql)[0].parse()
    assert isinstance(first.ast, Unsupported) and first.ast.feature == " ".join(sql.split()[:2])


def test_start_transaction_is_no_sequence_property() -> None:  # row 27
    assert error("CREATE TABLE t (a INT) START WITH 5").code == 1064


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (select INT)",
        "SELECT 1 AS select",
        "SELECT select FROM t",
        "SELECT 1 FROM order",
        "UPDATE from SET a = 1",
    ],
)
def test_reserved_words_are_no_names(sql: str) -> None:  # row 28
    assert error(sql).code == 1064
    assert one("SELECT t.order, `select` AS `from`, end FROM t").column_labels == (
        "t.order",
        "`select` AS `from`",
        "end",
    )


def test_unary_plus_says_nothing() -> None:  # row 29
    """As MySQL's grammar has it: `+1` is the number itself, also where a number is a position."""
    assert one("SELECT a FROM t ORDER BY +1").tree == one("SELECT a FROM t ORDER BY 1").tree


def test_set_password_to_random() -> None:  # row 32
    assert one("SET PASSWORD TO RANDOM").ast == SetPassword(None, None)
    assert isinstance(one("SET password_history = 1").ast, SetStatement)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT", "SELECT FROM t", "SELECT a, FROM t", "SELECT a FROM FROM t", "UPDATE t", "INSERT INTO t",
        "INSERT INTO t VALUES 1, 2", "VALUES (1,)", "CREATE TABLE t (a INT,,b INT)", "CREATE TABLE t (a INT,)",
        "SELECT 1 IN ()", "SELECT a FROM t AS", "SELECT a FROM t,", "SELECT 1 LIMIT 1 + 1", "SELECT 1 OFFSET 5",
        "INSERT INTO t SELECT 1 FROM s OFFSET ?",
        "SELECT 1 FETCH FIRST 1 ROW ONLY", "SELECT a::int", "SELECT a == b", "SELECT a ILIKE b", "SELECT [1,2]",
        "SELECT 1 FROM t FULL OUTER JOIN s ON 1", "SELECT 1 FROM t QUALIFY 1", "MERGE INTO t USING s ON 1",
        "SELECT DISTINCT ON (a) b FROM t", "SELECT * EXCEPT (a) FROM t", "SELECT a FROM t ORDER BY a NULLS LAST",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "SELECT :name", "SELECT $1::x", "SELECT {{ x }}",
        "SELECT CAST(a AS INT)", "SELECT CAST(a AS TEXT)", "SELECT CAST(a AS VARCHAR(5))", "SELECT a = NOT b",
        "SELECT 1 FROM t ORDER BY 1 UNION SELECT 2", "SELECT 1 LIMIT 1 UNION SELECT 2", "SELECT ()", "SELECT 1 = ()",
        "SELECT x'ABC'", "SELECT 'open", "SELECT `open", "SELECT 1 /* open", "SELECT 1 {# , 2 #}, 3", "SELECT \\N",
        "SELECT COUNT (*) FROM t", "SELECT COUNT (DISTINCT a) FROM t", "CREATE TABLE count(a INT)", "INSERT INTO sum(a) VALUES (1)",
    ],
)  # fmt: skip
def test_what_is_no_mysql_is_refused(sql: str) -> None:
    assert error(sql).code == 1064


def test_names_of_functions_with_a_blank_behind() -> None:
    assert one("CREATE TABLE count (a INT)").kind is StatementKind.CREATE_TABLE
    assert error("CREATE TABLE count (a INT)", SqlMode.IGNORE_SPACE).code == 1064
    assert item("SUM (a)").this.quoted, "a name, which is no function"
    assert item("SUM (a)", SqlMode.IGNORE_SPACE).this == "SUM"
    assert item("ABS (a)").this == "ABS"
