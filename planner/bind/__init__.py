"""From a Statement to a logical plan in which every expression is typed. sqlglot's trees end here.

`bind` turns a query or DML statement into a `BoundQuery`. It resolves names in the catalog of the `PlanContext`,
expands views and common table expressions, checks MySQL's rules (ambiguity, grouping, operand counts), and places
subqueries as joins: SEMI and ANTI for EXISTS and IN among the conjuncts of WHERE, MARK for those whose answer is a
value, LEFT over MaxOneRow for scalar ones; an Apply where the subquery reads the outer row. It does no optimization.

Start reading in `query.py` (query expressions), `select.py` (one query block), `from_clause.py` (joins), then
`expressions.py`. Every node class and argument of the tree that nobody reads is refused: see `consumption.py`.
"""

from __future__ import annotations

from planner.bind.statement import bind, bind_expression, bind_values
from planner.bind.tables import table_columns

__all__ = ["bind", "bind_expression", "bind_values", "table_columns"]
