"""Reading a text by a format of DATE_FORMAT's specifiers, as STR_TO_DATE does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlnode.base.packed_time import date_of_day_number, day_number

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WIDTHS = {
    **dict.fromkeys("cdeHhIikmlSsUuVv", 2),
    "f": 6,
    "j": 3,
    "Y": 4,
    "y": 2,
    "X": 4,
    "x": 4,
    "w": 1,
}
_DATE_LETTERS = frozenset("MbWacdeDjmUuVvwXxYy")
_TIME_LETTERS = frozenset("HhIiklprSsTf")
_COMPOUND = {"%T": "%H:%i:%S", "%r": "%I:%i:%S %p"}

Fields = tuple[int, int, int, int, int, int, int]


def fields_of_format(form: str) -> tuple[bool, bool, bool]:
    """(date parts, time parts, a fraction) that a format mentions."""
    letters = set(re.findall(r"%(.)", form))
    return bool(letters & _DATE_LETTERS), bool(letters & _TIME_LETTERS), "f" in letters


@dataclass(slots=True)
class _Reader:
    """A cursor over the text, and what was found so far."""

    text: str
    position: int = 0
    year: int = 0
    month: int = 0
    day: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    micro: int = 0
    half: int = -1
    """0 AM, 1 PM."""
    twelve: bool = False
    year_day: int = 0
    weekday: int = 0
    """1 Monday to 7 Sunday."""
    week: int = -1
    week_letter: str = ""
    week_year: int = -1
    week_year_letter: str = ""

    def skip_spaces(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def number(self, width: int) -> int | None:
        """Up to `width` digits; None when there is none."""
        start = self.position
        while self.position < min(len(self.text), start + width) and self.text[self.position] in "0123456789":
            self.position += 1
        return int(self.text[start : self.position]) if self.position > start else None

    def word(self, words: list[str], shortened: bool) -> int | None:
        """The place (from 1) of a name at the cursor."""
        rest = self.text[self.position :].lower()
        for place, name in enumerate(words, 1):
            wanted = name[:3] if shortened else name
            if rest.startswith(wanted):
                self.position += len(wanted)
                return place
        return None

    def read(self, letter: str) -> bool:
        """One specifier; False when the text does not have it."""
        if letter in "Mb":
            return self._named("month", _MONTHS, letter == "b")
        if letter in "Wa":
            return self._named("weekday", _DAYS, letter == "a")
        if letter == "D":
            return self._day_with_suffix()
        if letter == "p":
            return self._half_of_day()
        if letter == "f":
            start = self.position
            found = self.number(6)
            self.micro = 0 if found is None else found * 10 ** (6 - (self.position - start))
            return found is not None
        if letter not in _WIDTHS:
            return False
        start = self.position
        found = self.number(_WIDTHS[letter])
        return found is not None and self._put(letter, found, self.position - start)

    def _named(self, field: str, words: list[str], shortened: bool) -> bool:
        found = self.word(words, shortened)
        setattr(self, field, found or 0)
        return found is not None

    def _day_with_suffix(self) -> bool:
        found = self.number(2)
        self.day = found or 0
        self.position = min(self.position + 2, len(self.text))
        return found is not None

    def _half_of_day(self) -> bool:
        word = self.text[self.position : self.position + 2].upper()
        if not self.twelve or word not in ("AM", "PM"):
            return False
        self.half = int(word == "PM")
        self.position += 2
        return True

    def _put(self, letter: str, found: int, width: int) -> bool:
        if letter in "Yy":
            self.year = found if width > 2 else found + (2000 if found < 70 else 1900)
        elif letter in "mc":
            self.month = found
        elif letter in "de":
            self.day = found
        elif letter in "Hk":
            self.hour = found
        elif letter in "hIl":
            self.hour, self.twelve = found, True
            return 1 <= found <= 12
        elif letter == "i":
            self.minute = found
        elif letter in "Ss":
            self.second = found
        elif letter == "j":
            self.year_day = found
            return 1 <= found <= 366
        elif letter == "w":
            self.weekday = found or 7
            return found <= 6
        elif letter in "Xx":
            self.week_year, self.week_year_letter = found, letter
        else:
            self.week, self.week_letter = found, letter
            return found <= 53
        return True

    def fields(self) -> Fields | None:
        """The seven parts; None when they are no time."""
        hour = self.hour % 12 + 12 * max(self.half, 0) if self.twelve else self.hour
        date: tuple[int, int, int] | None = (self.year, self.month, self.day)
        if self.year_day:
            date = date_of_day_number(day_number(self.year, 1, 1) + self.year_day - 1)
        elif self.week >= 0 and self.weekday:
            date = self._date_of_week()
        if date is None or date[1] > 12 or date[2] > 31 or hour > 23 or self.minute > 59 or self.second > 59:
            return None
        return *date, hour, self.minute, self.second, self.micro

    def _date_of_week(self) -> tuple[int, int, int] | None:
        strict = self.week_letter in "Vv"
        sunday_first = self.week_letter in "UV"
        if strict != (self.week_year >= 0) or (strict and (self.week_year_letter == "X") != sunday_first):
            return None
        start = day_number(self.week_year if strict else self.year, 1, 1)
        first = (start + 5 + (1 if sunday_first else 0)) % 7
        if sunday_first:
            start += (0 if first == 0 else 7) - first + (self.week - 1) * 7 + self.weekday % 7
        else:
            start += (0 if first <= 3 else 7) - first + (self.week - 1) * 7 + self.weekday - 1
        return date_of_day_number(start)


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a time; None when the text does not fit the format or they do not fit together."""

    fields: Fields | None
    has_rest: bool = False
    """More than spaces stands behind what the format asks for."""
    failed_in_time: bool = False
    """It was in %T or %r that the text did not fit."""


def read_time(text: str, form: str) -> Reading:
    """The parts of a time in a text of this format."""
    reader = _Reader(text)
    at = 0
    inside = 0  # up to where the format is what %T or %r stands for
    while at < len(form):
        if form[at : at + 2] in _COMPOUND:
            longer = _COMPOUND[form[at : at + 2]]
            form = form[:at] + longer + form[at + 2 :]
            inside = at + len(longer)
        char = form[at]
        if char.isspace():
            reader.skip_spaces()
        elif char == "%" and at + 1 < len(form):
            at += 1
            reader.skip_spaces()
            if reader.position >= len(text):
                break
            if not _matched(reader, form[at]):
                return Reading(None, failed_in_time=at < inside)
        else:
            reader.skip_spaces()
            if reader.position >= len(text):
                break
            if text[reader.position] != char:
                return Reading(None, failed_in_time=at < inside)
            reader.position += 1
        at += 1
    return Reading(reader.fields(), bool(text[reader.position :].strip()))


def _matched(reader: _Reader, letter: str) -> bool:
    """One specifier of the format against the text."""
    classes = {".": str.isalnum, "@": str.isalpha, "#": str.isdigit}
    if letter in classes:
        if letter == ".":
            while reader.position < len(reader.text) and not (
                reader.text[reader.position].isalnum() or reader.text[reader.position].isspace()
            ):
                reader.position += 1
            return True
        while reader.position < len(reader.text) and classes[letter](reader.text[reader.position]):
            reader.position += 1
        return True
    if letter == "%":
        if reader.text[reader.position] != "%":
            return False
        reader.position += 1
        return True
    return reader.read(letter)
