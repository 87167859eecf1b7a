"""Cursor: what the hand parsers read tokens with.

Words are compared by their upper-case text, so that it does not matter which of them sqlglot's tokenizer gives a type of
its own; quoted names and strings never match a word. Every failure is MySQL's 1064 at the first token that does not fit.
"""

from __future__ import annotations

from sqlglot.tokens import Token, TokenType

from planner.parse.dialect import NAME_TOKEN_TYPES
from planner.parse.failure import syntax_error
from planner.parse.function_names import is_call
from planner.parse.nodes_common import Expr, TableName, UserName
from planner.parse.reserved import RESERVED
from planner.parse.token_pass import QUOTED
from sqlnode.base.errors import UNKNOWN_ALTER_ALGORITHM, UNKNOWN_ALTER_LOCK, SqlError

T = TokenType


class Cursor:
    """A position in `tokens`. `end` is the offset that an error at the end of the statement names."""

    __slots__ = ("tokens", "source", "sql_mode", "index", "end", "_words")

    def __init__(self, tokens: list[Token], source: str, sql_mode: int = 0, index: int = 0, end: int = -1) -> None:
        self.tokens = tokens
        self.source = source
        self.sql_mode = sql_mode
        self.index = index
        self.end = len(source) if end < 0 else end
        self._words: list[str] = _words(tokens)

    # --- looking ---------------------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """True when no token is left."""
        return self.index >= len(self.tokens)

    def word(self, ahead: int = 0) -> str:
        """The upper-case word `ahead` tokens on; empty for quoted things and behind the end."""
        at = self.index + ahead
        return self._words[at] if at < len(self._words) else ""

    def kind(self, ahead: int = 0) -> TokenType | None:
        """The token type `ahead` tokens on, None behind the end."""
        at = self.index + ahead
        return self.tokens[at].token_type if at < len(self.tokens) else None

    def sees(self, *words: str) -> bool:
        """True when the next tokens are these words (a word may be two, as `GROUP BY` is one token)."""
        return self._match(words) >= 0

    def _match(self, words: tuple[str, ...]) -> int:
        at = self.index
        position = 0
        while position < len(words):
            found = self._words[at] if at < len(self._words) else ""
            if found == words[position]:
                position += 1
            elif " " in found:
                parts = tuple(found.split())
                if words[position : position + len(parts)] != parts:
                    return -1
                position += len(parts)
            else:
                return -1
            at += 1
        return at

    def fail(self, ahead: int = 0) -> SqlError:
        """1064 at the token `ahead`."""
        at = self.index + ahead
        return syntax_error(self.source, self.tokens[at].start if at < len(self.tokens) else self.end)

    # --- reading words and symbols ---------------------------------------------------------------------------------

    def accept(self, *words: str) -> bool:
        """Reads the words if they are next."""
        at = self._match(words)
        if at < 0:
            return False
        self.index = at
        return True

    def accept_any(self, *words: str) -> str | None:
        """Reads one of several single words; returns it."""
        found = self.word()
        if found in words:
            self.index += 1
            return found
        return None

    def expect(self, *words: str) -> None:
        """Reads the words or fails at the first that differs."""
        for word in words:
            if not self.accept(word):
                if self.accept(*words[words.index(word) :]):
                    return
                raise self.fail()

    def expect_any(self, *words: str) -> str:
        """Reads one of several single words or fails."""
        found = self.accept_any(*words)
        if found is None:
            raise self.fail()
        return found

    def known(self, option: str, words: tuple[str, ...]) -> str:
        """One of the words, behind ALGORITHM or LOCK. Raises 1800, 1801 for another identifier."""
        word = self.accept_any(*words)
        if word is not None:
            return word
        name = self.name()
        raise SqlError(UNKNOWN_ALTER_ALGORITHM if option == "ALGORITHM" else UNKNOWN_ALTER_LOCK, name=name)

    def symbol(self, kind: TokenType) -> bool:
        """Reads one token of this type if it is next."""
        if self.kind() is kind:
            self.index += 1
            return True
        return False

    def expect_symbol(self, kind: TokenType) -> None:
        """Reads one token of this type or fails."""
        if not self.symbol(kind):
            raise self.fail()

    def equals(self) -> None:
        """An optional `=`."""
        self.symbol(T.EQ)

    def expect_end(self) -> None:
        """Fails unless all tokens are read."""
        if not self.done:
            raise self.fail()

    def advance(self) -> Token:
        """Reads any token."""
        if self.done:
            raise self.fail()
        token = self.tokens[self.index]
        self.index += 1
        return token

    # --- names and literals ----------------------------------------------------------------------------------------

    def at_name(self, ahead: int = 0) -> bool:
        """True when a name is next: quoted, or a word that is not reserved."""
        kind = self.kind(ahead)
        if kind is T.IDENTIFIER:
            return True
        at = self.index + ahead
        if self.kind(ahead + 1) is T.L_PAREN and is_call(self.tokens[at], self.tokens[at + 1], self.sql_mode):
            return False
        return kind in NAME_TOKEN_TYPES and self.word(ahead) not in RESERVED and " " not in self.word(ahead)

    def name(self) -> str:
        """A name."""
        if not self.at_name():
            raise self.fail()
        return str(self.advance().text)

    def any_name(self) -> str:
        """A name behind a dot, where reserved words are free."""
        kind = self.kind()
        if (
            kind is None
            or kind is T.STRING
            or not (kind is T.IDENTIFIER or self.word().replace("$", "_").isidentifier())
        ):
            raise self.fail()
        return str(self.advance().text)

    def name_or_string(self) -> str:
        """A name or a string."""
        return self.string() if self.kind() is T.STRING else self.name()

    def table(self) -> TableName:
        """[schema.]name."""
        if self.kind() is T.DOT:
            self.index += 1
            return TableName(None, self.any_name())
        first = self.name()
        if self.symbol(T.DOT):
            return TableName(first, self.any_name())
        return TableName(None, first)

    def tables(self) -> tuple[TableName, ...]:
        """table, …."""
        found = [self.table()]
        while self.symbol(T.COMMA):
            found.append(self.table())
        return tuple(found)

    def names_in_parens(self) -> tuple[str, ...]:
        """( name, … )."""
        self.expect_symbol(T.L_PAREN)
        found = [self.name()]
        while self.symbol(T.COMMA):
            found.append(self.name())
        self.expect_symbol(T.R_PAREN)
        return tuple(found)

    def string(self) -> str:
        """One or several adjacent strings, decoded."""
        if self.kind() is not T.STRING:
            raise self.fail()
        text = ""
        while self.kind() is T.STRING:
            text += self.advance().text
        return text

    def string_or_hex(self) -> bytes:
        """A string as UTF-8, or a hexadecimal or bit literal as its bytes."""
        token = self.tokens[self.index] if not self.done else None
        if token is not None and token.token_type in (T.HEX_STRING, T.BIT_STRING):
            self.index += 1
            base = 16 if token.token_type is T.HEX_STRING else 2
            number = int(token.text or "0", base)
            size = (len(token.text) + 1) // 2 if base == 16 else (len(token.text) + 7) // 8
            return number.to_bytes(size, "big")
        return self.string().encode("utf-8", "surrogateescape")

    def integer(self) -> int:
        """An unsigned whole number."""
        if self.kind() is not T.NUMBER or not self.tokens[self.index].text.isdigit():
            raise self.fail()
        return int(self.advance().text)

    def charset(self) -> str:
        """A character set's or collation's name: a word, a string, or BINARY."""
        if self.kind() is T.BINARY:
            self.index += 1
            return "binary"
        if self.kind() is T.STRING:
            return self.string()
        return self.name()

    def user_variable(self) -> str:
        """@name; returns the name."""
        self.expect_symbol(T.PARAMETER)
        token = self.tokens[self.index - 1]
        if self.done or self.tokens[self.index].start != token.end + 1:
            raise self.fail()
        first = self.advance()
        if first.token_type in QUOTED:
            return str(first.text)
        last = first
        while not self.done and self.tokens[self.index].start == last.end + 1:
            if self.kind() is not T.DOT and not self.word().replace("$", "_").replace(".", "_").isidentifier():
                break
            last = self.advance()
        name = self.source[first.start : last.end + 1]
        if not name.replace("$", "_").replace(".", "_").replace("_", "a").isalnum():
            self.index -= 1
            raise self.fail()
        return name

    def user(self) -> UserName:
        """'user'[@'host'] or CURRENT_USER[()]."""
        if self.accept("CURRENT_USER"):
            if self.symbol(T.L_PAREN):
                self.expect_symbol(T.R_PAREN)
            return UserName("", "", current=True)
        user = self.name_or_string()
        if not self.symbol(T.PARAMETER):
            return UserName(user)
        if self.kind() in (T.STRING, T.IDENTIFIER):
            return UserName(user, str(self.advance().text).lower())
        first = self.advance()
        last = first
        while (
            not self.done
            and self.tokens[self.index].start == last.end + 1
            and self.kind() in (T.DOT, T.VAR, T.NUMBER, T.DASH)
        ):
            last = self.advance()
        return UserName(user, self.source[first.start : last.end + 1].lower())

    def users(self) -> tuple[UserName, ...]:
        """user, …."""
        found = [self.user()]
        while self.symbol(T.COMMA):
            found.append(self.user())
        return tuple(found)

    # --- expressions -----------------------------------------------------------------------------------------------

    def closing(self) -> int:
        """Index of the `)` that closes the `(` at the cursor."""
        depth = 0
        for at in range(self.index, len(self.tokens)):
            kind = self.tokens[at].token_type
            if kind is T.L_PAREN:
                depth += 1
            elif kind is T.R_PAREN:
                depth -= 1
                if depth == 0:
                    return at
        raise syntax_error(self.source, self.end)

    def in_parens(self) -> Expr:
        """( expression ); the text is what stands inside."""
        if self.kind() is not T.L_PAREN:
            raise self.fail()
        end = self.closing()
        self.index += 1
        return self.until(end, skip=1)

    def until(self, end: int, *, skip: int = 0) -> Expr:
        """The expression that ends before token index `end`; then `skip` more tokens are read."""
        from planner.parse.door import parse_slice

        offset = self.tokens[end].start if end < len(self.tokens) else self.end
        found = parse_slice(self.tokens[self.index : end], self.source, end=offset)
        self.index = end + skip
        return found

    def item_end(self, *stops: str) -> int:
        """Index of the next `,` or unmatched `)` at this depth, of one of the `stops` words, or the end."""
        depth = 0
        for at in range(self.index, len(self.tokens)):
            kind = self.tokens[at].token_type
            if kind is T.L_PAREN:
                depth += 1
            elif kind is T.R_PAREN:
                if depth == 0:
                    return at
                depth -= 1
            elif depth == 0 and (kind is T.COMMA or (stops and self._words[at] in stops)):
                return at
        return len(self.tokens)

    def item(self, *stops: str) -> Expr:
        """The expression up to the next comma, closing parenthesis or stop word."""
        return self.until(self.item_end(*stops))

    def slice_text(self, start: int, end: int) -> str:
        """The source text of tokens `start` to `end` (exclusive)."""
        if start >= end:
            return ""
        return self.source[self.tokens[start].start : self.tokens[end - 1].end + 1]


def _words(tokens: list[Token]) -> list[str]:
    return ["" if t.token_type in QUOTED else " ".join(t.text.upper().split()) for t in tokens]
