"""A server as a process of its own, which a test may kill; its store stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class ServerProcess:
    """`sqlnode serve` on an embedded store in `directory`, or in memory."""

    def __init__(self, directory: Path | None, port: int = 0, *options: str) -> None:
        self._store = f"embedded:{directory}" if directory is not None else "memory:"
        self._options = options
        self.port = port
        self.start_seconds = 0.0
        self.start_cpu_seconds = 0.0
        """What the last start cost the process: says the same on a busy machine as on an idle one."""
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
        self.start_cpu_seconds = _cpu_seconds(process.pid)
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
