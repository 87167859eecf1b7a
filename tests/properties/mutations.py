"""Statements made wrong: the golden scripts' statements with tokens dropped, doubled, swapped and replaced.

Only the seed decides what comes out, so that a failure can be run again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.functions.resolution import all_aggregates, all_functions
from tests.golden.script import Block, read_script

GOLDEN = Path(__file__).parents[1] / "golden"
_TOKEN = re.compile(
    r"""\s+|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|0x[0-9a-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?"""
    r"""|@?@?[a-z_$][\w$]*|<=>|<=|>=|<>|!=|:=|->>|->|\|\||&&|<<|>>|--[^\n]*|/\*.*?\*/|.""",
    re.IGNORECASE | re.DOTALL,
)
_LITERALS = (
    "NULL", "0", "1", "-1", "2", "255", "65536", "18446744073709551615", "-9223372036854775808", "1.5", "0.0000000001",
    "1e308", "-1e-300", "99999999999999999999999999999999999.999999999999999999", "''", "'a'", "'ABC'", "'1'", "'-1e400'",
    "'2020-02-30'", "'2020-02-29 12:34:56.789'", "'838:59:59'", "'{\"a\": [1, 2, {\"b\": null}]}'", "'$.a[0]'", "'$**'",
    "x'FF00'", "b'101'", "_binary 'x'", "_latin1 x'E4'", "TRUE", "DATE '2024-01-31'", "TIMESTAMP '1000-01-01 00:00:00'",
    "TIME '-10:00:00'", "'\U0001f600'", "'%_\\\\'", "INTERVAL 1 DAY", "INTERVAL '1:2' MINUTE_SECOND", "@v", "@@sql_mode",
    "(SELECT 1)", "(SELECT 1, 2)", "(1, 2)", "DEFAULT", "*", "CAST('x' AS JSON)", "CURRENT_TIMESTAMP(6)",
)  # fmt: skip
_KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "DISTINCT", "UNION", "UNION ALL", "EXCEPT",
    "JOIN", "LEFT JOIN", "NATURAL JOIN", "ON", "USING", "AS", "AND", "OR", "NOT", "XOR", "IN", "BETWEEN", "LIKE", "IS NULL",
    "EXISTS", "ANY", "ALL", "CASE", "WHEN", "THEN", "ELSE", "END", "DESC", "FOR UPDATE", "WITH ROLLUP", "OVER ()", "SET",
    "VALUES", "INTO", "IGNORE", "ON DUPLICATE KEY UPDATE", "COLLATE utf8mb4_bin", "DIV", "MOD", "REGEXP", "ESCAPE", "UNIQUE",
    "PRIMARY KEY", "KEY", "INDEX", "AUTO_INCREMENT", "NOT NULL", "UNSIGNED", "CHECK", "REFERENCES", "FOREIGN KEY",
    "GENERATED ALWAYS AS", "STORED", "VIRTUAL", "COMMENT", "TEMPORARY", "IF NOT EXISTS", "IF EXISTS", "CASCADE", "TABLE",
    "VIEW", "DATABASE", "COLUMN", "ADD", "DROP", "MODIFY", "CHANGE", "RENAME", "EXPLAIN", "EXPLAIN ANALYZE", "OFFSET",
)  # fmt: skip
_TYPES = (
    "INT", "TINYINT UNSIGNED", "BIGINT", "DECIMAL(65,30)", "DECIMAL(5)", "FLOAT", "DOUBLE", "BIT(3)", "BIT(64)", "BOOL",
    "CHAR(1)", "VARCHAR(20)", "VARCHAR(70000)", "TEXT", "BLOB", "BINARY(4)", "VARBINARY(9)", "DATE", "DATETIME(6)",
    "TIMESTAMP", "TIME(3)", "YEAR", "ENUM('a','b')", "SET('a','b')", "JSON", "SIGNED", "GEOMETRY",
)  # fmt: skip
_PUNCTUATION = (
    "(",
    ")",
    ",",
    ";",
    ".",
    "=",
    "<",
    "<=>",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "&",
    "~",
    "!",
    "?",
    "@",
    "`",
    "'",
    "->",
)
_CHANGES = (
    "drop", "double", "swap", "insert", "cut", "type",
    *("literal", "word", "function", "call") * 3,
)  # fmt: skip
"""Changes that leave a statement a statement are more frequent than those that break its grammar."""

_UNFIT = re.compile(
    r"\b(sleep|benchmark|get_lock|kill|shutdown|global|persist|flush|lock\s+tables|tidb_\w+|delimiter"
    r"|(commit|rollback)\b.*\brelease|(create|drop|alter|rename)\s+user|grant|revoke|load|outfile|set\s+password)\b",
    re.IGNORECASE,
)
"""What waits by design, or changes more than the script's own database."""


@dataclass(frozen=True, slots=True)
class Step:
    """A statement to run: one of a script's own, or a mutant."""

    text: str
    mutant: bool


def tokens(text: str) -> list[str]:
    """A statement cut into pieces that together give it back."""
    return _TOKEN.findall(text)


def scripts() -> list[Path]:
    """The scripts that run in one session."""
    return [path for path in sorted(GOLDEN.rglob("*.test")) if path.parent.name not in ("isolation",)]


def fit(text: str) -> bool:
    """Whether a statement, or a mutant of it, may run here."""
    return not _UNFIT.search(text)


class Mutator:
    """Makes mutants from the material of one script."""

    def __init__(self, blocks: list[Block], seed: int) -> None:
        self.random = random.Random(seed)
        pieces = {piece for block in blocks for piece in tokens(block.statement)}
        self.words = sorted(piece for piece in pieces if re.match(r"[a-z_`]", piece)) or ["t"]
        self.literals = sorted(piece for piece in pieces if re.match(r"['\"\d]", piece)) or ["1"]
        names = {declared.name for declared in (*all_functions(), *all_aggregates())}
        self.functions = sorted(name for name in names if name.isidentifier() and fit(name))

    def mutant(self, text: str) -> str:
        """The text after one to three changes."""
        pieces = tokens(text)
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3))):
            pieces = self._changed(pieces)
        return "".join(pieces)

    def _places(self, pieces: list[str], pattern: str) -> list[int]:
        """Where a pattern fits. Scripts write keywords in upper case, names in lower case."""
        return [at for at, piece in enumerate(pieces) if re.match(pattern, piece)]

    def _changed(self, pieces: list[str]) -> list[str]:
        pick = self.random.choice
        solid = [at for at, piece in enumerate(pieces) if not piece.isspace()]
        if not solid:
            return [pick(self.words)]
        out = list(pieces)
        at = pick(solid)
        match pick(_CHANGES):
            case "drop":
                out[at] = " "
            case "double":
                out.insert(at, pieces[at] + " ")
            case "swap":
                other = pick(solid)
                out[at], out[other] = out[other], out[at]
            case "literal":
                at = pick(self._places(pieces, r"['\"\d]") or solid)
                out[at] = pick((pick(_LITERALS), pick(self.literals), pick(self.words)))
            case "word":
                at = pick(self._places(pieces, r"[a-z_`@]") or solid)
                out[at] = pick((pick(self.words), pick(self.words), pick(self.literals)))
            case "function":
                at = pick(self._places(pieces, r"[A-Z_]+$") or solid)
                calls = [at for at in range(len(pieces) - 1) if pieces[at + 1] == "(" and pieces[at].isidentifier()]
                out[pick(calls) if calls else at] = pick(self.functions)
            case "call":
                at = pick(self._places(pieces, r"['\"\da-z_`]") or solid)
                extra = pick(("", f", {pick(_LITERALS)}", f", {pick(self.literals)}, {pick(_LITERALS)}"))
                out[at] = f"{pick(self.functions)}({pieces[at]}{extra})"
            case "type":
                at = pick(self._places(pieces, r"[A-Z]*INT$|CHAR|VARCHAR|TEXT|DATE|JSON|DECIMAL|DOUBLE") or solid)
                out[at] = pick(_TYPES)
            case "insert":
                out.insert(at, f" {pick(pick((_KEYWORDS, _PUNCTUATION, _LITERALS, self.words)))} ")
            case "cut":
                return out[:at] if self.random.random() < 0.3 else out[:at] + out[pick(solid) :]
        return out


def steps(path: Path, seed: int, mutants: int) -> Iterator[Step]:
    """A script's statements, each after mutants of it, so that mutants meet the tables and rows that it meets."""
    blocks = [block for block in read_script(path) if block.session == "main" and fit(block.statement)]
    mutator = Mutator(blocks, seed)
    for block in blocks:
        for _ in range(mutants):
            text = mutator.mutant(block.statement)
            if fit(text):
                yield Step(text, True)
        yield Step(block.statement, False)
