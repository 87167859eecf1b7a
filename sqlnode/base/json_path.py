"""JSON paths (`$.a[0].*`, `$**.b`, `$[last]`, `$[1 to 3]`) and what MySQL's functions do along them.

Works on the Python form of `json`. Functions that change a document return a new one and leave the argument alone.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import lru_cache

from sqlnode.base.json import Json, JsonError, compare_values, dumps, loads, mysql_key_order


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`; `name` None is `.*`."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """`[index]`: counted from the end when `from_last` (0 is the last cell)."""

    index: int
    from_last: bool = False

    def resolve(self, length: int) -> int:
        """The position in an array of this length; may lie outside."""
        return length - 1 - self.index if self.from_last else self.index


@dataclass(frozen=True, slots=True)
class CellRange:
    """`[a to b]`; both None is `[*]`."""

    first: Cell | None = None
    last: Cell | None = None


@dataclass(frozen=True, slots=True)
class Descend:
    """`**`."""


Leg = Member | Cell | CellRange | Descend


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path; `wildcard`: it may name several values."""

    legs: tuple[Leg, ...]

    @property
    def wildcard(self) -> bool:
        """True with `*`, `**` or a range."""
        return any(
            isinstance(leg, (CellRange, Descend)) or (isinstance(leg, Member) and leg.name is None) for leg in self.legs
        )


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<descend>\*\*)
    | \.\s*(?:(?P<any>\*) | (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<name>[^\W\d][\w$]*|\$[\w$]*))
    | \[\s*(?:(?P<every>\*) | (?P<one>last(?:\s*-\s*\d+)?|\d+)(?:\s+to\s+(?P<two>last(?:\s*-\s*\d+)?|\d+))?)\s*\]
    )""",
    re.VERBOSE,
)


@lru_cache(maxsize=1024)
def parse_path(text: str) -> Path:
    """The path of an expression. Raises JsonError with the position of what cannot be read."""
    stripped = text.lstrip()
    position = len(text) - len(stripped)
    if not stripped.startswith("$"):
        raise JsonError("Invalid JSON path expression.", position)
    position += 1
    legs: list[Leg] = []
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise JsonError("Invalid JSON path expression.", position)
        legs.append(_leg(match))
        position = match.end()
    if legs and isinstance(legs[-1], Descend):
        raise JsonError("Invalid JSON path expression.", position)
    return Path(tuple(legs))


def _leg(match: re.Match[str]) -> Leg:
    if match["descend"]:
        return Descend()
    if match["any"]:
        return Member(None)
    if match["every"]:
        return CellRange()
    if match["quoted"]:
        name = loads(match["quoted"])
        assert isinstance(name, str), "a quoted member is a string"
        return Member(name)
    if match["name"]:
        return Member(match["name"])
    first = _cell(match["one"])
    return first if match["two"] is None else CellRange(first, _cell(match["two"]))


def _cell(text: str) -> Cell:
    if text.startswith("last"):
        return Cell(int(text.partition("-")[2] or 0), from_last=True)
    return Cell(int(text))


def find(value: Json, path: Path) -> list[Json]:
    """Every value that the path names, in document order, each once."""
    found: list[Json] = []
    seen: set[int] = set()
    _find(value, path.legs, found, seen if any(isinstance(leg, Descend) for leg in path.legs) else None)
    return found


def _find(value: Json, legs: tuple[Leg, ...], found: list[Json], seen: set[int] | None) -> None:
    if not legs:
        if seen is not None and isinstance(value, (list, dict)):
            if id(value) in seen:
                return
            seen.add(id(value))
        found.append(value)
        return
    leg, rest = legs[0], legs[1:]
    match leg:
        case Member(name):
            if isinstance(value, dict):
                keys = sorted(value, key=mysql_key_order) if name is None else [name] if name in value else []
                for key in keys:
                    _find(value[key], rest, found, seen)
        case Cell():
            items = value if isinstance(value, list) else [value]
            index = leg.resolve(len(items))
            if 0 <= index < len(items):
                _find(items[index], rest, found, seen)
        case CellRange(first, last):
            items = value if isinstance(value, list) else [value] if first is not None else []
            start = 0 if first is None else max(first.resolve(len(items)), 0)
            stop = len(items) if last is None else last.resolve(len(items)) + 1
            for item in items[start : max(stop, 0)]:
                _find(item, rest, found, seen)
        case Descend():
            _find(value, rest, found, seen)
            children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
            for child in children:
                _find(child, legs, found, seen)


class Missing:
    """What `extract` answers when no path matches (SQL NULL, which is not JSON null)."""


MISSING = Missing()


def extract(value: Json, paths: list[Path]) -> Json | Missing:
    """JSON_EXTRACT: one plain path gives the value itself, several paths or wildcards an array of all matches."""
    found = [item for path in paths for item in find(value, path)]
    if len(paths) == 1 and not paths[0].wildcard:
        return found[0] if found else MISSING
    return found if found else MISSING


def change(value: Json, path: Path, new: Json, *, insert: bool, replace: bool) -> Json:
    """JSON_SET (both), JSON_INSERT (`insert` only), JSON_REPLACE (`replace` only) of one path without wildcards."""
    if path.wildcard:
        raise JsonError("In this situation, path expressions may not contain the * and ** tokens or an array range.")
    return _change(value, path.legs, new, insert, replace)


def _change(value: Json, legs: tuple[Leg, ...], new: Json, insert: bool, replace: bool) -> Json:
    if not legs:
        return new if replace else value
    leg, rest = legs[0], legs[1:]
    if isinstance(leg, Member):
        if not isinstance(value, dict):
            return value
        name = leg.name or ""
        if name in value:
            return {**value, name: _change(value[name], rest, new, insert, replace)}
        return {**value, name: new} if insert and not rest else value
    assert isinstance(leg, Cell), "wildcards were refused"
    if not isinstance(value, list):
        index = leg.resolve(1)
        if index == 0:
            return _change(value, rest, new, insert, replace)
        if rest or not insert:
            return value
        return [new, value] if index < 0 else [value, new]
    index = leg.resolve(len(value))
    if 0 <= index < len(value):
        return [*value[:index], _change(value[index], rest, new, insert, replace), *value[index + 1 :]]
    if rest or not insert:
        return value
    return [new, *value] if index < 0 else [*value, new]


def remove(value: Json, path: Path) -> Json:
    """JSON_REMOVE of one path without wildcards; the path `$` is an error."""
    if path.wildcard:
        raise JsonError("In this situation, path expressions may not contain the * and ** tokens or an array range.")
    if not path.legs:
        raise JsonError("The path expression '$' is not allowed in this context.")
    return _remove(value, path.legs)


def _remove(value: Json, legs: tuple[Leg, ...]) -> Json:
    leg, rest = legs[0], legs[1:]
    if isinstance(leg, Member):
        if not isinstance(value, dict) or (leg.name or "") not in value:
            return value
        name = leg.name or ""
        if rest:
            return {**value, name: _remove(value[name], rest)}
        return {key: item for key, item in value.items() if key != name}
    assert isinstance(leg, Cell), "wildcards were refused"
    if not isinstance(value, list):
        return _remove(value, rest) if rest and leg.resolve(1) == 0 else value
    index = leg.resolve(len(value))
    if not 0 <= index < len(value):
        return value
    middle = [_remove(value[index], rest)] if rest else []
    return [*value[:index], *middle, *value[index + 1 :]]


def array_append(value: Json, path: Path, new: Json) -> Json:
    """JSON_ARRAY_APPEND: the value at the path becomes an array if it is none, and gets one more cell."""
    found = find(value, path)
    if not found:
        return value
    target = found[0]
    grown = [*target, new] if isinstance(target, list) else [target, new]
    return change(value, path, grown, insert=False, replace=True)


def array_insert(value: Json, path: Path, new: Json) -> Json:
    """JSON_ARRAY_INSERT: before the cell that the path names."""
    if not path.legs or not isinstance(path.legs[-1], Cell):
        raise JsonError("A path expression is not a path to a cell in an array.")
    leg = path.legs[-1]
    parents = find(value, Path(path.legs[:-1]))
    if not parents or not isinstance(parents[0], list):
        return value
    items = parents[0]
    index = min(max(leg.resolve(len(items)), 0), len(items))
    grown = [*items[:index], new, *items[index:]]
    return change(value, Path(path.legs[:-1]), grown, insert=False, replace=True)


def contains(target: Json, candidate: Json) -> bool:
    """JSON_CONTAINS: scalars equal, every element of an array candidate, every member of an object candidate."""
    if isinstance(target, list):
        if isinstance(candidate, list):
            return all(contains(target, item) for item in candidate)
        return any(contains(item, candidate) for item in target if not isinstance(item, list)) or any(
            contains(item, candidate) for item in target if isinstance(item, list)
        )
    if isinstance(target, dict):
        if not isinstance(candidate, dict):
            return False
        return all(key in target and contains(target[key], item) for key, item in candidate.items())
    if isinstance(candidate, (list, dict)):
        return False
    return compare_values(target, candidate) == 0


def member_of(value: Json, array: Json) -> bool:
    """`value MEMBER OF (array)`; a scalar in place of the array is compared itself."""
    items = array if isinstance(array, list) else [array]
    return any(compare_values(value, item) == 0 for item in items)


def overlaps(left: Json, right: Json) -> bool:
    """JSON_OVERLAPS: a common element, a common member, or equal scalars."""
    if isinstance(left, dict) and isinstance(right, dict):
        return any(key in right and compare_values(item, right[key]) == 0 for key, item in left.items())
    if isinstance(left, list) or isinstance(right, list):
        ones = left if isinstance(left, list) else [left]
        twos = right if isinstance(right, list) else [right]
        return any(compare_values(one, two) == 0 for one in ones for two in twos)
    return compare_values(left, right) == 0


def merge_preserve(left: Json, right: Json) -> Json:
    """JSON_MERGE_PRESERVE of two documents."""
    if isinstance(left, dict) and isinstance(right, dict):
        merged = dict(left)
        for key, item in right.items():
            merged[key] = merge_preserve(merged[key], item) if key in merged else item
        return merged
    ones = left if isinstance(left, list) else [left]
    twos = right if isinstance(right, list) else [right]
    return [*ones, *twos]


def merge_patch(target: Json, patch: Json) -> Json:
    """JSON_MERGE_PATCH (RFC 7396) of two documents."""
    if not isinstance(patch, dict):
        return copy.copy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, item in patch.items():
        if item is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), item)
    return merged


def depth(value: Json) -> int:
    """JSON_DEPTH: 1 for scalars and empty containers."""
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max((depth(child) for child in children), default=0)


def length(value: Json) -> int:
    """JSON_LENGTH: members or elements, 1 for scalars."""
    return len(value) if isinstance(value, (dict, list)) else 1


def keys(value: Json) -> list[Json] | None:
    """JSON_KEYS: an object's keys in MySQL's order; None for anything else."""
    if not isinstance(value, dict):
        return None
    names: list[str] = sorted(value, key=mysql_key_order)
    return [*names]


def unquote(value: Json) -> str:
    """JSON_UNQUOTE of a JSON value: strings without quotes, everything else as text."""
    if isinstance(value, str):
        return value
    text = dumps(value)
    return text[1:-1] if text.startswith('"') else text
