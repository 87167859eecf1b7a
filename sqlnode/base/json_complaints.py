"""What is wrong with a text that is no JSON, in MySQL's words."""

from __future__ import annotations

import json
import re

_MESSAGES = {
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Extra data": "The document root must not be followed by other values.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}
"""Python's words for what is wrong with a text, and MySQL's."""


def complaint(error: json.JSONDecodeError) -> tuple[str, int]:
    """(message, position) of a text that is no JSON."""
    if not error.doc.strip():
        return "The document is empty.", len(error.doc)
    if error.msg == "Expecting ',' delimiter":
        return _missing_comma(error.doc[: error.pos]), error.pos
    position = len(error.doc) if error.msg.startswith("Unterminated") else error.pos
    return _MESSAGES.get(error.msg.partition(":")[0], _MESSAGES.get(error.msg, "Invalid value.")), position


def _missing_comma(read: str) -> str:
    """Whether the innermost open container of a text is an object or an array."""
    depth = 0
    for char in reversed(re.sub(r'"(?:[^"\\]|\\.)*"', "", read)):
        depth += (char in "]}") - (char in "[{")
        if depth < 0:
            return (
                "Missing a comma or '}' after an object member."
                if char == "{"
                else "Missing a comma or ']' after an array element."
            )
    return "Invalid value."
