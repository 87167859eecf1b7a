"""Percolator's commit of one transaction: mutations, prewrite, commit timestamp, primary, secondaries.

    1. The buffer in key order becomes mutations; the first that writes data is the primary.
    2. Prewrite locks every key and checks it against newer commits. The store may commit at once instead (1PC).
    3. A commit timestamp is taken: above every timestamp under which somebody read without seeing the locks.
    4. The primary is committed. This is the moment of the commit.
    5. The secondaries follow in the background; whoever meets one before asks the primary.

An answer that was lost is asked for again (prewrite and commit may be repeated); what stays unknown is Undetermined.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.api import (
    CommitTsExpired,
    KeyLocked,
    KvClient,
    LockMode,
    Mutation,
    Op,
    Oracle,
    PessimisticAction,
    PrewriteRequest,
    PrewriteResult,
    StoreError,
    Timestamp,
    TxnAborted,
    TxnLockNotFound,
    Undetermined,
    physical_ms,
)
from store.buffer import WriteBuffer
from store.locks import Backoff, LockResolver

_TRIES: Final = 5
_TTL_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """What is prewritten. `actions` is empty for optimistic transactions."""

    mutations: list[Mutation]
    actions: list[PessimisticAction]
    primary: bytes


def plan_commit(
    buffer: WriteBuffer, locked: dict[bytes, LockMode], *, pessimistic: bool, lock_records: bool, primary: bytes | None
) -> CommitPlan | None:
    """None when nothing is written."""
    mutations: list[Mutation] = []
    actions: list[PessimisticAction] = []
    inserts = buffer.inserts
    # What a pessimistic transaction has locked, it has looked at; the locks of an optimistic one tell nothing of the key.
    known = locked if pessimistic else {}
    for key, value in buffer.sorted_items():
        if value is None:
            op = Op.CHECK_NOT_EXISTS if key in inserts and key not in known else Op.DELETE
            if op is Op.CHECK_NOT_EXISTS and pessimistic:
                continue
            mutations.append((op, key, b""))
        else:
            op = Op.INSERT if key in inserts and key not in known else Op.PUT
            mutations.append((op, key, value))
        if pessimistic:
            if locked.get(key) is LockMode.EXCLUSIVE:
                actions.append(PessimisticAction.CHECK)
            else:
                actions.append(PessimisticAction.CONSTRAINT if op is Op.INSERT else PessimisticAction.SKIP)
    first = next((key for op, key, _ in mutations if op is not Op.CHECK_NOT_EXISTS), None)
    if first is None and not (mutations and not pessimistic):
        return None
    if lock_records or not pessimistic:
        entries = buffer.entries
        for key, mode in locked.items():
            if key not in entries:
                mutations.append((Op.LOCK if mode is LockMode.EXCLUSIVE else Op.SHARED_LOCK, key, b""))
                if pessimistic:
                    actions.append(PessimisticAction.CHECK)
    if not lock_records or primary is None:
        primary = first if first is not None else mutations[0][1]
    return CommitPlan(mutations, actions, primary)


class Committer:
    """One attempt to commit."""

    __slots__ = ("_client", "_for_update_ts", "_oracle", "_plan", "_resolver", "_start_ts")

    def __init__(
        self,
        client: KvClient,
        oracle: Oracle,
        resolver: LockResolver,
        plan: CommitPlan,
        start_ts: Timestamp,
        for_update_ts: Timestamp,
    ) -> None:
        self._client = client
        self._oracle = oracle
        self._resolver = resolver
        self._plan = plan
        self._start_ts = start_ts
        self._for_update_ts = for_update_ts

    async def run(self, wait_ms: float) -> tuple[Timestamp, Sequence[bytes]]:
        """The commit timestamp, and the keys whose locks are still to be turned into versions. Raises what prewrite
        raises (KeyLocked after waiting `wait_ms` for locks of others), TxnAborted, Undetermined."""
        plan = self._plan
        request = PrewriteRequest(
            plan.mutations,
            plan.primary,
            self._start_ts,
            ttl_ms=_TTL_MS,
            for_update_ts=self._for_update_ts,
            actions=plan.actions,
            txn_size=len(plan.mutations),
            try_one_pc=True,
        )
        if len(plan.mutations) > 1000:
            now = await self._oracle.timestamp()
            request = _aged(request, now)
        result = await self._prewrite(request, wait_ms)
        if result.one_pc_commit_ts:
            return result.one_pc_commit_ts, ()
        commit_ts = await self._commit_primary(result.min_commit_ts)
        keys = [key for op, key, _ in plan.mutations if op is not Op.CHECK_NOT_EXISTS and key != plan.primary]
        return commit_ts, keys

    async def _prewrite(self, request: PrewriteRequest, wait_ms: float) -> PrewriteResult:
        backoff: Backoff | None = None
        lost = 0
        while True:
            locked: KeyLocked | None = None
            try:
                return await self._client.prewrite(request)
            except KeyLocked as error:
                # A lock says nothing about the fate of a request whose answer was lost before: it holds no lock.
                if any(lock.start_ts == self._start_ts for lock in error.locks):
                    raise TxnAborted(f"transaction {self._start_ts} meets its own lock") from error
                locked = error
            except Undetermined:
                lost += 1
                if lost >= _TRIES:
                    raise
            if locked is None:
                await asyncio.sleep(0.002 * lost)
            elif not await self._resolver.resolve_for_write(locked.locks):
                backoff = backoff or Backoff(wait_ms)
                if backoff.spent:
                    raise locked
                await backoff.pause()

    async def _commit_primary(self, min_commit_ts: Timestamp) -> Timestamp:
        lost = 0
        while True:
            commit_ts = await self._oracle.timestamp()
            if commit_ts < min_commit_ts:
                # Only a foreign clock can be so far ahead.
                raise TxnAborted(f"commit timestamp {commit_ts} is below {min_commit_ts}")
            try:
                await self._client.commit([self._plan.primary], self._start_ts, commit_ts)
            except CommitTsExpired as error:
                min_commit_ts = error.min_commit_ts
                continue
            except Undetermined as error:
                unknown = error
            except TxnLockNotFound as error:
                raise TxnAborted(str(error)) from error
            else:
                return commit_ts if not lost else await self._committed_at() or commit_ts
            lost += 1
            found = await self._committed_at()
            if found:
                return found
            if lost >= _TRIES:
                raise unknown

    async def _committed_at(self) -> Timestamp:
        """The commit timestamp as the store knows it, 0 when it is not committed. Raises Undetermined."""
        for attempt in range(_TRIES):
            try:
                status = await self._client.check_txn_status(self._plan.primary, self._start_ts, 0, self._start_ts)
                return status.commit_ts
            except StoreError:
                pass
            await asyncio.sleep(0.002 * (attempt + 1))
        raise Undetermined(f"the fate of transaction {self._start_ts} is not known")


def _aged(request: PrewriteRequest, now: Timestamp) -> PrewriteRequest:
    """Large transactions: the locks live from now on, not from the transaction's start."""
    elapsed = max(0, physical_ms(now) - physical_ms(request.start_ts))
    more = 10 * len(request.mutations) // 1000
    return dataclasses.replace(request, ttl_ms=_TTL_MS + elapsed + more * 10)
