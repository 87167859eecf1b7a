"""Money neither appears nor vanishes, whatever answers are lost, late or doubled."""

from __future__ import annotations

import asyncio
import random

import pytest

from store import open_store
from store.store import Store
from store.testing import Bank, FaultyClient


@pytest.mark.parametrize("seed", range(6))
def test_transfers_under_faults(seed: int) -> None:
    async def main() -> None:
        plain = open_store("memory:")
        faulty = FaultyClient(plain.client, seed)
        store = Store(faulty, plain.oracle)
        bank = Bank(store)
        await Bank(plain).open()
        source = random.Random(seed)

        async def teller(number: int) -> None:
            own = random.Random(seed * 100 + number)
            for _ in range(25):
                await bank.transfer(own)

        async def auditor() -> None:
            for _ in range(15):
                await asyncio.sleep(source.random() * 0.01)
                await bank.check()

        await asyncio.wait_for(asyncio.gather(*[teller(number) for number in range(6)], auditor()), 60)
        await bank.check()
        await Bank(plain).check()
        assert bank.acknowledged > 20, (bank.refused, faulty.counts)
        assert not plain.client.mvcc.locks.locks
        await store.close()

    asyncio.run(main())
