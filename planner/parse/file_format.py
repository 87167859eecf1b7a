"""FIELDS and LINES, as LOAD DATA and SELECT … INTO OUTFILE share them."""

from __future__ import annotations

from planner.parse.cursor import Cursor
from planner.parse.nodes_session import FieldFormat


def read_format(cursor: Cursor) -> FieldFormat:
    """Reads [{FIELDS | COLUMNS} …] [LINES …]; what is not written keeps its default."""
    values: dict[str, bytes] = {}
    optionally = False
    if cursor.accept("FIELDS") or cursor.accept("COLUMNS"):
        seen = False
        while True:
            if cursor.accept("TERMINATED", "BY"):
                values["fields_terminated"] = _bytes(cursor)
            elif cursor.accept("OPTIONALLY", "ENCLOSED", "BY"):
                optionally = True
                values["fields_enclosed"] = _bytes(cursor)
            elif cursor.accept("ENCLOSED", "BY"):
                values["fields_enclosed"] = _bytes(cursor)
            elif cursor.accept("ESCAPED", "BY"):
                values["fields_escaped"] = _bytes(cursor)
            else:
                break
            seen = True
        if not seen:
            raise cursor.fail()
    if cursor.accept("LINES"):
        seen = False
        while True:
            if cursor.accept("STARTING", "BY"):
                values["lines_starting"] = _bytes(cursor)
            elif cursor.accept("TERMINATED", "BY"):
                values["lines_terminated"] = _bytes(cursor)
            else:
                break
            seen = True
        if not seen:
            raise cursor.fail()
    return FieldFormat(optionally_enclosed=optionally, **values)


def _bytes(cursor: Cursor) -> bytes:
    return cursor.string_or_hex()
