"""Character sets: names, widths, and conversion between their bytes and UTF-8.

Every character string inside the server is UTF-8, whatever the charset of its column (as TiDB stores it); other bytes
exist at the edges: text that clients send and receive, LOAD DATA files, and functions that look at bytes (HEX, MD5).
A byte or character that the other side does not have becomes `?`, as in MySQL.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import lru_cache

from sqlnode.base.errors import UNKNOWN_CHARACTER_SET, SqlError


@dataclass(frozen=True, slots=True)
class Charset:
    """A character set. `name` is ours and TiDB's (`utf8`), `display_name` MySQL 8's (`utf8mb3`)."""

    name: str
    description: str
    default_collation: str
    max_length: int
    codec: str
    """Python's codec; empty when the bytes are UTF-8 or binary."""

    @property
    def display_name(self) -> str:
        """The name as MySQL 8 prints it."""
        return "utf8mb3" if self.name == "utf8" else self.name

    @property
    def is_utf8(self) -> bool:
        """Whether its bytes are our own (utf8mb4, utf8mb3, ascii text as it is)."""
        return not self.codec

    def decode(self, data: bytes) -> bytes:
        """UTF-8 of bytes in this charset."""
        if data.isascii() and self.codec not in _WIDE:
            return data
        if not self.codec:
            return data
        return _decoded(data, self.codec, "replace").replace("\ufffd", "?").encode()

    def encode(self, data: bytes) -> bytes:
        """Bytes in this charset of UTF-8 text."""
        if data.isascii() and self.codec not in _WIDE:
            return data
        if self.name == "utf8":
            return narrowed(data)
        if not self.codec:
            return data
        return _encoded(data.decode("utf-8", "replace"), self.codec)

    def can_encode(self, data: bytes) -> bool:
        """Whether every character of UTF-8 text exists in this charset."""
        if data.isascii() or self.name in ("binary", "utf8mb4"):
            return True
        if self.name == "utf8":
            return max(data) < 0xF0
        text = data.decode("utf-8", "replace")
        return _decoded(_encoded(text, self.codec), self.codec, "replace") == text


_WIDE = frozenset({"utf-16-be", "utf-16-le", "utf-32-be"})


def narrowed(data: bytes) -> bytes:
    """UTF-8 text without characters above U+FFFF (`?` in their place)."""
    if not data or max(data) < 0xF0:
        return data
    text = data.decode("utf-8", "replace")
    return "".join(char if char <= "\uffff" else "?" for char in text).encode()


@lru_cache(maxsize=64)
def _single_byte_table(codec: str) -> str | None:
    """The 256 characters of a one-byte charset, None for others; U+FFFE stands at bytes without a character."""
    if codec in _WIDE:
        return None
    try:
        table = bytes(range(256)).decode(codec, "replace")
    except (UnicodeDecodeError, LookupError):
        return None
    if len(table) != 256:
        return None
    if codec == "cp1252":  # MySQL's latin1 keeps the five bytes that cp1252 leaves out as control characters.
        table = "".join(chr(byte) if char == "\ufffd" else char for byte, char in enumerate(table))
    return table.replace("\ufffd", "\ufffe")


@lru_cache(maxsize=64)
def _encoding_map(codec: str) -> dict[int, int] | None:
    table = _single_byte_table(codec)
    if table is None:
        return None
    return {ord(char): byte for byte, char in enumerate(table) if char != "\ufffe"}


def _decoded(data: bytes, codec: str, errors: str) -> str:
    table = _single_byte_table(codec)
    if table is not None:
        return codecs.charmap_decode(data, errors, table)[0]
    return data.decode(codec, errors)


def decode(data: bytes, charset: str) -> str:
    """The text of bytes in a charset. Raises UnicodeDecodeError at a byte that means nothing there."""
    codec = charset_by_name(charset).codec
    return _decoded(data, codec, "strict") if codec else data.decode()


def encode(text: str, charset: str) -> bytes:
    """Bytes in a charset of a text, `?` for characters that it lacks."""
    return charset_by_name(charset).encode(text.encode("utf-8", "surrogateescape"))


def _encoded(text: str, codec: str) -> bytes:
    table = _encoding_map(codec)
    if table is not None:
        return bytes([table.get(ord(char), 63) for char in text])
    return text.encode(codec, "replace")


def _charsets(text: str) -> dict[str, Charset]:
    charsets: dict[str, Charset] = {}
    for line in text.strip().splitlines():
        name, collation, width, codec, description = line.split("|")
        charsets[name] = Charset(name, description, collation, int(width), codec)
    return charsets


CHARSETS = _charsets(
    """
ascii|ascii_general_ci|1|ascii|US ASCII
big5|big5_chinese_ci|2|big5|Big5 Traditional Chinese
binary|binary|1||Binary pseudo charset
cp1250|cp1250_general_ci|1|cp1250|Windows Central European
cp1251|cp1251_general_ci|1|cp1251|Windows Cyrillic
cp1256|cp1256_general_ci|1|cp1256|Windows Arabic
cp1257|cp1257_general_ci|1|cp1257|Windows Baltic
cp850|cp850_general_ci|1|cp850|DOS West European
cp852|cp852_general_ci|1|cp852|DOS Central European
cp866|cp866_general_ci|1|cp866|DOS Russian
cp932|cp932_japanese_ci|2|cp932|SJIS for Windows Japanese
eucjpms|eucjpms_japanese_ci|3|euc_jp|UJIS for Windows Japanese
euckr|euckr_korean_ci|2|euc_kr|EUC-KR Korean
gb18030|gb18030_chinese_ci|4|gb18030|China National Standard GB18030
gb2312|gb2312_chinese_ci|2|gb2312|GB2312 Simplified Chinese
gbk|gbk_chinese_ci|2|gbk|GBK Simplified Chinese
greek|greek_general_ci|1|iso8859_7|ISO 8859-7 Greek
hebrew|hebrew_general_ci|1|iso8859_8|ISO 8859-8 Hebrew
koi8r|koi8r_general_ci|1|koi8_r|KOI8-R Relcom Russian
koi8u|koi8u_general_ci|1|koi8_u|KOI8-U Ukrainian
latin1|latin1_swedish_ci|1|cp1252|cp1252 West European
latin2|latin2_general_ci|1|iso8859_2|ISO 8859-2 Central European
latin5|latin5_turkish_ci|1|iso8859_9|ISO 8859-9 Turkish
latin7|latin7_general_ci|1|iso8859_13|ISO 8859-13 Baltic
macroman|macroman_general_ci|1|mac_roman|Mac West European
sjis|sjis_japanese_ci|2|shift_jis|Shift-JIS Japanese
tis620|tis620_thai_ci|1|tis_620|TIS620 Thai
ucs2|ucs2_general_ci|2|utf-16-be|UCS-2 Unicode
ujis|ujis_japanese_ci|3|euc_jp|EUC-JP Japanese
utf16|utf16_general_ci|4|utf-16-be|UTF-16 Unicode
utf16le|utf16le_general_ci|4|utf-16-le|UTF-16LE Unicode
utf32|utf32_general_ci|4|utf-32-be|UTF-32 Unicode
utf8|utf8_general_ci|3||UTF-8 Unicode
utf8mb4|utf8mb4_0900_ai_ci|4||UTF-8 Unicode
"""
)
"""By our name, in MySQL's alphabetical order."""

_ALIASES = {"utf8mb3": "utf8"}


def charset_by_name(name: str) -> Charset:
    """The charset of a name in any letter case. Raises SqlError(UNKNOWN_CHARACTER_SET)."""
    lower = name.lower()
    found = CHARSETS.get(_ALIASES.get(lower, lower))
    if found is None:
        raise SqlError(UNKNOWN_CHARACTER_SET, name=name)
    return found
