"""CREATE, ALTER, DROP and RENAME USER, and SET PASSWORD."""

from __future__ import annotations

from collections.abc import Sequence

from executor.result import OkResult
from planner.parse.nodes_account import (
    AccountOptions,
    AccountSpec,
    AlterUser,
    CreateUser,
    DropUser,
    RenameUser,
)
from planner.parse.nodes_session import SetPassword
from sqlnode.base import json
from sqlnode.base.errors import (
    CANNOT_USER,
    INCORRECT_CURRENT_PASSWORD,
    NOT_SUPPORTED_YET,
    PASSWORD_ANONYMOUS_USER,
    PASSWORD_FORMAT,
    PASSWORD_NO_MATCH,
    PLUGIN_IS_NOT_LOADED,
    SqlError,
)
from sqlnode.base.passwords import CACHING_SHA2, DEFAULT_PLUGIN, NATIVE, is_stored_form, stored_password, verify
from sqlnode.base.temporal import pack_epoch
from sqlnode.base.types import Value
from sqlnode.privileges.context import ACCOUNT_TABLES, AccountContext, Tables
from sqlnode.privileges.stored import NO, YES, initial_user

Names = list[tuple[str, str]]
_HARMLESS = frozenset(
    ("EXPIRE DEFAULT", "EXPIRE NEVER", "HISTORY DEFAULT", "REUSE INTERVAL DEFAULT", "REQUIRE CURRENT DEFAULT",
     "REQUIRE CURRENT OPTIONAL", "FAILED_LOGIN_ATTEMPTS 0", "PASSWORD_LOCK_TIME 0"),
)  # fmt: skip


def shown(names: Sequence[tuple[str, str]]) -> str:
    """Accounts as error 1396 lists them."""
    return ",".join(f"'{user}'@'{host}'" for user, host in names)


def _failed(operation: str, names: Sequence[tuple[str, str]]) -> SqlError:
    return SqlError(CANNOT_USER, operation=operation, users=shown(names))


# Passwords and options


def _authentication(spec: AccountSpec, plugin: str) -> tuple[str, bytes]:
    """(plugin, stored password). Raises 1524, 1827, 1235."""
    plugin = spec.plugin or plugin
    if plugin not in (CACHING_SHA2, NATIVE):
        raise SqlError(PLUGIN_IS_NOT_LOADED, plugin=plugin)
    if spec.random_password:
        raise SqlError(NOT_SUPPORTED_YET, feature="RANDOM PASSWORD")
    if spec.retain or spec.discard_old:
        raise SqlError(NOT_SUPPORTED_YET, feature="dual passwords")
    if spec.auth_string is not None:
        if not is_stored_form(spec.auth_string, plugin):
            raise SqlError(PASSWORD_FORMAT)
        return plugin, spec.auth_string
    return plugin, stored_password((spec.password or "").encode("utf-8", "surrogateescape"), plugin)


def _option_cells(options: AccountOptions) -> dict[str, Value]:
    """The cells of `mysql.user` that the options set. Raises 1235 for those that would need enforcing and are not."""
    cells: dict[str, Value] = {}
    if any(word != "NONE" for word, _ in options.require):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"REQUIRE {options.require[0][0]}")
    for name, value in options.resources:
        if name == "MAX_USER_CONNECTIONS":
            cells["max_user_connections"] = value
        elif value:
            raise SqlError(NOT_SUPPORTED_YET, feature=name)
    for text in options.password:
        if text == "EXPIRE":
            cells["password_expired"] = YES
        elif text not in _HARMLESS:
            raise SqlError(NOT_SUPPORTED_YET, feature=f"PASSWORD {text}")
    if options.locked is not None:
        cells["account_locked"] = YES if options.locked else NO
    if options.comment is not None:
        cells["user_attributes"] = json.encode({"metadata": {"comment": options.comment}})
    if options.attribute is not None:
        cells["user_attributes"] = json.encode({"metadata": json.loads(options.attribute)})
    return cells


# Statements


async def create_user(node: CreateUser, context: AccountContext) -> OkResult:
    """CREATE USER: all or none. Raises 1396."""
    context.require("CREATE USER")
    if node.default_roles:
        raise SqlError(NOT_SUPPORTED_YET, feature="roles")
    cells = _option_cells(node.options)
    rows = []
    for spec in node.accounts:
        user, host = context.resolve(spec.user)
        plugin, stored = _authentication(spec, DEFAULT_PLUGIN)
        rows.append({**initial_user(user, host, plugin, stored, changed_us=context.now_us), **cells})
    names = [context.resolve(spec.user) for spec in node.accounts]

    async def build(tables: Tables) -> None:
        taken = [name for name in names if await tables.rows("user", *name)]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if (taken and not node.if_not_exists) or twice:
            raise _failed("CREATE USER", taken or twice)
        for name, row in zip(names, rows, strict=True):
            if name not in taken:
                tables.write("user", row)
        for name in taken:
            context.note(3163, f"Authorization ID {shown([name])} already exists.")

    await context.change(build)
    return OkResult()


async def alter_user(node: AlterUser, context: AccountContext) -> OkResult:
    """ALTER USER. One's own password needs no privilege. Raises 1396, 1227."""
    if node.default_role is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="roles")
    names = [context.resolve(spec.user) for spec in node.accounts]
    cells = _option_cells(node.options)
    if cells or any(not context.is_self(*name) for name in names):
        context.require("CREATE USER")

    async def build(tables: Tables) -> None:
        missing: Names = []
        for spec, name in zip(node.accounts, names, strict=True):
            found = await tables.rows("user", *name)
            if not found:
                missing.append(name)
                continue
            row = found[0]
            if spec.password is not None or spec.auth_string is not None or spec.plugin or spec.random_password:
                _check_replaced(spec.replace, row)
                plugin, stored = _authentication(spec, _text(row["plugin"]) or DEFAULT_PLUGIN)
                row |= _password_cells(plugin, stored, context)
            tables.write("user", {**row, **cells})
        if missing and not node.if_exists:
            raise _failed("ALTER USER", missing)
        for name in missing:
            context.note(3162, f"Authorization ID {shown([name])} does not exist.")

    await context.change(build)
    return OkResult()


def _text(value: Value) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _password_cells(plugin: str, stored: bytes, context: AccountContext) -> dict[str, Value]:
    return {
        "plugin": plugin.encode(),
        "authentication_string": stored,
        "password_expired": NO,
        "password_last_changed": pack_epoch(context.now_us) if context.now_us else None,
    }


def _check_replaced(replaced: str | None, row: dict[str, Value]) -> None:
    """REPLACE 'old password'. Raises 3891."""
    stored = row["authentication_string"]
    if replaced is None:
        return
    assert isinstance(stored, bytes), "the stored password is a string"
    if not verify(replaced.encode("utf-8", "surrogateescape"), stored, _text(row["plugin"])):
        raise SqlError(INCORRECT_CURRENT_PASSWORD)


async def set_password(node: SetPassword, context: AccountContext) -> OkResult:
    """SET PASSWORD [FOR user] = '…'. Raises 1133, 1131."""
    if node.password is None:
        raise SqlError(NOT_SUPPORTED_YET, feature="RANDOM PASSWORD")
    if node.retain:
        raise SqlError(NOT_SUPPORTED_YET, feature="dual passwords")
    if node.user is None and context.account is not None and not context.account.user:
        raise SqlError(PASSWORD_ANONYMOUS_USER)
    if node.user is None or node.user.current:
        assert context.account is not None, "the server has no password"
        name = (context.account.user, context.account.host)
    else:
        name = context.resolve(node.user)
    if not context.is_self(*name):
        context.require("CREATE USER")
    password = node.password

    async def build(tables: Tables) -> None:
        found = await tables.rows("user", *name)
        if not found:
            raise SqlError(PASSWORD_NO_MATCH)
        row = found[0]
        _check_replaced(node.replace, row)
        plugin = _text(row["plugin"]) or DEFAULT_PLUGIN
        stored = stored_password(password.encode("utf-8", "surrogateescape"), plugin)
        tables.write("user", {**row, **_password_cells(plugin, stored, context)})

    await context.change(build)
    return OkResult()


async def drop_user(node: DropUser, context: AccountContext) -> OkResult:
    """DROP USER with everything that was granted to it: all or none. Raises 1396."""
    context.require("CREATE USER")
    names = [context.resolve(name) for name in node.users]

    async def build(tables: Tables) -> None:
        missing: Names = []
        for name in names:
            if not await tables.rows("user", *name):
                missing.append(name)
                continue
            for table in ACCOUNT_TABLES:
                for row in await tables.rows(table, *name):
                    tables.delete(table, row)
        if missing and not node.if_exists:
            raise _failed("DROP USER", missing)
        for name in missing:
            context.note(3162, f"Authorization ID {shown([name])} does not exist.")

    await context.change(build)
    return OkResult()


async def rename_user(node: RenameUser, context: AccountContext) -> OkResult:
    """RENAME USER: all or none. Raises 1396."""
    context.require("CREATE USER")

    async def build(tables: Tables) -> None:
        for old_name, new_name in node.renames:
            old, new = context.resolve(old_name), context.resolve(new_name)
            if not await tables.rows("user", *old) or await tables.rows("user", *new):
                raise _failed("RENAME USER", [old])
            for table in ACCOUNT_TABLES:
                for row in await tables.rows(table, *old):
                    tables.delete(table, row)
                    renamed = {"user": new[0].encode("utf-8", "surrogateescape"), "host": new[1].encode()}
                    tables.write(table, {**row, **renamed})

    await context.change(build)
    return OkResult()
