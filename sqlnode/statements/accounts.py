"""CREATE, ALTER, DROP and RENAME USER, SET PASSWORD, GRANT and REVOKE: hands the session's facts to
`sqlnode.privileges`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from executor.result import OkResult
from planner.parse.nodes_account import (
    AlterUser,
    CreateRole,
    CreateUser,
    DropRole,
    DropUser,
    Grant,
    RenameUser,
    Revoke,
)
from planner.parse.nodes_session import SetDefaultRole, SetPassword, SetRole
from planner.parse.statement import Statement
from sqlnode.base.adoption import become_task
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.privileges import grants, users
from sqlnode.privileges.context import AccountContext
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session

_ROLES = (CreateRole, DropRole, SetRole, SetDefaultRole)
_RUN: dict[type, Callable[[Any, AccountContext], Awaitable[OkResult]]] = {
    CreateUser: users.create_user,
    AlterUser: users.alter_user,
    DropUser: users.drop_user,
    RenameUser: users.rename_user,
    SetPassword: users.set_password,
    Grant: grants.grant,
    Revoke: grants.revoke,
}


async def _run(session: Session, node: Any, statement: Statement) -> OkResult:
    await become_task()
    instance = session.instance
    context = AccountContext(
        store=instance.store,
        accounts=instance.accounts,
        catalogs=instance.catalogs,
        account=session.account,
        database=session.database,
        warn=session.warn,
        now_us=session.now_us(),
    )
    return await _RUN[type(node)](node, context)


async def _roles(session: Session, node: Any, statement: Statement) -> OkResult:
    if isinstance(node, SetRole) and node.mode in ("NONE", "DEFAULT", "ALL"):
        return OkResult()
    raise SqlError(NOT_SUPPORTED_YET, feature="roles")


HANDLERS = (
    Handler(tuple(_RUN), _run, implicit_commit=True, changes=True),
    Handler(_ROLES, _roles),
)
