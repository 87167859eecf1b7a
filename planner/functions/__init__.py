"""SQL functions and operators: declarations (`registry`), families (one module each), and their resolution.

`resolve(name, args, context)` is the only door: it finds the function, checks the count, picks the overload, casts the
arguments and works out the result type. Operators have names as MySQL prints them::

    + - * / div % unary_minus   & | ^ ~ << >>   = <=> < <= > >= !=   and or xor not
    is_null is_true is_false    in (x, a, b, …)   between (x, low, high)   like (x, pattern[, escape])
    case (condition, value, …[, else])   if ifnull nullif coalesce greatest least interval
    row (a, b, …) as an argument of comparisons and IN     setvar (UserVariable, value) for :=
    collate (x; text=collation)   convert_using (x; text=charset)   introducer (constant; text=charset)

Negated forms are `not` over them. Casts go through `cast`. Nothing here knows sqlglot, stores or sessions.
"""

from __future__ import annotations

from planner.functions.resolution import (
    aggregate_function,
    cast,
    is_aggregate,
    is_function,
    resolve,
    resolve_aggregate,
    unrounded,
)

__all__ = ["aggregate_function", "cast", "is_aggregate", "is_function", "resolve", "resolve_aggregate", "unrounded"]
