"""What statements without a plan demand of the account, in the words of MySQL's manual ("Privileges Provided by MySQL").

Queries and DML note their privileges while they are bound; `Instance.check_plan` checks those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from planner.parse.nodes_admin import TableMaintenance
from planner.parse.nodes_common import Query, StatementKind, TableName, UserName
from planner.parse.nodes_ddl import (
    AddForeignKey,
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    CreateView,
    DdlNode,
    DropDatabase,
    DropIndex,
    DropTable,
    DropView,
    Reference,
    RenameTable,
    RenameTo,
    TruncateTable,
)
from sqlnode.base.errors import DBACCESS_DENIED_ERROR, NO_DB_ERROR, SPECIFIC_ACCESS_DENIED_ERROR, SqlError
from sqlnode.privileges import ANY_COLUMN

if TYPE_CHECKING:
    from sqlnode.privileges import Account
    from sqlnode.session.session import Session

MYSQL = "mysql"


class _Checker:
    """Checks against one session's account."""

    def __init__(self, session: Session, account: Account) -> None:
        self.session = session
        self.account = account
        self.accounts = session.instance.accounts

    def table(self, name: TableName, *privileges: str, column: str = "") -> None:
        """Raises 1046, 1142, 1143."""
        database = name.schema or self.session.database
        if not database:
            raise SqlError(NO_DB_ERROR)
        for privilege in privileges:
            self.accounts.check(self.account, privilege, database, name.name, column)

    def database(self, name: str | None, privilege: str) -> None:
        """Raises 1046, 1044."""
        found = name or self.session.database
        if not found:
            raise SqlError(NO_DB_ERROR)
        self.accounts.check(self.account, privilege, found, "", "")

    def query(self, query: Query) -> None:
        """Raises what the query's own privileges raise; a query that is wrong is left to the statement itself."""
        if self.accounts.has(self.account, "SELECT", ""):
            return
        self.session.instance.check_plan(self.session, self.session.planned(query.statement))

    def reference(self, reference: Reference) -> None:
        """A foreign key needs REFERENCES on the table that it names."""
        self.table(reference.table, "REFERENCES", column=ANY_COLUMN)


def check_definition(session: Session, node: DdlNode) -> None:
    """CREATE, ALTER, DROP, RENAME and TRUNCATE."""
    if session.account is None:
        return
    checker = _Checker(session, session.account)
    match node:
        case CreateDatabase():
            checker.database(node.name, "CREATE")
        case AlterDatabase():
            checker.database(node.name, "ALTER")
        case DropDatabase():
            checker.database(node.name, "DROP")
        case CreateTable():
            _create_table(checker, node)
        case DropTable():
            for name in node.tables:
                _drop(checker, name)
        case TruncateTable():
            _drop(checker, node.table)
        case AlterTable():
            _alter_table(checker, node)
        case CreateIndex() | DropIndex():
            checker.table(node.table, "INDEX")
        case RenameTable():
            for old, new in node.renames:
                checker.table(old, "ALTER", "DROP")
                checker.table(new, "CREATE", "INSERT")
        case CreateView():
            _create_view(checker, node)
        case DropView():
            for name in node.views:
                checker.table(name, "DROP")


def _drop(checker: _Checker, name: TableName) -> None:
    if not is_temporary(checker.session, name):
        checker.table(name, "DROP")


def is_temporary(session: Session, name: TableName) -> bool:
    """Whether the name means a temporary table of the session, which its maker may treat as they like."""
    database = name.schema or session.database
    return (database.lower(), name.name.lower()) in session.plan_context().temporary_tables


def _create_table(checker: _Checker, node: CreateTable) -> None:
    if node.temporary:
        checker.database(node.table.schema, "CREATE TEMPORARY TABLES")
    else:
        checker.table(node.table, "CREATE")
    if node.like is not None:
        checker.table(node.like, "SELECT")
    if node.select is not None:
        if not node.temporary:
            checker.table(node.table, "INSERT")
        checker.query(node.select)
    for key in node.foreign_keys:
        checker.reference(key.reference)
    for column in node.columns:
        if column.reference is not None:
            checker.reference(column.reference)


def _alter_table(checker: _Checker, node: AlterTable) -> None:
    if is_temporary(checker.session, node.table):
        return
    checker.table(node.table, "ALTER")
    for action in node.actions:
        if isinstance(action, RenameTo):
            checker.table(node.table, "DROP")
            checker.table(action.table, "CREATE", "INSERT")
        elif isinstance(action, AddForeignKey):
            checker.reference(action.foreign_key.reference)


def _create_view(checker: _Checker, node: CreateView) -> None:
    checker.table(node.view, "CREATE VIEW")
    if node.or_replace or node.kind is StatementKind.ALTER_VIEW:
        checker.table(node.view, "DROP")
    _check_definer(checker, node.definer)
    checker.query(node.select)


def _check_definer(checker: _Checker, definer: UserName | None) -> None:
    """Another account's rights are given by those who may stand for it. Raises 1227."""
    account = checker.account
    if definer is None or definer.current or (definer.user, definer.host) == (account.user, account.host):
        return
    if not checker.session.instance.may(account, "SET_USER_ID"):
        raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege="SUPER or SET_USER_ID")


def check_maintenance(session: Session, node: TableMaintenance) -> None:
    """ANALYZE, OPTIMIZE and REPAIR need SELECT and INSERT, CHECK and CHECKSUM need SELECT."""
    if session.account is None:
        return
    checker = _Checker(session, session.account)
    reads = node.kind in (StatementKind.CHECK_TABLE, StatementKind.CHECKSUM_TABLE)
    for name in node.tables:
        checker.table(name, *(("SELECT",) if reads else ("SELECT", "INSERT")))


def check_lock(session: Session, names: Iterable[TableName]) -> None:
    """LOCK TABLES: that privilege in the database, and SELECT on each table."""
    if session.account is None:
        return
    checker = _Checker(session, session.account)
    for name in names:
        checker.database(name.schema, "LOCK TABLES")
        checker.table(name, "SELECT")


def check_other_account(session: Session, user: str, host: str) -> None:
    """What is told about other accounts needs SELECT on the tables that hold it. Raises 1044."""
    account = session.account
    if account is None or (user, host) == (account.user, account.host):
        return
    if not session.instance.accounts.has(account, "SELECT", MYSQL):
        raise SqlError(DBACCESS_DENIED_ERROR, user=account.user, host=account.host, database=MYSQL)


def check_any_global(session: Session, *privileges: str) -> None:
    """One of several global privileges. Raises 1227 naming them."""
    account = session.account
    if account is None:
        return
    if not any(session.instance.accounts.has(account, privilege, "") for privilege in privileges):
        raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege=" or ".join(privileges))
