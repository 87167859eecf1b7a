"""The changes to sqlglot's tables still take effect: each is undone, and something that it gives is lost.

A new version may rename a table or stop looking at it; then a change would silently do nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlglot import expressions as exp
from sqlglot.parser import Parser
from sqlglot.parsers.mysql import MySQLParser
from sqlglot.tokens import TokenType

from planner.parse import parse_text, tables
from sqlnode.base.errors import SqlError

T = TokenType
PRISTINE: dict[str, object] = {
    # What sqlglot has, or nothing where its own entries happen to read the sample the same way.
    "FUNCTIONS": Parser.FUNCTIONS,
    "NO_PAREN_FUNCTIONS": Parser.NO_PAREN_FUNCTIONS,
    "NO_PAREN_FUNCTION_PARSERS": Parser.NO_PAREN_FUNCTION_PARSERS,
    "FUNCTION_PARSERS": Parser.FUNCTION_PARSERS,
    "PRIMARY_PARSERS": Parser.PRIMARY_PARSERS,
    "PLACEHOLDER_PARSERS": Parser.PLACEHOLDER_PARSERS,
    "COLUMN_OPERATORS": Parser.COLUMN_OPERATORS,
    "RANGE_PARSERS": Parser.RANGE_PARSERS,
    "UNARY_PARSERS": Parser.UNARY_PARSERS,
    "COMPARISON": Parser.COMPARISON,
    "TERM": {},
    "EXPONENT": Parser.EXPONENT,
    "STATEMENT_PARSERS": {},
    "EXPRESSION_PARSERS": Parser.EXPRESSION_PARSERS,
}


def reading(sql: str) -> str:
    """A text's tree, or the error that it gives."""
    try:
        return repr(parse_text(sql)[0].tree)
    except SqlError as error:
        return str(error)


@contextmanager
def undone(name: str) -> Iterator[None]:
    """The parser with sqlglot's own table of this name."""
    ours = vars(MySQLParser)[name]
    setattr(MySQLParser, name, PRISTINE[name])
    try:
        yield
    finally:
        setattr(MySQLParser, name, ours)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("FUNCTIONS", "SELECT LOG10(5), IFNULL(a, 1), TO_DAYS(d)"),
        ("NO_PAREN_FUNCTIONS", "SELECT UTC_TIMESTAMP"),
        ("NO_PAREN_FUNCTION_PARSERS", "SELECT d + INTERVAL 1.5 DAY"),
        ("FUNCTION_PARSERS", "SELECT GROUP_CONCAT(DISTINCT a, b)"),
        ("PRIMARY_PARSERS", "SELECT _utf8mb4'a' COLLATE utf8mb4_bin"),
        ("PLACEHOLDER_PARSERS", "SELECT ?, ?"),
        ("COLUMN_OPERATORS", "SELECT a + b COLLATE c"),
        ("RANGE_PARSERS", "SELECT x BETWEEN 1 AND 3 NOT LIKE 5"),
        ("UNARY_PARSERS", "SELECT BINARY a"),
        ("COMPARISON", "SELECT a = b < c"),
        ("TERM", "SELECT a + b"),
        ("STATEMENT_PARSERS", "UPDATE t SET a = DEFAULT"),
        ("EXPRESSION_PARSERS", "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)"),
    ],
)
def test_a_change_takes_effect(name: str, sql: str) -> None:
    with_ours = reading(sql)
    with undone(name):
        assert reading(sql) != with_ours
    assert reading(sql) == with_ours, "and it is back"


def test_changes_are_installed_once() -> None:
    before = {name: repr(vars(MySQLParser)[name]) for name in ("TERM", "COMPARISON", "EXPONENT")}
    tables.install()
    assert {name: repr(vars(MySQLParser)[name]) for name in before} == before


# --- precedence ----------------------------------------------------------------------------------------------------

LEVELS: tuple[tuple[str, ...], ...] = (
    ("OR", "||"),
    ("XOR",),
    ("AND", "&&"),
    ("=", "<=>", "<", "<=", ">", ">=", "<>", "!="),
    ("|",),
    ("&",),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "DIV", "MOD", "%"),
    ("^",),
)
"""Binary operators from loose to tight, each level from left to right (MySQL manual, "Operator Precedence")."""
PREFIXES = {"NOT": 2.5, "-": 10, "~": 10, "!": 11}
"""Prefix operators: what binds tighter than this is their operand. NOT stands between AND and comparison."""


def random_expression(source: random.Random, depth: int, least: float = 0) -> tuple[str, str]:
    """(without, with all parentheses) of an expression whose operators bind at least as tight as level `least`."""
    if depth == 0 or least > len(LEVELS) or source.random() < 0.2:
        name = source.choice("abcdefg")
        return name, name
    if source.random() < 0.2:
        prefix, level = source.choice([pair for pair in PREFIXES.items() if pair[1] >= least] or [("-", 10)])
        plain, full = random_expression(source, depth - 1, level)
        return f"{prefix} {plain}", f"({prefix} {full})"
    lowest = math.ceil(least)
    if lowest >= len(LEVELS):
        return random_expression(source, 0)
    level = source.randrange(lowest, len(LEVELS))
    operator = source.choice(LEVELS[level])
    left, full_left = random_expression(source, depth - 1, level)
    right, full_right = random_expression(source, depth - 1, level + 0.6)
    return f"{left} {operator} {right}", f"({full_left} {operator} {full_right})"


def unwrapped(node: exp.Expression) -> object:
    """A tree as nested tuples, Paren nodes left out."""
    while isinstance(node, exp.Paren):
        node = node.this
    parts = [node.this, node.args.get("expression")]
    operands = tuple(unwrapped(part) for part in parts if isinstance(part, exp.Expression))
    return (type(node).__name__, *(operands or (node.name,)))


@pytest.mark.parametrize("seed", range(40))
def test_random_expressions_read_as_mysql_does(seed: int) -> None:
    source = random.Random(seed)
    for _ in range(25):
        plain, full = random_expression(source, source.randrange(2, 6))
        one, two = (parse_text(f"SELECT {text}")[0].tree.expressions[0] for text in (plain, full))
        assert unwrapped(one) == unwrapped(two), f"{plain}\n{full}"
