"""Types of CAST and CONVERT, read inside sqlglot's parser; column types are read by `types.py` over tokens."""

from __future__ import annotations

from typing import Any

from sqlglot import expressions as exp
from sqlglot.tokens import TokenType

from planner.parse.nodes_common import TypeSpec

P = Any

_SIMPLE = {
    "DATE": exp.DType.DATE,
    "DATETIME": exp.DType.DATETIME,
    "TIME": exp.DType.TIME,
    "DECIMAL": exp.DType.DECIMAL,
    "SIGNED": exp.DType.BIGINT,
    "UNSIGNED": exp.DType.UBIGINT,
    "CHAR": exp.DType.CHAR,
    "BINARY": exp.DType.BINARY,
    "JSON": exp.DType.JSON,
    "YEAR": exp.DType.YEAR,
    "FLOAT": exp.DType.FLOAT,
    "DOUBLE": exp.DType.DOUBLE,
}
_GEOMETRY = frozenset(
    "GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION GEOMCOLLECTION".split()
)
_SYNONYMS = {"CHARACTER": "CHAR", "DEC": "DECIMAL", "NUMERIC": "DECIMAL", "FIXED": "DECIMAL", "REAL": "DOUBLE"}
_WITH_LENGTH = frozenset(("CHAR", "NCHAR", "BINARY", "TIME", "DATETIME", "DECIMAL", "FLOAT"))


def _number(parser: P) -> int:
    token = parser._curr
    if not token or token.token_type is not TokenType.NUMBER or not token.text.isdigit():
        parser.raise_error("Expected a number")
    parser._advance()
    return int(token.text)


def _lengths(parser: P, name: str) -> tuple[int | None, int | None]:
    if name not in _WITH_LENGTH or not parser._match(TokenType.L_PAREN):
        return None, None
    length = _number(parser)
    scale = _number(parser) if name == "DECIMAL" and parser._match(TokenType.COMMA) else None
    parser._match_r_paren()
    return length, scale


def _charset(parser: P) -> str | None:
    for words, charset in ((("ASCII",), "latin1"), (("UNICODE",), "ucs2"), (("BYTE",), "binary")):
        if parser._match_text_seq(*words):
            return charset
    if not (parser._match_text_seq("CHARACTER", "SET") or parser._match_text_seq("CHAR", "SET")):
        if not parser._match_text_seq("CHARSET"):
            return None
    token = parser._curr
    if not token:
        parser.raise_error("Expected a character set")
    parser._advance()
    return str(token.text)


def parse_cast_type(parser: P) -> exp.DataType:
    """Reads a cast type: a DataType whose `meta["spec"]` is the TypeSpec and `meta["real"]` whether it says REAL."""
    token = parser._curr
    word = token.text.upper() if token else ""
    name = _SYNONYMS.get(word, word)
    quoted = token and token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
    if quoted or (name not in _SIMPLE and name != "NCHAR" and name not in _GEOMETRY):
        parser.raise_error("Expected a type")
    parser._advance()
    if name in ("SIGNED", "UNSIGNED"):
        parser._match_texts(("INTEGER", "INT"))
    if word == "DOUBLE":
        parser._match_text_seq("PRECISION")
    length, scale = _lengths(parser, name)
    charset = None
    national = name == "NCHAR"
    if name == "CHAR":
        charset = _charset(parser)
        if parser._match(TokenType.BINARY):
            charset = charset or "binary"
    elif national:
        name = "CHAR"
    array = parser._match_text_seq("ARRAY")
    spec = TypeSpec(
        name=name,
        length=length,
        scale=scale,
        unsigned=name == "UNSIGNED",
        charset=charset,
        national=national,
        array=bool(array),
    )
    numbers = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (length, scale) if n is not None]
    to = exp.DataType(this=_SIMPLE.get(name, exp.DType.GEOMETRY), expressions=numbers)
    to.meta["spec"] = spec
    to.meta["real"] = word == "REAL"
    return to
