"""One linear pass over a statement's tokens: what sqlglot would read wrongly is rewritten, what MySQL refuses is refused.

`rewrite` gets the tokens of one query, DML statement or expression and returns the list that sqlglot parses. Tokens keep
their offsets into the source; inserted ones have the offset of their neighbour. Refusals are MySQL's 1064 at that token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlglot.tokens import Token, TokenType

from planner.parse.assignment_pass import wrap_assignments
from planner.parse.failure import syntax_error, too_deep, unsupported
from planner.parse.join_pass import JOIN_TOKENS, fix_joins
from planner.parse.reserved import CALLABLE, IN_QUERIES, RESERVED
from planner.parse.set_operations import SET_TOKENS, check_operands, wrap_values
from sqlnode.base.errors import WRONG_USAGE, SqlError

T = TokenType
DEPTH_LIMIT = 300
"""Open parentheses, and open CASEs, that a statement may nest; the compiled parser recurses several frames for each."""

EXPECTS_OPERAND = frozenset(
    (
        T.COMMA, T.SELECT, T.FROM, T.WHERE, T.HAVING, T.ON, T.AND, T.OR, T.XOR, T.EQ, T.NEQ, T.LT, T.GT, T.LTE, T.GTE,
        T.NULLSAFE_EQ, T.PLUS, T.DASH, T.SLASH, T.DIV, T.MOD, T.AMP, T.PIPE, T.CARET, T.DPIPE, T.DAMP, T.TILDE, T.ALIAS,
        T.GROUP_BY, T.ORDER_BY, T.LIMIT, T.BETWEEN, T.LIKE, T.RLIKE, T.JOIN, T.WHEN, T.THEN, T.ELSE, T.DISTINCT,
        T.UNION, T.EXCEPT, T.INTERSECT, T.COLON_EQ, T.ARROW, T.DARROW, T.COLLATE, T.DSTAR, T.SET, T.INTO, T.VALUES,
    )
)  # fmt: skip
"""After one of these something that is a value, a name or a subquery must come."""

EXPECTS_VALUE = EXPECTS_OPERAND - {T.VALUES, T.COMMA, T.INTO}
"""After one of these `()` is nothing; elsewhere it may be an empty row or a call without arguments."""

NOT_AN_OPERAND = frozenset(
    (
        T.COMMA, T.R_PAREN, T.FROM, T.WHERE, T.GROUP_BY, T.HAVING, T.ORDER_BY, T.LIMIT, T.UNION, T.EXCEPT, T.INTERSECT,
        T.AND, T.OR, T.XOR, T.ON, T.SET, T.EQ, T.NEQ, T.LT, T.GT, T.LTE, T.GTE, T.NULLSAFE_EQ, T.SLASH, T.DIV, T.CARET,
        T.PIPE, T.AMP, T.DPIPE, T.DAMP, T.ALIAS, T.WHEN, T.THEN, T.LIKE, T.RLIKE, T.BETWEEN, T.IS, T.USING, T.DESC,
        T.ASC, T.COLON_EQ, T.INTO, T.SEMICOLON, T.IN, T.COLLATE, T.JOIN, T.ARROW, T.DARROW,
    )
)  # fmt: skip
"""What cannot begin an operand. `<<` and `>>` arrive as two tokens, which the pass lets through."""

OPERATORS = frozenset(
    (
        T.EQ, T.NEQ, T.LT, T.GT, T.LTE, T.GTE, T.NULLSAFE_EQ, T.PLUS, T.DASH, T.STAR, T.SLASH, T.DIV, T.MOD, T.AMP,
        T.PIPE, T.CARET, T.TILDE,
    )
)  # fmt: skip

AFTER_LIMIT = frozenset(
    (T.R_PAREN, T.FOR, T.LOCK, T.UNION, T.EXCEPT, T.INTERSECT, T.INTO, T.ON, T.SEMICOLON, T.VAR, T.ALIAS)
)
FORBIDDEN = frozenset((T.COLON, T.L_BRACKET, T.R_BRACKET, T.R_BRACE, T.BACKSLASH, T.HASH, T.UNKNOWN))
QUOTED = frozenset((T.STRING, T.IDENTIFIER, T.NATIONAL_STRING))
SELECT_WORDS = frozenset(
    (
        "HIGH_PRIORITY", "STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT", "SQL_NO_CACHE",
        "SQL_CALC_FOUND_ROWS",
    )
)  # fmt: skip
LITERAL_TYPES = frozenset(("DATE", "TIME", "TIMESTAMP"))
ODBC_LITERALS = {"D": "DATE LITERAL", "T": "TIME LITERAL", "TS": "TIMESTAMP LITERAL"}
COMPOSITE_UNITS = frozenset(word for word in IN_QUERIES if "_" in word)
TYPE_WORDS = frozenset(
    "SIGNED UNSIGNED INTEGER INT DECIMAL DEC NUMERIC DOUBLE FLOAT REAL PRECISION CHARACTER CHAR".split()
)
ONE_ARGUMENT = frozenset(
    "AVG BIT_AND BIT_OR BIT_XOR COUNT MIN MAX STD STDDEV STDDEV_POP STDDEV_SAMP SUM VARIANCE VAR_POP VAR_SAMP "
    "JSON_ARRAYAGG".split()
)
"""Aggregate functions, whose arguments are part of MySQL's grammar."""
DISTINCT_ARGUMENT = frozenset(("AVG", "COUNT", "MAX", "MIN", "SUM"))
SPECIAL_WORDS = RESERVED | LITERAL_TYPES | ONE_ARGUMENT | {"JSON_TABLE", "NULLS"}
NOT_BEFORE_STAR = EXPECTS_OPERAND - {T.SELECT, T.DISTINCT, T.VALUES}
_VARIABLE_NAME = re.compile(r"[\w$.]+")

INTERESTING = frozenset(
    (
        T.SELECT, T.STRING, T.ROW, T.TABLE, T.L_BRACE, T.PARAMETER, T.HINT, T.HEX_STRING, T.BIT_STRING, T.LIMIT, T.FOR,
        T.VALUES, T.DOT, T.NOT, T.SESSION_PARAMETER, T.DISTINCT, T.STAR, T.OFFSET,
    )
    + tuple(FORBIDDEN)
)  # fmt: skip


def make(kind: TokenType, text: str, like: Token) -> Token:
    """A token that is not in the source, placed where `like` stands."""
    return Token(kind, text, like.line, like.col, like.start, like.end)


def word_of(token: Token) -> str:
    """The upper-case text of an unquoted token, else the empty string."""
    return "" if token.token_type in QUOTED else token.text.upper()


def number_parameters(tokens: list[Token], source: str) -> int:
    """Gives each `?` its number as text, checks the nesting depth, drops comments. Returns the number of parameters."""
    count = depth = cases = 0
    commented = "/*" in source or "--" in source or "#" in source
    for token in tokens:
        kind = token.token_type
        if kind is T.L_PAREN:
            depth += 1
            if depth > DEPTH_LIMIT:
                raise too_deep()
        elif kind is T.R_PAREN:
            depth -= 1
        elif kind is T.CASE:
            cases += 1
            if cases > DEPTH_LIMIT:
                raise too_deep()
        elif kind is T.END:
            cases -= 1
        elif kind is T.PLACEHOLDER:
            token.text = str(count)
            count += 1
        if commented and token.comments:
            token.comments = []
    return count


@dataclass(slots=True)
class Rewritten:
    """The result: tokens for sqlglot, words of the first SELECT's head, optimizer hints."""

    tokens: list[Token]
    words: set[str] = field(default_factory=set)
    hints: list[str] = field(default_factory=list)


class _Pass:
    """State of one rewriting; `i` is the index of the token being looked at."""

    def __init__(self, tokens: list[Token], source: str, reserved: bool) -> None:
        self.tokens = tokens
        self.source = source
        self.reserved = reserved
        self.out: list[Token] = []
        self.i = 0
        self.size = len(tokens)
        self.words: set[str] = set()
        self.hints: list[str] = []
        self.braces: list[bool] = []
        self.selects = False
        self.joins = False
        self.sets = False
        self.assigns = False

    def fail(self, index: int) -> Exception:
        """1064 at the token `index`, or at the end of the input."""
        if index < self.size:
            return syntax_error(self.source, self.tokens[index].start)
        return syntax_error(self.source, len(self.source))

    def kind(self, index: int) -> TokenType | None:
        """The type of the token at `index`, None behind the end."""
        return self.tokens[index].token_type if index < self.size else None

    def run(self) -> None:
        """The loop over all tokens."""
        tokens, out = self.tokens, self.out
        previous: TokenType | None = None
        while self.i < self.size:
            token = tokens[self.i]
            kind = token.token_type
            if kind in NOT_AN_OPERAND:
                if previous in EXPECTS_OPERAND and not (kind is previous and kind in (T.LT, T.GT)):
                    raise self.fail(self.i)
                if previous is T.L_PAREN and kind is T.R_PAREN and self.kind(self.i - 2) in EXPECTS_VALUE:
                    raise self.fail(self.i)
            if kind is T.VAR:
                if token.text.upper() in SPECIAL_WORDS and previous is not T.DOT and previous is not T.PARAMETER:
                    self.special_word(token, previous)
                else:
                    out.append(token)
            elif previous is T.DOT and kind is not T.IDENTIFIER and kind is not T.STAR and kind is not T.NUMBER:
                if kind in QUOTED or not token.text.replace("$", "_").isidentifier():
                    raise self.fail(self.i)
                token.token_type = kind = T.VAR
                out.append(token)
            elif kind in INTERESTING:
                self.interesting(token, kind, previous)
            else:
                if kind in JOIN_TOKENS:
                    self.joins = True
                elif kind in SET_TOKENS:
                    self.sets = True
                elif kind is T.COLON_EQ:
                    self.assigns = True
                out.append(token)
            self.i += 1
            previous = kind
        if previous in EXPECTS_OPERAND or self.braces:
            raise self.fail(self.size)

    def special_word(self, token: Token, previous: TokenType | None) -> None:
        """A VAR that is reserved or that starts syntax of its own."""
        word = token.text.upper()
        following = self.kind(self.i + 1)
        if word in LITERAL_TYPES:
            if following is T.STRING and previous is not T.ALIAS:
                self.call(f"{word} LITERAL", token, self.tokens[self.i + 1])
                self.i += 1
                return
        elif word == "JSON_TABLE":
            if following is T.L_PAREN:
                raise unsupported("JSON_TABLE")
            raise self.fail(self.i)
        elif word in ONE_ARGUMENT:
            if following is T.L_PAREN:
                self.one_argument(word)
        elif word == "NULLS":
            if following is not None and word_of(self.tokens[self.i + 1]) in ("FIRST", "LAST"):
                raise self.fail(self.i)
        elif word == "DUAL" and previous is T.FROM:
            self.out.pop()
            return
        elif word in ("GROUP", "ORDER") and following is T.VAR and word_of(self.tokens[self.i + 1]) == "BY":
            self.out.append(make(T.GROUP_BY if word == "GROUP" else T.ORDER_BY, f"{word} BY", token))
            self.i += 1
            token.token_type = T.GROUP_BY if word == "GROUP" else T.ORDER_BY
            return
        elif self.reserved and previous is not T.SESSION_PARAMETER and not self.allowed(word, previous, following):
            raise self.fail(self.i)
        self.out.append(token)

    def one_argument(self, word: str) -> None:
        """An aggregate function has one argument; besides there are COUNT(*) and COUNT(DISTINCT a, b) only."""
        at = self.i + 2
        counts = word == "COUNT"
        kind = self.kind(at)
        if kind is T.STAR and counts and self.kind(at + 1) is T.R_PAREN:
            return
        if kind is T.STAR or kind is T.R_PAREN:
            raise self.fail(at + (kind is T.STAR and counts))
        if kind is T.DISTINCT:
            if word not in DISTINCT_ARGUMENT:
                raise self.fail(at)
            if self.kind(at + 1) is T.STAR:
                raise self.fail(at + 1)
            if counts:
                return
        depth = 0
        while at < self.size and depth >= 0:
            kind = self.kind(at)
            if kind is T.COMMA and depth == 0:
                raise self.fail(at)
            depth += (kind is T.L_PAREN) - (kind is T.R_PAREN)
            at += 1

    def allowed(self, word: str, previous: TokenType | None, following: TokenType | None) -> bool:
        """True when the reserved `word` may stand between these neighbours in a query."""
        if word in CALLABLE and following is T.L_PAREN:
            return True
        if word in COMPOSITE_UNITS:
            return following is T.FROM or (previous is not None and previous not in EXPECTS_OPERAND)
        if word in TYPE_WORDS:
            before = word_of(self.tokens[self.i - 1]) if self.i else ""
            at_type = previous in (T.ALIAS, T.COMMA) or before in TYPE_WORDS or before in ("RETURNING", "USING")
            return (at_type or previous is T.R_PAREN) and following is not T.COMMA and following is not T.FROM
        if word in ("BOTH", "LEADING", "TRAILING"):
            return previous is T.L_PAREN
        if word == "PRIMARY":
            return self.in_index_hint()
        if word == "OF":
            return previous is T.UPDATE or (self.i > 0 and word_of(self.tokens[self.i - 1]) == "SHARE")
        if word == "EMPTY":
            return previous is T.ON
        return word in ("INTERVAL", "DEFAULT", "GROUPS")

    def in_index_hint(self) -> bool:
        """Whether the current token stands in the list of USE, FORCE or IGNORE INDEX."""
        at = self.i - 1
        while at > 0 and self.tokens[at].token_type in (T.COMMA, T.VAR, T.IDENTIFIER):
            at -= 1
        if at < 1 or self.tokens[at].token_type is not T.L_PAREN:
            return False
        return self.tokens[at - 1].token_type in (T.INDEX, T.KEY, T.JOIN, T.ORDER_BY, T.GROUP_BY)

    def call(self, name: str, at: Token, argument: Token) -> None:
        """Emits `name ( argument )`."""
        self.out += (make(T.VAR, name, at), make(T.L_PAREN, "(", at), argument, make(T.R_PAREN, ")", argument))

    def interesting(self, token: Token, kind: TokenType, previous: TokenType | None) -> None:
        """Tokens with a rule of their own; each branch emits what sqlglot shall see."""
        match kind:
            case T.SELECT:
                self.select(token)
            case T.STRING:
                self.string(token)
            case T.ROW:
                if self.kind(self.i + 1) is not T.L_PAREN and previous not in (T.VAR, T.BETWEEN):
                    if word_of(self.tokens[self.i - 1]) != "CURRENT":
                        raise self.fail(self.i)
                if self.kind(self.i + 1) is not T.L_PAREN:
                    self.out.append(token)
            case T.TABLE:
                self.selects = True
                self.out += (make(T.SELECT, "SELECT", token), make(T.STAR, "*", token), make(T.FROM, "FROM", token))
            case T.L_BRACE:
                self.brace(token)
            case T.R_BRACE if self.braces:
                if self.braces.pop():
                    self.out.append(make(T.R_PAREN, ")", token))
            case T.PARAMETER:
                self.variable(token)
            case T.HINT:
                self.hint(token)
            case T.HEX_STRING | T.BIT_STRING:
                self.digits(token)
            case T.LIMIT:
                self.limit(token)
            case _:
                self.small(token, kind, previous)

    def small(self, token: Token, kind: TokenType, previous: TokenType | None) -> None:
        """Rules that look at one neighbour only."""
        following = self.kind(self.i + 1)
        match kind:
            case T.FOR if following in (T.JOIN, T.ORDER_BY, T.GROUP_BY):
                target = self.tokens[self.i + 1]
                self.out += (token, make(T.VAR, target.text, target))
                self.i += 1
                return
            case T.VALUES if following is not T.L_PAREN and following is not T.ROW:
                raise self.fail(self.i + 1)
            case T.VALUES if following is T.ROW and previous is T.L_PAREN:
                if wrap_values(self.tokens, self.i):
                    self.size = len(self.tokens)
                    self.select(self.tokens[self.i])
                    return
            case T.OFFSET if following in (T.NUMBER, T.PLACEHOLDER) and self.kind(self.i - 2) is not T.LIMIT:
                raise self.fail(self.i + 1)  # the word was a name
            case T.NOT if previous in OPERATORS and token.text != "!":
                raise self.fail(self.i)
            case T.STAR if previous in NOT_BEFORE_STAR:
                raise self.fail(self.i)
            case T.DISTINCT if following is T.ON:
                raise self.fail(self.i + 1)
            case T.STAR | T.DISTINCT if previous is T.L_PAREN and self.kind(self.i - 2) is T.IDENTIFIER:
                raise self.fail(self.i)  # only functions of the grammar take these
            case _ if kind in FORBIDDEN:
                raise self.fail(self.i)
        self.out.append(token)

    def select(self, token: Token) -> None:
        """Marks the SELECT with its token index and takes its option words out."""
        token.comments = [str(self.i)]
        self.out.append(token)
        first, self.selects = not self.selects, True
        quantifier: TokenType | None = None
        while self.i + 1 < self.size:
            following = self.tokens[self.i + 1]
            if following.token_type is T.HINT:
                self.i += 1
                self.hint(following)
            elif (
                (word := word_of(following)) in SELECT_WORDS
                and following.token_type in (T.VAR, T.STRAIGHT_JOIN)
                and self.kind(self.i + 2) not in NOT_AN_OPERAND
                and self.kind(self.i + 2) not in (None, T.DOT)
            ):
                self.i += 1
                if first:
                    self.words.add(word)
            elif following.token_type in (T.ALL, T.DISTINCT):
                self.i += 1
                if quantifier not in (None, following.token_type):
                    raise SqlError(WRONG_USAGE, first="ALL", second="DISTINCT")
                if quantifier is None:
                    quantifier = following.token_type
                    self.out.append(following)
                if self.kind(self.i + 1) is T.ON:
                    raise self.fail(self.i + 1)
            else:
                return

    def string(self, token: Token) -> None:
        """Adjacent strings are one literal."""
        text = token.text
        last = token
        while self.kind(self.i + 1) is T.STRING:
            self.i += 1
            last = self.tokens[self.i]
            text += last.text
        if last is not token:
            token = Token(T.STRING, text, token.line, token.col, token.start, last.end)
        self.out.append(token)

    def variable(self, token: Token) -> None:
        """`@name`: dots, dollars and reserved words belong to the name."""
        self.out.append(token)
        following = self.kind(self.i + 1)
        if following is None or self.tokens[self.i + 1].start != token.end + 1:
            raise self.fail(self.i + 1)
        if following in (T.STRING, T.IDENTIFIER):
            self.i += 1
            self.out.append(self.tokens[self.i])
            return
        match = _VARIABLE_NAME.match(self.source, token.end + 1)
        if match is None:
            raise self.fail(self.i + 1)
        name = make(T.VAR, match.group(), self.tokens[self.i + 1])
        while self.i + 1 < self.size and self.tokens[self.i + 1].start < match.end():
            self.i += 1
        self.out.append(name)

    def hint(self, token: Token) -> None:
        """Takes `/*+ … */` out as text."""
        end = self.source.find("*/", token.start + 3)
        end = len(self.source) if end < 0 else end
        self.hints.append(self.source[token.start + 3 : end].strip())
        while self.i + 1 < self.size and self.tokens[self.i + 1].start < end + 2:
            self.i += 1

    def digits(self, token: Token) -> None:
        """x'…' needs an even number of hexadecimal digits, b'…' binary ones."""
        text = token.text
        try:
            if text:
                int(text, 16 if token.token_type is T.HEX_STRING else 2)
        except ValueError:
            raise self.fail(self.i) from None
        quoted = self.source[token.start + 1 : token.start + 2] == "'"
        if quoted and token.token_type is T.HEX_STRING and len(text) % 2:
            raise self.fail(self.i)
        self.out.append(token)

    def limit(self, token: Token) -> None:
        """LIMIT takes whole numbers or `?` only."""
        self.out.append(token)
        position = self.i + 1
        self.row_count(position)
        if self.kind(position + 1) in (T.COMMA, T.OFFSET):
            self.row_count(position + 2)
            position += 2
        following = self.kind(position + 1)
        if following is not None and following not in AFTER_LIMIT:
            raise self.fail(position + 1)

    def row_count(self, index: int) -> None:
        """One operand of LIMIT."""
        kind = self.kind(index)
        if kind is T.PLACEHOLDER:
            return
        if kind is T.PARAMETER or kind is T.VAR or kind is not T.NUMBER or not self.tokens[index].text.isdigit():
            raise self.fail(index)

    def brace(self, token: Token) -> None:
        """ODBC escapes: {d '…'}, {t '…'}, {ts '…'}, {fn call}, {oj join}; the braces vanish."""
        if self.kind(self.i + 1) is not T.VAR:
            raise self.fail(self.i + 1)
        word = self.tokens[self.i + 1].text.upper()
        literal = ODBC_LITERALS.get(word)
        if literal is not None and self.kind(self.i + 2) is T.STRING:
            if self.kind(self.i + 3) is not T.R_BRACE:
                raise self.fail(self.i + 3)
            self.call(literal, token, self.tokens[self.i + 2])
            self.i += 3
            return
        if word not in ("FN", "OJ"):
            raise self.fail(self.i + 1)
        wrapped = word == "FN"
        if wrapped:
            self.out.append(make(T.L_PAREN, "(", token))
        self.braces.append(wrapped)
        self.i += 1


def rewrite(tokens: list[Token], source: str, *, reserved: bool = True) -> Rewritten:
    """Tokens for sqlglot. `reserved` False skips the reserved-word check, for slices that end in other syntax."""
    work = _Pass(tokens, source, reserved)
    work.run()
    if work.sets:
        check_operands(work.out, source)
    out = fix_joins(work.out, source) if work.joins else work.out
    if work.assigns:
        out = wrap_assignments(out)
    return Rewritten(out, work.words, work.hints)
