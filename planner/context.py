"""PlanContext: everything that planning depends on, as immutable values. A planner reads nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from planner.expr.guards import Guard
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlWarning
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import SqlType, Value


class SqlMode:
    """The bits of sql_mode (MySQL's numbering)."""

    REAL_AS_FLOAT = 1
    PIPES_AS_CONCAT = 2
    ANSI_QUOTES = 4
    IGNORE_SPACE = 8
    ONLY_FULL_GROUP_BY = 32
    NO_UNSIGNED_SUBTRACTION = 64
    NO_DIR_IN_CREATE = 128
    ANSI = 0x40000
    NO_AUTO_VALUE_ON_ZERO = 0x80000
    NO_BACKSLASH_ESCAPES = 0x100000
    STRICT_TRANS_TABLES = 0x200000
    STRICT_ALL_TABLES = 0x400000
    NO_ZERO_IN_DATE = 0x800000
    NO_ZERO_DATE = 0x1000000
    ALLOW_INVALID_DATES = 0x2000000
    ERROR_FOR_DIVISION_BY_ZERO = 0x4000000
    TRADITIONAL = 0x8000000
    HIGH_NOT_PRECEDENCE = 0x20000000
    NO_ENGINE_SUBSTITUTION = 0x40000000
    PAD_CHAR_TO_FULL_LENGTH = 0x80000000
    TIME_TRUNCATE_FRACTIONAL = 0x100000000

    STRICT = STRICT_TRANS_TABLES | STRICT_ALL_TABLES
    DEFAULT = (
        ONLY_FULL_GROUP_BY
        | STRICT_TRANS_TABLES
        | NO_ZERO_IN_DATE
        | NO_ZERO_DATE
        | ERROR_FOR_DIVISION_BY_ZERO
        | NO_ENGINE_SUBSTITUTION
    )


@dataclass(frozen=True)
class PlanContext:
    """Input of the planner beside the statement.

    `variables` holds the session's values by lower-case name, typed as `sqlnode.sysvars` declares them (int, bool,
    str, float). `warn` is the only sink: planning may raise warnings (unknown hint, refused pushdown).
    """

    catalog: Catalog
    database: str = ""
    variables: Mapping[str, object] = field(default_factory=dict)
    global_variable: Callable[[str], object] = lambda name: None
    computed_variable: Callable[[str], object] = lambda name: None
    """Session variables that tell a state rather than a setting (last_insert_id, warning_count, timestamp)."""
    sql_mode: int = SqlMode.DEFAULT
    charset: str = "utf8mb4"
    collation: str = "utf8mb4_0900_ai_ci"
    zone: tzinfo | None = None
    now_us: int = 0
    """Statement time, microseconds since 1970 UTC."""
    parameter_types: tuple[SqlType, ...] = ()
    parameters: tuple[Value, ...] = ()
    """Values of parameters, empty when planning at PREPARE. Whoever reads one calls `value_read`."""
    value_read: Callable[[], None] = lambda: None
    """Told when a parameter's value shaped the plan, which then serves for this execution alone."""
    guarded: Callable[[int, Guard], None] = lambda index, guard: None
    """Told on what kind of value a plan relies (`planner.expr.guards`)."""
    check_table: Callable[[str, str, str], None] = lambda privilege, database, table: None
    """Raises 1142 for (privilege, database, table) that the account lacks, before anything is told about the table."""
    user_variables: Mapping[str, tuple[Value, SqlType]] = field(default_factory=dict)
    temporary_tables: Mapping[tuple[str, str], object] = field(default_factory=dict)
    row_count: Callable[[int], float | None] = lambda table_id: None
    """Statistics: estimated rows of a table, None when unknown (then pseudo: 10000)."""
    group_rows: Callable[[TableInfo, int], tuple[float, ...]] = lambda table, index_id: ()
    """Statistics of an index's keys (0: of the record keys): about how many rows agree in the first part, in the first two,
    and so on; empty when unknown."""
    warn: Callable[[SqlWarning], None] = lambda warning: None
    user: str = ""
    host: str = ""
    view_depth: int = 0
    in_explain: bool = False

    def variable(self, name: str) -> object:
        """A session variable's typed value."""
        return self.variables[name]
