"""Logging in: both plugins, fast and full path, with and without TLS, auth switch, refusals."""

from __future__ import annotations

import socket
import ssl
import struct
import time

import aiomysql
import mysql.connector
import pymysql
import pytest
from mysql.connector.pooling import CMySQLConnection

from sqlnode.wire.connection_phase import is_loopback
from sqlnode.wire.constants import Capability as C
from sqlnode.wire.handshake import parse_response
from tests.sqlnode.wire.client import DEFAULT, RawClient, packet, sha2_scramble
from tests.sqlnode.wire.fake import Running, running
from tests.sqlnode.wire.script import script

CASES = [("root", ""), ("sha", "secret"), ("native", "secret")]


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(("user", "password"), CASES)
def test_pymysql(server: Running, user: str, password: str, tls: bool) -> None:
    connection = pymysql.connect(host=server.host, port=server.port, user=user, password=password, ssl_disabled=not tls)
    with connection.cursor() as cursor:
        cursor.execute("select x")
        assert cursor.fetchall() == ((1, "one"), (2, None))
    connection.close()


@pytest.mark.parametrize("pure", [True] if CMySQLConnection is None else [True, False])
@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(("user", "password"), CASES)
def test_mysql_connector(server: Running, user: str, password: str, tls: bool, pure: bool) -> None:
    connection = mysql.connector.connect(
        host=server.host, port=server.port, user=user, password=password, ssl_disabled=not tls, use_pure=pure
    )
    cursor = connection.cursor()
    cursor.execute("select x")
    assert cursor.fetchall() == [(1, "one"), (2, None)]
    connection.close()


def test_aiomysql(server: Running) -> None:
    import asyncio

    async def run() -> object:
        connection = await aiomysql.connect(host=server.host, port=server.port, user="native", password="secret")
        async with connection.cursor() as cursor:
            await cursor.execute("select x")
            found = await cursor.fetchall()
        connection.close()
        return found

    assert asyncio.run(run()) == ((1, "one"), (2, None))


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("sha", "wrong", 1045),
        ("sha", "", 1045),
        ("native", "wrong", 1045),
        ("nobody", "x", 1045),
        ("nobody", "", 1045),
        ("root", "x", 1045),
        ("locked", "", 3118),
    ],
)
def test_refusals(server: Running, user: str, password: str, code: int) -> None:
    for disabled in (True, False):
        with pytest.raises(pymysql.err.OperationalError) as raised:
            pymysql.connect(host=server.host, port=server.port, user=user, password=password, ssl_disabled=disabled)
        assert raised.value.args[0] == code
        if code == 1045:
            using = "YES" if password else "NO"
            assert raised.value.args[1] == f"Access denied for user '{user}'@'localhost' (using password: {using})"


def test_full_path_then_fast_path() -> None:
    with running(script) as server:
        for expected in (b"\x01\x04", b"\x01\x03"):
            client = RawClient(server.port, login=False)
            greeting = client.read()
            nonce = _nonce(greeting)
            client.send(client.response(b"sha", sha2_scramble(b"secret", nonce)), 1)
            assert client.read() == expected
            if expected == b"\x01\x03":
                assert client.read()[0] == 0
                continue
            client.send(b"\x02", client.sequence + 1)
            key = client.read()
            assert key.startswith(b"\x01-----BEGIN PUBLIC KEY-----")
            client.send(_encrypted(key[1:], b"secret\0", nonce), client.sequence + 1)
            assert client.read()[0] == 0


def _nonce(greeting: bytes) -> bytes:
    at = greeting.index(b"\0", 1) + 5
    return greeting[at : at + 8] + greeting[at + 27 : at + 39]


def _encrypted(pem: bytes, clear: bytes, nonce: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = serialization.load_pem_public_key(pem)
    assert isinstance(key, rsa.RSAPublicKey)
    mixed = bytes(byte ^ nonce[index % 20] for index, byte in enumerate(clear))
    return key.encrypt(mixed, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))


def test_ssl_request_and_client_hello_in_one_segment(server: Running) -> None:
    connection = socket.create_connection((server.host, server.port), 5)
    head = connection.recv(4)
    connection.recv(int.from_bytes(head[:3], "little"))
    flags = DEFAULT | C.SSL
    request = packet(struct.pack("<IIB23x", flags, 1 << 24, 255), 1)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tls = context.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    connection.sendall(request + outgoing.read())
    while True:
        incoming.write(connection.recv(65536))
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
    client = RawClient.__new__(RawClient)
    client.flags = flags
    tls.write(packet(client.response(), 2) + packet(b"\x0e"))
    connection.sendall(outgoing.read())
    data = b""
    while len(data) < 22:
        incoming.write(connection.recv(65536))
        try:
            data += tls.read(65536)
        except ssl.SSLWantReadError:
            continue
    assert data[4] == 0
    assert data[3] == 3
    assert data[11 + 4] == 0
    connection.close()


def test_without_tls_the_server_does_not_offer_it() -> None:
    with running(script, tls=False) as server:
        client = RawClient(server.port)
        at = client.greeting.index(b"\0", 1) + 14
        assert not int.from_bytes(client.greeting[at : at + 2], "little") & C.SSL


def test_change_user(server: Running) -> None:
    # The server knows the password then: this client cannot encrypt one, and would send it as it is.
    mysql.connector.connect(host=server.host, port=server.port, user="sha", password="secret", use_pure=True).close()
    connection = mysql.connector.connect(
        host=server.host, port=server.port, user="root", use_pure=True, ssl_disabled=True
    )
    connection.cmd_change_user("native", "secret", "other")
    session = server.instance.sessions[connection.connection_id]
    assert (session.user, session.database) == ("native", "other")
    connection.cmd_change_user("sha", "secret")
    assert session.user == "sha"
    with pytest.raises(mysql.connector.Error) as raised:
        connection.cmd_change_user("sha", "wrong")
    assert raised.value.errno == 1045


def test_attributes_and_database(server: Running) -> None:
    connection = pymysql.connect(
        host=server.host, port=server.port, user="root", database="test", program_name="my program", ssl_disabled=True
    )
    session = server.instance.sessions[connection.thread_id()]
    assert session.database == "test"
    assert session.attributes["program_name"] == "my program"
    assert session.attributes["_client_name"] == "pymysql"
    connection.close()


def test_login_time_out_and_connection_limit() -> None:
    with running(script) as server:
        server.instance.globals.values["connect_timeout"] = 0.2
        server.instance.globals.values["max_connections"] = 1
        first = RawClient(server.port, login=False)
        first.read()
        with pytest.raises(pymysql.err.OperationalError) as raised:
            pymysql.connect(host=server.host, port=server.port, user="root")
        assert raised.value.args == (1040, "Too many connections")
        started = time.monotonic()
        assert first.socket.recv(10) == b""
        assert time.monotonic() - started < 2
        RawClient(server.port).close()


def test_root_without_a_password_only_from_loopback() -> None:
    for address in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", ""):
        assert is_loopback(address)
    for address in ("10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "1127.0.0.1"):
        assert not is_loopback(address)


def test_old_clients_and_cut_packets(server: Running) -> None:
    for payload in (b"\x05\x00", b"\x05\x00\x00\x00\x00" + bytes(30), DEFAULT.to_bytes(4, "little") + bytes(10)):
        client = RawClient(server.port, login=False)
        client.read()
        client.send(payload, 1)
        assert client.read()[1:3] == (1043).to_bytes(2, "little")


def test_response_parsing() -> None:
    flags = C.PROTOCOL_41 | C.SECURE_CONNECTION | C.CONNECT_WITH_DB | C.PLUGIN_AUTH | C.CONNECT_ATTRS
    payload = (
        flags.to_bytes(4, "little")
        + bytes(4)
        + b"\x2d"
        + bytes(23)
        + b"me\0"
        + b"\x03abc"
        + b"db\0"
        + b"mysql_native_password\0"
        + b"\x08\x03_os\x03win"
    )
    response = parse_response(payload, flags)
    assert (response.user, response.auth_response, response.database) == (b"me", b"abc", b"db")
    assert (response.charset, response.plugin, response.attributes) == (45, "mysql_native_password", {"_os": "win"})
