"""Queries and DML: cuts out what sqlglot does not read, lets it parse the rest, and builds the Statement."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sqlglot import expressions as exp
from sqlglot.tokens import Token, TokenType

from planner.parse.door import parse_tree
from planner.parse.failure import syntax_error
from planner.parse.function_names import is_call
from planner.parse.into_clause import cut_into
from planner.parse.nodes_common import StatementKind
from planner.parse.statement import NO_MODIFIERS, IntoClause, Modifiers, Statement
from planner.parse.token_pass import make, rewrite, word_of

T = TokenType

_INSERT_WORDS = frozenset(("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE"))
_UPDATE_WORDS = frozenset(("LOW_PRIORITY", "IGNORE"))
_DELETE_WORDS = frozenset(("LOW_PRIORITY", "QUICK", "IGNORE"))
_QUERY_STARTS = frozenset((T.SELECT, T.WITH, T.TABLE, T.L_PAREN))


@dataclass(slots=True)
class Draft:
    """One statement before it is parsed: its tokens and where it stands in the source."""

    tokens: list[Token]
    source: str
    start: int
    end: int
    parameters: int
    sql_mode: int

    @property
    def text(self) -> str:
        """The statement's own text."""
        return self.source[self.start : self.end]

    def fail(self, token: Token | None) -> Exception:
        """1064 at `token`, or at the statement's end."""
        return syntax_error(self.source, token.start if token is not None else self.end)

    def at(self, index: int) -> Token | None:
        """The token at `index`, None behind the end."""
        return self.tokens[index] if index < len(self.tokens) else None


def parse_query(draft: Draft) -> Statement:
    """SELECT, WITH, TABLE, VALUES and parenthesised queries; WITH may also lead to UPDATE or DELETE."""
    tokens = draft.tokens
    into: IntoClause | None = None
    kinds = {token.token_type for token in tokens}
    if T.INTO in kinds:
        tokens, into = cut_into(draft, tokens)
    head: set[str] = set()
    if T.WITH in kinds and tokens[0].token_type is T.WITH and (T.UPDATE in kinds or T.DELETE in kinds):
        tokens = _strip_after_with(tokens, head)
    ready = rewrite(tokens, draft.source)
    into_kind = exp.Values if tokens[0].token_type is T.VALUES else None
    tree = parse_tree(ready.tokens, draft.source, into=into_kind, end=draft.end)
    kind = StatementKind.SELECT
    if isinstance(tree, exp.Update):
        kind = StatementKind.UPDATE
    elif isinstance(tree, exp.Delete):
        kind = StatementKind.DELETE
    elif not isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)):
        raise draft.fail(tokens[0])
    words = ready.words | head
    modifiers = Modifiers(frozenset(words), tuple(ready.hints)) if words or ready.hints else NO_MODIFIERS
    return _statement(draft, kind, tree, modifiers, into=into, tokens=tokens)


def _statement(
    draft: Draft,
    kind: StatementKind,
    tree: exp.Expression,
    modifiers: Modifiers,
    *,
    into: IntoClause | None = None,
    tokens: list[Token],
    insert_alias: tuple[str, tuple[str, ...]] | None = None,
) -> Statement:
    return Statement(
        kind=kind,
        text=draft.text,
        ast=tree,
        source=draft.source,
        tokens=tuple(tokens),
        parameter_count=draft.parameters,
        into=into,
        modifiers=modifiers,
        insert_alias=insert_alias,
        sql_mode=draft.sql_mode,
    )


def _strip_after_with(tokens: list[Token], words: set[str]) -> list[Token]:
    """Takes UPDATE's or DELETE's modifiers out of WITH … UPDATE."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.token_type is T.L_PAREN:
            depth += 1
        elif token.token_type is T.R_PAREN:
            depth -= 1
        elif depth == 0 and token.token_type in (T.UPDATE, T.DELETE):
            allowed = _UPDATE_WORDS if token.token_type is T.UPDATE else _DELETE_WORDS
            end = index + 1
            while end < len(tokens) and word_of(tokens[end]) in allowed:
                words.add(word_of(tokens[end]))
                end += 1
            return tokens[: index + 1] + tokens[end:]
    return tokens


def _take_words(tokens: list[Token], index: int, allowed: frozenset[str], words: set[str]) -> int:
    """Reads modifiers from `index`; returns the index behind them."""
    while index < len(tokens) and word_of(tokens[index]) in allowed:
        words.add(word_of(tokens[index]))
        index += 1
    return index


def parse_update(draft: Draft) -> Statement:
    """UPDATE, one table or several."""
    words: set[str] = set()
    hint, index = _leading_hint(draft.tokens)
    index = _take_words(draft.tokens, index, _UPDATE_WORDS, words)
    tokens = [draft.tokens[0], *hint, *draft.tokens[index:]]
    return _dml(draft, StatementKind.UPDATE, tokens, words)


def _leading_hint(tokens: list[Token]) -> tuple[list[Token], int]:
    """The tokens of a hint right after the first word, and the index behind it."""
    if len(tokens) < 2 or tokens[1].token_type is not T.HINT:
        return [], 1
    index = 2
    while index < len(tokens):
        if tokens[index].token_type is T.SLASH and tokens[index - 1].token_type is T.STAR:
            return tokens[1 : index + 1], index + 1
        index += 1
    return tokens[1:2], 2


def _dml(draft: Draft, kind: StatementKind, tokens: list[Token], words: set[str]) -> Statement:
    ready = rewrite(tokens, draft.source)
    tree = parse_tree(ready.tokens, draft.source, end=draft.end)
    modifiers = Modifiers(frozenset(words), tuple(ready.hints)) if words or ready.hints else NO_MODIFIERS
    return _statement(draft, kind, tree, modifiers, tokens=tokens)


def parse_delete(draft: Draft) -> Statement:
    """DELETE. `DELETE FROM a, b USING …` becomes `DELETE a, b FROM …`; `.*` after a target vanishes."""
    words: set[str] = set()
    hint, index = _leading_hint(draft.tokens)
    index = _take_words(draft.tokens, index, _DELETE_WORDS, words)
    rest = draft.tokens[index:]
    if not rest:
        raise draft.fail(None)
    head = [draft.tokens[0], *hint]
    if rest[0].token_type is T.FROM:
        targets, after = _targets(rest, 1)
        if after < len(rest) and rest[after].token_type is T.USING:
            rest = [*targets, make(T.FROM, "FROM", rest[after]), *rest[after + 1 :]]
    else:
        targets, after = _targets(rest, 0)
        if not targets or after >= len(rest) or rest[after].token_type is not T.FROM:
            raise draft.fail(rest[after] if after < len(rest) else None)
        rest = [*targets, *rest[after:]]
    return _dml(draft, StatementKind.DELETE, [*head, *rest], words)


def _targets(tokens: list[Token], index: int) -> tuple[list[Token], int]:
    """Reads `name[.name][.*], …`; returns its tokens without `.*` and the index behind it."""
    out: list[Token] = []
    while index < len(tokens):
        kind = tokens[index].token_type
        if kind is T.DOT and index + 1 < len(tokens) and tokens[index + 1].token_type is T.STAR:
            index += 2
            continue
        if kind not in (T.VAR, T.IDENTIFIER, T.DOT, T.COMMA):
            break
        if kind is T.VAR and out and out[-1].token_type in (T.VAR, T.IDENTIFIER):
            break
        out.append(tokens[index])
        index += 1
    return out, index


def parse_insert(draft: Draft) -> Statement:
    """INSERT and REPLACE, whose trees are both Insert."""
    first = draft.tokens[0]
    kind = StatementKind.REPLACE if first.token_type is T.REPLACE else StatementKind.INSERT
    words: set[str] = set()
    hint, index = _leading_hint(draft.tokens)
    index = _take_words(draft.tokens, index, _INSERT_WORDS, words)
    if kind is StatementKind.REPLACE and words - {"LOW_PRIORITY", "DELAYED"}:
        raise draft.fail(draft.at(index - 1))
    if (token := draft.at(index)) is not None and token.token_type is T.INTO:
        index += 1
    head = [make(T.INSERT, "INSERT", first), *hint, make(T.INTO, "INTO", first)]
    rest = _plain_columns(draft, index)
    rest, assignments = _cut_on_duplicate(draft, rest)
    if assignments is not None and kind is StatementKind.REPLACE:
        raise draft.fail(assignments[0] if assignments else None)
    rest, alias = _cut_row_alias(draft, rest)
    tokens = [*head, *rest]
    ready = rewrite(tokens, draft.source)
    tree = parse_tree(ready.tokens, draft.source, end=draft.end)
    if not isinstance(tree, exp.Insert) or tree.args.get("expression") is None:
        raise draft.fail(None)
    _check_rows(draft, tree)
    if tree.args.get("conflict") is not None:
        conflict = (word for on, word in pairwise(tokens) if on.token_type is T.ON and word_of(word) == "CONFLICT")
        raise draft.fail(next(conflict, None))
    if assignments is not None:
        extra = rewrite(assignments, draft.source)
        ready.hints += extra.hints
        tree.set("conflict", parse_tree(extra.tokens, draft.source, into=exp.OnConflict, end=draft.end))
        tokens = [*tokens, *assignments]
    if "IGNORE" in words:
        tree.set("ignore", True)
    modifiers = Modifiers(frozenset(words), tuple(ready.hints)) if words or ready.hints else NO_MODIFIERS
    return _statement(draft, kind, tree, modifiers, tokens=tokens, insert_alias=alias)


def _check_rows(draft: Draft, tree: exp.Insert) -> None:
    """VALUES holds parenthesised rows only."""
    source = tree.args["expression"]
    if isinstance(source, exp.Values) and not all(isinstance(row, exp.Tuple) for row in source.expressions):
        raise draft.fail(None)


def _plain_columns(draft: Draft, index: int) -> list[Token]:
    """The tokens from the table name on, with `t.a` in the column list reduced to `a`."""
    tokens = draft.tokens
    if index >= len(tokens):
        raise draft.fail(None)
    if tokens[index].token_type not in (T.VAR, T.IDENTIFIER) and not word_of(tokens[index]).isidentifier():
        raise draft.fail(tokens[index])
    if is_call(tokens[index], draft.at(index + 1), draft.sql_mode):
        raise draft.fail(tokens[index])
    start = index + 1
    while start + 1 < len(tokens) and tokens[start].token_type is T.DOT:
        start += 2
    if (token := draft.at(start)) is not None and token.token_type is T.PARTITION:
        start = _close(draft, start + 1) + 1
    if (token := draft.at(start)) is None:
        raise draft.fail(None)
    if word_of(token) not in ("VALUES", "VALUE", "SET") and token.token_type not in _QUERY_STARTS:
        raise draft.fail(token)
    if token.token_type is not T.L_PAREN or not any(
        t.token_type is T.DOT for t in tokens[start : _column_list_end(tokens, start)]
    ):
        return tokens[index:]
    end = _column_list_end(tokens, start)
    columns = [
        t
        for at, t in enumerate(tokens[start:end], start)
        if t.token_type is not T.DOT and tokens[at + 1].token_type is not T.DOT
    ]
    return [*tokens[index:start], *columns, *tokens[end:]]


def _column_list_end(tokens: list[Token], start: int) -> int:
    """Index of the `)` of a list of column names that opens at `start`, or `start` when it is something else."""
    for index in range(start + 1, len(tokens)):
        kind = tokens[index].token_type
        if kind is T.R_PAREN:
            return index
        if kind in (T.SELECT, T.WITH, T.L_PAREN, T.VALUES, T.TABLE):
            return start
    return start


def _close(draft: Draft, start: int) -> int:
    """Index of the `)` that closes the `(` at `start`."""
    depth = 0
    for index in range(start, len(draft.tokens)):
        kind = draft.tokens[index].token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
            if depth == 0:
                return index
    raise draft.fail(None)


def _cut_on_duplicate(draft: Draft, tokens: list[Token]) -> tuple[list[Token], list[Token] | None]:
    """Splits `… ON DUPLICATE KEY UPDATE assignments`; the second part is None without the clause."""
    depth = 0
    for index in range(len(tokens) - 1, 0, -1):
        kind = tokens[index].token_type
        if kind is T.R_PAREN:
            depth += 1
        elif kind is T.L_PAREN:
            depth -= 1
        elif kind is T.ON and depth == 0 and index + 1 < len(tokens) and word_of(tokens[index + 1]) == "DUPLICATE":
            for offset, word in ((2, "KEY"), (3, "UPDATE")):
                token = tokens[index + offset] if index + offset < len(tokens) else None
                if token is None or word_of(token) != word:
                    raise draft.fail(token)
            if index + 4 >= len(tokens):
                raise draft.fail(None)
            return tokens[:index], tokens[index + 4 :]
    return tokens, None


def _cut_row_alias(draft: Draft, tokens: list[Token]) -> tuple[list[Token], tuple[str, tuple[str, ...]] | None]:
    """Splits `… VALUES … AS alias [(columns)]`."""
    depth = 0
    source_seen = False
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
        elif depth:
            continue
        elif kind is T.SELECT or kind is T.TABLE or kind is T.WITH:
            return tokens, None
        elif kind is T.VALUES or kind is T.SET or word_of(token) == "VALUE":
            source_seen = True
        elif kind is T.ALIAS and source_seen:
            return tokens[:index], _row_alias(draft, tokens, index + 1)
    return tokens, None


def _row_alias(draft: Draft, tokens: list[Token], index: int) -> tuple[str, tuple[str, ...]]:
    if index >= len(tokens):
        raise draft.fail(None)
    name = tokens[index]
    if name.token_type not in (T.VAR, T.IDENTIFIER):
        raise draft.fail(name)
    columns: list[str] = []
    rest = tokens[index + 1 :]
    if rest:
        if rest[0].token_type is not T.L_PAREN or rest[-1].token_type is not T.R_PAREN or len(rest) % 2 == 0:
            raise draft.fail(rest[0])
        for at, token in enumerate(rest[1:-1]):
            expected = (T.VAR, T.IDENTIFIER) if at % 2 == 0 else (T.COMMA,)
            if token.token_type not in expected:
                raise draft.fail(token)
            if at % 2 == 0:
                columns.append(token.text)
        if not columns:
            raise draft.fail(rest[-1])
    return name.text, tuple(columns)
