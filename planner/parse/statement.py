"""Statement: what the parser hands to the session and the planner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import expressions as exp
from sqlglot.tokens import Token

from planner.parse.nodes_account import AccountNode
from planner.parse.nodes_admin import AdminNode
from planner.parse.nodes_common import StatementKind, Unsupported
from planner.parse.nodes_ddl import DdlNode
from planner.parse.nodes_session import FieldFormat, SessionNode

if TYPE_CHECKING:
    from planner.parse.values_block import ValuesBlock

HandNode: TypeAlias = DdlNode | SessionNode | AdminNode | AccountNode | Unsupported
Ast: TypeAlias = exp.Expression | HandNode


@dataclass(frozen=True, slots=True)
class IntoVariable:
    """A target of SELECT … INTO: a user variable (`@v`, `user` True) or a name that only a stored program could own."""

    name: str
    user: bool = True


@dataclass(frozen=True, slots=True)
class IntoClause:
    """SELECT … INTO. Either `variables`, or a file: OUTFILE (`format` says how) or DUMPFILE (`dumpfile` True)."""

    variables: tuple[IntoVariable, ...] = ()
    file: str | None = None
    dumpfile: bool = False
    charset: str | None = None
    format: FieldFormat = FieldFormat()


@dataclass(frozen=True, slots=True)
class Modifiers:
    """Words that sqlglot does not know, taken out of the tokens.

    `words` are the upper-case words of the statement's own head: LOW_PRIORITY, DELAYED, HIGH_PRIORITY, IGNORE, QUICK,
    SQL_NO_CACHE, SQL_CALC_FOUND_ROWS, SQL_SMALL_RESULT, SQL_BIG_RESULT, SQL_BUFFER_RESULT, STRAIGHT_JOIN.
    `hints` are the raw texts of optimizer hint comments (`/*+ … */`, without the markers), in order.
    """

    words: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()

    @property
    def ignore(self) -> bool:
        """INSERT IGNORE, UPDATE IGNORE, DELETE IGNORE."""
        return "IGNORE" in self.words

    @property
    def calc_found_rows(self) -> bool:
        """SQL_CALC_FOUND_ROWS."""
        return "SQL_CALC_FOUND_ROWS" in self.words


NO_MODIFIERS = Modifiers()


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement.

    `text` is its exact source (without the `;`, versioned comment markers blanked out); `tokens` are its sqlglot tokens with
    offsets into `source` (the whole query text), after rewriting, so a token's text may differ from the source.
    `ast` is sqlglot's tree for queries and DML (read-only: it may be shared by a cache), else a frozen dataclass.
    Placeholders are `exp.Placeholder(this="0")`, …, numbered in text order; `parameter_count` is their number.
    `labels(select)` has one entry per item of that Select node's list: the source text that names the column when it has no
    alias, or None for `*` and `t.*`; `column_labels` are those of the first query block.
    `values`, for INSERT and REPLACE whose rows are all plain literals, holds all rows; `ast` then has the first row only.
    `insert_alias` is the row alias of INSERT … AS new(a, b): name and columns.
    """

    kind: StatementKind
    text: str
    ast: Ast
    source: str
    tokens: tuple[Token, ...] = ()
    parameter_count: int = 0
    into: IntoClause | None = None
    modifiers: Modifiers = NO_MODIFIERS
    values: ValuesBlock | None = None
    insert_alias: tuple[str, tuple[str, ...]] | None = None
    sql_mode: int = 0

    @property
    def tree(self) -> exp.Expression:
        """The sqlglot tree; only for queries and DML."""
        assert isinstance(self.ast, exp.Expression), f"{self.kind} has no sqlglot tree"
        return self.ast

    def labels(self, select: exp.Select) -> tuple[str | None, ...]:
        """Column labels of `select`, a node of this statement's tree. Empty for a node that the text does not contain."""
        from planner.parse.labels import select_labels

        marks = select.comments
        if not marks or not marks[0].isdigit():
            return ()
        return select_labels(self.tokens, self.source, int(marks[0]))

    @cached_property
    def column_labels(self) -> tuple[str | None, ...]:
        """Labels of the query's first SELECT, which name the result's columns; empty for anything that is no query."""
        if not self.is_query:
            return ()
        node: object = self.ast
        while isinstance(node, (exp.SetOperation, exp.Subquery)):
            node = node.this
        return self.labels(node) if isinstance(node, exp.Select) else ()

    def without_limit(self) -> Statement:
        """The same query without its outermost LIMIT and without SQL_CALC_FOUND_ROWS: what that modifier counts."""
        tree = self.tree.copy()
        tree.set("limit", None)
        tree.set("offset", None)
        words = self.modifiers.words - {"SQL_CALC_FOUND_ROWS"}
        return replace(self, ast=tree, modifiers=replace(self.modifiers, words=words))

    @property
    def is_query(self) -> bool:
        """A query expression: SELECT, WITH, TABLE, VALUES, set operations."""
        return self.kind is StatementKind.SELECT

    @property
    def names_several_tables(self) -> bool:
        """UPDATE over a join, or a DELETE that names its targets apart from FROM."""
        if self.tree.args.get("tables"):
            return True
        node = self.tree.this
        while isinstance(node, exp.Expression) and not node.args.get("joins"):
            if not isinstance(node, exp.Subquery) or node.args.get("alias") is not None:
                return False
            node = node.this
        return isinstance(node, exp.Expression)

    def take_apart(self) -> None:
        """Frees a sqlglot tree that nobody will read again, node by node: nodes know their parents, and only the cycle
        collector would find them."""
        if not isinstance(self.ast, exp.Expression):
            return
        nodes = [self.ast]
        for node in nodes:
            for value in node.args.values():
                if isinstance(value, exp.Expression):
                    nodes.append(value)
                elif isinstance(value, list):
                    nodes += [one for one in value if isinstance(one, exp.Expression)]
        while nodes:
            node = nodes.pop()
            node.parent = None
            node.args.clear()

    @cached_property
    def digest_text(self) -> str:
        """The statement with literals replaced by `?`, lists shortened, words in one case; for digests and the slow log."""
        from planner.parse.digest import digest_text

        return digest_text(self.text, self.sql_mode)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of `digest_text`, in hex."""
        import hashlib

        return hashlib.sha256(self.digest_text.encode("utf-8", "surrogateescape")).hexdigest()
