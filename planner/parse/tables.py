"""Changes to the tables of sqlglot's compiled MySQL parser, applied once when this module is imported.

The compiled classes cannot be subclassed, but they look up class-level tables at run time, and an entry may be a plain
Python function that calls the parser's methods. Each change below has a test that it still takes effect. The changes are
process-wide: nothing else in this process may parse MySQL with sqlglot. What the tree looks like afterwards:

- every call is `Anonymous(this="NAME as written", expressions=[…])`, also those without parentheses (CURRENT_DATE, …),
  `IF(…)`, SUBSTRING(a FROM b FOR c), POSITION(a IN b), `a->b` (JSON_EXTRACT), `a->>b` (JSON_UNQUOTE of it), BINARY x,
  DEFAULT and DEFAULT(col), VALUES(col), INTERVAL(a, b, …), DATE'…' (`DATE LITERAL`; also TIME, TIMESTAMP).
  A leading `Distinct(expressions=[…])` is the only argument of `f(DISTINCT a, b)`; `*` is `Star`.
- special nodes that stay: Case, Cast (CAST and CONVERT(x, type); `to.meta["spec"]` is a TypeSpec), ConvertToCharset
  (CONVERT(x USING cs), CHAR(… USING cs); `dest` is a Var), Extract(this=Var(UNIT), expression), Trim(this, expression,
  position), GroupConcat(this, separator) with `this` = Tuple or Distinct of the arguments, inside Order when ordered,
  MatchAgainst, WeightString, JSONValue, Interval(this=any expression, unit=Var(UNIT)), Window, Exists, Any, All.
- `a COLLATE c` is Collate(this, Var(c)); `_cs'x'` is Introducer(this="_cs", expression); `@v` Parameter(this=Var(name));
  `@@x` SessionParameter(this=Var(name), kind="GLOBAL" | "SESSION" | None); `?` Placeholder(this="0", …).
- IS [NOT] NULL/TRUE/FALSE/UNKNOWN is Is(this, Null | Boolean), inside Not when negated; LIKE is Like (args["negate"] for
  NOT LIKE), inside Escape with ESCAPE; REGEXP is RegexpLike, IN is In(expressions | query), NOT x is Not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlglot import expressions as exp
from sqlglot.parser import Parser
from sqlglot.parsers.mysql import MySQLParser
from sqlglot.tokens import Token, TokenType

from planner.parse.dialect import NAME_TOKEN_TYPES, RESERVED_TOKEN_TYPES
from planner.parse.type_parser import parse_cast_type

INTERVAL_UNITS = frozenset(
    "MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR SECOND_MICROSECOND MINUTE_MICROSECOND MINUTE_SECOND "
    "HOUR_MICROSECOND HOUR_SECOND HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE DAY_HOUR YEAR_MONTH".split()
)

Tree: TypeAlias = exp.Expression
P = Any
"""The compiled parser: its methods are private API of the pinned version and carry no useful types."""


def _call(name: str, *arguments: Tree) -> Tree:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _required(parser: P, node: Tree | None) -> Tree:
    if node is None:
        parser.raise_error("Expected an expression")
    assert node is not None
    return node


def _number(parser: P, token: Token) -> Tree:
    return _required(parser, parser.expression(exp.Literal(this=token.text, is_string=False), token))


def _string(parser: P, token: Token) -> Tree:
    """As sqlglot's own entry. That the compiled parser calls Python code for each literal is what lets other threads have
    their turn while it reads a long statement."""
    return _required(parser, parser.expression(exp.Literal(this=token.text, is_string=True), token))


def _operand(parser: P) -> Tree:
    return _required(parser, parser._parse_disjunction())


def _bit_operand(parser: P) -> Tree:
    return _required(parser, parser._parse_bitwise())


def _unit(parser: P) -> exp.Var:
    word = parser._curr.text.upper() if parser._curr else ""
    word = word.removeprefix("SQL_TSI_")
    if word not in INTERVAL_UNITS or parser._curr.token_type is not TokenType.VAR:
        parser.raise_error("Expected a unit")
    parser._advance()
    return exp.Var(this=word)


def parse_interval(parser: P) -> Tree:
    """INTERVAL expr unit, or the function INTERVAL(n, n1, …). The word itself has been read."""
    if parser._match(TokenType.L_PAREN, advance=False):
        index = parser._index
        arguments = parser._parse_wrapped_csv(parser._parse_disjunction)
        if len(arguments) > 1:
            return _call("INTERVAL", *arguments)
        parser._retreat(index)
    return exp.Interval(this=_operand(parser), unit=_unit(parser))


def parse_default(parser: P) -> Tree:
    """DEFAULT alone, or DEFAULT(column)."""
    if parser._match(TokenType.L_PAREN):
        column = _required(parser, parser._parse_column())
        parser._match_r_paren()
        return _call("DEFAULT", column)
    return _call("DEFAULT")


def parse_values_function(parser: P) -> Tree:
    """VALUES(column) in ON DUPLICATE KEY UPDATE."""
    return _call("VALUES", _required(parser, parser._parse_column()))


def parse_extract(parser: P) -> Tree:
    """EXTRACT(unit FROM expr)."""
    unit = _unit(parser)
    if not parser._match(TokenType.FROM):
        parser.raise_error("Expected FROM")
    return exp.Extract(this=unit, expression=_operand(parser))


def _parse_substring(name: str) -> Callable[[P], Tree]:
    def parse(parser: P) -> Tree:
        arguments = [_operand(parser)]
        if parser._match(TokenType.FROM):
            arguments.append(_operand(parser))
            if parser._match(TokenType.FOR):
                arguments.append(_operand(parser))
        else:
            while parser._match(TokenType.COMMA):
                arguments.append(_operand(parser))
        return _call(name, *arguments)

    return parse


def parse_position(parser: P) -> Tree:
    """POSITION(substring IN string)."""
    needle = _bit_operand(parser)
    if not parser._match(TokenType.IN):
        parser.raise_error("Expected IN")
    return _call("POSITION", needle, _operand(parser))


def parse_trim(parser: P) -> Tree:
    """TRIM([[LEADING | TRAILING | BOTH] [removed] FROM] string)."""
    position = None
    if parser._match_texts(("LEADING", "TRAILING", "BOTH")):
        position = parser._prev.text.upper()
    if position and parser._match(TokenType.FROM):
        return exp.Trim(this=_operand(parser), position=position)
    first = _operand(parser)
    if parser._match(TokenType.FROM):
        return exp.Trim(this=_operand(parser), expression=first, position=position)
    if position:
        parser.raise_error("Expected FROM")
    return exp.Trim(this=first)


def parse_cast(parser: P) -> Tree:
    """CAST(expr AS type [ARRAY])."""
    this = _operand(parser)
    if not parser._match(TokenType.ALIAS):
        parser.raise_error("Expected AS")
    return exp.Cast(this=this, to=parse_cast_type(parser))


def _charset_name(parser: P) -> exp.Var:
    token = parser._curr
    if not token or token.token_type not in (
        *NAME_TOKEN_TYPES,
        TokenType.IDENTIFIER,
        TokenType.STRING,
        TokenType.BINARY,
    ):
        parser.raise_error("Expected a character set")
    parser._advance()
    return exp.Var(this=token.text)


def parse_convert(parser: P) -> Tree:
    """CONVERT(expr, type) or CONVERT(expr USING charset)."""
    this = _operand(parser)
    if parser._match(TokenType.USING):
        return exp.ConvertToCharset(this=this, dest=_charset_name(parser))
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expected , or USING")
    return exp.Cast(this=this, to=parse_cast_type(parser))


def parse_char(parser: P) -> Tree:
    """CHAR(n, … [USING charset])."""
    this = _call("CHAR", *parser._parse_csv(parser._parse_disjunction))
    if parser._match(TokenType.USING):
        return exp.ConvertToCharset(this=this, dest=_charset_name(parser))
    return this


def parse_group_concat(parser: P) -> Tree:
    """GROUP_CONCAT([DISTINCT] expr, … [ORDER BY …] [SEPARATOR 'text'])."""
    distinct = parser._match(TokenType.DISTINCT)
    arguments = parser._parse_csv(parser._parse_disjunction)
    this: Tree = exp.Distinct(expressions=arguments) if distinct else exp.Tuple(expressions=arguments)
    if parser._match(TokenType.ORDER_BY, advance=False):
        this = parser._parse_order(this)
    separator = None
    if parser._match(TokenType.SEPARATOR):
        separator = _required(parser, parser._parse_primary())
    return exp.GroupConcat(this=this, separator=separator)


def parse_json_value(parser: P) -> Tree:
    """JSON_VALUE(doc, path [RETURNING type] [{NULL | ERROR | DEFAULT v} ON EMPTY] [… ON ERROR])."""
    this = _operand(parser)
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expected ,")
    path = _operand(parser)
    returning = parse_cast_type(parser) if parser._match_text_seq("RETURNING") else None
    conditions: dict[str, Tree | str] = {}
    while parser._curr and not parser._match(TokenType.R_PAREN, advance=False):
        action: Tree | str
        if parser._match(TokenType.NULL):
            action = "NULL"
        elif parser._match_text_seq("ERROR"):
            action = "ERROR"
        elif parser._match_text_seq("DEFAULT"):
            action = _required(parser, parser._parse_unary())
        else:
            parser.raise_error("Expected ON EMPTY or ON ERROR")
        parser._match(TokenType.ON)
        word = parser._curr.text.lower() if parser._curr else ""
        if word not in ("empty", "error"):
            parser.raise_error("Expected EMPTY or ERROR")
        parser._advance()
        conditions[word] = action
    condition = exp.OnCondition(**conditions) if conditions else None
    return exp.JSONValue(this=this, path=path, returning=returning, on_condition=condition)


def parse_introducer(parser: P, token: Any) -> Tree:
    """_charset'literal', with whatever follows a literal (COLLATE)."""
    if parser._curr and parser._curr.token_type in (TokenType.STRING, TokenType.HEX_STRING, TokenType.BIT_STRING):
        literal = parser._parse_primary()
        return _required(parser, parser._parse_column_ops(exp.Introducer(this=token.text, expression=literal)))
    return exp.Column(this=exp.Identifier(this=token.text, quoted=False))


def parse_system_variable(parser: P, token: Any) -> Tree:
    """@@[GLOBAL. | SESSION. | LOCAL. | PERSIST.]name."""
    parts = [_name(parser)]
    while parser._match(TokenType.DOT):
        parts.append(_name(parser))
    kind = None
    if len(parts) > 1 and parts[0].upper() in ("GLOBAL", "SESSION", "LOCAL", "PERSIST"):
        kind = parts.pop(0).upper()
        kind = "SESSION" if kind == "LOCAL" else kind
    variable = exp.SessionParameter(this=exp.Var(this=".".join(parts)), kind=kind)
    return _required(parser, parser._parse_column_ops(variable))


def _name(parser: P) -> str:
    token = parser._curr
    if not token or (token.token_type is not TokenType.IDENTIFIER and not token.text.replace("$", "_").isidentifier()):
        parser.raise_error("Expected a name")
    parser._advance()
    return str(token.text)


def parse_user_variable(parser: P) -> Tree:
    """@name, @'name', @`name`; the token pass has merged `@a.b` into one VAR."""
    token = parser._curr
    if not token or token.token_type not in (TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING):
        parser.raise_error("Expected a variable name")
    parser._advance()
    return exp.Parameter(this=exp.Var(this=token.text))


def parse_placeholder(parser: P) -> Tree:
    """`?`, numbered by the token pass through the token's text."""
    return exp.Placeholder(this=parser._prev.text)


def parse_between(parser: P, this: Tree) -> Tree:
    """BETWEEN low AND high: low is a bit expression, high a predicate."""
    low = _bit_operand(parser)
    if not parser._match(TokenType.AND):
        parser.raise_error("Expected AND")
    return exp.Between(this=this, low=low, high=_required(parser, parser._parse_range()))


def parse_in(parser: P, this: Tree) -> Tree:
    """IN (expr, …) or IN (query)."""
    if not parser._match(TokenType.L_PAREN, advance=False):
        parser.raise_error("Expected (")
    node: Tree = parser._parse_in(this)
    if not node.expressions and not node.args.get("query"):
        parser._advance(-1)
        parser.raise_error("Expected an expression")
    return node


def parse_like(parser: P, this: Tree) -> Tree:
    """LIKE simple expression [ESCAPE simple expression]."""
    node: Tree = exp.Like(this=this, expression=_required(parser, parser._parse_unary()))
    if parser._match(TokenType.ESCAPE):
        return exp.Escape(this=node, expression=_required(parser, parser._parse_unary()))
    return node


def parse_regexp(parser: P, this: Tree) -> Tree:
    """REGEXP or RLIKE bit expression."""
    return exp.RegexpLike(this=this, expression=_bit_operand(parser))


def parse_is(parser: P, this: Tree) -> Tree:
    """IS [NOT] {NULL | TRUE | FALSE | UNKNOWN}."""
    negated = parser._match(TokenType.NOT)
    value: Tree
    if parser._match(TokenType.NULL) or parser._match_text_seq("UNKNOWN"):
        value = exp.Null()
    elif parser._match(TokenType.TRUE):
        value = exp.Boolean(this=True)
    elif parser._match(TokenType.FALSE):
        value = exp.Boolean(this=False)
    else:
        parser.raise_error("Expected NULL, TRUE, FALSE or UNKNOWN")
    node = exp.Is(this=this, expression=value)
    return exp.Not(this=node) if negated else node


def parse_member_of(parser: P, this: Tree) -> Tree:
    """MEMBER OF (json array)."""
    if not parser._match(TokenType.L_PAREN):
        parser.raise_error("Expected (")
    array = _operand(parser)
    parser._match_r_paren()
    return _call("MEMBER OF", this, array)


def collate(parser: P, this: Tree, collation: Tree | None) -> Tree:
    """`this COLLATE name`; the name may be a word or a string."""
    if not isinstance(collation, (exp.Column, exp.Literal, exp.Identifier)) or not collation.name:
        parser.raise_error("Expected a collation")
    assert collation is not None
    return exp.Collate(this=this, expression=exp.Var(this=collation.name))


def _arrow(unquote: bool) -> Callable[[P, Tree, Tree | None], Tree]:
    def build(parser: P, this: Tree, path: Tree | None) -> Tree:
        if not isinstance(this, exp.Column) or not (isinstance(path, exp.Literal) and path.is_string):
            parser.raise_error("Expected a column and a path")
        assert path is not None
        node = _call("JSON_EXTRACT", this, path)
        return _call("JSON_UNQUOTE", node) if unquote else node

    return build


def parse_binary(parser: P) -> Tree:
    """BINARY expr, the operator."""
    return _call("BINARY", _required(parser, parser._parse_unary()))


def parse_assignments(parser: P) -> list[Tree]:
    """column = expression, …; each as EQ."""

    def one() -> Tree:
        column = parser._parse_column()
        if not isinstance(column, exp.Column) or not parser._match(TokenType.EQ):
            parser.raise_error("Expected an assignment")
        return exp.EQ(this=column, expression=_operand(parser))

    return list(parser._parse_csv(one))


def parse_update(parser: P) -> Tree:
    """UPDATE after its first word: table references, SET, WHERE, ORDER BY, LIMIT."""
    this = _required(parser, parser._parse_table(joins=True, alias_tokens=MySQLParser.UPDATE_ALIAS_TOKENS))
    if not parser._match(TokenType.SET):
        parser.raise_error("Expected SET")
    return exp.Update(
        this=this,
        expressions=parse_assignments(parser),
        where=parser._parse_where(),
        order=parser._parse_order(),
        limit=parser._parse_limit(),
    )


def parse_on_duplicate(parser: P) -> Tree:
    """The assignments of ON DUPLICATE KEY UPDATE (its words cut off by the token pass)."""
    return exp.OnConflict(duplicate=True, expressions=parse_assignments(parser))


def parse_values_query(parser: P) -> Tree:
    """A statement that begins with VALUES; elsewhere the word is the function of ON DUPLICATE KEY UPDATE."""
    return _required(parser, parser._parse_query_modifiers(parser._parse_select()))


def _no_paren(name: str) -> Callable[[], Tree]:
    return lambda: exp.Anonymous(this=name, expressions=[])


def _predicate(name: str, kind: type[Tree]) -> Callable[[list[Tree]], Tree]:
    """`EXISTS((SELECT …) UNION …)`: the parser takes the word for a call unless SELECT follows the parenthesis."""

    def build(arguments: list[Tree]) -> Tree:
        if len(arguments) == 1 and isinstance(arguments[0], exp.Query):
            return kind(this=arguments[0])
        return _call(name, *arguments)

    return build


def _install_expressions(cls: P) -> None:
    names = frozenset(NAME_TOKEN_TYPES)
    quantifiers = {"EXISTS": exp.Exists, "ANY": exp.Any, "SOME": exp.Any, "ALL": exp.All}
    cls.FUNCTIONS = {name: _predicate(name, kind) for name, kind in quantifiers.items()}
    cls.LAMBDAS = {}
    cls.NO_PAREN_FUNCTIONS = {
        kind: _no_paren(kind.name)
        for kind in (
            TokenType.CURRENT_DATE,
            TokenType.CURRENT_TIME,
            TokenType.CURRENT_TIMESTAMP,
            TokenType.CURRENT_USER,
            TokenType.LOCALTIME,
            TokenType.LOCALTIMESTAMP,
            TokenType.UTC_DATE,
            TokenType.UTC_TIME,
            TokenType.UTC_TIMESTAMP,
        )
    }
    cls.NO_PAREN_FUNCTION_PARSERS = {
        "CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"],
        "INTERVAL": parse_interval,
        "DEFAULT": parse_default,
    }
    cls.FUNCTION_PARSERS = {
        "CAST": parse_cast,
        "CHAR": parse_char,
        "CONVERT": parse_convert,
        "EXTRACT": parse_extract,
        "GROUP_CONCAT": parse_group_concat,
        "JSON_VALUE": parse_json_value,
        "MATCH": Parser.FUNCTION_PARSERS["MATCH"],
        "MID": _parse_substring("MID"),
        "POSITION": parse_position,
        "SUBSTR": _parse_substring("SUBSTR"),
        "SUBSTRING": _parse_substring("SUBSTRING"),
        "TRIM": parse_trim,
        "VALUES": parse_values_function,
        "WEIGHT_STRING": Parser.FUNCTION_PARSERS["WEIGHT_STRING"],
    }
    cls.FUNC_TOKENS = {
        *names,
        *cls.NO_PAREN_FUNCTIONS,
        TokenType.ALL,
        TokenType.ANY,
        TokenType.SOME,
        TokenType.EXISTS,
        TokenType.IDENTIFIER,
        TokenType.INSERT,
        TokenType.LEFT,
        TokenType.MOD,
        TokenType.REPLACE,
        TokenType.RIGHT,
        TokenType.VALUES,
    }
    cls.PRIMARY_PARSERS = {
        **{
            kind: MySQLParser.PRIMARY_PARSERS[kind]
            for kind in (
                TokenType.NATIONAL_STRING,
                TokenType.HEX_STRING,
                TokenType.BIT_STRING,
                TokenType.NULL,
                TokenType.TRUE,
                TokenType.FALSE,
            )
        },
        TokenType.STRING: _string,
        TokenType.NUMBER: _number,
        TokenType.INTRODUCER: parse_introducer,
        TokenType.SESSION_PARAMETER: parse_system_variable,
        TokenType.STAR: lambda parser, token: exp.Star(),
    }
    cls.PLACEHOLDER_PARSERS = {
        TokenType.PLACEHOLDER: parse_placeholder,
        TokenType.PARAMETER: parse_user_variable,
    }
    cls.COLUMN_OPERATORS = {
        TokenType.DOT: None,
        TokenType.ARROW: _arrow(False),
        TokenType.DARROW: _arrow(True),
        TokenType.COLLATE: collate,
    }
    cls.RANGE_PARSERS = {
        TokenType.BETWEEN: parse_between,
        TokenType.IN: parse_in,
        TokenType.IS: parse_is,
        TokenType.LIKE: parse_like,
        TokenType.RLIKE: parse_regexp,
        TokenType.MEMBER_OF: parse_member_of,
    }
    cls.UNARY_PARSERS = {
        kind: MySQLParser.UNARY_PARSERS[kind]
        for kind in (TokenType.PLUS, TokenType.NOT, TokenType.TILDE, TokenType.DASH)
    } | {TokenType.BINARY: parse_binary}
    cls.COMPARISON = {**Parser.COMPARISON, **Parser.EQUALITY}
    cls.EQUALITY = {}
    cls.TERM = {TokenType.DASH: exp.Sub, TokenType.PLUS: exp.Add}
    cls.FACTOR = {
        TokenType.DIV: exp.IntDiv,
        TokenType.MOD: exp.Mod,
        TokenType.SLASH: exp.Div,
        TokenType.STAR: exp.Mul,
    }
    cls.EXPONENT = {TokenType.CARET: exp.BitwiseXor, TokenType.DSTAR: exp.DPipe}
    cls.TYPE_TOKENS = set()


def _install_statements(cls: P) -> None:
    names = set(NAME_TOKEN_TYPES)
    cls.ID_VAR_TOKENS = names
    cls.TABLE_ALIAS_TOKENS = names
    cls.ALIAS_TOKENS = names
    cls.UPDATE_ALIAS_TOKENS = names
    cls.WINDOW_ALIAS_TOKENS = names
    cls.COLON_PLACEHOLDER_TOKENS = set()
    cls.RESERVED_TOKENS = {*Parser.RESERVED_TOKENS, *RESERVED_TOKEN_TYPES}
    cls.STATEMENT_PARSERS = {
        TokenType.INSERT: Parser.STATEMENT_PARSERS[TokenType.INSERT],
        TokenType.DELETE: Parser.STATEMENT_PARSERS[TokenType.DELETE],
        TokenType.UPDATE: parse_update,
    }
    cls.QUERY_MODIFIER_PARSERS = {
        kind: Parser.QUERY_MODIFIER_PARSERS[kind]
        for kind in (
            TokenType.WHERE,
            TokenType.GROUP_BY,
            TokenType.HAVING,
            TokenType.WINDOW,
            TokenType.ORDER_BY,
            TokenType.LIMIT,
            TokenType.OFFSET,
            TokenType.FOR,
            TokenType.LOCK,
        )
    }
    cls.QUERY_MODIFIER_TOKENS = set(cls.QUERY_MODIFIER_PARSERS)
    cls.OPERATION_MODIFIERS = set()
    cls.EXPRESSION_PARSERS = {
        **Parser.EXPRESSION_PARSERS,
        exp.OnConflict: parse_on_duplicate,
        exp.Values: parse_values_query,
    }


def install() -> None:
    """Applies all changes; idempotent."""
    _install_expressions(MySQLParser)
    _install_statements(MySQLParser)


install()
