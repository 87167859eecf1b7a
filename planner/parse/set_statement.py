"""SET: system and user variables, NAMES, CHARACTER SET, and items of TRANSACTION inside a list; PASSWORD and ROLE."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Expr, UserName
from planner.parse.nodes_session import (
    SetCharacterSet,
    SetDefaultRole,
    SetItem,
    SetNames,
    SetPassword,
    SetRole,
    SetStatement,
    SetSystemVariable,
    SetUserVariable,
)
from planner.parse.transactions import read_characteristics

T = TokenType
_SCOPES = {
    "GLOBAL": "GLOBAL",
    "SESSION": "SESSION",
    "LOCAL": "SESSION",
    "PERSIST": "PERSIST",
    "PERSIST_ONLY": "PERSIST_ONLY",
}


def _set(cursor: Cursor) -> SetStatement:
    items = [_item(cursor)]
    while cursor.symbol(T.COMMA):
        items.append(_item(cursor))
    return SetStatement(tuple(items))


def _item(cursor: Cursor) -> SetItem:
    if cursor.kind() is T.PARAMETER:
        return _user_variable(cursor)
    if cursor.kind() is T.SESSION_PARAMETER:
        return _at_variable(cursor)
    if cursor.word() == "NAMES" and cursor.kind(1) not in (T.EQ, T.COLON_EQ):
        cursor.index += 1
        return _names(cursor)
    if cursor.accept("CHARACTER", "SET") or cursor.accept("CHAR", "SET") or cursor.accept("CHARSET"):
        return SetCharacterSet(None if cursor.accept("DEFAULT") else cursor.charset())
    scope: str | None = None
    if cursor.word() in _SCOPES and cursor.kind(1) not in (T.EQ, T.COLON_EQ, T.DOT):
        scope = _SCOPES[cursor.word()]
        cursor.index += 1
        if cursor.accept("TRANSACTION"):
            return read_characteristics(cursor, scope)
    return SetSystemVariable(_variable_name(cursor), _value(cursor), scope)


def _names(cursor: Cursor) -> SetNames:
    if cursor.accept("DEFAULT"):
        return SetNames(None)
    charset = cursor.charset()
    collation: str | None = None
    if cursor.accept("COLLATE"):
        collation = None if cursor.accept("DEFAULT") else cursor.charset()
    return SetNames(charset, collation)


def _user_variable(cursor: Cursor) -> SetUserVariable:
    name = cursor.user_variable()
    _assign(cursor)
    return SetUserVariable(name, cursor.item())


def _at_variable(cursor: Cursor) -> SetSystemVariable:
    cursor.index += 1
    scope: str | None = None
    if cursor.word() in _SCOPES and cursor.kind(1) is T.DOT:
        scope = _SCOPES[cursor.word()]
        cursor.index += 2
    return SetSystemVariable(_variable_name(cursor), _value(cursor), scope, at_signs=True)


def _variable_name(cursor: Cursor) -> str:
    name = cursor.any_name()
    while cursor.symbol(T.DOT):
        name += "." + cursor.any_name()
    return name


def _assign(cursor: Cursor) -> None:
    if not (cursor.symbol(T.EQ) or cursor.symbol(T.COLON_EQ)):
        raise cursor.fail()


def _value(cursor: Cursor) -> Expr | None:
    _assign(cursor)
    end = cursor.item_end()
    if cursor.word() == "DEFAULT" and end == cursor.index + 1:
        cursor.index += 1
        return None
    if end == cursor.index + 1 and cursor.word() in ("ON", "ALL", "BINARY", "ROW", "SYSTEM"):
        # Reserved words that are values here; no expression begins with them.
        return _word(cursor)
    return cursor.item()


def _word(cursor: Cursor) -> Expr:
    from sqlglot import expressions as exp

    token = cursor.advance()
    text = cursor.source[token.start : token.end + 1]
    return Expr(exp.Var(this=text), text)


def _set_password(cursor: Cursor) -> SetPassword:
    user: UserName | None = None
    if cursor.accept("FOR"):
        user = cursor.user()
    password: str | None = None
    if not cursor.accept("TO", "RANDOM"):
        cursor.expect_symbol(T.EQ)
        if cursor.word() == "PASSWORD":
            cursor.index += 1
            cursor.expect_symbol(T.L_PAREN)
            password = cursor.string()
            cursor.expect_symbol(T.R_PAREN)
        else:
            password = cursor.string()
    replace = cursor.string() if cursor.accept("REPLACE") else None
    return SetPassword(user, password, replace, cursor.accept("RETAIN", "CURRENT", "PASSWORD"))


def _set_role(cursor: Cursor) -> SetRole:
    if cursor.accept("DEFAULT"):
        return SetRole("DEFAULT")
    if cursor.accept("NONE"):
        return SetRole("NONE")
    if cursor.accept("ALL"):
        return SetRole("ALL EXCEPT", cursor.users()) if cursor.accept("EXCEPT") else SetRole("ALL")
    return SetRole("LIST", cursor.users())


def _set_default_role(cursor: Cursor) -> SetDefaultRole:
    mode = "LIST"
    roles: tuple[UserName, ...] = ()
    if cursor.accept("NONE"):
        mode = "NONE"
    elif cursor.accept("ALL"):
        mode = "ALL"
    else:
        roles = cursor.users()
    cursor.expect("TO")
    return SetDefaultRole(mode, roles, cursor.users())


PARSERS = {
    "SET": _set,
    "SET PASSWORD": _set_password,
    "SET ROLE": _set_role,
    "SET DEFAULT ROLE": _set_default_role,
}
