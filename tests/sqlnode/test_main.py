"""The command: ready line, clean stop, and one line for everything that prevents a start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sqlnode.config import Config, ConfigError, read_config, root_password

READY = re.compile(r"sqlnode ready: mysql://127\.0\.0\.1:(\d+) store (\S+)\n")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sqlnode", *arguments]


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        command("serve", "--port", "0", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = READY.fullmatch(line)
        assert found is not None, (line, process.stderr.read() if process.stderr is not None else "")
        yield process, int(found[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def refused(*arguments: str) -> str:
    """The one line on stderr of a start that fails."""
    done = subprocess.run(command("serve", *arguments), capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("sqlnode: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_and_a_clean_stop(tmp_path: Path, number: signal.Signals) -> None:
    directory = tmp_path / "data"
    for _ in range(2):
        with serving("--store", f"embedded:{directory}") as (process, port):
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                assert client.recv(5)[4] == 10
            assert "in use" in refused("--store", f"embedded:{directory}", "--port", "0")
            process.send_signal(number)
            assert process.wait(10) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""


def test_what_prevents_a_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused("--store", "memory:", "--port", str(port)) == (
            f"sqlnode: cannot listen on 127.0.0.1:{port}: address already in use"
        )
    (tmp_path / "mine").write_text("x")
    assert "not a data directory" in refused("--store", f"embedded:{tmp_path}", "--port", "0")
    assert "tikv" in refused("--store", "tikv://127.0.0.1:2379")
    assert "expected memory: or embedded:" in refused("--store", "nonsense:")
    assert "port 99999" in refused("--port", "99999")
    assert "/nowhere.toml" in refused("--config", "/nowhere.toml")


def test_a_newer_data_directory_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with serving("--store", f"embedded:{directory}") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    marker = directory / "SQLNODE"
    text = marker.read_text()
    marker.write_text(re.sub(r"\d+", "9999", text, count=1))
    assert "newer" in refused("--store", f"embedded:{directory}", "--port", "0")


def test_config_file(tmp_path: Path) -> None:
    path = tmp_path / "sqlnode.toml"
    path.write_text('store = "memory:"\nport = 1234\ndrain_seconds = 2\n[variables]\nmax_connections = 7\n')
    assert read_config(path) == Config("memory:", port=1234, drain_seconds=2.0, variables=(("max_connections", 7),))
    for text, message in (
        ("nope = 1", "unknown setting 'nope'"),
        ("port = 'x'", "must be of type int"),
        ("=", "config file"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            read_config(path)


def test_root_password_sources(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("secret\n")
    assert root_password(Config(root_password_file=str(path)), "other") == "secret"
    assert root_password(Config(), "other") == "other"
    assert root_password(Config(), None) is None
    with pytest.raises(ConfigError):
        root_password(Config(root_password_file=str(tmp_path / "none")), None)


def test_serving_embedded_loads_neither_grpc_nor_datafusion(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from sqlnode.__main__ import open_server\n"
        "from sqlnode.config import Config\n"
        "async def main():\n"
        f"    server = await open_server(Config('embedded:{tmp_path}/d', port=0))\n"
        "    await server.stop()\n"
        "asyncio.run(main())\n"
        "print(sorted({'grpc', 'datafusion', 'cryptography', 'pandas'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=dict(os.environ)
    )
    assert done.stdout == "[]\n", done.stderr
