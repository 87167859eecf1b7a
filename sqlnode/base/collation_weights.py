"""Weights of characters: from the data file `collation_weights.npz` to functions that make sort keys.

The file holds primary, secondary and tertiary weights of the Unicode collation tables 9.0.0 (all levels), 5.2.0 and
4.0.0 (primary; DUCET, unicode.org), the case and accent folding of the `general_ci` family, and the weights of the
charsets with one byte a character. Code points without an entry get implicit weights by the rule of their Unicode
version. It is read when the first key that needs it is made: ASCII text under the common collations never does.

A sort key is compared byte by byte; equal keys mean equal strings. Layouts are TiDB's, as they stand in index keys:
two bytes big-endian a weight. Text that is no UTF-8 counts up to its first bad byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

SortKey: TypeAlias = Callable[[bytes], bytes]

_REPLACEMENT = b"\xff\xfd"
_HAN_EXTENSIONS = ((0x3400, 0x4DB5), (0x20000, 0x2A6D6), (0x2A700, 0x2B734), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    import numpy as np

    with np.load(Path(__file__).with_name("collation_weights.npz")) as arrays:
        return {name: arrays[name] for name in arrays.files}


def text_of(data: bytes) -> str:
    """The characters before the first byte that is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return data[: error.start].decode()


class Weights(dict[str, bytes]):
    """Character to its weights of one level, worked out at first use."""

    def __init__(self, table: str, level: str, implicit: Callable[[int], bytes]) -> None:
        super().__init__()
        self._table = table
        self._level = level
        self._implicit = implicit
        self._explicit: Mapping[int, tuple[int, int]] | None = None
        self._values: bytes = b""

    def __missing__(self, char: str) -> bytes:
        weights = self.of(ord(char))
        self[char] = weights
        return weights

    def of(self, point: int) -> bytes:
        """The weights of a code point, those that are zero left out."""
        if self._explicit is None:
            self._load()
        assert self._explicit is not None, "loaded above"
        place = self._explicit.get(point)
        if place is None:
            return self._implicit(point)
        weights = self._values[place[0] * 2 : (place[0] + place[1]) * 2]
        if b"\0\0" not in weights:
            return weights
        pairs = [weights[i : i + 2] for i in range(0, len(weights), 2)]
        return b"".join(pair for pair in pairs if pair != b"\0\0")

    def _load(self) -> None:
        import numpy as np

        data = _data()
        counts = data[f"{self._table}_counts"].astype(np.int64)
        starts = np.cumsum(counts) - counts
        self._values = data[f"{self._table}_{self._level}"].astype(">u2").tobytes()
        points = data[f"{self._table}_points"].tolist()
        self._explicit = dict(zip(points, zip(starts.tolist(), counts.tolist(), strict=True), strict=True))


def _pair(point: int, base: int) -> bytes:
    return (base + (point >> 15)).to_bytes(2, "big") + (point & 0x7FFF | 0x8000).to_bytes(2, "big")


def _implicit_400(point: int) -> bytes:
    if point > 0xFFFF:
        return _REPLACEMENT
    if 0x3400 <= point <= 0x4DB5:
        return _pair(point, 0xFB80)
    return _pair(point, 0xFB40 if 0x4E00 <= point <= 0x9FA5 or 0xFA0E <= point <= 0xFA0F else 0xFBC0)


def _implicit_520(point: int) -> bytes:
    if any(low <= point <= high for low, high in _HAN_EXTENSIONS[:3]):
        return _pair(point, 0xFB80)
    return _pair(point, 0xFB40 if 0x4E00 <= point <= 0x9FA5 or 0xFA0E <= point <= 0xFA0F else 0xFBC0)


def _implicit_900(point: int) -> bytes:
    if 0xD800 <= point <= 0xDFFF or point == 0xFFFD:
        return _REPLACEMENT
    if 0xAC00 <= point <= 0xD7AF:
        return b"".join(map(_primary_900().of, _jamo(point)))
    if 0x17000 <= point <= 0x18AFF:
        return b"\xfb\x00" + (point - 0x17000 | 0x8000).to_bytes(2, "big")
    if any(low <= point <= high for low, high in _HAN_EXTENSIONS):
        return _pair(point, 0xFB80)
    return _pair(point, 0xFB40 if 0x4E00 <= point <= 0x9FD5 or 0xFA0E <= point <= 0xFA29 else 0xFBC0)


def _jamo(point: int) -> list[int]:
    """The letters of a Hangul syllable."""
    index = point - 0xAC00
    parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28]
    return [*parts, 0x11A7 + index % 28] if index % 28 else parts


def _implicit_level(weight: bytes) -> Callable[[int], bytes]:
    """Secondary and tertiary weights without an entry: one for each letter of a syllable, else one."""
    return lambda point: weight * (len(_jamo(point)) if 0xAC00 <= point <= 0xD7AF else 1)


@lru_cache(maxsize=1)
def _primary_900() -> Weights:
    return Weights("uca900", "primary", _implicit_900)


def _primary(version: str) -> Weights:
    if version == "900":
        return _primary_900()
    return Weights(f"uca{version}", "primary", _implicit_400 if version == "400" else _implicit_520)


def _ascii_tables(weights: Weights) -> tuple[bytes, bytes, bytes]:
    """(high bytes, low bytes, characters to leave out) of the weights of ASCII."""
    pairs = [weights[chr(code)] for code in range(128)]
    ignored = bytes(code for code, pair in enumerate(pairs) if not pair)
    fill = bytes(128)
    high = bytes(pair[0] if pair else 0 for pair in pairs) + fill
    low = bytes(pair[1] if pair else 0 for pair in pairs) + fill
    return high, low, ignored


@lru_cache(maxsize=8)
def ascii_tables(version: str) -> tuple[bytes, bytes, bytes]:
    """(high bytes, low bytes, characters to leave out) of the primary weights of ASCII in a Unicode version."""
    return _ascii_tables(_weights(version))


@lru_cache(maxsize=8)
def _weights(version: str) -> Weights:
    return _primary(version)


def unicode_key(version: str, *, pad: bool) -> SortKey:
    """Primary weights of a Unicode version. `pad`: trailing spaces do not count."""
    weights = _weights(version)

    def key(data: bytes) -> bytes:
        if pad:
            data = data.rstrip(b" ")
        if data.isascii():
            high, low, ignored = ascii_tables(version)
            out = bytearray(2 * len(data))
            out[0::2] = data.translate(high)
            out[1::2] = data.translate(low)
            if 0 in out[0::2]:
                return key_of_kept(data.translate(None, ignored))
            return bytes(out)
        return b"".join(map(weights.__getitem__, text_of(data)))

    def key_of_kept(data: bytes) -> bytes:
        return b"".join([weights[chr(byte)] for byte in data])

    return key


def leveled_key(levels: int) -> SortKey:
    """Unicode 9.0.0 with accents (2 levels) and case (3 levels): a zero weight between the levels."""
    tables = [
        _primary_900(),
        Weights("uca900", "secondary", _implicit_level(b"\0\x20")),
        Weights("uca900", "tertiary", _implicit_level(b"\0\x02")),
    ][:levels]

    def key(data: bytes) -> bytes:
        text = text_of(data)
        return b"\0\0".join([b"".join(map(table.__getitem__, text)) for table in tables])

    return key


class _GeneralFolding(dict[int, int]):
    """Code point to weight; what is not in the data weighs itself, beyond U+FFFF all weigh the same."""

    def __missing__(self, point: int) -> int:
        return point if point <= 0xFFFF else 0xFFFD


@lru_cache(maxsize=1)
def _general_folding() -> _GeneralFolding:
    data = _data()
    return _GeneralFolding(zip(data["general_points"].tolist(), data["general_weights"].tolist(), strict=True))


def general_key(data: bytes) -> bytes:
    """`utf8mb4_general_ci`: a 16-bit weight a character, trailing spaces not counted."""
    data = data.rstrip(b" ")
    if data.isascii():
        out = bytearray(2 * len(data))
        out[1::2] = data.upper()
        return bytes(out)
    return text_of(data).translate(_general_folding()).encode("utf-16-be", "surrogatepass")


def padded_key(data: bytes) -> bytes:
    """The bytes, trailing spaces not counted."""
    return data.rstrip(b" ")


def raw_key(data: bytes) -> bytes:
    """The bytes."""
    return data


def encoded_key(charset: str) -> SortKey:
    """The bytes in another charset, trailing spaces not counted."""
    from sqlnode.base.charset import charset_by_name

    encode = charset_by_name(charset).encode
    return lambda data: encode(data.rstrip(b" "))


def single_byte_key(collation: str, charset: str) -> SortKey:
    """A byte a character by the collation's table, trailing spaces not counted."""
    from sqlnode.base.charset import charset_by_name

    encode = charset_by_name(charset).encode
    table: bytes | None = None

    def key(data: bytes) -> bytes:
        nonlocal table
        if table is None:
            names = _data()["single_names"].tolist()
            table = _data()["single_weights"][names.index(collation)].tobytes()
        return encode(data.rstrip(b" ")).translate(table)

    return key


def ascii_key(data: bytes) -> bytes:
    """`ascii_general_ci`: upper case, trailing spaces not counted."""
    return data.rstrip(b" ").upper()


def table_key(charset: str) -> SortKey:
    """Charsets of two bytes a character: the weight of each, one or two bytes, trailing spaces not counted."""
    weights: dict[str, bytes] = {}

    def key(data: bytes) -> bytes:
        data = data.rstrip(b" ")
        if data.isascii():
            return data.upper()
        if not weights:
            points, values = _data()[f"{charset}_points"].tolist(), _data()[f"{charset}_weights"].tolist()
            for point, value in zip(points, values, strict=True):
                weights[chr(point)] = value.to_bytes(2 if value > 0xFF else 1, "big")
        return b"".join([weights.get(char, b"?") for char in text_of(data)])

    return key
