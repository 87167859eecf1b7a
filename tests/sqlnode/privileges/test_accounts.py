"""Accounts through their statements: who is found, what they may do, what SHOW GRANTS prints."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from planner.parse.entry import parse_text
from planner.parse.nodes_account import AlterUser, CreateUser, DropUser, Grant, RenameUser, Revoke
from planner.parse.nodes_session import SetPassword
from sqlnode.base.errors import SqlError
from sqlnode.base.passwords import verify
from sqlnode.privileges import Account, Accounts
from sqlnode.privileges import grants as granting
from sqlnode.privileges import users as accounts_of
from sqlnode.privileges.context import AccountContext
from sqlnode.privileges.hosts import matches
from tests.sqlnode.ddl.server import Server, serving

RUN: dict[type, Callable[..., Awaitable[object]]] = {
    CreateUser: accounts_of.create_user,
    AlterUser: accounts_of.alter_user,
    DropUser: accounts_of.drop_user,
    RenameUser: accounts_of.rename_user,
    SetPassword: accounts_of.set_password,
    Grant: granting.grant,
    Revoke: granting.revoke,
}


class Administration:
    """Runs account statements as root, or as another account."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.accounts = Accounts(server.store)

    async def run(self, text: str, *, as_account: Account | None = None) -> None:
        for statement in parse_text(text):
            account = as_account or self.accounts.find("root", "localhost")
            context = AccountContext(
                self.server.store, self.accounts, self.server.catalogs, account, "test", self.server.warnings.append
            )
            await RUN[type(statement.ast)](statement.ast, context)

    async def error(self, text: str, *, as_account: Account | None = None) -> tuple[int, str]:
        with pytest.raises(SqlError) as caught:
            await self.run(text, as_account=as_account)
        return caught.value.code, caught.value.message

    def account(self, user: str, host: str = "10.0.0.1") -> Account:
        found = self.accounts.find(user, host)
        assert found is not None
        return found


def scenario(body: Callable[[Administration], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving() as server:
            administration = Administration(server)
            await server.run("create table t (a int, b int); create table u (a int)")
            await administration.accounts.load(server.catalogs.current)
            await body(administration)

    asyncio.run(run())


def test_users() -> None:
    async def body(admin: Administration) -> None:
        await admin.run(
            "create user u identified by 'secret', 'v'@'10.0.%' identified with mysql_native_password by 'x'"
        )
        account = admin.account("u")
        assert account.plugin == "caching_sha2_password"
        assert verify(b"secret", account.auth_string, account.plugin)
        assert admin.account("v").auth_string == b"*B69027D44F6E5EDC07F1AEAD1477967B16F28227"
        assert admin.accounts.find("v", "10.1.0.1") is None
        assert await admin.error("create user w, u") == (1396, "Operation CREATE USER failed for 'u'@'%'")
        assert admin.accounts.find("w", "10.0.0.1") is None
        await admin.run("create user if not exists u")
        assert admin.server.warnings[-1].code == 3163
        await admin.run("alter user u identified by 'other' account lock")
        assert verify(b"other", admin.account("u").auth_string, "caching_sha2_password") and admin.account("u").locked
        await admin.run("set password for u = ''; alter user u account unlock; rename user u to x@localhost")
        assert admin.accounts.find("u", "10.0.0.1") is None
        assert admin.account("x", "127.0.0.1").auth_string == b""
        assert await admin.error("drop user x@localhost, nobody") == (
            1396,
            "Operation DROP USER failed for 'nobody'@'%'",
        )
        await admin.run("drop user x@localhost, v@'10.0.%'")
        assert await admin.error("alter user x identified by ''") == (1396, "Operation ALTER USER failed for 'x'@'%'")
        assert (await admin.error("create user y identified with nonsense by 'x'"))[0] == 1524
        assert (await admin.error("create user y identified with mysql_native_password as 'x'"))[0] == 1827
        assert (await admin.error("create user y require ssl"))[0] == 1235

    scenario(body)


def test_grants() -> None:
    async def body(admin: Administration) -> None:
        assert (await admin.error("grant select on *.* to nobody"))[0] == 1410
        await admin.run("create user u")
        accounts, account = admin.accounts, admin.account("u")
        assert accounts.grants_text("u", "%") == ["GRANT USAGE ON *.* TO `u`@`%`"]
        assert accounts.has(account, "SELECT", "information_schema", "tables")
        for check, code in (
            (lambda: accounts.check(account, "SELECT", "test", "t", "a"), 1143),
            (lambda: accounts.check(account, "CREATE", "test", "", ""), 1044),
            (lambda: accounts.check_database(account, "test"), 1044),
            (lambda: accounts.check_global(account, "PROCESS"), 1227),
        ):
            with pytest.raises(SqlError) as caught:
                check()
            assert caught.value.code == code
        await admin.run("grant select (a), insert on t to u; grant all on `te_t`.* to u; grant process on *.* to u")
        assert accounts.grants_text("u", "%") == [
            "GRANT PROCESS ON *.* TO `u`@`%`",
            "GRANT ALL PRIVILEGES ON `te_t`.* TO `u`@`%`",
            "GRANT SELECT (`a`), INSERT ON `test`.`t` TO `u`@`%`",
        ]
        assert accounts.has(account, "DROP", "TEST", "u")
        await admin.run("revoke all on `te_t`.* from u")
        assert accounts.has(account, "SELECT", "test", "t", "a") and accounts.has(account, "INSERT", "test", "t")
        with pytest.raises(SqlError) as caught:
            accounts.check(account, "SELECT", "test", "t", "b")
        assert caught.value.message == "SELECT command denied to user 'u'@'%' for column 'b' in table 't'"
        assert accounts.sees_table(account, "test", "t") and not accounts.sees_table(account, "test", "u")
        await admin.run("revoke select (a), insert on test.t from u; revoke process on *.* from u")
        assert accounts.grants_text("u", "%") == ["GRANT USAGE ON *.* TO `u`@`%`"]
        assert (await admin.error("revoke select on test.t from u"))[0] == 1147
        assert (await admin.error("revoke select on other.* from u"))[0] == 1141
        assert (await admin.error("grant process on test.* to u"))[0] == 1221
        assert (await admin.error("grant process on test.t to u"))[0] == 1144
        assert (await admin.error("grant select on test.nowhere to u"))[0] == 1146
        assert (await admin.error("grant select (z) on test.t to u"))[0] == 1054
        assert accounts.grants_text("root", "localhost")[0].endswith(
            "DROP ROLE ON *.* TO `root`@`localhost` WITH GRANT OPTION"
        )

    scenario(body)


def test_who_may_grant() -> None:
    async def body(admin: Administration) -> None:
        await admin.run("create user u, v; grant select on test.* to u with grant option")
        u = admin.account("u")
        await admin.run("grant select on test.t to v", as_account=u)
        assert admin.accounts.has(admin.account("v"), "SELECT", "test", "t")
        assert (await admin.error("grant insert on test.t to v", as_account=u))[0] == 1142
        assert (await admin.error("grant insert on test.* to v", as_account=u))[0] == 1044
        assert (await admin.error("grant select on *.* to v", as_account=u))[0] == 1045
        assert (await admin.error("create user w", as_account=u))[0] == 1227
        assert (await admin.error("alter user v identified by 'x'", as_account=u))[0] == 1227
        await admin.run("alter user user() identified by 'mine'; set password = 'again'", as_account=u)
        assert verify(b"again", admin.account("u").auth_string, "caching_sha2_password")
        await admin.run("revoke all privileges, grant option from u")
        assert admin.accounts.grants_text("u", "%") == ["GRANT USAGE ON *.* TO `u`@`%`"]

    scenario(body)


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("%", "1.2.3.4", True),
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost", "10.0.0.1", False),
        ("10.0.%", "10.0.9.1", True),
        ("10.0.%", "10.1.0.1", False),
        ("192.168.1.0/255.255.255.0", "192.168.1.77", True),
        ("192.168.1.0/24", "192.168.2.77", False),
    ],
)
def test_hosts(pattern: str, host: str, expected: bool) -> None:
    assert matches(pattern, host) is expected
