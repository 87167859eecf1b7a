"""A query's text with its tables qualified and its `*` written out, for a view's definition."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import expressions as exp
from sqlglot.tokens import Token, TokenType

from planner.context import SqlMode
from planner.parse.expression_text import quote_name
from planner.parse.labels import list_items
from planner.parse.statement import Statement

T = TokenType


def qualified_text(statement: Statement, database: str, star_columns: Sequence[str]) -> str:
    """The text of `statement`, a query, in which every table of the catalog has its database in front.

    `star_columns` are the result columns of the query as texts, for a select list that contains `*` or `t.*` (it is
    replaced by all of them, item by item: an item that is no star keeps its own text and takes the place of its
    column).
    """
    stars = _star_changes(statement, star_columns)
    covered = [(start, end) for start, end, _ in stars]
    names = [c for c in _quoted_names(statement) if not any(start <= c[0] < end for start, end in covered)]
    changes = [*_table_changes(statement, database), *names, *stars]
    text = statement.source
    end = statement.tokens[-1].end + 1
    pieces: list[str] = []
    position = statement.tokens[0].start
    for start, stop, replacement in sorted(changes):
        pieces += [text[position:start], replacement]
        position = stop
    pieces.append(text[position:end])
    return "".join(pieces).strip()


def unqualified_text(statement: Statement, database: str) -> str:
    """The text of a definition without the name of `database` before its tables, as SHOW CREATE VIEW prints it there."""
    source = statement.source
    starts = {token.start: place for place, token in enumerate(statement.tokens)}
    pieces: list[str] = []
    position = statement.tokens[0].start
    spans = []
    for node in statement.tree.find_all(exp.Table, exp.Column):
        qualifier = node.args.get("db")
        if not isinstance(qualifier, exp.Identifier) or qualifier.name.lower() != database.lower():
            continue
        place = starts.get(qualifier.meta.get("start"))
        if place is not None and statement.tokens[place + 1].token_type is T.DOT:
            spans.append((qualifier.meta["start"], statement.tokens[place + 2].start))
    for start, end in sorted(spans):
        pieces.append(source[position:start])
        position = end
    pieces.append(source[position : statement.tokens[-1].end + 1])
    return "".join(pieces)


Change = tuple[int, int, str]
"""(start, end, text) in the source."""


def _quoted_names(statement: Statement) -> list[Change]:
    """Names in double quotes (ANSI_QUOTES) get back quotes: a definition is read in the default mode."""
    return [
        (token.start, token.end + 1, quote_name(str(token.text)))
        for token in statement.tokens
        if token.token_type is T.IDENTIFIER and statement.source[token.start] == '"'
    ]


def depends_on_mode(statement: Statement) -> str | None:
    """The mode of sql_mode without which the text would mean something else, if it holds such text."""
    text = statement.text
    if statement.sql_mode & SqlMode.PIPES_AS_CONCAT and "||" in text:
        return "PIPES_AS_CONCAT"
    if statement.sql_mode & SqlMode.NO_BACKSLASH_ESCAPES and "\\" in text:
        return "NO_BACKSLASH_ESCAPES"
    if statement.sql_mode & SqlMode.HIGH_NOT_PRECEDENCE and any(
        token.token_type is T.NOT for token in statement.tokens
    ):
        return "HIGH_NOT_PRECEDENCE"
    return None


def _table_changes(statement: Statement, database: str) -> list[Change]:
    """Tables without a database get the current one; names of common table expressions stay."""
    changes: list[Change] = []
    starts = {token.start: place for place, token in enumerate(statement.tokens)}
    for node in statement.tree.find_all(exp.Table):
        if node.args.get("db") is not None or not isinstance(node.this, exp.Identifier):
            continue
        if _is_cte(node):
            continue
        start = node.this.meta.get("start")
        if start is None or start not in starts or not database:
            continue
        changes.append((start, start, f"{quote_name(database)}."))
    return changes


def _is_cte(table: exp.Table) -> bool:
    """Whether a WITH around the table gives its name."""
    name = table.name.lower()
    node: exp.Expression | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if with_ is not None and any(cte.alias.lower() == name for cte in with_.expressions):
            return True
        node = node.parent
    return False


def _star_changes(statement: Statement, columns: Sequence[str]) -> list[Change]:
    """The select list of the outermost query block, when it has a star."""
    tree: exp.Expression = statement.tree
    while isinstance(tree, exp.Subquery):
        tree = tree.this
    if not isinstance(tree, exp.Select) or not tree.comments:
        return []
    items = list_items(statement.tokens, statement.source, int(tree.comments[0]))
    stars = [place for place, item in enumerate(items) if _is_star(item)]
    if not stars:
        return []
    others = len(items) - len(stars)
    if len(stars) == 1:
        first = stars[0]
        count = len(columns) - others
        return [(items[first][0].start, items[first][-1].end + 1, ", ".join(columns[first : first + count]))]
    if not others:
        return [(items[0][0].start, items[-1][-1].end + 1, ", ".join(columns))]
    return []


def _is_star(item: Sequence[Token]) -> bool:
    return item[-1].token_type is T.STAR and (len(item) == 1 or item[-2].token_type is T.DOT)
