"""`Variable`: the declaration of one system variable, and how a text or number becomes its typed value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from sqlnode.base.errors import WRONG_TYPE_FOR_VAR, WRONG_VALUE_FOR_VAR, SqlError


class Scope(Enum):
    """Where a variable can be set."""

    GLOBAL = "global"
    SESSION = "session"
    BOTH = "both"


class Kind(Enum):
    """How a value is read and shown."""

    BOOL = "bool"
    """1/0 in SELECT @@x, ON/OFF in SHOW VARIABLES."""
    INT = "int"
    FLOAT = "float"
    STRING = "string"
    ENUM = "enum"


VariableValue = int | float | str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """One system variable. Values are int (BOOL as 0/1, INT), float, str or None.

    `read_only` ones answer 1238 to SET. `accepted_only` ones are stored and read back, and nothing here acts on them.
    `plan` tells that cached plans depend on it. `hint` that SET_VAR may set it. `check` may change or refuse a value.
    """

    name: str
    scope: Scope
    kind: Kind
    default: VariableValue
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False
    accepted_only: bool = False
    plan: bool = False
    hint: bool = False
    nullable: bool = False
    check: Callable[[str], str] | None = None

    def parse(self, value: object, warn: Callable[[str], None] = lambda message: None) -> VariableValue:
        """The typed value for what SET gave (int, float, Decimal, str or None).

        Numbers outside the bounds are clipped with a warning, as MySQL does. Errors 1231 and 1232.
        """
        if value is None:
            if self.nullable:
                return None
            raise SqlError(WRONG_VALUE_FOR_VAR, name=self.name, value="NULL")
        match self.kind:
            case Kind.BOOL:
                return self._parse_bool(value)
            case Kind.INT:
                return self._parse_int(value, warn)
            case Kind.FLOAT:
                if isinstance(value, str):
                    raise SqlError(WRONG_TYPE_FOR_VAR, name=self.name)
                return float(value)  # type: ignore[arg-type]
            case Kind.ENUM:
                return self._parse_enum(value)
            case Kind.STRING:
                if isinstance(value, (float, Decimal)):
                    raise SqlError(WRONG_TYPE_FOR_VAR, name=self.name)
                text = str(value)
                return self.check(text) if self.check is not None else text

    def _parse_bool(self, value: object) -> int:
        if isinstance(value, str):
            word = value.upper()
            if word in ("ON", "TRUE", "1"):
                return 1
            if word in ("OFF", "FALSE", "0"):
                return 0
        elif isinstance(value, int) and value in (0, 1):
            return int(value)
        elif isinstance(value, (float, Decimal)):
            raise SqlError(WRONG_TYPE_FOR_VAR, name=self.name)
        raise SqlError(WRONG_VALUE_FOR_VAR, name=self.name, value=value)

    def _parse_int(self, value: object, warn: Callable[[str], None]) -> int:
        if isinstance(value, (str, float, Decimal)):
            raise SqlError(WRONG_TYPE_FOR_VAR, name=self.name)
        number: int = int(value)  # type: ignore[call-overload]
        clipped = number
        if self.low is not None and number < self.low:
            clipped = self.low
        if self.high is not None and number > self.high:
            clipped = self.high
        if clipped != number:
            warn(f"Truncated incorrect {self.name} value: '{number}'")
        return clipped

    def _parse_enum(self, value: object) -> str:
        if isinstance(value, int) and 0 <= value < len(self.choices):
            return self.choices[value]
        if isinstance(value, str):
            for choice in self.choices:
                if choice.upper() == value.upper():
                    return choice
        if isinstance(value, (float, Decimal)):
            raise SqlError(WRONG_TYPE_FOR_VAR, name=self.name)
        raise SqlError(WRONG_VALUE_FOR_VAR, name=self.name, value=value)

    def show(self, value: VariableValue) -> str:
        """The value as SHOW VARIABLES prints it."""
        if value is None:
            return ""
        if self.kind is Kind.BOOL:
            return "ON" if value else "OFF"
        if self.kind is Kind.FLOAT:
            return f"{value:.6f}"
        return str(value)
