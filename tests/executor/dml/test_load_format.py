"""Fields and lines of LOAD DATA against the rules of MySQL's manual."""

from __future__ import annotations

import pytest

from executor.dml.load_format import lines_of
from planner.parse.nodes_session import FieldFormat
from sqlnode.base.errors import SqlError

TAB = FieldFormat()
CSV = FieldFormat(fields_terminated=b",", fields_enclosed=b'"')
CRLF = FieldFormat(fields_terminated=b",", fields_enclosed=b'"', lines_terminated=b"\r\n")
RAW = FieldFormat(fields_terminated=b",", fields_escaped=b"")
WIDE = FieldFormat(fields_terminated=b"||", lines_terminated=b"<>\n")
STARTING = FieldFormat(fields_terminated=b",", lines_starting=b"xxx")


@pytest.mark.parametrize(
    ("options", "data", "expected"),
    [
        (TAB, b"1\ta\n2\tb\n", [[b"1", b"a"], [b"2", b"b"]]),
        (TAB, b"1\ta\n2\tb", [[b"1", b"a"], [b"2", b"b"]]),
        (TAB, b"", []),
        (TAB, b"\n\n", [[b""], [b""]]),
        (TAB, b"\\N\t\\\\N\tN\\N\n", [[None, b"\\N", b"NN"]]),
        (TAB, b"a\\tb\tc\\\td\te\\\nf\n", [[b"a\tb", b"c\td", b"e\nf"]]),
        (TAB, b"\\0\\b\\n\\r\\Z\\x\tNULL\n", [[b"\0\b\n\r\x1ax", b"NULL"]]),
        (TAB, b"1\t\n", [[b"1", b""]]),
        (CSV, b'"a,b","c ""q"" d",e\n', [[b"a,b", b'c "q" d', b"e"]]),
        (CSV, b'"two\nlines",2\n', [[b"two\nlines", b"2"]]),
        (CSV, b'NULL,"NULL",\\N,"\\N"\n', [[None, b"NULL", None, None]]),
        (CSV, b'"a \\" b",1\n', [[b'a " b', b"1"]]),
        (CSV, b'"the "BIG" boss",1\n', [[b'the "BIG" boss', b"1"]]),
        (CSV, b'"",""\n', [[b"", b""]]),
        (CSV, b'"open,1\n', [[b'"open,1\n']]),
        (CRLF, b'"a",b\r\nc,"d\r\ne"\r\n', [[b"a", b"b"], [b"c", b"d\r\ne"]]),
        (RAW, b"a\\b,NULL\n", [[b"a\\b", None]]),
        (WIDE, b"a||b|c<>\nd<||e<>\n", [[b"a", b"b|c"], [b"d<", b"e"]]),
        (STARTING, b"xxxa,1\nskip xxxb,2\nnothing\n", [[b"a", b"1"], [b"b", b"2"]]),
    ],
)
def test_fields(options: FieldFormat, data: bytes, expected: list[list[bytes | None]]) -> None:
    assert list(lines_of(data, options, 0)) == expected


@pytest.mark.parametrize("options", [TAB, CSV])
def test_skipped_lines(options: FieldFormat) -> None:
    separator = options.fields_terminated
    data = b"head" + separator + b"line\n1" + separator + b"2\n"
    assert list(lines_of(data, options, 1)) == [[b"1", b"2"]]


def test_fixed_width_is_refused() -> None:
    with pytest.raises(SqlError, match="1235"):
        lines_of(b"x", FieldFormat(fields_terminated=b""), 0)
