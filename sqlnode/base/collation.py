"""Collations: names, MySQL's ids, and the order of strings under each.

`by_name("utf8mb4_0900_ai_ci").sort_key(b"...")` gives bytes that order and compare as the strings do under that
collation; `sort_keys` does the same for a column, each distinct value once. Keys are TiDB's, so they are what index
keys contain. A collation of the utf8mb3 family has our name `utf8_general_ci`, which is TiDB's too; `by_name` knows
MySQL 8's `utf8mb3_general_ci`, and `display_name` prints it.

Values are UTF-8 under every charset (`sqlnode.base.charset`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa

from sqlnode.base.charset import CHARSETS, Charset, charset_by_name, decode, encode
from sqlnode.base.collation_weights import (
    SortKey,
    ascii_key,
    encoded_key,
    general_key,
    leveled_key,
    padded_key,
    raw_key,
    single_byte_key,
    table_key,
    text_of,
    unicode_key,
)
from sqlnode.base.errors import COLLATION_CHARSET_MISMATCH, UNKNOWN_COLLATION, SqlError

__all__ = [
    "CHARSETS",
    "Charset",
    "Collation",
    "all_collations",
    "by_id",
    "by_name",
    "charset_by_name",
    "check_pair",
    "decode",
    "default_of",
    "encode",
    "sort_keys",
]


@dataclass(frozen=True, slots=True)
class Collation:
    """An order of strings. `pad`: trailing spaces do not count (PAD SPACE)."""

    name: str
    id: int
    charset: str
    kind: str
    sort_length: int
    pad: bool
    is_default: bool
    sort_key: SortKey = field(compare=False, repr=False)

    @property
    def display_name(self) -> str:
        """The name as MySQL 8 prints it."""
        return "utf8mb3_" + self.name[5:] if self.charset == "utf8" else self.name

    @property
    def is_binary(self) -> bool:
        """Whether equal strings are equal bytes (trailing spaces aside)."""
        return self.kind in ("raw", "bin", "encoded")

    @property
    def is_ascii_caseless(self) -> bool:
        """Whether ASCII letters of both cases are equal and other ASCII characters differ from each other."""
        return not self.is_binary and self.kind != "leveled3" and not self.name.endswith("_cs")

    def equal(self, left: bytes, right: bytes) -> bool:
        """Whether two strings are equal."""
        return left == right or self.sort_key(left) == self.sort_key(right)

    def compare(self, left: bytes, right: bytes) -> int:
        """-1, 0 or 1."""
        first, second = self.sort_key(left), self.sort_key(right)
        return (first > second) - (first < second)

    def character_keys(self, data: bytes) -> list[bytes]:
        """The sort key of each character by itself, spaces kept: what LIKE and LOCATE compare."""
        if self.is_binary:
            return [char.encode("utf-8", "surrogateescape") for char in data.decode("utf-8", "surrogateescape")]
        if self.pad:
            return [self._space_key() if char == " " else self.sort_key(char.encode()) for char in text_of(data)]
        return [self.sort_key(char.encode()) for char in text_of(data)]

    def _space_key(self) -> bytes:
        """The weight of a space, which a sort key leaves out at the end."""
        return self.sort_key(b" a").removesuffix(self.sort_key(b"a"))


_ROWS = """
big5_chinese_ci|1|big5|1|table
latin2_general_ci|9|latin2|1|single
cp850_general_ci|4|cp850|1|single
latin1_german1_ci|5|latin1|1|single
koi8r_general_ci|7|koi8r|1|single
latin1_swedish_ci|8|latin1|1|single
ascii_general_ci|11|ascii|1|ascii
sjis_japanese_ci|13|sjis|1|table
latin1_danish_ci|15|latin1|1|single
hebrew_general_ci|16|hebrew|1|single
koi8u_general_ci|22|koi8u|1|single
greek_general_ci|25|greek|1|single
cp1250_general_ci|26|cp1250|1|single
gbk_chinese_ci|28|gbk|1|table
latin5_turkish_ci|30|latin5|1|single
utf8_general_ci|33|utf8|1|general
ucs2_general_ci|35|ucs2|1|general
cp866_general_ci|36|cp866|1|single
macroman_general_ci|39|macroman|1|single
cp852_general_ci|40|cp852|1|single
latin7_general_ci|41|latin7|1|single
latin7_general_cs|42|latin7|1|single
utf8mb4_general_ci|45|utf8mb4|1|general
utf8mb4_bin|46|utf8mb4|1|bin
latin1_bin|47|latin1|1|bin
latin1_general_ci|48|latin1|1|single
latin1_general_cs|49|latin1|1|single
cp1251_bin|50|cp1251|1|encoded
cp1251_general_ci|51|cp1251|1|single
cp1251_general_cs|52|cp1251|1|single
macroman_bin|53|macroman|1|encoded
utf16_general_ci|54|utf16|1|general
utf16_bin|55|utf16|1|bin
utf16le_general_ci|56|utf16le|1|general
cp1256_general_ci|57|cp1256|1|single
cp1257_bin|58|cp1257|1|encoded
cp1257_general_ci|59|cp1257|1|single
utf32_general_ci|60|utf32|1|general
utf32_bin|61|utf32|1|bin
utf16le_bin|62|utf16le|1|bin
binary|63|binary|1|raw
ascii_bin|65|ascii|1|bin
cp1250_bin|66|cp1250|1|encoded
cp1256_bin|67|cp1256|1|encoded
cp866_bin|68|cp866|1|encoded
greek_bin|70|greek|1|encoded
hebrew_bin|71|hebrew|1|encoded
koi8r_bin|74|koi8r|1|encoded
koi8u_bin|75|koi8u|1|encoded
latin2_bin|77|latin2|1|encoded
latin5_bin|78|latin5|1|encoded
latin7_bin|79|latin7|1|encoded
cp850_bin|80|cp850|1|encoded
cp852_bin|81|cp852|1|encoded
utf8_bin|83|utf8|1|bin
big5_bin|84|big5|1|encoded
euckr_bin|85|euckr|1|encoded
gb2312_bin|86|gb2312|1|encoded
gbk_bin|87|gbk|1|encoded
sjis_bin|88|sjis|1|encoded
tis620_bin|89|tis620|1|encoded
ucs2_bin|90|ucs2|1|bin
ujis_bin|91|ujis|1|encoded
latin1_spanish_ci|94|latin1|1|single
cp932_bin|96|cp932|1|encoded
eucjpms_bin|98|eucjpms|1|encoded
utf16_unicode_ci|101|utf16|8|unicode400
ucs2_unicode_ci|128|ucs2|8|unicode400
utf32_unicode_ci|160|utf32|8|unicode400
utf8_unicode_ci|192|utf8|8|unicode400
utf8_unicode_520_ci|214|utf8|8|unicode520
utf8mb4_unicode_ci|224|utf8mb4|8|unicode400
utf8mb4_unicode_520_ci|246|utf8mb4|8|unicode520
gb18030_bin|249|gb18030|1|encoded
utf8mb4_0900_ai_ci|255|utf8mb4|0|unicode900
utf8mb4_0900_as_cs|278|utf8mb4|0|leveled3
utf8mb4_0900_as_ci|305|utf8mb4|0|leveled2
utf8mb4_0900_bin|309|utf8mb4|1|raw
"""

_MAKERS: Mapping[str, Callable[[str, str], SortKey]] = {
    "raw": lambda name, charset: raw_key,
    "bin": lambda name, charset: padded_key,
    "general": lambda name, charset: general_key,
    "ascii": lambda name, charset: ascii_key,
    "encoded": lambda name, charset: encoded_key(charset),
    "single": single_byte_key,
    "table": lambda name, charset: table_key(charset),
    "unicode400": lambda name, charset: unicode_key("400", pad=True),
    "unicode520": lambda name, charset: unicode_key("520", pad=True),
    "unicode900": lambda name, charset: unicode_key("900", pad=False),
    "leveled2": lambda name, charset: leveled_key(2),
    "leveled3": lambda name, charset: leveled_key(3),
}
_NO_PAD = ("raw", "unicode900", "leveled2", "leveled3")


def _collations() -> dict[str, Collation]:
    found: dict[str, Collation] = {}
    for line in _ROWS.strip().splitlines():
        name, number, charset, length, kind = line.split("|")
        default = CHARSETS[charset].default_collation == name
        key = _MAKERS[kind](name, charset)
        found[name] = Collation(name, int(number), charset, kind, int(length), kind not in _NO_PAD, default, key)
    return found


_BY_NAME = _collations()
_BY_ID = {collation.id: collation for collation in _BY_NAME.values()}


def all_collations() -> tuple[Collation, ...]:
    """Every collation, by id."""
    return tuple(_BY_ID[number] for number in sorted(_BY_ID))


@lru_cache(maxsize=1024)
def by_name(name: str) -> Collation:
    """The collation of a name in any letter case. Raises SqlError(UNKNOWN_COLLATION)."""
    lower = name.lower()
    found = _BY_NAME.get(lower)
    if found is None and lower.startswith("utf8mb3_"):
        found = _BY_NAME.get("utf8_" + lower[8:])
    if found is None:
        raise SqlError(UNKNOWN_COLLATION, name=name)
    return found


def by_id(number: int) -> Collation:
    """The collation of MySQL's id. Raises SqlError(UNKNOWN_COLLATION)."""
    found = _BY_ID.get(number)
    if found is None:
        raise SqlError(UNKNOWN_COLLATION, name=str(number))
    return found


def default_of(charset: str) -> Collation:
    """The default collation of a charset. Raises SqlError for unknown names."""
    return by_name(charset_by_name(charset).default_collation)


def check_pair(charset: str, collation: str) -> Collation:
    """The collation, which must belong to the charset. Raises SqlError(COLLATION_CHARSET_MISMATCH)."""
    found, wanted = by_name(collation), charset_by_name(charset)
    if found.charset != wanted.name:
        raise SqlError(COLLATION_CHARSET_MISMATCH, collation=found.display_name, charset=wanted.display_name)
    return found


def sort_keys(array: pa.Array, collation: Collation | str) -> pa.Array:
    """The sort key of every value of a binary array (NULL stays), as binary."""
    from sqlnode.base.collation_arrays import keys_of_array

    return keys_of_array(array, by_name(collation) if isinstance(collation, str) else collation)
