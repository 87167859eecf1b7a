"""Which arguments of which tree nodes the binder reads. Anything else that is present is refused, never ignored.

Every function that reads a node calls `take(node)` first. An argument is present when it is neither None, False, an
empty list nor an empty string.
"""

from __future__ import annotations

from sqlglot import expressions as exp

from planner.bind.state import unsupported
from sqlnode.base.errors import SqlError

_BINARY = frozenset(("this", "expression"))
_TAIL = frozenset(("order", "limit", "offset"))
_QUERY_TAIL = _TAIL | {"with_"}

READ: dict[type[exp.Expression], frozenset[str]] = {
    **dict.fromkeys(
        (
            exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Mod, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor,
            exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE,
            exp.NullSafeEQ, exp.And, exp.Or, exp.Xor, exp.Is, exp.RegexpLike, exp.Escape, exp.Collate, exp.Introducer,
            exp.PropertyEQ, exp.Extract, exp.Dot,
        ),
        _BINARY,
    ),
    **{kind: frozenset(("this",)) for kind in (exp.Neg, exp.Not, exp.Paren, exp.BitwiseNot, exp.Boolean)},
    **{kind: frozenset(("this",)) for kind in (exp.HexString, exp.BitString, exp.National, exp.Placeholder)},
    **{kind: frozenset(("this",)) for kind in (exp.Exists, exp.Any, exp.All, exp.Parameter, exp.Var)},
    **{kind: frozenset(("this",)) for kind in (exp.Where, exp.Having, exp.From)},
    **{kind: frozenset(("expression",)) for kind in (exp.Limit, exp.Offset)},
    exp.DPipe: _BINARY,
    exp.Div: _BINARY | {"safe"},
    exp.Like: _BINARY | {"negate"},
    exp.Null: frozenset(),
    exp.Star: frozenset(),
    exp.Identifier: frozenset(("this", "quoted")),
    exp.Literal: frozenset(("this", "is_string")),
    exp.Column: frozenset(("this", "table", "db", "catalog")),
    exp.Alias: frozenset(("this", "alias")),
    exp.Anonymous: frozenset(("this", "expressions")),
    exp.Distinct: frozenset(("expressions",)),
    exp.Tuple: frozenset(("expressions",)),
    exp.Between: frozenset(("this", "low", "high")),
    exp.In: frozenset(("this", "expressions", "query")),
    exp.Case: frozenset(("this", "ifs", "default")),
    exp.If: frozenset(("this", "true")),
    exp.Cast: frozenset(("this", "to")),
    exp.ConvertToCharset: frozenset(("this", "dest")),
    exp.Trim: frozenset(("this", "expression", "position")),
    exp.GroupConcat: frozenset(("this", "separator")),
    exp.Interval: frozenset(("this", "unit")),
    exp.SessionParameter: frozenset(("this", "kind")),
    exp.JSONValue: frozenset(("this", "path")),
    exp.WeightString: frozenset(("this",)),
    exp.Select: _QUERY_TAIL
    | {"expressions", "distinct", "from_", "joins", "where", "group", "having", "locks"},
    exp.Union: _QUERY_TAIL | {"this", "expression", "distinct"},
    exp.Intersect: _QUERY_TAIL | {"this", "expression", "distinct"},
    exp.Except: _QUERY_TAIL | {"this", "expression", "distinct"},
    exp.Subquery: _TAIL | {"this", "alias", "joins"},
    exp.Values: _TAIL | {"expressions", "alias"},
    exp.Order: frozenset(("this", "expressions")),
    exp.Ordered: frozenset(("this", "desc", "nulls_first")),
    exp.Group: frozenset(("expressions", "rollup")),
    exp.Lock: frozenset(("update", "expressions", "wait")),
    exp.With: frozenset(("expressions", "recursive")),
    exp.CTE: frozenset(("this", "alias")),
    exp.TableAlias: frozenset(("this", "columns")),
    exp.Table: frozenset(("this", "db", "alias", "joins", "hints", "partition")),
    exp.IndexTableHint: frozenset(("this", "target", "expressions")),
    exp.Join: frozenset(("this", "on", "using", "side", "kind", "method")),
    exp.Schema: frozenset(("this", "expressions")),
    exp.Insert: frozenset(("this", "expression", "conflict", "ignore")),
    exp.OnConflict: frozenset(("duplicate", "expressions")),
    exp.Update: frozenset(("this", "expressions", "where", "order", "limit", "with_")),
    exp.Delete: frozenset(("this", "tables", "where", "order", "limit", "with_")),
}  # fmt: skip
"""Node class to the arguments that the binder reads."""


def take(node: exp.Expression) -> None:
    """Refuses a node with an argument that the binder does not read: error 1235."""
    read = READ.get(type(node))
    if read is None:
        raise refused(node)
    for name, value in node.args.items():
        if name not in read and value is not None and value is not False and value != [] and value != "":
            raise unsupported(f"{type(node).__name__.upper()} with {name.strip('_').upper()}")


def refused(node: exp.Expression) -> SqlError:
    """Error 1235 for a node that the binder does not know at this place."""
    if isinstance(node, exp.Window):
        return unsupported(f"window function {node.this.name.upper()}")
    return unsupported(_NAMES.get(type(node), type(node).__name__.upper()))


_NAMES: dict[type[exp.Expression], str] = {
    exp.MatchAgainst: "MATCH ... AGAINST",
    exp.Lateral: "LATERAL",
}
