"""Expressions back to text: the form that metadata keeps, and the form that SHOW CREATE prints.

`stored_text` is how TiDB restores an expression: back quotes, lower-case functions, blanks around operators and behind
commas, parentheses as written, an introducer before each string. `shown_text` is how MySQL 8 prints it: every
operator in its own parentheses, no blank behind commas. Both read back (`entry.parse_expression`) to a tree of the
same meaning.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import expressions as exp

from planner.parse.failure import unsupported
from planner.parse.nodes_common import TypeSpec

_BINARY: dict[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "DIV",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "<=>",
    exp.And: "and",
    exp.Or: "or",
    exp.Xor: "xor",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
}
_STORED_WORDS = {"and": "AND", "or": "OR", "xor": "XOR", "<>": "!="}
_CANONICAL = {
    "lcase": "lower",
    "ucase": "upper",
    "current_timestamp": "now",
    "localtime": "now",
    "localtimestamp": "now",
    "current_date": "curdate",
    "current_time": "curtime",
    "character_length": "char_length",
    "substring": "substr",
    "power": "pow",
    "ceil": "ceiling",
    "day": "dayofmonth",
    "octet_length": "length",
    "sha": "sha",
    "schema": "database",
}
"""Names that MySQL prints for a synonym."""

_ESCAPES = {"\0": "\\0", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'", "\x1a": "\\Z"}

Table = Callable[[exp.Column], str]


def quote_name(name: str) -> str:
    """A name in back quotes."""
    return "`" + name.replace("`", "``") + "`"


def quote_string(text: str) -> str:
    """A string in single quotes, with MySQL's backslash escapes."""
    return "'" + "".join(_ESCAPES.get(character, character) for character in text) + "'"


def stored_text(tree: exp.Expression, charset: str = "utf8mb4") -> str:
    """The text that metadata keeps; `charset` is the connection's, for the introducer of strings."""
    return _Printer(charset, shown=False).text(tree)


def shown_text(tree: exp.Expression, charset: str = "utf8mb4") -> str:
    """The text that SHOW CREATE TABLE prints (an operator at the top comes with its parentheses)."""
    return _Printer(charset, shown=True).text(tree)


class _Printer:
    def __init__(self, charset: str, *, shown: bool) -> None:
        self.charset = charset
        self.shown = shown
        self.comma = "," if shown else ", "

    def text(self, node: exp.Expression) -> str:
        operator = _BINARY.get(type(node))
        if operator is not None:
            return self._binary(operator, node.this, node.expression)
        special = _SPECIAL.get(type(node))
        if special is None:
            raise unsupported(f"{type(node).__name__} in a stored expression")
        return special(self, node)

    def wrap(self, text: str) -> str:
        """Parentheses around an operation in the shown form."""
        return f"({text})" if self.shown else text

    def list(self, nodes: list[exp.Expression]) -> str:
        return self.comma.join(self.text(node) for node in nodes)

    def _binary(self, operator: str, left: exp.Expression, right: exp.Expression) -> str:
        if not self.shown:
            operator = _STORED_WORDS.get(operator, operator)
        return self.wrap(f"{self.text(left)} {operator} {self.text(right)}")

    # --- leaves ----------------------------------------------------------------------------------------------------

    def column(self, node: exp.Column) -> str:
        """Qualifiers are dropped: a stored expression belongs to one table."""
        return quote_name(node.name)

    def literal(self, node: exp.Literal) -> str:
        if not node.is_string:
            return str(node.this)
        return f"_{self.charset}{quote_string(str(node.this))}"

    def introducer(self, node: exp.Introducer) -> str:
        inner, name = node.expression, node.name.lower()
        if self.shown and name == "_utf8":
            name = "_utf8mb3"
        if isinstance(inner, exp.Literal) and inner.is_string:
            return f"{name}{quote_string(str(inner.this))}"
        return f"{name} {self.text(inner)}"

    def national(self, node: exp.National) -> str:
        return f"_utf8mb3{quote_string(node.name)}"

    def hexadecimal(self, node: exp.HexString) -> str:
        return f"0x{node.name}" if self.shown else f"x'{node.name}'"

    def bits(self, node: exp.BitString) -> str:
        return f"b'{node.name}'" if not self.shown else f"0x{int(node.name or '0', 2):02x}"

    def boolean(self, node: exp.Boolean) -> str:
        word = "true" if node.this else "false"
        return word if self.shown else word.upper()

    def null(self, node: exp.Null) -> str:
        return "NULL"

    def paren(self, node: exp.Paren) -> str:
        return self.text(node.this) if self.shown else f"({self.text(node.this)})"

    def tuple(self, node: exp.Tuple) -> str:
        return f"({self.list(node.expressions)})"

    # --- operators -------------------------------------------------------------------------------------------------

    def negative(self, node: exp.Neg) -> str:
        inner = self.text(node.this)
        if not self.shown:
            return f"-{inner}"
        return f"-({inner})"

    def inverted(self, node: exp.BitwiseNot) -> str:
        return f"~({self.text(node.this)})" if self.shown else f"~{self.text(node.this)}"

    def negated(self, node: exp.Not) -> str:
        inner = node.this
        if isinstance(inner, exp.Is):
            return self._is(inner, "IS NOT")
        if isinstance(inner, exp.In):
            return self._in(inner, "NOT IN")
        if isinstance(inner, exp.Between):
            return self._between(inner, "NOT BETWEEN")
        if isinstance(inner, exp.Like):
            return self._like(inner, "NOT LIKE")
        if self.shown:
            return f"(not({self.text(inner)}))"
        return f"NOT {self.text(inner)}"

    def _word(self, word: str) -> str:
        return word.lower() if self.shown else word

    def is_(self, node: exp.Is) -> str:
        return self._is(node, "IS")

    def _is(self, node: exp.Is, word: str) -> str:
        what = node.expression
        state = "NULL" if isinstance(what, exp.Null) else "TRUE" if what.this else "FALSE"
        return self.wrap(f"{self.text(node.this)} {self._word(word)} {self._word(state)}")

    def in_(self, node: exp.In) -> str:
        return self._in(node, "IN")

    def _in(self, node: exp.In, word: str) -> str:
        if node.args.get("query") is not None:
            raise unsupported("subquery in a stored expression")
        items = ",".join(self.text(item) for item in node.expressions)
        return self.wrap(f"{self.text(node.this)} {self._word(word)} ({items})")

    def between(self, node: exp.Between) -> str:
        return self._between(node, "BETWEEN")

    def _between(self, node: exp.Between, word: str) -> str:
        low, high = self.text(node.args["low"]), self.text(node.args["high"])
        return self.wrap(f"{self.text(node.this)} {self._word(word)} {low} {self._word('AND')} {high}")

    def like(self, node: exp.Like) -> str:
        return self._like(node, "NOT LIKE" if node.args.get("negate") else "LIKE")

    def _like(self, node: exp.Like, word: str, escape: str = "") -> str:
        return self.wrap(f"{self.text(node.this)} {self._word(word)} {self.text(node.expression)}{escape}")

    def escape(self, node: exp.Escape) -> str:
        like = node.this
        negate = like.args.get("negate")
        suffix = f" {self._word('ESCAPE')} {self._plain(node.expression)}"
        return self._like(like, "NOT LIKE" if negate else "LIKE", suffix)

    def _plain(self, node: exp.Expression) -> str:
        if isinstance(node, exp.Literal) and node.is_string:
            return quote_string(str(node.this))
        return self.text(node)

    def regexp(self, node: exp.RegexpLike) -> str:
        if self.shown:
            return f"regexp_like({self.text(node.this)},{self.text(node.expression)})"
        return f"{self.text(node.this)} REGEXP {self.text(node.expression)}"

    def collate(self, node: exp.Collate) -> str:
        return self.wrap(f"{self.text(node.this)} {self._word('COLLATE')} {node.expression.name.lower()}")

    def case(self, node: exp.Case) -> str:
        words = self._word
        parts = [words("CASE")]
        if node.this is not None:
            parts.append(self.text(node.this))
        for branch in node.args["ifs"]:
            parts += [words("WHEN"), self.text(branch.this), words("THEN"), self.text(branch.args["true"])]
        default = node.args.get("default")
        if default is not None:
            parts += [words("ELSE"), self.text(default)]
        return self.wrap(" ".join([*parts, words("END")]))

    def interval(self, node: exp.Interval) -> str:
        return f"{self._word('INTERVAL')} {self.text(node.this)} {self._word(node.args['unit'].name.upper())}"

    # --- calls -----------------------------------------------------------------------------------------------------

    def call(self, node: exp.Anonymous) -> str:
        name = str(node.this).lower()
        arguments = node.expressions
        if name.endswith(" literal"):
            return f"{self._word(name.split()[0].upper())}{self._plain(arguments[0])}"
        if name == "member of":
            return self.wrap(f"{self.text(arguments[0])} member of ({self.text(arguments[1])})")
        if name == "binary":
            return (
                f"cast({self.text(arguments[0])} as char charset binary)"
                if self.shown
                else f"BINARY {self.text(arguments[0])}"
            )
        if self.shown:
            name = _CANONICAL.get(name, name)
            if name == "mod" and len(arguments) == 2:
                return f"({self.text(arguments[0])} % {self.text(arguments[1])})"
            if name in ("date_add", "adddate", "date_sub", "subdate") and isinstance(arguments[-1], exp.Interval):
                sign = "+" if name in ("date_add", "adddate") else "-"
                return f"({self.text(arguments[0])} {sign} {self.text(arguments[1])})"
        if name in ("timestampdiff", "timestampadd") and isinstance(arguments[0], exp.Column):
            unit = self._word(arguments[0].name.upper())
            return f"{name}({self.comma.join([unit, *(self.text(argument) for argument in arguments[1:])])})"
        return f"{name}({self.list(arguments)})"

    def cast(self, node: exp.Cast) -> str:
        spec = node.args["to"].meta["spec"]
        return f"cast({self.text(node.this)} as {cast_type_text(spec, shown=self.shown, charset=self.charset)})"

    def convert(self, node: exp.ConvertToCharset) -> str:
        return f"convert({self.text(node.this)} using {node.args['dest'].name.lower()})"

    def extract(self, node: exp.Extract) -> str:
        return f"extract({self._word(node.this.name.upper())} from {self.text(node.expression)})"

    def trim(self, node: exp.Trim) -> str:
        position, what = node.args.get("position"), node.args.get("expression")
        if position is None and what is None:
            return f"trim({self.text(node.this)})"
        words = [word for word in (str(position or "").lower(), self.text(what) if what is not None else "") if word]
        return f"trim({' '.join(words)} from {self.text(node.this)})"


_SPECIAL: dict[type[exp.Expression], Callable[..., str]] = {
    exp.Column: _Printer.column,
    exp.Literal: _Printer.literal,
    exp.Introducer: _Printer.introducer,
    exp.National: _Printer.national,
    exp.HexString: _Printer.hexadecimal,
    exp.BitString: _Printer.bits,
    exp.Boolean: _Printer.boolean,
    exp.Null: _Printer.null,
    exp.Paren: _Printer.paren,
    exp.Tuple: _Printer.tuple,
    exp.Neg: _Printer.negative,
    exp.BitwiseNot: _Printer.inverted,
    exp.Not: _Printer.negated,
    exp.Is: _Printer.is_,
    exp.In: _Printer.in_,
    exp.Between: _Printer.between,
    exp.Like: _Printer.like,
    exp.Escape: _Printer.escape,
    exp.RegexpLike: _Printer.regexp,
    exp.Collate: _Printer.collate,
    exp.Case: _Printer.case,
    exp.Interval: _Printer.interval,
    exp.Anonymous: _Printer.call,
    exp.Cast: _Printer.cast,
    exp.ConvertToCharset: _Printer.convert,
    exp.Extract: _Printer.extract,
    exp.Trim: _Printer.trim,
}


def cast_type_text(spec: TypeSpec, *, shown: bool = False, charset: str = "utf8mb4") -> str:
    """The type of a CAST as text."""
    if spec.array:
        raise unsupported("CAST(… AS … ARRAY)")
    name = spec.name.lower()
    lengths = [str(number) for number in (spec.length, spec.scale) if number is not None]
    text = f"{name}({','.join(lengths)})" if lengths else name
    if name == "char":
        if spec.charset is not None:
            text += f" charset {spec.charset}"
        elif shown:
            text += f" charset {charset}"
    return text


def column_names(tree: exp.Expression) -> tuple[str, ...]:
    """The lower-case names of the columns that an expression reads, in order of first appearance."""
    found: dict[str, None] = {}
    for node in tree.dfs():
        if isinstance(node, exp.Column) and not _is_unit(node):
            found.setdefault(node.name.lower())
    return tuple(found)


def _is_unit(node: exp.Column) -> bool:
    """The first argument of TIMESTAMPDIFF and TIMESTAMPADD parses as a column and names a unit."""
    parent = node.parent
    return (
        isinstance(parent, exp.Anonymous)
        and str(parent.this).lower() in ("timestampdiff", "timestampadd")
        and parent.expressions[0] is node
    )


def function_names(tree: exp.Expression) -> tuple[str, ...]:
    """The lower-case names of the functions that an expression calls."""
    return tuple(str(node.this).lower() for node in tree.dfs() if isinstance(node, exp.Anonymous))


def has_subquery(tree: exp.Expression) -> bool:
    """Whether a query stands inside the expression."""
    return any(isinstance(node, (exp.Query, exp.Exists)) for node in tree.dfs())


def has_variable(tree: exp.Expression) -> bool:
    """Whether the expression reads a user or system variable."""
    return any(isinstance(node, (exp.Parameter, exp.SessionParameter)) for node in tree.dfs())
