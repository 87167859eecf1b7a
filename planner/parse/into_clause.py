"""SELECT … INTO: cuts the clause out of the tokens and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

from planner.parse.cursor import Cursor
from planner.parse.file_format import read_format
from planner.parse.statement import IntoClause, IntoVariable

if TYPE_CHECKING:
    from planner.parse.query import Draft

T = TokenType


def cut_into(draft: Draft, tokens: list[Token]) -> tuple[list[Token], IntoClause | None]:
    """Returns the tokens without their INTO clause at depth 0, and the clause; several clauses are 1064."""
    depth = 0
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
        elif kind is T.INTO and depth == 0 and index:
            cursor = Cursor(tokens, draft.source, draft.sql_mode, index + 1, draft.end)
            clause = _read(cursor)
            rest = [*tokens[:index], *tokens[cursor.index :]]
            for later in rest[index:]:
                if later.token_type is T.INTO:
                    raise draft.fail(later)
            return rest, clause
    return tokens, None


def _read(cursor: Cursor) -> IntoClause:
    if cursor.accept("OUTFILE"):
        file = cursor.string()
        charset = cursor.charset() if cursor.accept("CHARACTER", "SET") or cursor.accept("CHARSET") else None
        return IntoClause(file=file, charset=charset, format=read_format(cursor))
    if cursor.accept("DUMPFILE"):
        return IntoClause(file=cursor.string(), dumpfile=True)
    variables: list[IntoVariable] = []
    while True:
        if cursor.kind() is T.PARAMETER:
            variables.append(IntoVariable(cursor.user_variable()))
        else:
            variables.append(IntoVariable(cursor.name(), user=False))
        if not cursor.symbol(T.COMMA):
            return IntoClause(variables=tuple(variables))
