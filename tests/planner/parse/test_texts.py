"""Texts around the tree: statements of a text, parameters, labels, digests, limits."""

from __future__ import annotations

import pytest

from planner.context import SqlMode
from planner.parse import StatementKind, parse_text
from planner.parse.entry import split_text
from sqlnode.base.errors import SqlError
from tests.planner.parse.test_tables import unwrapped


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        (";; SELECT 1 ;;", ["SELECT 1 "]),
        ("SELECT ';'; SELECT `;`; SELECT \";\"", ["SELECT ';'", "SELECT `;`", 'SELECT ";"']),
        ("SELECT 1 -- ; x\n; SELECT 2 # ;", ["SELECT 1 -- ; x\n", "SELECT 2"]),
        ("SELECT 1 /* ; */; /* ; */ SELECT 2", ["SELECT 1 /* ; */", "SELECT 2"]),
        ("SELECT 'it''s; \\'; '; DO 1", ["SELECT 'it''s; \\'; '", "DO 1"]),
        (
            "/*!40101 SET @a = 1 */; /*!40000 ALTER TABLE t DISABLE KEYS */;",
            ["SET @a = 1 ", "ALTER TABLE t DISABLE KEYS "],
        ),
    ],
)
def test_statements_of_a_text(sql: str, texts: list[str]) -> None:
    assert [statement.text.strip() for statement in parse_text(sql)] == [text.strip() for text in texts]


@pytest.mark.parametrize("sql", ["", "  ", ";", "-- nothing", "/* nothing */", "# x\n;"])
def test_no_statement_at_all(sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_text(sql)
    assert caught.value.code == 1065


def test_statements_before_an_error_are_found() -> None:
    first, second = split_text("SELECT 1; SELEC 2")
    assert first.parse().is_query and second.last
    with pytest.raises(SqlError) as caught:
        second.parse()
    assert "near 'SELEC 2' at line 1" in caught.value.message


@pytest.mark.parametrize(
    ("sql", "near", "line"),
    [
        ("SELECT 1 +\n FROM t", "FROM t", 2),
        ("SELECT a b c FROM t", "c FROM t", 1),
        ("SELECT (1 + 2", "", 1),
        ("SELECT * FROM t WHERE", "", 1),
        ("INSERT INTO t (a VALUES (1)", "VALUES (1)", 1),
        ("CREATE TABLE t (a INT,\n b FOO)", "FOO)", 2),
        ("SELECT 1 FROM t LIMIT x", "x", 1),
        ("SELECT 'a", "'a", 1),
        ("DROP TABLE a b", "b", 1),
        ("SELECT 1 FROM " + "x" * 100 + " y z", "z", 1),
    ],
)
def test_where_errors_point(sql: str, near: str, line: int) -> None:
    with pytest.raises(SqlError) as caught:
        parse_text(sql)
    assert caught.value.message.endswith(f"near '{near}' at line {line}")


def test_parameters_are_numbered_in_text_order() -> None:
    statement = parse_text("SELECT ? FROM t WHERE a = ? AND b IN (SELECT ? FROM s) LIMIT ?, ?")[0]
    assert statement.parameter_count == 5
    from sqlglot import expressions as exp

    found = {int(node.name) for node in statement.tree.find_all(exp.Placeholder)}
    assert found == {0, 1, 2, 3, 4}
    assert parse_text("SELECT '?', `?` -- ?\n")[0].parameter_count == 0
    assert parse_text("SET @a = ?, @b = ? + 1")[0].parameter_count == 2


@pytest.mark.parametrize(
    ("items", "labels"),
    [
        ("1+1", ("1+1",)),
        ("COUNT( * )", ("COUNT( * )",)),
        ("'x' 'y'", ("x",)),
        ("'it''s'", ("it's",)),
        ("NULL, TRUE", ("NULL", "TRUE")),
        ("*, t.*, a", (None, None, "a")),
        ("(SELECT 1, 2 LIMIT 1), f(a, b)", ("(SELECT 1, 2 LIMIT 1)", "f(a, b)")),
        ("CASE WHEN a THEN b END x, c", ("CASE WHEN a THEN b END x", "c")),
        ("DISTINCT a, b", ("a", "b")),
        ("SQL_NO_CACHE HIGH_PRIORITY a", ("a",)),
        ("/*+ INL_JOIN(t) */ a, b", ("a", "b")),
        ("@v, @@autocommit, @a:=1", ("@v", "@@autocommit", "@a:=1")),
        ("_utf8mb4'abc', N'q', x'41'", ("abc", "q", "x'41'")),
        ("a  +  b /* c */ , d", ("a  +  b", "d")),
        ("DATE '2020-01-01', {d '2020-01-01'}", ("DATE '2020-01-01'", "{d '2020-01-01'}")),
    ],
)
def test_labels(items: str, labels: tuple[str | None, ...]) -> None:
    assert parse_text(f"SELECT {items} FROM t")[0].column_labels == labels


def test_labels_of_inner_queries() -> None:
    statement = parse_text("SELECT x.* FROM (SELECT 1+1, a FROM t) x UNION SELECT 5*5")[0]
    from sqlglot import expressions as exp

    found = [statement.labels(select) for select in statement.tree.find_all(exp.Select)]
    assert sorted(found, key=str) == sorted([(None,), ("1+1", "a"), ("5*5",)], key=str)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("SELECT a FROM t WHERE b = 5", "select  a from T where B = 'x'"),
        ("INSERT INTO t VALUES (1, 2), (3, 4)", "INSERT INTO t VALUES (1, 2, 3), (3, 4, 5)"),
        ("SELECT 1 /* c */", "SELECT 2"),
        ("SELECT ? IN (?, ?, ?)", "SELECT 1 IN (2, 3)"),
    ],
)
def test_digests_agree(one: str, two: str) -> None:
    first, second = parse_text(one)[0], parse_text(two)[0]
    assert first.digest_text == second.digest_text and first.digest == second.digest and len(first.digest) == 64


def test_digests_differ() -> None:
    texts = [
        "SELECT a FROM t",
        "SELECT b FROM t",
        "SELECT `a` FROM t",
        "SELECT a FROM t WHERE b = 1",
        "SELECT 'a' FROM t",
    ]
    assert len({parse_text(text)[0].digest for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 400 + "1" + ")" * 400,
        "SELECT " + "f(" * 400 + "1" + ")" * 400,
        "SELECT " + "NOT " * 30000 + "1",
        "SELECT " + "- " * 30000 + "1",
        "SELECT " + "CASE WHEN 1 THEN " * 2000 + "1" + " END" * 2000,
        "SELECT * FROM " + "(SELECT * FROM " * 400 + "t" + ") x" * 400,
    ],
    ids=["parentheses", "calls", "not", "minus", "case", "derived"],
)
def test_deep_texts_are_refused(sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_text(sql)
    assert caught.value.code in (1064, 1105, 1436)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "1 + " * 5000 + "1",
        "SELECT " + "a AND " * 5000 + "a",
        "SELECT 1" + " UNION SELECT 1" * 500,
        "SELECT a IN (" + "1," * 9999 + "1)",
    ],
    ids=["sum", "and", "union", "in"],
)
def test_long_texts_are_read(sql: str) -> None:
    assert parse_text(sql)[0].is_query


def test_bytes_that_are_no_utf8_survive() -> None:
    text = b"SELECT 'a\xff\xfe', `n\xff` FROM t".decode("utf-8", "surrogateescape")
    tree = parse_text(text)[0].tree
    assert tree.expressions[0].this.encode("utf-8", "surrogateescape") == b"a\xff\xfe"


@pytest.mark.parametrize(
    ("mode", "sql", "same"),
    [
        (SqlMode.ANSI_QUOTES, 'SELECT "a" FROM "t"', "SELECT `a` FROM `t`"),
        (SqlMode.PIPES_AS_CONCAT, "SELECT a || b = c", "SELECT (a || b) = c"),
        (SqlMode.HIGH_NOT_PRECEDENCE, "SELECT NOT a = b", "SELECT (NOT a) = b"),
        (0, "SELECT NOT a = b", "SELECT NOT (a = b)"),
        (SqlMode.NO_BACKSLASH_ESCAPES, "SELECT 'a\\'", "SELECT 'a\\'"),
    ],
)
def test_modes(mode: int, sql: str, same: str) -> None:
    def tree(text: str) -> object:
        return unwrapped(parse_text(text, sql_mode=mode)[0].tree.expressions[0])

    assert tree(sql) == tree(same)


def test_every_kind_of_query_is_a_select() -> None:
    for sql in (
        "SELECT 1",
        "(SELECT 1)",
        "TABLE t",
        "VALUES ROW(1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT 1 UNION SELECT 2",
    ):
        assert parse_text(sql)[0].kind is StatementKind.SELECT
