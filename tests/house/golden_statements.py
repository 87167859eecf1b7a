"""The statements of the golden scripts, parsed: what is executed there, and what is there refused."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlglot import expressions as exp

from planner.context import SqlMode
from planner.parse import Statement, parse_text
from sqlnode.base.errors import SqlError
from tests.golden.script import Block, read_script

GOLDEN = Path(__file__).parents[1] / "golden"
LEXICAL = {"ANSI_QUOTES": SqlMode.ANSI_QUOTES, "PIPES_AS_CONCAT": SqlMode.PIPES_AS_CONCAT}
_PREPARE = re.compile(r"\s*PREPARE\s+\S+\s+FROM\s+'(.*)'\s*$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Golden:
    """A statement of a script; `code` is the error that it must give, 0 when it succeeds."""

    place: str
    statement: Statement
    code: int


def _code(block: Block) -> int:
    first = block.expected[0] if block.expected else ""
    match = re.match(r"ERROR (\d+)", first)
    return int(match[1]) if match else 0


def _mode_after(block: Block, mode: int) -> int:
    if "sql_mode" not in block.statement or not block.statement.upper().startswith("SET"):
        return mode
    return sum(bit for name, bit in LEXICAL.items() if name in block.statement) | SqlMode.DEFAULT


@lru_cache(maxsize=1)
def golden_statements() -> tuple[Golden, ...]:
    """All that the parser reads, texts of PREPARE included."""
    found: list[Golden] = []
    for path in sorted(GOLDEN.rglob("*.test")):
        mode = int(SqlMode.DEFAULT)
        for block in read_script(path):
            mode = _mode_after(block, mode)
            texts = [block.statement]
            prepared = _PREPARE.match(block.statement)
            if prepared is not None:
                texts.append(prepared[1].replace("\\'", "'"))
            for text in texts:
                try:
                    statements = parse_text(text, sql_mode=mode)
                except SqlError:
                    continue
                place = f"{path.relative_to(GOLDEN)}:{block.line}"
                found += [Golden(place, statement, _code(block)) for statement in statements]
    return tuple(found)


def values_in(value: object) -> Iterator[object]:
    """The value and every dataclass, tree and Statement inside it."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from values_in(part)
        return
    yield value
    if isinstance(value, Statement):
        for part in (value.ast, value.into, value.modifiers):
            yield from values_in(part)
    elif isinstance(value, exp.Expression):
        for node in value.find_all(exp.DataType):
            yield node.meta["spec"]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from values_in(getattr(value, field.name))


def trees_in(statement: Statement) -> Iterator[exp.Expression]:
    """Every sqlglot tree of a statement, those inside hand-parsed nodes too."""
    for value in values_in(statement):
        if isinstance(value, exp.Expression):
            yield value


def present(value: object) -> bool:
    """Whether an argument of a tree node says something."""
    return value is not None and value is not False and value != [] and value != ""
