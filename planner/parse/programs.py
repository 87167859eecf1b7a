"""CALL, and DROP of procedures, functions, triggers and events: none of them can exist here, so all are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot.tokens import Token

from planner.parse.cursor import Cursor
from planner.parse.nodes_admin import MissingProgram

KINDS = ("PROCEDURE", "FUNCTION", "TRIGGER", "EVENT")


def _call(cursor: Cursor) -> MissingProgram:
    name = cursor.table()
    cursor.index = len(cursor.tokens)
    return MissingProgram("PROCEDURE", name, call=True)


def _drop(kind: str) -> Callable[[Cursor], MissingProgram]:
    def read(cursor: Cursor) -> MissingProgram:
        if_exists = cursor.accept("IF", "EXISTS")
        return MissingProgram(kind, cursor.table(), if_exists=if_exists)

    return read


def is_program(tokens: Sequence[Token]) -> bool:
    """Whether a text begins with CREATE of a stored program, whose body's semicolons do not end the statement."""
    if not tokens or tokens[0].text.upper() != "CREATE":
        return False
    at = 1
    words = [token.text.upper() for token in tokens[:16]]
    if words[1:2] == ["DEFINER"]:
        at = next((place for place, word in enumerate(words) if place > 1 and word in (*KINDS, "AGGREGATE")), at)
    if words[at : at + 1] == ["AGGREGATE"]:
        at += 1
    return at < len(words) and words[at] in KINDS


PARSERS = {"CALL": _call, **{f"DROP {kind}": _drop(kind) for kind in KINDS}}
