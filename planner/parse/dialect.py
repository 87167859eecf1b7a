"""The tokenizer: sqlglot's compiled core with MySQL's own word list, one instance per lexical sql_mode.

sqlglot's keyword list is the union of all dialects; a word in it that MySQL does not have would be no ordinary name here.
So the list below is written out: operators, the words that sqlglot's query and DML parser looks at by token type, and
nothing else. Every other word (types, DDL words, function names) is a VAR token that our own parsers compare by text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from threading import get_ident
from typing import ClassVar

from sqlglot import tokens
from sqlglot.dialects.mysql import MySQL
from sqlglot.tokens import Token, TokenType
from sqlglot.trie import new_trie

from planner.context import SqlMode

LEXICAL_BITS = (
    SqlMode.ANSI_QUOTES | SqlMode.NO_BACKSLASH_ESCAPES | SqlMode.PIPES_AS_CONCAT | SqlMode.HIGH_NOT_PRECEDENCE
)
"""The bits of sql_mode that change how text is read."""

CHARSETS = (
    "armscii8 ascii big5 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 dec8 eucjpms euckr gb18030 gb2312 gbk "
    "geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman sjis swe7 tis620 ucs2 ujis "
    "utf8 utf16 utf16le utf32 utf8mb3 utf8mb4"
).split()

OPERATORS = {
    "/*+": TokenType.HINT,
    "||": TokenType.DPIPE,
    "&&": TokenType.DAMP,
    ">=": TokenType.GTE,
    "<=": TokenType.LTE,
    "<>": TokenType.NEQ,
    "!=": TokenType.NEQ,
    ":=": TokenType.COLON_EQ,
    "<=>": TokenType.NULLSAFE_EQ,
    "->": TokenType.ARROW,
    "->>": TokenType.DARROW,
    "@@": TokenType.SESSION_PARAMETER,
}

RESERVED_KEYWORDS = {
    "ALL": TokenType.ALL,
    "AND": TokenType.AND,
    "AS": TokenType.ALIAS,
    "ASC": TokenType.ASC,
    "BETWEEN": TokenType.BETWEEN,
    "BINARY": TokenType.BINARY,
    "CASE": TokenType.CASE,
    "COLLATE": TokenType.COLLATE,
    "CROSS": TokenType.CROSS,
    "CURRENT_DATE": TokenType.CURRENT_DATE,
    "CURRENT_TIME": TokenType.CURRENT_TIME,
    "CURRENT_TIMESTAMP": TokenType.CURRENT_TIMESTAMP,
    "CURRENT_USER": TokenType.CURRENT_USER,
    "DELETE": TokenType.DELETE,
    "DESC": TokenType.DESC,
    "DISTINCT": TokenType.DISTINCT,
    "DISTINCTROW": TokenType.DISTINCT,
    "DIV": TokenType.DIV,
    "ELSE": TokenType.ELSE,
    "EXCEPT": TokenType.EXCEPT,
    "EXISTS": TokenType.EXISTS,
    "FALSE": TokenType.FALSE,
    "FOR": TokenType.FOR,
    "FORCE": TokenType.FORCE,
    "FROM": TokenType.FROM,
    "GROUP BY": TokenType.GROUP_BY,
    "HAVING": TokenType.HAVING,
    "IGNORE": TokenType.IGNORE,
    "IN": TokenType.IN,
    "INDEX": TokenType.INDEX,
    "INNER": TokenType.INNER,
    "INSERT": TokenType.INSERT,
    "INTERSECT": TokenType.INTERSECT,
    "INTO": TokenType.INTO,
    "IS": TokenType.IS,
    "JOIN": TokenType.JOIN,
    "KEY": TokenType.KEY,
    "LATERAL": TokenType.LATERAL,
    "LEFT": TokenType.LEFT,
    "LIKE": TokenType.LIKE,
    "LIMIT": TokenType.LIMIT,
    "LOCALTIME": TokenType.LOCALTIME,
    "LOCALTIMESTAMP": TokenType.LOCALTIMESTAMP,
    "LOCK": TokenType.LOCK,
    "MOD": TokenType.MOD,
    "NATURAL": TokenType.NATURAL,
    "NOT": TokenType.NOT,
    "NULL": TokenType.NULL,
    "ON": TokenType.ON,
    "OR": TokenType.OR,
    "ORDER BY": TokenType.ORDER_BY,
    "OUTER": TokenType.OUTER,
    "OVER": TokenType.OVER,
    "PARTITION": TokenType.PARTITION,
    "PARTITION BY": TokenType.PARTITION_BY,
    "RANGE": TokenType.RANGE,
    "RECURSIVE": TokenType.RECURSIVE,
    "REGEXP": TokenType.RLIKE,
    "REPLACE": TokenType.REPLACE,
    "RIGHT": TokenType.RIGHT,
    "RLIKE": TokenType.RLIKE,
    "ROW": TokenType.ROW,
    "ROWS": TokenType.ROWS,
    "SELECT": TokenType.SELECT,
    "SEPARATOR": TokenType.SEPARATOR,
    "SET": TokenType.SET,
    "STRAIGHT_JOIN": TokenType.STRAIGHT_JOIN,
    "TABLE": TokenType.TABLE,
    "THEN": TokenType.THEN,
    "TRUE": TokenType.TRUE,
    "UNION": TokenType.UNION,
    "UPDATE": TokenType.UPDATE,
    "USE": TokenType.USE,
    "USING": TokenType.USING,
    "UTC_DATE": TokenType.UTC_DATE,
    "UTC_TIME": TokenType.UTC_TIME,
    "UTC_TIMESTAMP": TokenType.UTC_TIMESTAMP,
    "VALUES": TokenType.VALUES,
    "WHEN": TokenType.WHEN,
    "WHERE": TokenType.WHERE,
    "WINDOW": TokenType.WINDOW,
    "WITH": TokenType.WITH,
    "XOR": TokenType.XOR,
}

OPEN_KEYWORDS = {
    "ANY": TokenType.ANY,
    "END": TokenType.END,
    "ESCAPE": TokenType.ESCAPE,
    "MEMBER OF": TokenType.MEMBER_OF,
    "OFFSET": TokenType.OFFSET,
    "ROLLUP": TokenType.ROLLUP,
    "SOME": TokenType.SOME,
}
"""Words with a token type of their own that may still be used as names."""

RESERVED_TOKEN_TYPES = frozenset(RESERVED_KEYWORDS.values())
NAME_TOKEN_TYPES = frozenset((TokenType.VAR, *OPEN_KEYWORDS.values())) - {TokenType.MEMBER_OF}


def _without_jinja(comments: dict[str, str | None]) -> dict[str, str | None]:
    return {start: end for start, end in comments.items() if start != "{#"}


class MySQLTokenizer(tokens.Tokenizer):  # type: ignore[misc]
    """Default sql_mode. sqlglot would read `{# … #}` as a comment in any dialect; the tables are rebuilt without it."""

    QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'", '"']
    COMMENTS: ClassVar[list[str | tuple[str, str]]] = ["--", "#", ("/*", "*/")]
    IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]
    STRING_ESCAPES: ClassVar[list[str]] = ["'", '"', "\\"]
    BIT_STRINGS: ClassVar[list[str | tuple[str, str]]] = [("b'", "'"), ("B'", "'"), ("0b", "")]
    HEX_STRINGS: ClassVar[list[str | tuple[str, str]]] = [("x'", "'"), ("X'", "'"), ("0x", "")]
    DROP_UNKNOWN_ESCAPES = True
    NESTED_COMMENTS = False
    DASH_COMMENT_REQUIRES_BOUNDARY = True
    COMMENTS_TERMINATE_AT_NEWLINE_ONLY = True
    COMMANDS: ClassVar[set[TokenType]] = set()
    TOKENS_PRECEDING_HINT: ClassVar[set[TokenType]] = {
        TokenType.SELECT,
        TokenType.INSERT,
        TokenType.UPDATE,
        TokenType.DELETE,
        TokenType.REPLACE,
    }
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        **OPERATORS,
        **RESERVED_KEYWORDS,
        **OPEN_KEYWORDS,
        **{f"_{name.upper()}": TokenType.INTRODUCER for name in CHARSETS},
    }

    @classmethod
    def drop_jinja(cls) -> None:
        """Rebuilds the derived tables without the Jinja comment that `__init_subclass__` always adds."""
        cls._COMMENTS = _without_jinja(cls._COMMENTS)
        cls._KEYWORD_TRIE = new_trie(
            key.upper()
            for key in (*cls.KEYWORDS, *cls._COMMENTS, *cls._QUOTES, *cls._FORMAT_STRINGS)
            if " " in key or any(single in key for single in cls.SINGLE_TOKENS)
        )


class AnsiTokenizer(MySQLTokenizer):
    """ANSI_QUOTES: the double quote delimits names."""

    QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'"]
    IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`", '"']


class NoBackslashTokenizer(MySQLTokenizer):
    """NO_BACKSLASH_ESCAPES."""

    STRING_ESCAPES: ClassVar[list[str]] = ["'", '"']
    DROP_UNKNOWN_ESCAPES = False


class AnsiNoBackslashTokenizer(AnsiTokenizer):
    """Both."""

    STRING_ESCAPES: ClassVar[list[str]] = ["'"]
    DROP_UNKNOWN_ESCAPES = False


for _tokenizer in (MySQLTokenizer, AnsiTokenizer, NoBackslashTokenizer, AnsiNoBackslashTokenizer):
    _tokenizer.drop_jinja()


class SqlnodeDialect(MySQL):  # type: ignore[misc]
    """sqlglot's MySQL with our tokenizer; parser and tables stay the compiled ones."""

    Tokenizer = MySQLTokenizer


class SqlnodeNoBackslashDialect(MySQL):  # type: ignore[misc]
    """For NO_BACKSLASH_ESCAPES: no escape sequences are decoded."""

    UNESCAPED_SEQUENCES: ClassVar[dict[str, str]] = {}
    Tokenizer = NoBackslashTokenizer


DIALECT = SqlnodeDialect()


@lru_cache(maxsize=128)
def _tokenizer_for(bits: int, thread: int) -> tokens.Tokenizer:
    """A tokenizer keeps where it is, so each thread has its own."""
    ansi = bool(bits & SqlMode.ANSI_QUOTES)
    if bits & SqlMode.NO_BACKSLASH_ESCAPES:
        kind = AnsiNoBackslashTokenizer if ansi else NoBackslashTokenizer
        return kind(dialect=SqlnodeNoBackslashDialect())
    return (AnsiTokenizer if ansi else MySQLTokenizer)(dialect=DIALECT)


_SIGN_BEHIND_EXPONENT = re.compile(r"\d\.?[eE]\d+[+-]\d")
_SWALLOWED_SIGN = re.compile(r"[\d.]+[eE]\d+([+-])\d")
_STAND_INS = {"+": "|", "-": "^"}
_SIGNS = {"+": TokenType.PLUS, "-": TokenType.DASH}


def _without_swallowed_signs(found: list[Token], text: str, bits: int) -> list[Token]:
    """The compiled scanner reads `1e0+1` as one number. Another operator in the sign's place keeps all offsets."""
    written = text
    signs: dict[int, str] = {}
    while True:
        ends = [
            (token.start + match.start(1), match[1])
            for token in found
            if token.token_type in (TokenType.NUMBER, TokenType.VAR)
            and (match := _SWALLOWED_SIGN.match(token.text)) is not None
        ]
        if not ends:
            break
        letters = list(text)
        for at, sign in ends:
            signs[at] = sign
            letters[at] = _STAND_INS[sign]
        text = "".join(letters)
        found = _tokenizer_for(bits, get_ident()).tokenize(text)
    for token in found:
        if token.start in signs and token.start == token.end:
            token.text = written[token.start]
            token.token_type = _SIGNS[token.text]
    return found


def _scanned(text: str, bits: int) -> list[Token]:
    found: list[Token] = _tokenizer_for(bits, get_ident()).tokenize(text)
    if _SIGN_BEHIND_EXPONENT.search(text) is not None:
        found = _without_swallowed_signs(found, text, bits)
    return found


PIECE_LENGTH = 65_536
"""Characters that the tokenizer gets at once. It is native code that lets no other thread run meanwhile."""
_COMMENT_MARKS = ("#", "--", "/*")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`""", re.DOTALL)
_QUOTED_RAW = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`""", re.DOTALL)
_CUT = re.compile(r"[,)]|\s(?=(?:AND|OR|WHEN|SELECT)\s)", re.IGNORECASE)
"""Where no token and no keyword of several words goes on."""


def _tokens_of_pieces(text: str, bits: int) -> list[Token]:
    """The tokens of a long text, piece by piece, so that other threads have their turn between two."""
    found: list[Token] = []
    start = 0
    for end in [*_cuts(text, bits), len(text)]:
        piece = _scanned(text[start:end], bits)
        for token in piece:
            token.start += start
            token.end += start
        found += piece
        start = end
    return found


def _cuts(text: str, bits: int) -> list[int]:
    """Offsets, about `PIECE_LENGTH` apart, between two tokens of the text; none when it has comments."""
    if any(mark in text for mark in _COMMENT_MARKS) or (bits & SqlMode.ANSI_QUOTES and '"' in text):
        return []
    quoted = _QUOTED_RAW if bits & SqlMode.NO_BACKSLASH_ESCAPES else _QUOTED
    found: list[int] = []
    wanted = PIECE_LENGTH
    plain = 0
    for start, end in chain((match.span() for match in quoted.finditer(text)), ((len(text), len(text)),)):
        while start > wanted and (cut := _CUT.search(text, max(plain, wanted), start)) is not None:
            found.append(cut.end())
            wanted = cut.end() + PIECE_LENGTH
        plain = end
    return found


def tokenize(text: str, sql_mode: int = 0) -> list[Token]:
    """Tokens of `text`; `start` and `end` (inclusive) are offsets in characters. Raises sqlglot's TokenError."""
    bits = sql_mode & (SqlMode.ANSI_QUOTES | SqlMode.NO_BACKSLASH_ESCAPES)
    if len(text) <= PIECE_LENGTH:
        found = _scanned(text, bits)
    else:
        found = _tokens_of_pieces(text, bits)
    if sql_mode & SqlMode.PIPES_AS_CONCAT and "||" in text:
        for token in found:
            if token.token_type is TokenType.DPIPE:
                token.token_type = TokenType.DSTAR
    if sql_mode & SqlMode.HIGH_NOT_PRECEDENCE:
        for token in found:
            if token.token_type is TokenType.NOT:
                token.text = "!"
    return found
