"""Bytes of a file to lines of fields, as LOAD DATA reads them (MySQL manual, LOAD DATA).

A field is enclosed (`"a ""b"" c"`) or plain; an escape character takes the next one out of its meaning, and `\\N` alone is
NULL. Files without enclosures and without escapes that could hide the end of a line are cut by `bytes.split`; others field
by field with one regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from planner.parse.nodes_session import FieldFormat
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError

Fields: TypeAlias = "list[bytes | None]"
_ESCAPES = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def lines_of(data: bytes, options: FieldFormat, skip: int) -> Iterator[Fields]:
    """The lines behind the first `skip`, each as its fields (None: NULL). Error 1235 for fixed-width lines."""
    if not options.fields_terminated and not options.fields_enclosed:
        raise SqlError(NOT_SUPPORTED_YET, feature="LOAD DATA with lines of fixed width")
    escape = options.fields_escaped[:1]
    simple = (
        not options.fields_enclosed
        and not options.lines_starting
        and options.lines_terminated
        and (not escape or escape + options.lines_terminated[:1] not in data)
    )
    if simple:
        return _split_lines(data, options, skip)
    return _scanned_lines(data, options, skip)


def _split_lines(data: bytes, options: FieldFormat, skip: int) -> Iterator[Fields]:
    lines = data.split(options.lines_terminated)
    if lines and not lines[-1]:
        lines.pop()
    separator, escape = options.fields_terminated, options.fields_escaped[:1]
    scan = _line_scanner(options)
    word = None if escape else b"NULL"
    for line in lines[skip:]:
        if escape and escape in line:
            yield scan(line)
        elif word is not None and word in line:
            yield [None if field == word else field for field in line.split(separator)]
        else:
            yield line.split(separator)  # type: ignore[misc]


def _line_scanner(options: FieldFormat) -> Callable[[bytes], Fields]:
    """Fields of one line that has no enclosures."""
    field = _field_reader(options)

    def scan(line: bytes) -> Fields:
        found: Fields = []
        position = 0
        while True:
            value, position, ended = field(line, position)
            found.append(value)
            if ended or position > len(line):
                return found

    return scan


def _scanned_lines(data: bytes, options: FieldFormat, skip: int) -> Iterator[Fields]:
    field = _field_reader(options)
    starting = options.lines_starting
    position = 0
    size = len(data)
    number = 0
    while position < size:
        if starting:
            place = data.find(starting, position)
            if place < 0:
                return
            position = place + len(starting)
        found: Fields = []
        while True:
            value, position, ended = field(data, position)
            found.append(value)
            if ended:
                break
        number += 1
        if number > skip:
            yield found


def _field_reader(options: FieldFormat) -> Callable[[bytes, int], tuple[bytes | None, int, bool]]:
    """(data, position) -> (value, position behind the terminator, whether the line ended)."""
    escape, quote = options.fields_escaped[:1], options.fields_enclosed[:1]
    ends = [one for one in (options.fields_terminated, options.lines_terminated) if one]
    ends.sort(key=len, reverse=True)
    end = b"(" + b"|".join(map(re.escape, ends)) + rb"|\Z)"
    skipped = re.escape(escape) + b"." if escape else b""
    single = all(len(one) == 1 for one in ends)
    stops = b"".join(re.escape(one) for one in (*ends, escape) if one)
    plain_char = (
        b"[^" + stops + b"]"
        if single
        else b"(?!" + b"|".join(map(re.escape, ends)) + b")" + (b"[^" + re.escape(escape) + b"]" if escape else b".")
    )
    body = b"(?:" + plain_char + b"|" + skipped + b")*" if escape else b"(?:" + plain_char + b")*"
    plain = re.compile(b"(" + body + b")" + end, re.DOTALL)
    enclosed = _enclosed_pattern(quote, escape, end) if quote else None
    unescape = _unescaper(escape)
    null_mark = escape + b"N" if escape else b""
    word_is_null = bool(quote) or not escape
    terminator, line_end = options.fields_terminated, options.lines_terminated

    def read(data: bytes, position: int) -> tuple[bytes | None, int, bool]:
        if enclosed is not None and data[position : position + 1] == quote:
            match = enclosed.match(data, position)
            if match is not None:
                if null_mark and match[1] == null_mark:
                    return None, match.end(), _is_line_end(match[2], terminator, line_end)
                value = unescape(match[1]).replace(quote + quote, quote) if match[1] else b""
                return value, match.end(), _is_line_end(match[2], terminator, line_end)
            # No closing quote: everything to the end of the file, with the quote.
            return quote + unescape(data[position + 1 :]).replace(quote + quote, quote), len(data) + 1, True
        match = plain.match(data, position)
        if match is None:
            # A lone escape character at the very end.
            return unescape(data[position:]), len(data) + 1, True
        raw = match[1]
        ended = _is_line_end(match[2], terminator, line_end)
        if (null_mark and raw == null_mark) or (word_is_null and raw == b"NULL"):
            return None, match.end(), ended
        return unescape(raw), match.end(), ended

    return read


def _is_line_end(found: bytes, terminator: bytes, line_end: bytes) -> bool:
    return not found or (found == line_end and found != terminator)


def _enclosed_pattern(quote: bytes, escape: bytes, end: bytes) -> re.Pattern[bytes]:
    """Up to a closing quote that a terminator follows; a quote in the middle that is followed by anything else is data."""
    mark = re.escape(quote)
    inner = b"[^" + mark + (re.escape(escape) if escape and escape != quote else b"") + b"]"
    pieces = [inner, mark + mark, mark + b"(?!" + mark + b"|" + end[1:-1] + b")"]
    if escape and escape != quote:
        pieces.insert(1, re.escape(escape) + b".")
    return re.compile(mark + b"((?:" + b"|".join(pieces) + b")*)" + mark + end, re.DOTALL)


def _unescaper(escape: bytes) -> Callable[[bytes], bytes]:
    if not escape:
        return lambda raw: raw
    pattern = re.compile(re.escape(escape) + b"(.)", re.DOTALL)

    def replaced(match: re.Match[bytes]) -> bytes:
        return _ESCAPES.get(match[1], match[1])

    def unescape(raw: bytes) -> bytes:
        return pattern.sub(replaced, raw) if escape in raw else raw

    return unescape
