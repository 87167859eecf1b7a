"""Instance: what all sessions of one process share.

It owns the store, the catalogue, the accounts, global variables, AUTO_INCREMENT ranges, the plan cache and the locks that
belong to sessions. It knows no sockets (the server does) and no statement. `open_instance` wires it from a store's URL.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from executor.copr import DagRunner
from planner.physical import PhysicalPlan
from sqlnode.auto_ids import AutoIds
from sqlnode.base.errors import SqlError
from sqlnode.bootstrap import bootstrap
from sqlnode.catalog_loader import CatalogLoader
from sqlnode.ddl.owner import DdlOwner
from sqlnode.ddl.waits import TableVersions
from sqlnode.privileges import ANY_COLUMN, Account, Accounts
from sqlnode.session.activity import Activity, no_commands, total
from sqlnode.session.locks import AdvisoryLocks, TableLocks
from sqlnode.session.plan_cache import PlanCache
from sqlnode.session.variables import GlobalVariables
from sqlnode.statistics import Statistics
from store import open_store
from store.api import MAX_TIMESTAMP
from store.embedded.engine import die
from store.store import Store

if TYPE_CHECKING:
    from sqlnode.session.session import Session


class Instance:
    """See the module. Fields change only between awaits."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.newest = store.snapshot(MAX_TIMESTAMP)
        """Reads the newest committed version: for single reads outside a transaction."""
        self.catalogs = CatalogLoader(store)
        self.accounts = Accounts(store)
        self.globals = GlobalVariables()
        self.globals.followers["txn_total_size_limit"] = self._limit_transactions
        self.table_versions = TableVersions()
        self.owner = DdlOwner(store, self.catalogs, self.table_versions)
        self.auto_ids = AutoIds(store)
        self.plan_cache = PlanCache()
        self.advisory_locks = AdvisoryLocks()
        self.table_locks = TableLocks()
        self.statistics = Statistics(store, self._forget_plans)
        self.sessions: dict[int, Session] = {}
        self.started_at = time.time()
        self.past_commands = no_commands()
        """What sessions that are gone have run (session.activity)."""
        self.activity: Callable[[Session | None], Activity] = lambda session: Activity()
        """What happened on a session's connection, or on all; the server sets it."""
        self.status_flushed: Callable[[Session], None] = lambda session: None
        """The session's connection counts anew; the server sets it."""
        self.status_flushed_at = self.started_at
        self.disconnect: Callable[[Session], None] = lambda session: None
        """Closes a session's connection; the server sets it."""
        self.large_text_characters = 0
        """Of large statements, since the last time that what they leave was collected (session.large_texts)."""
        self.before_planning: Callable[[], None] = lambda: None
        """Called before a statement is parsed or planned, which holds the loop for milliseconds; the server sets it."""
        self._next_connection = 1

    async def start(self, *, root_password: str | None = None) -> None:
        """Bootstraps a new store, finishes what a crash left, loads catalogue and accounts."""
        await bootstrap(self.store, root_password=root_password)
        await self.catalogs.load()
        await self.owner.recover()
        await self.accounts.load(self.catalogs.current)

    def new_connection_id(self) -> int:
        """Ids fit 32 bits; the first is 1."""
        found = self._next_connection
        self._next_connection = found % 0xFFFF_FFFF + 1
        return found

    async def close(self) -> None:
        """A clean stop: exact AUTO_INCREMENT values, then the store."""
        await self.auto_ids.close()
        await self.store.close()

    def _limit_transactions(self, value: object) -> None:
        assert isinstance(value, int), "txn_total_size_limit is a number of bytes"
        self.store.transaction_limit_bytes = value

    # --- statistics ---

    def _forget_plans(self) -> None:
        self.plan_cache.forget_plans()
        for session in self.sessions.values():
            session.forget_plans()

    def flush_status(self, session: Session) -> None:
        """FLUSH STATUS: what the session has counted goes to the server's counters, and it begins anew."""
        self.past_commands = total((self.past_commands, session.commands))
        session.commands = no_commands()
        self.status_flushed_at = time.time()
        self.status_flushed(session)

    def row_count(self, table_id: int) -> float | None:
        """Estimated rows of a table, None when unknown."""
        return self.statistics.rows.get(table_id)

    # --- privileges ---

    def check_plan(self, session: Session, plan: PhysicalPlan, *, explains: bool = False) -> None:
        """Raises 1142 or 1143 for what the account may not do, 1356 and 1449 for what views may not. A plan that is
        shown also tells about the tables behind views (1345)."""
        account = session.account
        if account is None:
            return
        for privilege, database, table, column in plan.privileges:
            self.accounts.check(account, privilege, database, table, column or ANY_COLUMN)
        if plan.into is not None and getattr(plan.into, "file", None) is not None:
            self.accounts.check_file(account)
        if plan.view_privileges:
            self.accounts.check_views(account, plan.view_privileges, explains=explains)

    def check_table(self, session: Session, privilege: str, database: str, table: str) -> None:
        """Raises 1142 when the account has the privilege neither on the table nor on a column of it."""
        if session.account is not None:
            self.accounts.check(session.account, privilege, database, table, ANY_COLUMN)

    def check_database(self, account: Account | None, database: str) -> None:
        """Raises 1044 when the account has no privilege at all in the database."""
        if account is not None:
            self.accounts.check_database(account, database)

    def check_global(self, account: Account | None, privilege: str) -> None:
        """Raises 1227 without a global privilege."""
        if account is not None:
            self.accounts.check_global(account, privilege)

    def may(self, account: Account | None, privilege: str) -> bool:
        """Whether the account has a global privilege."""
        try:
            self.check_global(account, privilege)
        except SqlError:
            return False
        return True

    # --- sessions ---

    def cancel_waits(self, session: Session) -> None:
        """KILL: ends what the session's statement waits for."""
        waiting = session.kill.waiting
        if waiting is not None:
            waiting.cancel()
        if session.running is not None:
            session.running.cancel_wait()

    def unlock_tables(self, session: Session) -> None:
        """Releases what LOCK TABLES of the session holds."""
        if session.locked_tables or session.id in self.table_locks.global_readers:
            session.locked_tables = {}
            self.table_locks.release(session.id)

    # --- at leisure ---

    def prepare(self) -> None:
        """Once, soon after the start: what makes later commits faster."""
        self.store.prepare()

    async def sample_keys(self) -> None:
        """Now and then: statistics of what was planned without."""
        await self.statistics.sample_wanted()

    # --- garbage ---

    async def collect_garbage(self) -> None:
        """Raises the safe point as far as readers allow, and removes the rows of what was dropped before it."""
        store = self.store
        safe_point = store.safe_point(await store.timestamp())
        await store.client.gc_safe_point(safe_point)
        await self.owner.collect_ranges(safe_point)

    def release_session(self, session: Session) -> None:
        """Everything that a session holds beyond its transaction."""
        self.unlock_tables(session)
        self.advisory_locks.release_all(session.id)
        self.table_versions.release(session)


async def open_instance(
    url: str, *, root_password: str | None = None, on_fatal: Callable[[str], None] = die
) -> Instance:
    """Opens the store at `url` and everything over it. Raises StoreOpenError."""
    instance = Instance(open_store(url, evaluator=DagRunner().evaluate, on_fatal=on_fatal))
    await instance.start(root_password=root_password)
    return instance
