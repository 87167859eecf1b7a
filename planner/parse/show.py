"""SHOW in all its forms, and HELP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_admin import Help, Show
from planner.parse.nodes_common import Expr

T = TokenType


def _filtered(cursor: Cursor, show: Show) -> Show:
    """[LIKE 'pattern' | WHERE condition]."""
    if cursor.accept("LIKE"):
        return replace(show, like=cursor.string())
    if cursor.accept("WHERE"):
        return replace(show, where=_condition(cursor))
    return show


def _condition(cursor: Cursor) -> Expr:
    return cursor.until(len(cursor.tokens))


def _database(cursor: Cursor) -> str | None:
    return cursor.name() if cursor.accept_any("FROM", "IN") else None


def _in_database(what: str) -> Callable[[Cursor, Show], Show]:
    def read(cursor: Cursor, show: Show) -> Show:
        return _filtered(cursor, replace(show, what=what, database=_database(cursor)))

    return read


def _plain(what: str) -> Callable[[Cursor, Show], Show]:
    def read(cursor: Cursor, show: Show) -> Show:
        return _filtered(cursor, replace(show, what=what))

    return read


def _bare(what: str) -> Callable[[Cursor, Show], Show]:
    def read(cursor: Cursor, show: Show) -> Show:
        return replace(show, what=what)

    return read


def _of_table(what: str) -> Callable[[Cursor, Show], Show]:
    def read(cursor: Cursor, show: Show) -> Show:
        if not cursor.accept_any("FROM", "IN"):
            raise cursor.fail()
        table = cursor.table()
        database = _database(cursor)
        if database is not None:
            table = replace(table, schema=database)
        return _filtered(cursor, replace(show, what=what, table=table))

    return read


def _limited(what: str) -> Callable[[Cursor, Show], Show]:
    def read(cursor: Cursor, show: Show) -> Show:
        if not cursor.accept("LIMIT"):
            return replace(show, what=what)
        first = cursor.integer()
        if cursor.symbol(T.COMMA):
            return replace(show, what=what, limit=(first, cursor.integer()))
        if cursor.accept("OFFSET"):
            return replace(show, what=what, limit=(cursor.integer(), first))
        return replace(show, what=what, limit=(0, first))

    return read


def _create(cursor: Cursor, show: Show) -> Show:
    kind = cursor.accept_any("TABLE", "VIEW", "DATABASE", "SCHEMA", "USER", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT")
    if kind is None:
        raise cursor.fail()
    if kind in ("TABLE", "VIEW"):
        return replace(show, what=f"CREATE {kind}", table=cursor.table())
    if kind in ("DATABASE", "SCHEMA"):
        exists = cursor.accept("IF", "NOT", "EXISTS")
        return replace(show, what="CREATE DATABASE", name=cursor.name(), if_not_exists=exists)
    if kind == "USER":
        return replace(show, what="CREATE USER", user=cursor.user())
    return replace(show, what=f"CREATE {kind}", table=cursor.table())


def _grants(cursor: Cursor, show: Show) -> Show:
    user = None
    using: tuple[object, ...] = ()
    if cursor.accept("FOR"):
        user = cursor.user()
        if cursor.accept("USING"):
            using = cursor.users()
    return replace(show, what="GRANTS", user=user, using=using)  # type: ignore[arg-type]


def _engine(cursor: Cursor, show: Show) -> Show:
    name = cursor.name()
    return replace(show, what="ENGINE " + cursor.expect_any("STATUS", "MUTEX", "LOGS"), name=name)


def _count(cursor: Cursor, show: Show) -> Show:
    cursor.expect_symbol(T.L_PAREN)
    cursor.expect_symbol(T.STAR)
    cursor.expect_symbol(T.R_PAREN)
    return replace(show, what="COUNT " + cursor.expect_any("WARNINGS", "ERRORS"))


def _replica(cursor: Cursor, show: Show) -> Show:
    if cursor.accept("FOR", "CHANNEL"):
        return replace(show, what="REPLICA STATUS", name=cursor.string())
    return replace(show, what="REPLICA STATUS")


def _profile(cursor: Cursor, show: Show) -> Show:
    options: list[str] = []
    while cursor.word() in ("ALL", "BLOCK", "CONTEXT", "CPU", "IPC", "MEMORY", "PAGE", "SOURCE", "SWAPS"):
        word = cursor.advance().text.upper()
        if word in ("BLOCK", "CONTEXT", "PAGE"):
            word += " " + cursor.expect_any("IO", "SWITCHES", "FAULTS")
        options.append(word)
        if not cursor.symbol(T.COMMA):
            break
    if cursor.accept("FOR"):
        cursor.expect("QUERY")
        options.append(f"FOR QUERY {cursor.integer()}")
    return _limited("PROFILE")(cursor, replace(show, options=tuple(options)))


_FORMS: dict[str, Callable[[Cursor, Show], Show]] = {
    "DATABASES": _plain("DATABASES"),
    "SCHEMAS": _plain("DATABASES"),
    "TABLES": _in_database("TABLES"),
    "OPEN TABLES": _in_database("OPEN TABLES"),
    "TABLE STATUS": _in_database("TABLE STATUS"),
    "TRIGGERS": _in_database("TRIGGERS"),
    "EVENTS": _in_database("EVENTS"),
    "COLUMNS": _of_table("COLUMNS"),
    "FIELDS": _of_table("COLUMNS"),
    "INDEX": _of_table("INDEX"),
    "INDEXES": _of_table("INDEX"),
    "KEYS": _of_table("INDEX"),
    "CREATE": _create,
    "VARIABLES": _plain("VARIABLES"),
    "STATUS": _plain("STATUS"),
    "WARNINGS": _limited("WARNINGS"),
    "ERRORS": _limited("ERRORS"),
    "COUNT": _count,
    "COLLATION": _plain("COLLATION"),
    "CHARACTER SET": _plain("CHARACTER SET"),
    "CHARSET": _plain("CHARACTER SET"),
    "CHAR SET": _plain("CHARACTER SET"),
    "ENGINES": _bare("ENGINES"),
    "STORAGE ENGINES": _bare("ENGINES"),
    "ENGINE": _engine,
    "PLUGINS": _bare("PLUGINS"),
    "PROCESSLIST": _bare("PROCESSLIST"),
    "GRANTS": _grants,
    "PRIVILEGES": _bare("PRIVILEGES"),
    "FUNCTION STATUS": _plain("FUNCTION STATUS"),
    "PROCEDURE STATUS": _plain("PROCEDURE STATUS"),
    "MASTER STATUS": _bare("MASTER STATUS"),
    "BINARY LOG STATUS": _bare("MASTER STATUS"),
    "SLAVE STATUS": _replica,
    "REPLICA STATUS": _replica,
    "SLAVE HOSTS": _bare("REPLICAS"),
    "REPLICAS": _bare("REPLICAS"),
    "BINARY LOGS": _bare("BINARY LOGS"),
    "MASTER LOGS": _bare("BINARY LOGS"),
    "PROFILES": _bare("PROFILES"),
    "PROFILE": _profile,
}


def _show(cursor: Cursor) -> Show:
    extended = cursor.accept("EXTENDED")
    full = cursor.accept("FULL")
    scope = cursor.accept_any("GLOBAL", "SESSION", "LOCAL")
    start = cursor.index
    for length in (3, 2, 1):
        words = tuple(cursor.word(ahead) for ahead in range(length))
        if not all(words):
            continue
        name = " ".join(words)
        if name in _FORMS:
            cursor.index = start + length
            scope = "SESSION" if scope == "LOCAL" else scope
            show = Show(what=name, alias=name, full=full, extended=extended, scope=scope)
            found = _FORMS[name](cursor, show)
            if (full and found.what not in ("TABLES", "COLUMNS", "PROCESSLIST")) or (
                scope and found.what not in ("VARIABLES", "STATUS")
            ):
                cursor.index = start - 1
                raise cursor.fail()
            return found
    raise cursor.fail()


def _help(cursor: Cursor) -> Help:
    return Help(cursor.name_or_string())


PARSERS = {"SHOW": _show, "HELP": _help}
