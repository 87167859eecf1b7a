"""A server as a process of its own, which a test may kill; its store stays."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path


class ServerProcess:
    """`sqlnode serve` on an embedded store in `directory`, or in memory."""

    def __init__(self, directory: Path | None, port: int = 0, *options: str) -> None:
        self._store = f"embedded:{directory}" if directory is not None else "memory:"
        self._options = options
        self.port = port
        self.start_seconds = 0.0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        begin = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sqlnode",
                "serve",
                "--store",
                self._store,
                "--port",
                str(self.port),
                *self._options,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r":(\d+)", line)
        if match is None:
            process.wait(10)
            raise RuntimeError(f"the server did not start: {line!r}")
        self.port = int(match[1])
        self.start_seconds = time.monotonic() - begin
        return process

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(30)

    def restart(self) -> None:
        """Starts again on the same port."""
        self.process = self._start()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)
