"""Text to statements: sqlglot for queries and DML, own parsers over its tokens for everything else.

`parse_text(sql, sql_mode=…)` is the entry; `parse_expression` reads an expression that stands alone (a stored default, a
check, a generated column), `parse_query` a stored view. The trees' shapes are listed in `planner.parse.tables`; what is
no query and no DML is one of the frozen dataclasses in `nodes_ddl`, `nodes_session`, `nodes_admin`, `nodes_account`.
"""

from __future__ import annotations

from planner.parse.entry import parse_expression, parse_query, parse_text
from planner.parse.nodes_common import Expr, StatementKind
from planner.parse.statement import Statement

__all__ = ["Expr", "Statement", "StatementKind", "parse_expression", "parse_query", "parse_text"]
