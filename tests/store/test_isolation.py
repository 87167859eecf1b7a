"""Snapshot isolation against a simple model: seeded schedules of interleaved transactions of every kind.

The model keeps, per key, the list of (commit_ts, value). A read at T must answer the newest entry at or below T under
the transaction's own writes; first committer wins among optimistic ones; nobody sees half of a commit.
"""

from __future__ import annotations

import random

import pytest

from store.api import AlreadyExists, KeyLocked, LockNotAvailable, LockWait, WriteConflict
from store.store import Store
from store.transaction import Transaction
from tests.store.conftest import Runner

KEYS = [b"k%02d" % number for number in range(12)]


class Model:
    """What should be there."""

    def __init__(self) -> None:
        self.versions: dict[bytes, list[tuple[int, bytes | None]]] = {key: [] for key in KEYS}

    def at(self, key: bytes, ts: int) -> bytes | None:
        found = None
        for commit_ts, value in self.versions[key]:
            if commit_ts <= ts:
                found = value
        return found

    def newest_ts(self, key: bytes) -> int:
        return self.versions[key][-1][0] if self.versions[key] else 0


class Player:
    """One transaction under way, with its own writes and savepoints."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.writes: dict[bytes, bytes | None] = {}
        self.inserted: set[bytes] = set()
        self.savepoints: list[tuple[int, dict[bytes, bytes | None], set[bytes]]] = []


async def play(store: Store, seed: int, steps: int, padding: int) -> None:
    source = random.Random(seed)
    model = Model()
    players: list[Player] = []
    for step in range(steps):
        if len(players) < 4 and source.random() < 0.3:
            transaction = store.begin(await store.timestamp(), pessimistic=source.random() < 0.5)
            players.append(Player(transaction))
        if source.random() < 0.05:
            store.client.mvcc.versions.clear()
        if not players:
            continue
        player = source.choice(players)
        choice = source.random()
        if choice < 0.35:
            await read(player, model, source)
        elif choice < 0.75:
            await write(store, player, model, source, b"%d-%d" % (seed, step) + b"." * source.choice((0, 300)))
        elif choice < 0.82:
            savepoint(player, source)
        else:
            players.remove(player)
            await finish(store, player, model, source, padding)
        if source.random() < 0.1:
            ts = await store.timestamp()
            snapshot = store.snapshot(ts)
            expected = [(key, model.at(key, ts)) for key in KEYS]
            assert await snapshot.scan(b"k", b"l") == [pair for pair in expected if pair[1] is not None]
    for player in players:
        await player.transaction.rollback()
    assert not store.client.mvcc.locks.locks


async def read(player: Player, model: Model, source: random.Random) -> None:
    transaction = player.transaction
    visible = {key: player.writes.get(key, model.at(key, transaction.read_ts)) for key in KEYS}
    if source.random() < 0.5:
        key = source.choice(KEYS)
        assert await transaction.get(key) == visible[key]
        return
    start, end = sorted(source.sample(KEYS, 2))
    expected = [(key, value) for key, value in sorted(visible.items()) if start <= key < end and value is not None]
    reverse = source.random() < 0.5
    limit = source.choice((0, 0, 1, 3))
    if reverse:
        expected.reverse()
    assert await transaction.scan(start, end, limit, reverse=reverse) == (expected[:limit] if limit else expected)
    keys = source.sample(KEYS, 3)
    assert await transaction.batch_get(keys) == {key: visible[key] for key in keys if visible[key] is not None}


async def write(store: Store, player: Player, model: Model, source: random.Random, value: bytes) -> None:
    transaction = player.transaction
    key = source.choice(KEYS)
    if transaction.pessimistic:
        try:
            result = await transaction.lock_keys([key], wait=LockWait.NOWAIT, return_values=True)
        except LockNotAvailable:
            return
        except WriteConflict as conflict:
            assert conflict.conflict_commit_ts == model.newest_ts(key) > transaction.for_update_ts
            transaction.for_update_ts = await store.timestamp()
            result = await transaction.lock_keys([key], wait=LockWait.NOWAIT, return_values=True)
        assert result.values == {key: player.writes.get(key, model.at(key, 1 << 63))}
        transaction.put(key, value)
    elif source.random() < 0.3:
        try:
            transaction.insert(key, value)
        except AlreadyExists:
            assert player.writes[key] is not None
            return
        if key not in player.writes:
            player.inserted.add(key)
    elif source.random() < 0.3:
        transaction.delete(key)
        player.writes[key] = None
        return
    else:
        transaction.put(key, value)
    player.writes[key] = value


def savepoint(player: Player, source: random.Random) -> None:
    if player.savepoints and source.random() < 0.5:
        place, player.writes, player.inserted = player.savepoints.pop()
        player.transaction.rollback_to(place)
    else:
        state = (player.transaction.savepoint(), dict(player.writes), set(player.inserted))
        player.savepoints.append(state)


async def finish(store: Store, player: Player, model: Model, source: random.Random, padding: int) -> None:
    transaction = player.transaction
    if source.random() < 0.2:
        await transaction.rollback()
        return
    if padding:
        for number in range(padding):
            transaction.put(b"padding/%d/%d" % (transaction.start_ts, number), b"x" * 2000)
    conflict = {key for key in player.writes if model.newest_ts(key) > transaction.start_ts}
    taken = {key for key in player.inserted if model.at(key, 1 << 63) is not None}
    try:
        commit_ts = await transaction.commit()
    except WriteConflict as error:
        assert error.key in conflict and not transaction.pessimistic
    except AlreadyExists as error:
        assert error.key in taken
    except KeyLocked as error:
        assert not transaction.pessimistic and error.locks[0].op == "pessimistic"
    else:
        assert transaction.pessimistic or (not conflict and not taken)
        for key, value in player.writes.items():
            if value is not None or key not in player.inserted or transaction.pessimistic:
                model.versions[key].append((commit_ts, value))
    assert not transaction.is_active


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("padding", [0, 150])
def test_seeded_schedules(run: Runner, seed: int, padding: int) -> None:
    run(lambda store: play(store, seed, 400 if not padding else 150, padding))
