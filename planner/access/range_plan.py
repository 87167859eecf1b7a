"""RangePlan: which keys of a table's records or of an index a reader visits, worked out at each execution.

A plan holds *boxes* (joined by OR); a box holds, per key part in order, the conditions on that part (joined by AND). All
parts of a box but its last are points (`=`, IN, `<=>`, IS NULL). Example: index (a, b), filter `a = ? AND b > 3`: one box,
`((= ?), (> 3))`. At execution every condition becomes intervals of *encoded* values, which are intersected as bytes:
the encoding keeps order, so no type needs its own interval arithmetic.

An interval is `(low, high, is_point)`: `low` included, `high` excluded, None for the end of the part. The point v is
`[encode(v), successor)`, where the successor of an encoded datum is the next byte string that does not begin with it.
A part with a flag byte (index keys, clustered keys) has NULL at flag 0; the integer handle has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import TypeAlias

from planner.access.convert import (
    NO_VALUE,
    NoValue,
    Side,
    enum_ordinal,
    exact,
    is_exact_double,
    is_fixed,
    place,
    widened_timestamp,
)
from planner.expr.nodes import Expression
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value
from store.api import KeyRange
from store.codec.keys import (
    encode_bytes,
    encode_uint,
    index_prefix,
    key_encoder,
    prefix_next,
    record_prefix,
    sort_key_of,
)

ValueOf: TypeAlias = Callable[[Expression], Value]
"""Evaluates an expression that needs no input row."""

Interval: TypeAlias = tuple[bytes, bytes | None, bool]
Groups: TypeAlias = list[tuple[KeyRange, ...]]

NARROW = frozenset({TypeCode.TINY, TypeCode.SHORT, TypeCode.INT24, TypeCode.LONG, TypeCode.YEAR})
"""Integers of which every value has a double of its own."""
_NULL: Interval = (b"\x00", b"\x01", True)
_SIGN = 1 << 63
_ORDINARY = 1 << 53
_ORDERINGS = frozenset({">=", ">", "<=", "<"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition `part op operands`. `op`: = <=> in < <= > >= != is_null not_null like between. For `in` every operand
    is a candidate; `like` has the pattern and the escape character; `between` low and high, both included."""

    op: str
    operands: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Alternatives for one part, each a conjunction."""

    alternatives: tuple[tuple[Condition, ...], ...]


Condition: TypeAlias = Comparison | AnyOf
Box: TypeAlias = tuple[tuple[Condition, ...], ...]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a key. `flagged` is False for the integer handle as a record key. `loose`: keys of this part only
    approximate values (prefix, LIKE): bounds are included even where the condition excludes them."""

    name: str
    type: SqlType
    length: int = -1
    flagged: bool = True
    nullable: bool = True


@dataclass
class Edges:
    """Texts of interval bounds, recorded while a range is worked out, for EXPLAIN."""

    low: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    high: dict[bytes, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RangePlan:
    """See the module. `index_id` None: records. No box: nothing; the box `()`: everything."""

    table_id: int
    index_id: int | None
    parts: tuple[KeyPart, ...]
    boxes: tuple[Box, ...] = ((),)

    @cached_property
    def prefix(self) -> bytes:
        """What every key begins with."""
        if self.index_id is None:
            return record_prefix(self.table_id)
        return index_prefix(self.table_id, self.index_id)

    @property
    def is_full(self) -> bool:
        """Whether every key is visited."""
        return any(not box for box in self.boxes)

    @cached_property
    def _wraps(self) -> bool:
        """An unsigned integer handle: keys order it as a signed number, so a value range may be two key ranges."""
        return self.index_id is None and bool(self.parts) and not self.parts[0].flagged and self.parts[0].type.unsigned

    @cached_property
    def _handle_bounds(self) -> tuple[tuple[str, Expression], ...]:
        """(>= or <, bound) pairs when the range is one of a signed integer handle between integers, else nothing."""
        if self._wraps or self.index_id is not None or len(self.boxes) != 1 or len(self.boxes[0]) != 1:
            return ()
        part = self.parts[0]
        if part.flagged or part.length >= 0 or not part.type.is_integer:
            return ()
        bounds: list[tuple[str, Expression]] = []
        for condition in self.boxes[0][0]:
            if not isinstance(condition, Comparison) or not all(one.type.is_integer for one in condition.operands):
                return ()
            if condition.op == "between":
                bounds += ((">=", condition.operands[0]), ("<=", condition.operands[1]))
            elif condition.op in _ORDERINGS:
                bounds.append((condition.op, condition.operands[0]))
            else:
                return ()
        return tuple(bounds)

    def _handle_range(self, value_of: ValueOf) -> Groups | None:
        """The range between the handle's bounds; None when a bound is not an integer of ordinary size."""
        low, high = -_SIGN, _SIGN
        for op, expression in self._handle_bounds:
            value = value_of(expression)
            if value.__class__ is not int or not -_ORDINARY < value < _ORDINARY:
                return None
            number: int = value
            if op in (">=", ">"):
                low = max(low, number if op == ">=" else number + 1)
            else:
                high = min(high, number if op == "<" else number + 1)
        if low >= high:
            return []
        prefix = self.prefix
        start = prefix if low == -_SIGN else prefix + encode_uint(low + _SIGN)
        return [(KeyRange(start, prefix_next(prefix) if high == _SIGN else prefix + encode_uint(high + _SIGN)),)]

    def evaluate(self, value_of: ValueOf, zone: tzinfo | None = None) -> Groups:
        """The key ranges: groups in value order, each group sorted by key and without overlaps. Almost always one
        group; none when nothing matches; two for an unsigned integer handle above 2**63."""
        if self._handle_bounds:
            found = self._handle_range(value_of)
            if found is not None:
                return found
        spans: list[tuple[bytes, bytes | None]] = []
        for box in self.boxes:
            spans.extend(self._box_spans(box, value_of, zone))
        if not spans:
            return []
        if len(spans) > 1:
            spans = _merged(spans)
        if self._wraps:
            return self._wrapped(spans)
        prefix, end = self.prefix, prefix_next(self.prefix)
        return [tuple(KeyRange(prefix + low, end if high is None else prefix + high) for low, high in spans)]

    def _box_spans(self, box: Box, value_of: ValueOf, zone: tzinfo | None) -> list[tuple[bytes, bytes | None]]:
        if not box:
            return [(b"", None)]
        prefixes = [b""]
        last = len(box) - 1
        spans: list[tuple[bytes, bytes | None]] = []
        for position, conditions in enumerate(box):
            intervals = part_intervals(self.parts[position], conditions, value_of, zone)
            if not intervals:
                return []
            if position < last:
                prefixes = [prefix + interval[0] for prefix in prefixes for interval in intervals]
                continue
            for prefix in prefixes:
                for low, high, _ in intervals:
                    if high is None:
                        spans.append((prefix + low, prefix_next(prefix) or None))
                    else:
                        spans.append((prefix + low, prefix + high))
        return spans

    def _wrapped(self, spans: Iterable[tuple[bytes, bytes | None]]) -> Groups:
        prefix, end = self.prefix, prefix_next(self.prefix)
        middle = b"\x80"
        small: list[KeyRange] = []
        large: list[KeyRange] = []
        for low, high in spans:
            if low < middle:
                stop = end if high is None or high >= middle else prefix + _flipped(high)
                small.append(KeyRange(prefix + _flipped(low), stop))
            if high is None or high > middle:
                start = prefix + _flipped(max(low, middle))
                large.append(KeyRange(start, prefix + (middle if high is None else _flipped(high))))
        return [tuple(group) for group in (small, large) if group]

    def describe(self, value_of: ValueOf, zone: tzinfo | None = None) -> str:
        """The ranges as EXPLAIN prints them: `[1,5], (7 1,7 +inf]`."""
        texts = []
        for box in self.boxes:
            texts.extend(self._box_texts(box, value_of, zone))
        return ", ".join(texts)

    def _box_texts(self, box: Box, value_of: ValueOf, zone: tzinfo | None) -> list[str]:
        if not box:
            return ["[NULL,+inf]" if self.parts and self.parts[0].flagged and self.parts[0].nullable else "[-inf,+inf]"]
        prefixes = [""]
        for position, conditions in enumerate(box):
            edges = Edges()
            part = self.parts[position]
            intervals = part_intervals(part, conditions, value_of, zone, edges)
            texts = [_interval_text(interval, part, edges) for interval in intervals]
            if position < len(box) - 1:
                prefixes = [f"{prefix}{low} " for prefix in prefixes for _, low, _, _ in texts]
                continue
            return [f"{o}{prefix}{low},{prefix}{high}{c}" for prefix in prefixes for o, low, high, c in texts]
        return []


def _flipped(key: bytes) -> bytes:
    """A bound with the sign bit changed; nothing (the lowest bound) becomes the lowest unsigned value."""
    if not key:
        return b"\x80"
    return bytes((key[0] ^ 0x80,)) + key[1:]


def _merged(spans: list[tuple[bytes, bytes | None]]) -> list[tuple[bytes, bytes | None]]:
    spans.sort(key=lambda span: span[0])
    merged = [spans[0]]
    for low, high in spans[1:]:
        last_low, last_high = merged[-1]
        if last_high is None:
            break
        if low < last_high:
            merged[-1] = (last_low, None if high is None else max(last_high, high))
        else:
            merged.append((low, high))
    return merged


def part_intervals(
    part: KeyPart,
    conditions: Sequence[Condition],
    value_of: ValueOf,
    zone: tzinfo | None,
    edges: Edges | None = None,
) -> list[Interval]:
    """The intervals of one part that satisfy all conditions, sorted, disjoint."""
    found: list[Interval] | None = None
    for condition in conditions:
        intervals = condition_intervals(part, condition, value_of, zone, edges)
        found = intervals if found is None else _intersected(found, intervals)
        if not found:
            return []
    return [(b"", None, False)] if found is None else found


def _intersected(left: list[Interval], right: list[Interval]) -> list[Interval]:
    result: list[Interval] = []
    for low_a, high_a, point_a in left:
        for low_b, high_b, point_b in right:
            low = max(low_a, low_b)
            high = high_b if high_a is None else high_a if high_b is None else min(high_a, high_b)
            if high is None or low < high:
                result.append((low, high, point_a or point_b))
    result.sort(key=lambda interval: interval[0])
    return result


def _united(intervals: list[Interval]) -> list[Interval]:
    if len(intervals) < 2:
        return intervals
    intervals.sort(key=lambda interval: interval[0])
    merged = [intervals[0]]
    for low, high, point in intervals[1:]:
        last_low, last_high, last_point = merged[-1]
        if last_high is None:
            break
        if low < last_high:
            new_high = None if high is None else max(last_high, high)
            merged[-1] = (last_low, new_high, last_point and point and new_high == last_high)
        else:
            merged.append((low, high, point))
    return merged


def condition_intervals(
    part: KeyPart, condition: Condition, value_of: ValueOf, zone: tzinfo | None, edges: Edges | None
) -> list[Interval]:
    """The intervals of one condition, sorted, disjoint."""
    if isinstance(condition, AnyOf):
        union: list[Interval] = []
        for alternative in condition.alternatives:
            union.extend(part_intervals(part, alternative, value_of, zone, edges))
        return _united(union)
    op, operands = condition.op, condition.operands
    bottom = b"\x01" if part.flagged else b""
    if op == "is_null":
        return [_NULL] if part.flagged else []
    if op == "not_null":
        return [(bottom, None, False)]
    if op == "in":
        points: list[Interval] = []
        for operand in operands:
            points.extend(_comparison(part, "=", value_of(operand), operand.type, zone, edges))
        return _united(points)
    if op == "like":
        return _like(part, value_of(operands[0]), value_of(operands[1]), edges)
    if op == "between":
        lower = _comparison(part, ">=", value_of(operands[0]), operands[0].type, zone, edges)
        upper = _comparison(part, "<=", value_of(operands[1]), operands[1].type, zone, edges)
        return _intersected(lower, upper)
    value = value_of(operands[0])
    if op == "<=>":
        if value is None:
            return [_NULL] if part.flagged else []
        op = "="
    if op == "!=":
        below = _comparison(part, "<", value, operands[0].type, zone, edges)
        return below + _comparison(part, ">", value, operands[0].type, zone, edges)
    return _comparison(part, op, value, operands[0].type, zone, edges)


def _comparison(
    part: KeyPart, op: str, value: Value, source: SqlType, zone: tzinfo | None, edges: Edges | None
) -> list[Interval]:
    if value is None:
        return []
    target = part.type
    if target.code == TypeCode.ENUM:
        ordinal = enum_ordinal(value, target)
        return [] if isinstance(ordinal, NoValue) else [_point(part, ordinal, edges)]
    if target.code == TypeCode.TIMESTAMP and not is_fixed(zone):
        return _loose_timestamp(part, op, value, source, zone, edges)
    bottom = b"\x01" if part.flagged else b""
    if target.eval_type == EvalType.INT and target.code not in NARROW and not is_exact_double(value):
        # Compared as doubles, neighbouring integers are equal to such a number; the filter above decides.
        return [(bottom, None, False)]
    if op == "=" and part.length < 0:
        placed = exact(value, source, target, zone)
        return [] if placed is NO_VALUE else [_point(part, placed, edges)]  # type: ignore[arg-type]
    placed_value, side = place(value, source, target, zone)
    if side in (Side.BELOW_ALL, Side.ABOVE_ALL):
        everything = (side == Side.BELOW_ALL) == (op in (">", ">="))
        return [(bottom, None, False)] if everything and op != "=" else []
    return _bounded(part, op, placed_value, side, edges)


def _bounded(part: KeyPart, op: str, value: Value, side: Side, edges: Edges | None) -> list[Interval]:
    """`part op value`, where the value asked for is `value` itself or lies just above it."""
    bottom = b"\x01" if part.flagged else b""
    encoded = encode(part, value)
    after = prefix_next(encoded) or None
    loose = part.length >= 0
    if op == "=":
        if side == Side.EQUAL and edges is not None and after is not None:
            edges.low[encoded], edges.high[after] = (
                ("[", value_text(value, part.type)),
                (value_text(value, part.type), "]"),
            )
        return [(encoded, after, False)] if side == Side.EQUAL else []
    if op in (">", ">="):
        closed = loose or (op == ">=" and side == Side.EQUAL)
        if not closed and after is None:
            return []
        low = encoded if closed else after
        assert low is not None, "the end of the part was handled"
        if edges is not None:
            edges.low[low] = ("[" if closed else "(", value_text(value, part.type))
        return [(low, None, False)]
    closed = loose or op == "<=" or side == Side.ABOVE
    high = after if closed else encoded
    if edges is not None and high is not None:
        edges.high[high] = (value_text(value, part.type), "]" if closed else ")")
    return [(bottom, high, False)] if high is None or bottom < high else []


def _point(part: KeyPart, value: Value, edges: Edges | None) -> Interval:
    encoded = encode(part, value)
    after = prefix_next(encoded) or None
    if edges is not None:
        text = value_text(value, part.type)
        edges.low[encoded] = ("[", text)
        if after is not None:
            edges.high[after] = (text, "]")
    return encoded, after, True


def _loose_timestamp(
    part: KeyPart, op: str, value: Value, source: SqlType, zone: tzinfo | None, edges: Edges | None
) -> list[Interval]:
    """Local times around a clock change are ambiguous, so bounds are moved outwards; the filter stays above."""
    bottom = b"\x01" if part.flagged else b""
    if not isinstance(value, int) or source.eval_type != EvalType.TIME:
        return [(bottom, None, False)]
    low = widened_timestamp(value, -3, zone) if op in ("=", ">", ">=") else None
    high = widened_timestamp(value, 3, zone) if op in ("=", "<", "<=") else None
    start = bottom if low is None else encode(part, low)
    stop = None if high is None else prefix_next(encode(part, high))
    if edges is not None:
        if low is not None:
            edges.low[start] = ("[", value_text(low, part.type))
        if high is not None and stop is not None:
            edges.high[stop] = (value_text(high, part.type), "]")
    return [(start, stop, False)]


def _like(part: KeyPart, pattern: Value, escape: Value, edges: Edges | None) -> list[Interval]:
    """What begins as the pattern does before its first wildcard."""
    if pattern is None:
        return []
    assert isinstance(pattern, bytes), "LIKE compares strings"
    prefix = like_prefix(pattern, escape if isinstance(escape, bytes) else b"\\")
    if part.length >= 0:
        from store.codec.keys import truncate_prefix

        prefix = truncate_prefix(prefix, part.length, part.type)
    weights = sort_key_of(part.type.collation)(prefix)
    if not weights:
        return [(b"\x01", None, False)]
    low = b"\x01" + encode_bytes(weights)
    following = prefix_next(weights)
    high = b"\x01" + encode_bytes(following) if following else None
    if edges is not None:
        edges.low[low] = ("[", value_text(prefix, part.type))
        if high is not None:
            edges.high[high] = (value_text(prefix_next(prefix) or prefix, part.type), ")")
    return [(low, high, False)]


def like_prefix(pattern: bytes, escape: bytes) -> bytes:
    """The literal characters of a LIKE pattern before its first wildcard."""
    result = bytearray()
    mark = escape[0] if len(escape) == 1 else -1
    position = 0
    while position < len(pattern):
        byte = pattern[position]
        if byte == mark and position + 1 < len(pattern):
            position += 1
            byte = pattern[position]
        elif byte in b"%_":
            break
        result.append(byte)
        position += 1
    return bytes(result)


def encode(part: KeyPart, value: Value) -> bytes:
    """A value's bytes in this part of the key."""
    if not part.flagged:
        assert isinstance(value, int), "an integer handle"
        return encode_uint(value if part.type.unsigned else value + _SIGN)
    return key_encoder(part.type, part.length)(value)


def _interval_text(interval: Interval, part: KeyPart, edges: Edges) -> tuple[str, str, str, str]:
    low, high, _ = interval
    if interval[:2] == _NULL[:2] and part.flagged:
        return "[", "NULL", "NULL", "]"
    if low == b"" and part.flagged:
        opening, low_text = "[", "NULL"
    elif low in (b"", b"\x01"):
        opening, low_text = "[", "-inf"
    else:
        opening, low_text = edges.low.get(low, ("[", low.hex()))
    if high is None:
        high_text, closing = "+inf", "]"
    elif high == b"\x01":
        high_text, closing = "NULL", "]"
    else:
        high_text, closing = edges.high.get(high, (high.hex(), ")"))
    return opening, low_text, high_text, closing


def value_text(value: Value, sql_type: SqlType) -> str:
    """A value as EXPLAIN prints it in a range."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return '"' + value.decode("utf-8", "backslashreplace") + '"'
    if sql_type.code == TypeCode.ENUM and isinstance(value, int) and 0 < value <= len(sql_type.elements):
        return '"' + sql_type.elements[value - 1] + '"'
    if sql_type.is_temporal and isinstance(value, int):
        from sqlnode.base.temporal import format_datetime

        return str(format_datetime(value, sql_type.code, sql_type.fsp))
    if sql_type.code == TypeCode.TIME and isinstance(value, int):
        from sqlnode.base.temporal import format_duration

        return str(format_duration(value, sql_type.fsp))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
