"""The self-made certificate and the RSA pair: made once, kept, private."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

from sqlnode.wire.tls import CERTIFICATE_FILE, KEY_FILE, PUBLIC_FILE, RSA_FILE, ServerKeys


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    async def make() -> tuple[bytes, bytes]:
        keys = ServerKeys(tmp_path)
        await keys.context()
        assert not keys.must_make_certificate
        pair = await keys.rsa()
        return (tmp_path / CERTIFICATE_FILE).read_bytes(), pair.public_pem

    assert ServerKeys(tmp_path).must_make_certificate
    first = asyncio.run(make())
    assert asyncio.run(make()) == first
    assert (tmp_path / PUBLIC_FILE).read_bytes() == first[1]
    for name in (KEY_FILE, RSA_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_keys_of_a_store_in_memory_and_given_ones(tmp_path: Path) -> None:
    async def run() -> None:
        memory = ServerKeys(None)
        context = await memory.context()
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        pair = await memory.rsa()
        assert pair.decrypt(b"nonsense") is None
        assert pair.decrypt(b"n" * 2000) is None
        await ServerKeys(tmp_path).context()
        given = ServerKeys(None, tmp_path / CERTIFICATE_FILE, tmp_path / KEY_FILE)
        assert not given.must_make_certificate
        await given.context()

    asyncio.run(run())
