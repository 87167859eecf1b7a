"""REGEXP_LIKE, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_REPLACE.

MySQL 8 matches with ICU; Python's `re` reads the same language but for classes in brackets (`[[:alpha:]]`), which are
written out here, and properties (`\\p{…}`), which are refused. Whether letter case counts follows the collation.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache

from planner.expr.nodes import Call
from planner.functions.characters import collation_of, data, text
from planner.functions.registry import Function, Kernel, Kind, text_type
from sqlnode.base.errors import (
    NOT_SUPPORTED_YET,
    REGEXP_BAD_ESCAPE_SEQUENCE,
    REGEXP_ILLEGAL_ARGUMENT,
    REGEXP_INDEX_OUTOFBOUNDS,
    REGEXP_MAX_LT_MIN,
    REGEXP_MISMATCHED_PAREN,
    REGEXP_MISSING_CLOSE_BRACKET,
    REGEXP_RULE_SYNTAX,
    REGEXP_STACK_OVERFLOW,
    SqlError,
)
from sqlnode.base.types import integer

S, N = Kind.STRING, Kind.INT
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha,
    "digit": str.isdecimal,
    "alnum": lambda char: char.isalpha() or char.isdecimal(),
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
    "punct": lambda char: not (char.isalnum() or char.isspace() or ord(char) < 32 or ord(char) == 127),
    "print": str.isprintable,
    "graph": lambda char: char.isprintable() and not char.isspace(),
    "cntrl": lambda char: ord(char) < 32 or 127 <= ord(char) < 160,
    "blank": lambda char: char in " \t",
    "xdigit": lambda char: char in "0123456789abcdefABCDEF",
    "word": lambda char: char.isalnum() or char == "_",
}
_BRACKET = re.compile(r"\[:(\^?)(\w+):\]")


@lru_cache(maxsize=16)
def _members(name: str) -> str:
    """The characters of a class as ranges of a `re` set (up to U+FFFF)."""
    belongs = _CLASSES[name]
    ranges: list[tuple[int, int]] = []
    for code in range(min(0x10000, sys.maxunicode)):
        if belongs(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    return "".join(f"\\u{low:04x}-\\u{high:04x}" if low < high else f"\\u{low:04x}" for low, high in ranges)


def _translated(pattern: str) -> str:
    if re.search(r"\\[pPXR]", pattern):
        raise SqlError(NOT_SUPPORTED_YET, feature="regular expression properties (\\p, \\X, \\R)")

    def written_out(match: re.Match[str]) -> str:
        if match[2] not in _CLASSES:
            raise SqlError(REGEXP_ILLEGAL_ARGUMENT)
        if match[1]:
            raise SqlError(NOT_SUPPORTED_YET, feature="negated character classes in regular expressions")
        return _members(match[2])

    return _BRACKET.sub(written_out, pattern)


_PROBLEMS = (
    ("unterminated character set", REGEXP_MISSING_CLOSE_BRACKET),
    ("parenthesis", REGEXP_MISMATCHED_PAREN),
    ("missing )", REGEXP_MISMATCHED_PAREN),
    ("min repeat greater", REGEXP_MAX_LT_MIN),
    ("bad escape", REGEXP_BAD_ESCAPE_SEQUENCE),
)


@lru_cache(maxsize=512)
def compiled(pattern: bytes, options: str, *, caseless: bool) -> re.Pattern[str]:
    """The pattern with MySQL's match options `c i m n u` over a collation's default. Errors 3685 and following."""
    if not pattern:
        raise SqlError(REGEXP_ILLEGAL_ARGUMENT)
    flags = re.IGNORECASE if caseless else 0
    for option in options:
        if option == "c":
            flags &= ~re.IGNORECASE
        elif option == "i":
            flags |= re.IGNORECASE
        elif option == "m":
            flags |= re.MULTILINE
        elif option == "n":
            flags |= re.DOTALL
        elif option != "u":
            raise SqlError(REGEXP_ILLEGAL_ARGUMENT)
    try:
        return re.compile(_translated(text(pattern)), flags)
    except RecursionError:
        raise SqlError(REGEXP_STACK_OVERFLOW) from None
    except re.error as error:
        for message, row in _PROBLEMS:
            if message in str(error):
                raise SqlError(row) from None
        raise SqlError(REGEXP_RULE_SYNTAX, line=1, position=error.pos or 0) from None


def _is_caseless(call: Call) -> bool:
    collation = collation_of(call)
    return collation.is_ascii_caseless and not collation.is_binary


def _options(value: bytes) -> str:
    return value.decode("latin-1")


def _like(call: Call) -> Kernel:
    caseless = _is_caseless(call)

    def run(value: bytes, pattern: bytes, options: bytes = b"") -> int:
        return int(compiled(pattern, _options(options), caseless=caseless).search(text(value)) is not None)

    return run


REGEXP_LIKE = Function(
    "regexp_like",
    (S, S, S),
    integer(length=1),
    build=_like,
    min_args=2,
    max_args=3,
    example=("REGEXP_LIKE('CamelCase', 'CAMELCASE')", "1"),
    examples=(
        ("REGEXP_LIKE('abc', 'ABC', 'c')", "0"),
        ("'Michael!' REGEXP '.*'", "1"),
        ("'a' REGEXP '^[a-d]'", "1"),
        ("'new*\n*line' RLIKE 'new\\\\*.\\\\*line'", "0"),
        ("'abc1' REGEXP '^[[:alpha:]]+$'", "0"),
        ("'abc' NOT REGEXP 'b'", "0"),
    ),
)


def _nth(
    call: Call, value: str, pattern: bytes, position: int, occurrence: int, options: bytes
) -> re.Match[str] | None:
    if position < 1 or position > len(value) + 1:
        raise SqlError(REGEXP_INDEX_OUTOFBOUNDS)
    expression = compiled(pattern, _options(options), caseless=_is_caseless(call))
    for count, match in enumerate(expression.finditer(value, position - 1), 1):
        if count >= occurrence:
            return match
    return None


def _instr(call: Call) -> Kernel:
    def run(
        value: bytes, pattern: bytes, position: int = 1, occurrence: int = 1, end: int = 0, options: bytes = b""
    ) -> int:
        match = _nth(call, text(value), pattern, position, occurrence, options)
        if end not in (0, 1):
            raise SqlError(REGEXP_ILLEGAL_ARGUMENT)
        return 0 if match is None else (match.end() if end else match.start()) + 1

    return run


REGEXP_INSTR = Function(
    "regexp_instr",
    (S, S, N, N, N, S),
    integer(length=21),
    build=_instr,
    min_args=2,
    max_args=6,
    example=("REGEXP_INSTR('dog cat dog', 'dog')", "1"),
    examples=(("REGEXP_INSTR('dog cat dog', 'dog', 2)", "9"), ("REGEXP_INSTR('aa aaa aaaa', 'a{4}')", "8")),
)


def _substr(call: Call) -> Kernel:
    def run(value: bytes, pattern: bytes, position: int = 1, occurrence: int = 1, options: bytes = b"") -> bytes | None:
        match = _nth(call, text(value), pattern, position, occurrence, options)
        return None if match is None else data(match[0])

    return run


REGEXP_SUBSTR = Function(
    "regexp_substr",
    (S, S, N, N, S),
    text_type(),
    build=_substr,
    min_args=2,
    max_args=5,
    example=("REGEXP_SUBSTR('abc def ghi', '[a-z]+')", "abc"),
    examples=(("REGEXP_SUBSTR('abc def ghi', '[a-z]+', 1, 3)", "ghi"), ("REGEXP_SUBSTR('abc', 'x')", "NULL")),
)


@lru_cache(maxsize=256)
def _template(replacement: str) -> tuple[str | int, ...]:
    """Literal texts and group numbers of a replacement: `$1` is a group, a backslash escapes."""
    parts: list[str | int] = []
    for piece in re.findall(r"\$\d|\\.|[^\\$]+|[\\$]", replacement, re.DOTALL):
        if piece[0] == "$" and len(piece) > 1:
            parts.append(int(piece[1:]))
        elif piece == "$":
            raise SqlError(REGEXP_ILLEGAL_ARGUMENT)
        else:
            parts.append(piece[1:] if piece[0] == "\\" and len(piece) > 1 else piece)
    return tuple(parts)


def _replace(call: Call) -> Kernel:
    def run(
        value: bytes, pattern: bytes, replacement: bytes, position: int = 1, occurrence: int = 0, options: bytes = b""
    ) -> bytes:
        subject = text(value)
        if position < 1 or position > len(subject) + 1:
            raise SqlError(REGEXP_INDEX_OUTOFBOUNDS)
        expression = compiled(pattern, _options(options), caseless=_is_caseless(call))
        template = _template(text(replacement))
        count = 0

        def expand(match: re.Match[str]) -> str:
            nonlocal count
            count += 1
            if occurrence > 0 and count != occurrence:
                return match[0]
            try:
                return "".join(part if isinstance(part, str) else match[part] or "" for part in template)
            except IndexError:
                raise SqlError(REGEXP_ILLEGAL_ARGUMENT) from None

        return data(subject[: position - 1] + expression.sub(expand, subject[position - 1 :]))

    return run


REGEXP_REPLACE = Function(
    "regexp_replace",
    (S, S, S, N, N, S),
    text_type(),
    build=_replace,
    min_args=3,
    max_args=6,
    example=("REGEXP_REPLACE('a b c', 'b', 'X')", "a X c"),
    examples=(
        ("REGEXP_REPLACE('abc def ghi', '[a-z]+', 'X', 1, 3)", "abc def X"),
        ("REGEXP_REPLACE('ab', '(a)(b)', '$2$1')", "ba"),
    ),
)
