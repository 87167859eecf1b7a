"""The command `sqlnode`, and the only place where the parts are wired together: config → instance → server.

Whatever stops the server before it is ready ends in one line on stderr and status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sqlnode.config import DEFAULT_PORT, DEFAULT_STORE, Config, ConfigError, read_config, root_password

if TYPE_CHECKING:
    from sqlnode.server import Server

ROOT_PASSWORD_VARIABLE = "SQLNODE_ROOT_PASSWORD"


def main(arguments: list[str] | None = None) -> int:
    """The program. Returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        config = _config(options)
        password = root_password(config, os.environ.get(ROOT_PASSWORD_VARIABLE))
    except ConfigError as error:
        return _failed(str(error))
    return _run(config, password)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sqlnode", description="A MySQL server over a TiKV-compatible store.")
    commands = parser.add_subparsers(dest="command")
    serve = commands.add_parser("serve", help="serve MySQL clients (the default)")
    for target in (parser, serve):
        target.add_argument(
            "--store",
            metavar="URL",
            default=argparse.SUPPRESS,
            help=f"memory:, embedded:DIR or tikv://PD,… (default {DEFAULT_STORE})",
        )
        target.add_argument("--host", default=argparse.SUPPRESS, help="address to listen on (default 127.0.0.1)")
        target.add_argument(
            "--port",
            type=int,
            default=argparse.SUPPRESS,
            help=f"port to listen on; 0 takes a free one (default {DEFAULT_PORT})",
        )
        target.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="settings in TOML")
        target.add_argument(
            "--root-password-file",
            metavar="FILE",
            default=argparse.SUPPRESS,
            help=f"root's password for a new store (or {ROOT_PASSWORD_VARIABLE})",
        )
    return parser


def _config(options: argparse.Namespace) -> Config:
    given = {name: value for name, value in vars(options).items() if name not in ("command", "config")}
    config = read_config(Path(options.config)) if hasattr(options, "config") else Config()
    config = replace(config, **given)
    if not 0 <= config.port <= 65535:
        raise ConfigError(f"port {config.port} is not between 0 and 65535")
    return config


def _failed(message: str) -> int:
    print(f"sqlnode: {message}", file=sys.stderr, flush=True)
    return 1


def _fatal(message: str) -> NoReturn:
    """The store cannot go on (disk full, failed sync): one line, and no further write of any kind."""
    print(message, file=sys.stderr, flush=True)
    os._exit(2)


def _run(config: Config, password: str | None) -> int:
    import uvloop

    from store.api import StoreOpenError

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(config, password))
    except StoreOpenError as error:
        return _failed(str(error))
    except ConfigError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}" if error.filename else str(error))


async def open_server(config: Config, password: str | None = None) -> Server:
    """A server that accepts connections. Raises StoreOpenError, ConfigError, and OSError for its address."""
    from sqlnode.base.errors import SqlError
    from sqlnode.instance import open_instance
    from sqlnode.server import Server

    instance = await open_instance(config.store, root_password=password, on_fatal=_fatal)
    try:
        _set_variables(instance.globals, config)
        server = Server(instance, config)
        await server.start()
    except OSError as error:
        await instance.close()
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise ConfigError(f"cannot listen on {_shown(config.host)}:{config.port}: {reason}") from None
    except SqlError as error:
        await instance.close()
        raise ConfigError(f"variables: {error.message}") from None
    return server


def _set_variables(globals_: object, config: Config) -> None:
    if not config.variables:
        return
    from sqlnode.session.effects import checked
    from sqlnode.session.variables import GlobalVariables, declaration

    assert isinstance(globals_, GlobalVariables), "an instance keeps its globals there"
    for name, value in config.variables:
        variable = declaration(name)
        globals_.set(variable, variable.parse(checked(variable, value), lambda message: None))


async def serve(config: Config, password: str | None = None) -> int:
    """Serves until SIGTERM or SIGINT, then stops in order. Returns the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await open_server(config, password)
    # Modules and plans live for ever: the cycle collector need not look at them again for every few hundred objects.
    gc.freeze()
    gc.set_threshold(20_000, 5, 200)
    # The loop waits no longer than this for its turn while threads plan large statements or compute.
    sys.setswitchinterval(0.001)
    print(f"sqlnode ready: mysql://{_shown(config.host)}:{server.port} store {config.store}", flush=True)
    await stop.wait()
    await server.stop()
    return 0


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
