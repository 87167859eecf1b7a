"""Large statements: the work grows as the text does, and pieces and short forms mean what the whole means."""

from __future__ import annotations

import random
import sys
from types import FrameType

import pytest

from planner.parse import dialect
from planner.parse.dialect import tokenize
from sqlnode.base.types import integer
from tests.planner.plans import context_of, explained, planned


def listed(form: str, count: int, separator: str = ", ") -> str:
    return separator.join(form.format(number) for number in range(count))


SHAPES: dict[str, tuple[str, str, str, str]] = {
    "OR": ("SELECT * FROM t WHERE ", "a = {}", " OR ", ""),
    "OR of a key": ("SELECT * FROM t WHERE ", "id = {}", " OR ", ""),
    "OR of two": ("SELECT * FROM t WHERE ", "(a = {0} AND b < {0})", " OR ", ""),
    "OR with a common part": ("SELECT * FROM t WHERE ", "(b = 7 AND a > {0})", " OR ", ""),
    "AND": ("SELECT * FROM t WHERE ", "a <> {}", " AND ", ""),
    "IN": ("SELECT * FROM t WHERE m IN (", "{}", ", ", ")"),
    "IN of a key": ("SELECT * FROM t WHERE id IN (", "{}", ", ", ")"),
    "IN of texts": ("SELECT * FROM t WHERE s IN (", "'x{}'", ", ", ")"),
    "IN of rows": ("SELECT * FROM t WHERE (b, s) IN (", "({0}, 'x{0}')", ", ", ")"),
    "NOT IN": ("SELECT * FROM t WHERE a NOT IN (", "{}", ", ", ")"),
    "UNION": ("", "SELECT {}", " UNION ALL ", ""),
    "select list": ("SELECT ", "{}", ", ", ""),
    "rows": ("INSERT INTO h (p) VALUES ", "({} + 0)", ", ", ""),
    "CASE": ("UPDATE t SET a = CASE id ", "WHEN {0} THEN {0}", " ", " END"),
    "arguments": ("SELECT CONCAT(", "'{}'", ", ", ")"),
}


def calls_to_plan(text: str) -> int:
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" or event == "c_call"

    sys.setprofile(note)
    try:
        planned(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_planning_takes_steps_in_proportion(shape: str) -> None:
    before, form, separator, behind = SHAPES[shape]
    first, second = (calls_to_plan(before + listed(form, count, separator) + behind) for count in (250, 1000))
    # log n of a balanced tree is allowed for
    assert second < first * 4 * 1.3, (first, second)


def test_many_parameters_take_steps_in_proportion() -> None:
    compared = 0

    class Counted(int):
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return int(self) == other

        __hash__ = int.__hash__

    context = context_of(tuple(map(Counted, range(3000))), (integer(),) * 3000)
    planned("SELECT * FROM t WHERE b + 1 IN (" + listed("?", 3000) + ")", context)
    assert compared < 100_000


def test_a_long_or_of_equalities_is_in() -> None:
    text = (
        "SELECT * FROM t WHERE "
        + listed("a = {}", 6, " OR ")
        + " OR b = 1 OR a IS NULL OR 7 = a OR b = 2 OR m = 1 OR m = 2"
    )
    plan = explained(text)
    assert "in(test.t.a, 0, 1, 2, 3, 4, 5, 7)" in plan
    assert "in(test.t.b, 1, 2)" in plan
    assert "in(test.t.m" not in plan


def test_a_long_or_of_a_key_reads_points() -> None:
    assert "Batch_Point_Get" in explained("SELECT * FROM t WHERE " + listed("id = {}", 20, " OR "))


PARTS = (
    "a = 1", " OR ", "'it''s, (x) OR '", '"q,) \\" y"', "`n,``)`", ",", " ( ", ") ", "GROUP BY", "  ORDER   BY ", "AND ",
    "1.5e3", "x'4f'", "0x12", "@a", "_utf8mb4'x'", "\n", "WHEN ", "SELECT ", " é\U0001f600 ", "<=", ":=", "'\\'", "--", "/* , */",
)  # fmt: skip


def read(text: str, mode: int) -> object:
    try:
        return [(token.token_type, token.text, token.start, token.end) for token in tokenize(text, mode)]
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("mode", [0, 4, 0x100000, 0x100004])
def test_tokens_of_pieces_are_those_of_the_whole(mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(3)
    for _ in range(200):
        text = " ".join(choose.choices(PARTS, k=60) if choose.random() < 0.2 else choose.choices(PARTS[:-3], k=60))
        monkeypatch.setattr(dialect, "PIECE_LENGTH", 1 << 20)
        whole = read(text, mode)
        monkeypatch.setattr(dialect, "PIECE_LENGTH", choose.choice((5, 20, 60)))
        assert read(text, mode) == whole, text


def test_function_names_apart_from_their_parenthesis_in_a_long_text() -> None:
    """`max (1)` is no call of MAX, however long the text is."""
    from sqlnode.base.errors import SqlError

    for count in (1, 40_000):
        with pytest.raises(SqlError) as caught:
            planned("SELECT max (1)" + ", 1" * count)
        assert caught.value.code == 1630 or caught.value.code == 1305
