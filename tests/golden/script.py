"""Golden scripts: their form, and reading them.

A script is blocks apart by empty lines. A block is one statement (any number of lines), then `----`, then what it must
give; without `----` it must succeed. Lines that begin with `#` are comments.

    SELECT a, b FROM t ORDER BY a
    ----
    1 | x
    2 | NULL

    INSERT INTO t VALUES (1, 'y')
    ----
    ERROR 1062: Duplicate entry '1' for key 't.PRIMARY'

    s1> UPDATE t SET a = 5              (in session s1; the default session is `main`)
    ----
    ok 1                                (affected rows)

    s2& UPDATE t SET a = 6              (left running: it must not finish before the next block begins)

    s2<                                 (waits for it; its result follows)
    ----
    ok 1

Tags stand in square brackets on a line of their own before the statement: `[labels]` puts the column labels first,
`[warnings]` adds `SHOW WARNINGS` behind the result, `[info]` adds the OK packet's text and insert id, `[types]` the columns'
type codes, `[unordered]` compares as multisets although there is an ORDER BY, `[mysql]` marks expectations that MySQL 8 and
the second system (MariaDB) do not share. An expected line that ends with `…` is the beginning of the real one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_SESSION = re.compile(r"(\w+)(>|&|<)(?:\s+|$)")
_TAGS = frozenset({"labels", "warnings", "info", "types", "unordered", "mysql", "plan"})


@dataclass
class Block:
    """One block. `lines` is (first, last) line of the expectation in the file, for rewriting."""

    session: str
    statement: str
    expected: list[str] | None
    tags: frozenset[str]
    line: int
    starts: bool = False
    waits: bool = False
    lines: tuple[int, int] = (0, 0)
    actual: list[str] = field(default_factory=list)


def read_script(path: Path) -> list[Block]:
    """The blocks of a script."""
    blocks: list[Block] = []
    lines = path.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip() or lines[at].startswith("#"):
            at += 1
            continue
        start = at
        tags: set[str] = set()
        body: list[str] = []
        expected: list[str] | None = None
        span = (0, 0)
        while at < len(lines) and lines[at].strip():
            line = lines[at]
            at += 1
            if line.startswith("#"):
                continue
            if not body and (match := re.fullmatch(r"\[([\w ]+)\]", line.strip())):
                tags.update(match[1].split())
                continue
            if line.strip() == "----":
                first = at
                while at < len(lines) and lines[at].strip():
                    at += 1
                expected = [text.rstrip() for text in lines[first:at]]
                span = (first, at)
                break
            body.append(line)
        unknown = tags - _TAGS
        if unknown:
            raise ValueError(f"{path}:{start + 1}: unknown tags {unknown}")
        text = "\n".join(body)
        session, mark = "main", ">"
        match = _SESSION.match(text)
        if match:
            session, mark = match[1], match[2]
            text = text[match.end() :]
        if not text.strip() and mark != "<":
            continue
        blocks.append(
            Block(
                session, text.strip().rstrip(";"), expected, frozenset(tags), start + 1, mark == "&", mark == "<", span
            )
        )
    return blocks


def rewrite(path: Path, blocks: list[Block]) -> None:
    """Puts what was seen in the place of what was expected."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for block in reversed(blocks):
        if block.expected is not None and block.actual != block.expected:
            first, last = block.lines
            lines[first:last] = block.actual
    path.write_text("\n".join(lines), encoding="utf-8")
