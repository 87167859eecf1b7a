"""Frozen values for accounts and privileges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from planner.parse.nodes_common import StatementKind, UserName


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """One account of CREATE USER or ALTER USER with its authentication.

    `plugin` is the name after IDENTIFIED WITH; `password` the clear text after BY; `auth_string` the stored form after AS;
    `random_password` is BY RANDOM PASSWORD. `replace` is the old password; None means not written everywhere.
    """

    user: UserName
    plugin: str | None = None
    password: str | None = None
    auth_string: bytes | None = None
    random_password: bool = False
    replace: str | None = None
    retain: bool = False
    discard_old: bool = False


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """What follows the accounts: REQUIRE, WITH resource limits, password and lock options, COMMENT, ATTRIBUTE.

    `require` is a tuple of (word, value): NONE, SSL, X509, SUBJECT, ISSUER, CIPHER. `resources` of (name, n).
    `password` are upper-case texts such as `EXPIRE`, `EXPIRE NEVER`, `EXPIRE INTERVAL 90 DAY`, `HISTORY DEFAULT`.
    """

    require: tuple[tuple[str, str | None], ...] = ()
    resources: tuple[tuple[str, int], ...] = ()
    password: tuple[str, ...] = ()
    locked: bool | None = None
    comment: str | None = None
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class CreateUser:
    """CREATE USER; `default_roles` from DEFAULT ROLE."""

    accounts: tuple[AccountSpec, ...]
    options: AccountOptions = AccountOptions()
    if_not_exists: bool = False
    default_roles: tuple[UserName, ...] = ()
    kind: StatementKind = StatementKind.CREATE_USER


@dataclass(frozen=True, slots=True)
class AlterUser:
    """ALTER USER. `default_role` is NONE, ALL, LIST or None (no DEFAULT ROLE clause)."""

    accounts: tuple[AccountSpec, ...]
    options: AccountOptions = AccountOptions()
    if_exists: bool = False
    default_role: str | None = None
    default_roles: tuple[UserName, ...] = ()
    kind: StatementKind = StatementKind.ALTER_USER


@dataclass(frozen=True, slots=True)
class DropUser:
    """DROP USER."""

    users: tuple[UserName, ...]
    if_exists: bool = False
    kind: StatementKind = StatementKind.DROP_USER


@dataclass(frozen=True, slots=True)
class RenameUser:
    """RENAME USER old TO new, …."""

    renames: tuple[tuple[UserName, UserName], ...]
    kind: StatementKind = StatementKind.RENAME_USER


@dataclass(frozen=True, slots=True)
class CreateRole:
    """CREATE ROLE."""

    roles: tuple[UserName, ...]
    if_not_exists: bool = False
    kind: StatementKind = StatementKind.CREATE_ROLE


@dataclass(frozen=True, slots=True)
class DropRole:
    """DROP ROLE."""

    roles: tuple[UserName, ...]
    if_exists: bool = False
    kind: StatementKind = StatementKind.DROP_ROLE


@dataclass(frozen=True, slots=True)
class Privilege:
    """One privilege, upper case with single blanks (`SELECT`, `ALL`, `CREATE VIEW`), with its column list.

    A dynamic privilege (`BACKUP_ADMIN`) is a name that is not one of the static ones.
    """

    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrivilegeLevel:
    """The object after ON. `object_type` is TABLE, FUNCTION or PROCEDURE.

    `*.*`: database None and table None with `is_global`; `db.*`: table None; `*`: database None, table None (the current
    database); `t`: database None.
    """

    database: str | None
    table: str | None
    is_global: bool = False
    object_type: str = "TABLE"


@dataclass(frozen=True, slots=True)
class Grant:
    """GRANT privileges ON level TO users, or GRANT roles TO users (`level` None)."""

    privileges: tuple[Privilege, ...]
    level: PrivilegeLevel | None
    accounts: tuple[AccountSpec, ...]
    roles: tuple[UserName, ...] = ()
    proxy: UserName | None = None
    grant_option: bool = False
    admin_option: bool = False
    kind: StatementKind = StatementKind.GRANT


@dataclass(frozen=True, slots=True)
class Revoke:
    """REVOKE. `all_privileges` is REVOKE ALL PRIVILEGES, GRANT OPTION FROM users (no ON)."""

    privileges: tuple[Privilege, ...]
    level: PrivilegeLevel | None
    users: tuple[UserName, ...]
    roles: tuple[UserName, ...] = ()
    proxy: UserName | None = None
    all_privileges: bool = False
    if_exists: bool = False
    ignore_unknown_user: bool = False
    kind: StatementKind = StatementKind.REVOKE


AccountNode: TypeAlias = CreateUser | AlterUser | DropUser | RenameUser | CreateRole | DropRole | Grant | Revoke
