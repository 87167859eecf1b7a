"""What happens when a variable is set: the few that do more than keep a value.

`set_session` parses a value, checks it, stores it and applies it. Values that plans depend on make a new plan key, so
that no plan of another mode, zone or collation is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.context import SqlMode
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import by_name, check_pair
from sqlnode.base.errors import (
    INCORRECT_GLOBAL_LOCAL_VAR,
    NOT_SUPPORTED_YET,
    WRONG_VALUE_FOR_VAR,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import DatabaseInfo
from sqlnode.base.temporal import zone_of_name
from sqlnode.base.types import SqlType, Value
from sqlnode.session.transactions import checked_isolation
from sqlnode.session.variables import canonical, declaration
from sqlnode.sysvars import REGISTRY, Scope, Variable, VariableValue

if TYPE_CHECKING:
    from sqlnode.session.session import Session

_MODES = {name: value for name, value in vars(SqlMode).items() if name.isupper() and name not in ("STRICT", "DEFAULT")}
_COMBINED = {
    "ANSI": ("REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "ONLY_FULL_GROUP_BY"),
    "TRADITIONAL": (
        "STRICT_TRANS_TABLES",
        "STRICT_ALL_TABLES",
        "NO_ZERO_IN_DATE",
        "NO_ZERO_DATE",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_ENGINE_SUBSTITUTION",
    ),
}
_PLAN_VARIABLES = tuple(name for name, variable in REGISTRY.items() if variable.plan)
_PLAN_KEYS: dict[tuple[object, ...], tuple[object, ...]] = {}


def parse_sql_mode(text: str) -> tuple[int, str]:
    """Bits and canonical text of a sql_mode. Raises 1231."""
    bits = 0
    for written in text.replace(" ", "").split(","):
        word = written.upper()
        if not word:
            continue
        if word not in _MODES:
            raise SqlError(WRONG_VALUE_FOR_VAR, name="sql_mode", value=written)
        bits |= _MODES[word]
        for part in _COMBINED.get(word, ()):
            bits |= _MODES[part]
    return bits, sql_mode_text(bits)


def sql_mode_text(bits: int) -> str:
    """The mode's words in MySQL's order."""
    return ",".join(name for name, value in sorted(_MODES.items(), key=lambda pair: pair[1]) if bits & value)


def _default_collation(charset: str) -> str:
    return charset_by_name(charset).default_collation


def checked(variable: Variable, value: object) -> object:
    """A value after the checks that need more than the declaration: names of modes, zones, character sets."""
    name = variable.name
    if name == "sql_mode":
        if isinstance(value, int):
            if value & ~sum(_MODES.values()):
                raise SqlError(WRONG_VALUE_FOR_VAR, name=name, value=value)
            return sql_mode_text(value)
        if value is None:
            raise SqlError(WRONG_VALUE_FOR_VAR, name=name, value="NULL")
        return parse_sql_mode(str(value))[1]
    if value is None:
        return value
    if name == "time_zone":
        zone_of_name(str(value))
        return value
    if name.startswith("character_set_") and name != "character_sets_dir":
        return charset_by_name(str(value)).name
    if name.startswith("collation_"):
        return by_name(str(value)).name
    return value


LAST_SECOND = 32_536_771_199
"""The greatest value of the variable timestamp: the end of year 3000."""


_FIXED = frozenset(
    (
        "explicit_defaults_for_timestamp",
        "lc_time_names",
        "sql_auto_is_null",
        "sql_generate_invisible_primary_key",
        "sql_quote_show_create",
    )
)
"""Variables that would change results or definitions; another value than the default is refused, not forgotten."""


def _refuse_other(variable: Variable, value: VariableValue) -> None:
    if variable.name in _FIXED and value != variable.default:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"SET {variable.name} = {variable.show(value)}")


def set_session(session: Session, name: str, value: object, *, default: bool = False) -> None:
    """SET [SESSION] name = value. `value` is int, float, Decimal, str or None; `default` takes the global value."""
    variable = declaration(name)
    if variable.read_only:
        raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=variable.name, kind="read only")
    if default:
        value = session.instance.globals.values.get(variable.name, variable.default)
    parsed = variable.parse(checked(variable, value), lambda message: _truncated(session, message))
    _refuse_other(variable, parsed)
    effect = _EFFECTS.get(variable.name)
    if effect is not None and variable.scope is not Scope.GLOBAL:
        before = session.variables.values
        session.variables.set(variable, parsed)
        try:
            effect(session, parsed)
        except SqlError:
            session.variables.values = before
            raise
    else:
        session.variables.set(variable, parsed)
    if variable.plan or variable.name in _CHARSETS:
        new_plan_key(session)


NEXT_TRANSACTION = frozenset({"transaction_isolation", "transaction_read_only"})
"""Variables that `SET @@name = …` changes for the next transaction only."""


def set_next_transaction(session: Session, name: str, value: object, *, default: bool = False) -> None:
    """SET @@name = value for one of NEXT_TRANSACTION. Raises 1231, 1568, 8048."""
    variable = declaration(name)
    if default:
        value = session.instance.globals.values.get(variable.name, variable.default)
    parsed = variable.parse(checked(variable, value), lambda message: _truncated(session, message))
    if variable.name == "transaction_read_only":
        session.transaction.set_next(None, bool(parsed))
        return
    checked_isolation(str(parsed), skip_check=bool(session.variables.values["tidb_skip_isolation_level_check"]))
    session.transaction.set_next(str(parsed), None)


def set_global(session: Session, name: str, value: object, *, default: bool = False) -> None:
    """SET GLOBAL name = value; sessions that begin later have it."""
    variable = declaration(name)
    if variable.read_only:
        raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=variable.name, kind="read only")
    if default:
        value = variable.default
    parsed = variable.parse(checked(variable, value), lambda message: _truncated(session, message))
    _refuse_other(variable, parsed)
    if variable.name == "transaction_isolation":
        checked_isolation(str(parsed), skip_check=bool(session.variables.values["tidb_skip_isolation_level_check"]))
    session.instance.globals.set(variable, parsed)


def _truncated(session: Session, message: str) -> None:
    session.warn(SqlWarning("Warning", 1292, message))


_CHARSETS = frozenset(
    {"character_set_client", "character_set_connection", "character_set_results", "collation_connection"}
)


def new_plan_key(session: Session) -> None:
    """One shared object for each combination of values that plans depend on: sessions compare it by identity."""
    values = session.variables.values
    key = (session.sql_mode, session.charset, session.collation, *[values[name] for name in _PLAN_VARIABLES])
    if len(_PLAN_KEYS) > 10_000:
        _PLAN_KEYS.clear()
    session.plan_key = _PLAN_KEYS.setdefault(key, key)


def apply_all(session: Session) -> None:
    """Applies every value of a fresh session."""
    values = session.variables.values
    for name in (
        "sql_mode",
        "time_zone",
        "character_set_client",
        "character_set_results",
        "collation_connection",
        "transaction_isolation",
        "transaction_read_only",
        "autocommit",
        "innodb_lock_wait_timeout",
    ):
        _EFFECTS[name](session, values[name])
    new_plan_key(session)


@dataclass(frozen=True, slots=True)
class Settings:
    """What SET can change, as it was: for a SET whose later item fails."""

    values: dict[str, VariableValue]
    user_variables: dict[str, tuple[Value, SqlType]]
    globals: dict[str, VariableValue]
    numbers: tuple[int, int, int]
    next_characteristics: tuple[str | None, bool | None]

    @classmethod
    def of(cls, session: Session) -> Settings:
        """The session's settings now."""
        state = session.transaction
        return cls(
            session.variables.values,
            dict(session.user_variables),
            dict(session.instance.globals.values),
            (session.last_insert_id, session.forced_insert_id, session.fixed_now_us),
            (state.next_isolation, state.next_read_only),
        )

    def restore(self, session: Session, global_names: Iterable[str] = ()) -> None:
        """Puts the session's own settings back, and the global ones named (as written; unknown names are nobody's)."""
        for name in map(canonical, global_names):
            if name in self.globals:
                session.instance.globals.set(REGISTRY[name], self.globals[name])
        session.variables.values = self.values
        session.user_variables = self.user_variables
        apply_all(session)
        session.variables.values = self.values
        session.last_insert_id, session.forced_insert_id, session.fixed_now_us = self.numbers
        session.transaction.next_isolation, session.transaction.next_read_only = self.next_characteristics


# --- effects -------------------------------------------------------------------------------------------------------


def _autocommit(session: Session, value: VariableValue) -> None:
    session.transaction.autocommit = bool(value)


def _sql_mode(session: Session, value: VariableValue) -> None:
    session.sql_mode = parse_sql_mode(str(value))[0]


def _time_zone(session: Session, value: VariableValue) -> None:
    session.zone = zone_of_name(str(value))


def _isolation(session: Session, value: VariableValue) -> None:
    checked_isolation(str(value), skip_check=bool(session.variables.values["tidb_skip_isolation_level_check"]))
    level = str(value)
    state = session.transaction
    state.session_isolation = level if level == "READ-COMMITTED" else "REPEATABLE-READ"
    state.next_isolation = None
    if not state.in_transaction:
        state.isolation = state.session_isolation


def _read_only(session: Session, value: VariableValue) -> None:
    state = session.transaction
    state.session_read_only = bool(value)
    state.next_read_only = None
    if not state.in_transaction:
        state.read_only = bool(value)


def _charset_client(session: Session, value: VariableValue) -> None:
    if value in ("ucs2", "utf16", "utf16le", "utf32"):
        raise SqlError(WRONG_VALUE_FOR_VAR, name="character_set_client", value=value)
    session.charset_client = str(value)


def _charset_results(session: Session, value: VariableValue) -> None:
    session.charset_results = None if value is None else str(value)


def _charset_connection(session: Session, value: VariableValue) -> None:
    session.charset = str(value)
    session.collation = _default_collation(session.charset)
    session.variables.set(REGISTRY["collation_connection"], session.collation)


def _collation_connection(session: Session, value: VariableValue) -> None:
    collation = by_name(str(value))
    session.collation = collation.name
    session.charset = collation.charset
    session.variables.set(REGISTRY["character_set_connection"], collation.charset)


def _charset_server(session: Session, value: VariableValue) -> None:
    session.variables.set(REGISTRY["collation_server"], _default_collation(str(value)))


def _collation_server(session: Session, value: VariableValue) -> None:
    session.variables.set(REGISTRY["character_set_server"], by_name(str(value)).charset)


def _last_insert_id(session: Session, value: VariableValue) -> None:
    session.last_insert_id = int(value or 0)


def _insert_id(session: Session, value: VariableValue) -> None:
    session.forced_insert_id = int(value or 0)


def _timestamp(session: Session, value: VariableValue) -> None:
    seconds = float(value or 0)
    if not 0 <= seconds <= LAST_SECOND:
        raise SqlError(WRONG_VALUE_FOR_VAR, name="timestamp", value=f"{seconds:.15g}".replace("e+", "e"))
    session.fixed_now_us = round(seconds * 1_000_000)


def _lock_wait(session: Session, value: VariableValue) -> None:
    session.transaction.lock_wait_ms = int(value or 1) * 1000


_EFFECTS: dict[str, Callable[[Session, VariableValue], None]] = {
    "autocommit": _autocommit,
    "sql_mode": _sql_mode,
    "time_zone": _time_zone,
    "transaction_isolation": _isolation,
    "transaction_read_only": _read_only,
    "character_set_client": _charset_client,
    "character_set_results": _charset_results,
    "character_set_connection": _charset_connection,
    "collation_connection": _collation_connection,
    "character_set_server": _charset_server,
    "collation_server": _collation_server,
    "last_insert_id": _last_insert_id,
    "insert_id": _insert_id,
    "timestamp": _timestamp,
    "innodb_lock_wait_timeout": _lock_wait,
}


def set_names(session: Session, charset: str | None, collation: str | None) -> None:
    """SET NAMES. Raises 1115, 1253, 1273."""
    if charset is None:
        charset = str(session.instance.globals.values["character_set_client"])
    name = charset_by_name(charset).name
    chosen = _default_collation(name)
    if collation is not None:
        chosen = check_pair(name, collation).name
    set_session(session, "character_set_client", name)
    set_session(session, "character_set_results", name)
    set_session(session, "collation_connection", chosen)


def set_character_set(session: Session, charset: str | None) -> None:
    """SET CHARACTER SET: client and results as given, the connection as the current database."""
    if charset is None:
        charset = str(session.instance.globals.values["character_set_client"])
    name = charset_by_name(charset).name
    set_session(session, "character_set_client", name)
    set_session(session, "character_set_results", name)
    set_session(session, "collation_connection", session.variables.values["collation_database"])


def database_changed(session: Session, database: DatabaseInfo) -> None:
    """@@character_set_database and @@collation_database follow the current database."""
    session.variables.values = {
        **session.variables.values,
        "character_set_database": database.charset,
        "collation_database": database.collation,
    }
