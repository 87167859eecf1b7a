"""Versioned comments: `/*!40101 … */`, `/*! … */` and `/*T![feature] … */` are executed, so their markers become blanks.

The text keeps its length, so every offset stays true. A version above ours, an unknown TiDB feature and MariaDB's `/*M!`
stay comments.
"""

from __future__ import annotations

import re

SERVER_VERSION = 80036
"""The MySQL version that versioned comments are compared with."""

TIDB_FEATURES = frozenset(
    ("auto_rand", "auto_rand_base", "auto_id_cache", "clustered_index", "force_inc", "global_index", "placement", "ttl")
)
"""TiDB features whose comments are executed; what the parser then meets is run or refused by name."""

_PIECE = re.compile(
    r"""
      '(?:[^'\\]|\\.|'')*(?:'|\Z)
    | "(?:[^"\\]|\\.|"")*(?:"|\Z)
    | `(?:[^`]|``)*(?:`|\Z)
    | \#[^\n]*
    | --(?=[\s\x00-\x1f]|\Z)[^\n]*
    | /\*!(?P<version>\d{5,6})?
    | /\*T!(?P<features>\[[\w,\s]*\])?
    | /\*
    | \*/
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_BACKSLASH_PIECE = re.compile(
    _PIECE.pattern.replace(r"[^'\\]|\\.|''", r"[^']|''").replace(r'[^"\\]|\\.|""', r'[^"]|""'), re.VERBOSE | re.DOTALL
)


def _executes(match: re.Match[str]) -> bool:
    text = match.group()
    if text.startswith("/*!"):
        version = match.group("version")
        return version is None or int(version) <= SERVER_VERSION
    features = match.group("features")
    if features is None:
        return True
    return all(name.strip() in TIDB_FEATURES for name in features[1:-1].split(","))


def _comment_end(text: str, start: int) -> int:
    """Offset after the `*/` that closes a comment opened before `start`; nested comments inside count."""
    depth = 1
    position = start
    while True:
        close = text.find("*/", position)
        if close < 0:
            return len(text)
        opened = text.find("/*", position)
        if 0 <= opened < close:
            depth += 1
            position = opened + 2
            continue
        depth -= 1
        position = close + 2
        if depth == 0:
            return position


def _plain_end(text: str, start: int) -> int:
    close = text.find("*/", start)
    return len(text) if close < 0 else close + 2


def expand_comments(text: str, *, backslash_escapes: bool = True) -> str:
    """`text` with the markers of executed comments blanked out, at equal length. Cheap when there are none."""
    if "/*!" not in text and "/*T!" not in text:
        return text
    pattern = _PIECE if backslash_escapes else _NO_BACKSLASH_PIECE
    pieces: list[str] = []
    done = position = 0
    depth = 0
    while (match := pattern.search(text, position)) is not None:
        token = match.group()
        position = match.end()
        if token == "*/":
            if depth == 0:
                continue
            depth -= 1
            pieces += (text[done : match.start()], "  ")
            done = position
        elif token.startswith("/*"):
            if token.startswith(("/*!", "/*T!")):
                if _executes(match):
                    depth += 1
                    pieces += (text[done : match.start()], " " * len(token))
                    done = position
                else:
                    end = _comment_end(text, position)
                    pieces += (text[done : match.start()], _blank(text[match.start() : end]))
                    done = position = end
            else:
                position = _plain_end(text, position)
    pieces.append(text[done:])
    return "".join(pieces)


def _blank(text: str) -> str:
    return "".join("\n" if c == "\n" else " " for c in text)


def unterminated(text: str) -> int:
    """Offset of the first string, name or comment in `text` that is not closed; 0 when all are."""
    position = 0
    while (match := _PIECE.search(text, position)) is not None:
        token = match.group()
        if token.startswith("/*"):
            if text.find("*/", match.end()) < 0:
                return match.start()
            position = _plain_end(text, match.end())
            continue
        if token[0] in "'\"`" and (len(token) == 1 or token[-1] != token[0] or _escaped(token)):
            return match.start()
        position = match.end()
    return 0


def _escaped(token: str) -> bool:
    """True when the last character of a quoted piece is an escaped or doubled quote, so that it does not close it."""
    body = token[1:-1]
    trailing = len(body) - len(body.rstrip("\\"))
    return bool(token[0] != "`" and trailing % 2)
