"""The server's keys: a self-made TLS certificate, and the RSA pair of caching_sha2_password without TLS.

Both are made when first needed, in a worker thread, and kept in the data directory, so that a client that pinned the
certificate finds it again. `cryptography` is imported only then.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CERTIFICATE_FILE = "server-cert.pem"
KEY_FILE = "server-key.pem"
RSA_FILE = "private_key.pem"
PUBLIC_FILE = "public_key.pem"
_LIFETIME = timedelta(days=3650)
_RSA_BITS = 2048
_MAX_ENCRYPTED = 1024


class ServerKeys:
    """Makes, keeps and loads the keys. `directory` None (a store in memory): they live as long as the process."""

    def __init__(self, directory: Path | None, certificate: Path | None = None, key: Path | None = None) -> None:
        self._directory = directory
        self._certificate = certificate
        self._key = key
        self._context: ssl.SSLContext | None = None
        self._rsa: RsaPair | None = None
        self._lock: asyncio.Lock | None = None

    @property
    def must_make_certificate(self) -> bool:
        """Whether the data directory has no certificate yet."""
        if self._directory is None or self._certificate is not None:
            return False
        return not (self._directory / CERTIFICATE_FILE).exists() or not (self._directory / KEY_FILE).exists()

    async def context(self) -> ssl.SSLContext:
        """The TLS context of the server side. Raises OSError when the files cannot be written or read."""
        if self._context is None:
            async with self._own_lock():
                if self._context is None:
                    self._context = await asyncio.get_running_loop().run_in_executor(None, self._make_context)
        return self._context

    async def rsa(self) -> RsaPair:
        """The RSA pair."""
        if self._rsa is None:
            async with self._own_lock():
                if self._rsa is None:
                    self._rsa = await asyncio.get_running_loop().run_in_executor(None, self._make_rsa)
        return self._rsa

    def _own_lock(self) -> asyncio.Lock:
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock

    def _make_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._certificate is not None:
            context.load_cert_chain(self._certificate, self._key)
        elif self._directory is not None:
            certificate, key = self._directory / CERTIFICATE_FILE, self._directory / KEY_FILE
            if not (certificate.exists() and key.exists()):
                _write_pair(certificate, key)
            context.load_cert_chain(certificate, key)
        else:
            with tempfile.TemporaryDirectory() as folder:
                certificate, key = Path(folder) / CERTIFICATE_FILE, Path(folder) / KEY_FILE
                _write_pair(certificate, key)
                context.load_cert_chain(certificate, key)
        return context

    def _make_rsa(self) -> RsaPair:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        path = None if self._directory is None else self._directory / RSA_FILE
        if path is not None and path.exists():
            loaded = serialization.load_pem_private_key(path.read_bytes(), None)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise OSError(f"{path} holds no RSA key")
            return RsaPair(loaded)
        pair = RsaPair(rsa.generate_private_key(65537, _RSA_BITS))
        if path is not None:
            _write_private(path, pair.private_pem)
            path.with_name(PUBLIC_FILE).write_bytes(pair.public_pem)
        return pair


class RsaPair:
    """An RSA key pair; the public half in the PEM form that clients expect."""

    def __init__(self, key: RSAPrivateKey) -> None:
        from cryptography.hazmat.primitives import serialization

        self._key = key
        self.public_pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def private_pem(self) -> bytes:
        """The private half, PKCS 8, not encrypted."""
        from cryptography.hazmat.primitives import serialization

        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def decrypt(self, encrypted: bytes) -> bytes | None:
        """OAEP with SHA-1; None for what does not decrypt."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        if len(encrypted) > _MAX_ENCRYPTED:
            return None
        scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        try:
            return self._key.decrypt(encrypted, scheme)
        except ValueError:
            return None


def _write_private(path: Path, data: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    partial_path = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(partial_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    partial_path.replace(path)


def _write_pair(certificate: Path, key: Path) -> None:
    """Makes an ECDSA key and a certificate that it signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sqlnode server")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    dump = partial(private.private_bytes, serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    _write_private(key, dump(serialization.NoEncryption()))
    _write_private(certificate, signed.public_bytes(serialization.Encoding.PEM))
