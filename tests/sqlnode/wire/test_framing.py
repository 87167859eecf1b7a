"""Packets as they come: split, joined, too large, out of order, broken."""

from __future__ import annotations

import random
import time

import pytest

from sqlnode.wire.constants import CommandByte
from tests.sqlnode.wire.client import RawClient, packet
from tests.sqlnode.wire.fake import Running
from tests.sqlnode.wire.script import produced

PING = bytes((CommandByte.PING,))


def query(text: str) -> bytes:
    return bytes((CommandByte.QUERY,)) + text.encode()


def ok_count(payload: bytes) -> int:
    assert payload[0] == 0, payload
    first = payload[1]
    return int.from_bytes(payload[2 : 2 + {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]], "little") if first > 250 else first


def test_one_byte_at_a_time(server: Running) -> None:
    client = RawClient(server.port)
    for byte in packet(query("insert")):
        client.socket.sendall(bytes((byte,)))
        time.sleep(0.001)
    assert client.read()[:3] == b"\x00\x03\x2a"


def test_pipelined_commands_are_answered_in_order(server: Running) -> None:
    client = RawClient(server.port)
    texts = ["length " + "x" * n for n in range(0, 3000, 7)]
    client.socket.sendall(b"".join(packet(query(text)) for text in texts))
    assert [ok_count(client.read()) for _ in texts] == [len(text.strip()) for text in texts]


def test_pipelined_behind_a_command_that_waits(server: Running) -> None:
    client = RawClient(server.port)
    client.socket.sendall(packet(query("sleep")) + packet(query("insert")) + packet(PING))
    assert [ok_count(client.read()) for _ in range(3)] == [7, 3, 0]
    assert client.sequence == 1


@pytest.mark.parametrize("size", [0xFFFFFF - 2, 0xFFFFFF - 1, 0xFFFFFF, 2 * 0xFFFFFF - 1, 40_000_000])
def test_commands_of_16_mebibytes_and_more(server: Running, size: int) -> None:
    client = RawClient(server.port, timeout=30)
    text = "length " + "x" * (size - 7)
    assert ok_count(client.command(query(text))) == size


@pytest.mark.parametrize(
    "size", [250, 251, 65535, 65536, 0xFFFFFF - 5, 0xFFFFFF - 4, 0xFFFFFF - 3, 0xFFFFFF, 34_000_000]
)
def test_rows_of_16_mebibytes_and_more(server: Running, size: int) -> None:
    client = RawClient(server.port, timeout=30)
    _, rows, _ = client.result(query(f"select size {size}"))
    assert len(rows) == 1
    assert rows[0].endswith(b"x" * size)


def test_too_large_a_packet_is_1153_and_the_end(server: Running) -> None:
    client = RawClient(server.port)
    for sequence in range(4):
        client.socket.sendall(packet(b"\x03" * 0xFFFFFF, sequence))
    client.socket.sendall((0xFFFFFF).to_bytes(3, "little") + b"\x04")
    reply = client.read()
    assert reply[:3] == b"\xff" + (1153).to_bytes(2, "little")
    with pytest.raises(ConnectionError):
        client.read()


def test_packets_out_of_order_end_the_connection(server: Running) -> None:
    client = RawClient(server.port)
    client.send(PING, 3)
    assert client.read()[1:3] == (1156).to_bytes(2, "little")
    with pytest.raises(ConnectionError):
        client.read()


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x17\x01", b"\x18\x01\x00", b"\x19", b"\x1c\x01", b"\x1b", b"\x11root", b"\x04noterminator", b"\x0c\x01"],
)
def test_malformed_commands_end_their_connection_alone(server: Running, payload: bytes) -> None:
    other = RawClient(server.port)
    client = RawClient(server.port)
    client.send(payload)
    assert client.read()[1:3] == (1835).to_bytes(2, "little")
    with pytest.raises(ConnectionError):
        client.read()
    assert other.command(PING)[0] == 0


def test_unknown_commands_are_1047(server: Running) -> None:
    client = RawClient(server.port)
    for code in (0x00, 0x08, 0x12, 0x15, 0x7F):
        assert client.command(bytes((code,)))[1:3] == (1047).to_bytes(2, "little")
    assert client.command(b"\x0d")[1:3] == (1227).to_bytes(2, "little")
    assert client.command(PING)[0] == 0


def test_noise_never_hurts_others(server: Running) -> None:
    generator = random.Random(20241125)
    other = RawClient(server.port)
    for _ in range(60):
        client = RawClient(server.port, login=generator.random() < 0.7)
        try:
            client.socket.sendall(generator.randbytes(generator.randrange(1, 400)))
        finally:
            client.close()
    for _ in range(60):
        client = RawClient(server.port)
        client.socket.sendall(
            packet(bytes((generator.choice([3, 0x16, 0x17, 0x18, 0x1C, 0x11, 4]),)) + generator.randbytes(40))
        )
        client.close()
    assert other.command(PING)[0] == 0


def test_a_client_that_does_not_read_stops_its_result(server: Running) -> None:
    client = RawClient(server.port)
    produced.clear()
    client.send(query("select many 2000 20000"))
    time.sleep(1.0)
    made = len(produced)
    assert made < 100, "batches are made although nobody reads"
    time.sleep(0.3)
    assert len(produced) == made
    client.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not server.instance.closed_sessions:
        time.sleep(0.02)
    assert len(produced) < made + 3


def test_a_large_result_arrives_whole(server: Running) -> None:
    client = RawClient(server.port, timeout=60)
    _, rows, end = client.result(query("select many 40 5000"))
    assert len(rows) == 200_000
    assert rows[199_999] == b"\x06199999\x0arow 199999"
    assert end[0] == 0xFE
