"""Building: what turning a definition into a TableInfo depends on. Pure: no store, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from planner.context import PlanContext, SqlMode
from sqlnode.base.errors import SqlWarning
from sqlnode.ddl.charsets import CharsetPair

if TYPE_CHECKING:
    from sqlnode.ddl.context import DdlContext


@dataclass(frozen=True, slots=True)
class Building:
    """One per statement and table.

    `charset` is what columns inherit (the table's). `clustered` says if a primary key without the keyword becomes the
    handle; `auto_id_cache` what a table with AUTO_INCREMENT gets.
    """

    charset: CharsetPair
    connection_charset: str = "utf8mb4"
    utf8mb4_default: str = ""
    sql_mode: int = SqlMode.DEFAULT
    zone: tzinfo | None = None
    warn: Callable[[SqlWarning], None] = lambda warning: None
    clustered: bool = True
    auto_id_cache: int = 1
    require_primary_key: bool = False
    planning: Callable[[], PlanContext] | None = None
    """Gives a context to bind expressions with."""

    @property
    def strict(self) -> bool:
        """Whether bad definitions are errors rather than warnings."""
        return bool(self.sql_mode & SqlMode.STRICT)

    def deprecated(self, code: int, message: str) -> None:
        """A warning about deprecated syntax."""
        self.warn(SqlWarning("Warning", code, message))


def building_of(context: DdlContext, charset: CharsetPair) -> Building:
    """The building rules of a statement, for a table with this default charset."""
    variables = context.variables
    return Building(
        charset=charset,
        connection_charset=context.charset,
        utf8mb4_default=str(variables.get("default_collation_for_utf8mb4", "")),
        sql_mode=context.sql_mode,
        zone=context.zone,
        warn=context.warn,
        clustered=variables.get("tidb_enable_clustered_index", "ON") == "ON",
        require_primary_key=bool(variables.get("sql_require_primary_key", 0)),
        planning=context.planning,
    )
