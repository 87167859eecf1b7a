"""Runs golden scripts over a MySQL connection (PyMySQL): against sqlnode, and against a second system."""

from __future__ import annotations

import queue
import re
import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pymysql
from pymysql.constants import CLIENT

from tests.golden.script import Block

WAIT_SECONDS = 20.0
STILL_RUNNING_SECONDS = 0.25
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)


@dataclass
class Target:
    """Where a script runs."""

    host: str
    port: int
    user: str = "root"
    password: str = ""
    unix_socket: str | None = None

    def connect(self, database: str | None) -> pymysql.connections.Connection[Any]:
        """A new connection whose values stay as the server wrote them."""
        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            unix_socket=self.unix_socket,
            database=database,
            conv={},
            charset="utf8mb4",
            autocommit=True,
            client_flag=CLIENT.LOCAL_FILES,
            local_infile=True,
            ssl_disabled=True,
            read_timeout=120,
        )


class ScriptSession:
    """One named session: a connection with a thread of its own, so that a statement may wait for a lock."""

    def __init__(self, target: Target, database: str | None) -> None:
        self.connection = target.connect(database)
        self._work: queue.Queue[Block | None] = queue.Queue()
        self._done: queue.Queue[list[str]] = queue.Queue()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()
        self.running = False

    def _loop(self) -> None:
        while (block := self._work.get()) is not None:
            try:
                self._done.put(run_block(self.connection, block))
            except Exception as error:  # a lost connection is a result too
                self._done.put([f"CLIENT {type(error).__name__}: {error}"])

    def start(self, block: Block) -> None:
        """Begins a statement."""
        self.running = True
        self._work.put(block)

    def finished(self, seconds: float) -> list[str] | None:
        """What it gave, or None when it still runs after so many seconds."""
        try:
            answer = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        self.running = False
        return answer

    def close(self) -> None:
        """Ends the thread and the connection."""
        self._work.put(None)
        try:
            self.connection.close()
        except pymysql.err.Error:
            pass


def cell(value: object) -> str:
    """A value as a script shows it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return "0x" + value.hex().upper()
        if any(ord(c) < 32 and c not in "\n\t\r" for c in text):
            return "0x" + value.hex().upper()
        return _shown(text)
    return _shown(str(value)) if isinstance(value, (str, int, float, Decimal)) else repr(value)


def _shown(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") if text else "''"


def run_block(connection: pymysql.connections.Connection[Any], block: Block) -> list[str]:
    """Lines of what a statement gives."""
    cursor = connection.cursor()
    try:
        cursor.execute(block.statement.encode("utf-8", "surrogateescape"))
    except pymysql.err.MySQLError as error:
        code, message = error.args[0], error.args[1] if len(error.args) > 1 else ""
        return _with_warnings(cursor, block, [f"ERROR {code}: {_shown(str(message))}"])
    lines: list[str] = []
    if cursor.description is not None:
        rows = [" | ".join(cell(value) for value in row) for row in cursor.fetchall()]
        if "unordered" in block.tags or not _ORDER.search(block.statement):
            rows.sort()
        if "labels" in block.tags:
            lines.append(" | ".join(column[0] for column in cursor.description))
        if "types" in block.tags:
            lines.append(
                " | ".join(f"{c.name}:{c.type_code}:{c.length}:{c.scale}:{c.flags}" for c in cursor._result.fields)
            )
        lines += rows
    else:
        lines.append(f"ok {cursor.rowcount}")
        if "info" in block.tags:
            message = cursor._result.message or b""
            if message and message[0] == len(message) - 1:
                message = message[1:]
            lines.append(f"info {message.decode()} id {cursor.lastrowid or 0}".rstrip())
    return [line.rstrip() for line in _with_warnings(cursor, block, lines)]


def _with_warnings(cursor: Any, block: Block, lines: list[str]) -> list[str]:
    if "warnings" in block.tags:
        cursor.execute("SHOW WARNINGS")
        lines += [f"{level} {code} {_shown(text)}" for level, code, text in cursor.fetchall()]
    return lines


def normal(lines: list[str], block: Block) -> list[str]:
    """Expected lines in the form of actual ones: rows of an unordered result are sorted."""
    if block.tags & {"labels", "types", "warnings", "info"}:
        return lines
    if "unordered" in block.tags or not _ORDER.search(block.statement):
        return sorted(lines)
    return lines


def agrees(block: Block, answer: list[str]) -> bool:
    """Whether an answer is what the block expects; an expected line that ends with `…` is a beginning."""
    wanted = normal(block.expected or [], block)
    if len(wanted) != len(answer):
        return False
    return all(a.startswith(w[:-1]) if w.endswith("…") else a == w for w, a in zip(wanted, answer, strict=True))


def run_script(target: Target, blocks: list[Block], database: str) -> list[str]:
    """Runs all blocks in a database of their own; returns the differences, one text each."""
    problems: list[str] = []
    setup = target.connect(None)
    cursor = setup.cursor()
    cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")
    cursor.execute(f"CREATE DATABASE `{database}`")
    sessions: dict[str, ScriptSession] = {}
    try:
        for block in blocks:
            session = sessions.get(block.session)
            if session is None:
                session = sessions[block.session] = ScriptSession(target, database)
            if not block.waits:
                session.start(block)
            answer = session.finished(STILL_RUNNING_SECONDS if block.starts else WAIT_SECONDS)
            if block.starts:
                if answer is not None:
                    problems.append(f"line {block.line}: {block.statement!r} did not wait: {answer}")
                continue
            if answer is None:
                problems.append(f"line {block.line}: {block.statement!r} does not end")
                break
            block.actual = answer
            if block.expected is None:
                if answer and answer[0].startswith(("ERROR", "CLIENT")):
                    problems.append(f"line {block.line}: {block.statement}\n  gave {answer[0]}")
            elif not agrees(block, answer):
                wanted = "\n    ".join(block.expected)
                seen = "\n    ".join(answer)
                problems.append(f"line {block.line}: {block.statement}\n  expected\n    {wanted}\n  got\n    {seen}")
    finally:
        for session in sessions.values():
            session.close()
        try:
            cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")
        finally:
            setup.close()
    return problems
