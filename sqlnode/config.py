"""Start-up settings. What can change while the server runs is a system variable instead."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

DEFAULT_STORE = "embedded:./sqlnode-data"
DEFAULT_PORT = 4000


class ConfigError(Exception):
    """A setting that cannot be used. The text names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """How a server starts. In a TOML file the same names, e.g. `port = 3306`, and `[variables]` for global variables."""

    store: str = DEFAULT_STORE
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    """0: a free port, which the ready line names."""
    tls: bool = True
    tls_certificate: str = ""
    """A PEM file instead of the self-made certificate; `tls_key` is its key."""
    tls_key: str = ""
    root_password_file: str = ""
    """Read once, when a new store gets its root account."""
    drain_seconds: float = 10.0
    """How long running statements may go on after SIGTERM."""
    busy_poll_us: float = 50.0
    """How long the server looks for a lone local client's next command before it sleeps (wire/busy_poll.py); 0: never."""
    variables: tuple[tuple[str, str | int | float | bool], ...] = ()
    """Global variables set at start."""

    @property
    def data_directory(self) -> Path | None:
        """Where the server keeps its files; None for a store in memory or elsewhere."""
        scheme, _, rest = self.store.partition(":")
        return Path(rest) if scheme == "embedded" and rest else None


def read_config(path: Path) -> Config:
    """The settings of a TOML file. Raises ConfigError for what it does not know or cannot read."""
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"config file {path}: {error}") from None
    config = Config()
    variables = found.pop("variables", {})
    if not isinstance(variables, dict):
        raise ConfigError(f"config file {path}: [variables] must be a table")
    types = {field.name: type(getattr(config, field.name)) for field in fields(Config)}
    for name, value in found.items():
        if name not in types or name == "variables":
            raise ConfigError(f"config file {path}: unknown setting {name!r}")
        wanted = types[name]
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not wanted:
            raise ConfigError(f"config file {path}: {name} must be of type {wanted.__name__}")
        config = replace(config, **{name: value})
    return replace(config, variables=tuple(variables.items()))


def root_password(config: Config, environment: str | None) -> str | None:
    """Root's first password: from the file, else the environment's SQLNODE_ROOT_PASSWORD, else None (no password).

    Raises ConfigError when the file cannot be read.
    """
    if config.root_password_file:
        try:
            return Path(config.root_password_file).read_text().rstrip("\r\n")
        except OSError as error:
            raise ConfigError(f"root password file: {error}") from None
    return environment
