"""Seeded random tables and queries over them, for comparing one way to answer a query with another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

KINDS = {
    "int": "INT",
    "tiny": "TINYINT",
    "unsigned": "BIGINT UNSIGNED",
    "decimal": "DECIMAL(8,2)",
    "double": "DOUBLE",
    "ci": "VARCHAR(12) COLLATE utf8mb4_general_ci",
    "uca": "VARCHAR(12) COLLATE utf8mb4_0900_ai_ci",
    "unicode": "VARCHAR(12) COLLATE utf8mb4_unicode_ci",
    "bin": "VARCHAR(12) COLLATE utf8mb4_bin",
    "char": "CHAR(5) COLLATE utf8mb4_general_ci",
    "bytes": "VARBINARY(8)",
    "date": "DATE",
    "datetime": "DATETIME(3)",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "year": "YEAR",
    "enum": "ENUM('red','green','Blue') COLLATE utf8mb4_general_ci",
    "set": "SET('x','y','z') COLLATE utf8mb4_general_ci",
}
TEXTS = frozenset({"ci", "uca", "unicode", "bin", "char"})
NUMBERS = frozenset({"int", "tiny", "unsigned", "decimal", "double"})
_VALUES: dict[str, list[str]] = {
    "int": ["0", "1", "2", "3", "4", "5", "-1", "-2", "2147483647", "-2147483648"],
    "tiny": ["0", "1", "2", "3", "-1", "127", "-128"],
    "unsigned": ["0", "1", "2", "3", "9223372036854775807", "9223372036854775808", "18446744073709551615"],
    "decimal": ["0", "1.00", "1.50", "-1.5", "2", "2.01", "999999.99", "-999999.99", "3.75"],
    "double": ["0", "1", "1.5e0", "-1.5e0", "0.1e0", "3", "1e10", "-1e10"],
    "text": [
        "''",
        "'a'",
        "'A'",
        "'b'",
        "'B'",
        "'ab'",
        "'Ab'",
        "'a '",
        "'b%'",
        "'a_c'",
        "'1'",
        "'02'",
        "'ä'",
        "'É'",
        "'ß'",
    ],
    "bytes": ["''", "'a'", "'A'", "'ab'", "'a '", "'1'"],
    "date": ["'2020-01-01'", "'2020-02-29'", "'1999-12-31'", "'2021-03-04'", "'2021-03-28'"],
    "datetime": ["'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.5'", "'2021-03-04 12:30:00'", "'2021-10-31 02:30:00'"],
    "timestamp": ["'2020-01-01 00:00:00'", "'2021-10-31 02:30:00'", "'2021-10-31 03:30:00'", "'2021-03-04 12:30:00'"],
    "time": ["'00:00:00'", "'01:00:00'", "'-01:00:00'", "'100:00:00'", "'23:59:59'"],
    "year": ["2000", "1999", "2021"],
    "enum": ["'red'", "'green'", "'Blue'"],
    "set": ["''", "'x'", "'x,y'", "'z'", "'y,z'"],
}
_OTHER: dict[str, list[str]] = {
    "number": ["'1'", "'2x'", "1.5", "2.0", "1e0", "1e19", "-0.5", "2147483647.5", "TRUE", "99999999999999999999"],
    "text": ["1", "0", "1e0", "'A'", "'Á'", "'a' COLLATE utf8mb4_bin", "'aaaaaaaaaaaaaaaaaaaa'", "0x61"],
    "date": ["20200101", "'2020-01-01 00:00:00.500'", "DATE'2021-03-04'", "TIMESTAMP'2021-03-04 12:30:00'"],
    "time": ["'1:00'", "10000", "TIME'01:00:00'"],
    "enum": ["1", "2", "'RED'", "'nope'", "0"],
    "set": ["1", "3", "'X'", "'y,x'"],
}


@dataclass(frozen=True)
class TableColumn:
    """A column: its name, its kind (a key of `KINDS`), and whether it may be NULL."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True)
class RandomTable:
    """Columns, the primary key, further keys as (text of parts, unique), and rows of literals."""

    columns: tuple[TableColumn, ...]
    primary: tuple[str, ...]
    keys: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]

    def create(self, name: str, *, keyed: bool) -> str:
        """CREATE TABLE with all its keys, or with none."""
        parts = [f"{c.name} {KINDS[c.kind]} {'NULL' if c.nullable else 'NOT NULL'}" for c in self.columns]
        if keyed:
            parts += [f"PRIMARY KEY ({', '.join(self.primary)})"] if self.primary else []
            parts += [f"{'UNIQUE ' if unique else ''}KEY ({text})" for text, unique in self.keys]
        return f"CREATE TABLE {name} ({', '.join(parts)})"


def value_of(random: Random, kind: str) -> str:
    """A literal that a column of the kind stores as it is."""
    return random.choice(_VALUES["text" if kind in TEXTS else kind])


def operand_of(random: Random, kind: str) -> str:
    """A literal to compare such a column with, now and then of another type, or NULL."""
    chance = random.random()
    if chance < 0.05:
        return "NULL"
    family = "number" if kind in NUMBERS or kind == "year" else "text" if kind in TEXTS or kind == "bytes" else kind
    family = "date" if family in ("datetime", "timestamp") else family
    return random.choice(_OTHER[family]) if chance > 0.75 else value_of(random, kind)


def random_table(random: Random, row_count: int) -> RandomTable:
    """A table of 3 to 6 columns."""
    kinds = [random.choice(sorted(KINDS)) for _ in range(random.randint(3, 6))]
    primary_size = random.choice([0, 1, 1, 2])
    columns = tuple(
        TableColumn(f"c{place}", kind, place >= primary_size and random.random() < 0.7)
        for place, kind in enumerate(kinds)
    )
    keys = []
    for _ in range(random.choice([1, 2, 3])):
        chosen = random.sample(columns, random.choice([1, 1, 2, min(3, len(columns))]))
        parts = [f"{c.name}(1)" if c.kind in TEXTS and random.random() < 0.2 else c.name for c in chosen]
        keys.append((", ".join(parts), random.random() < 0.2 and not any("(" in part for part in parts)))
    rows = tuple(
        tuple("NULL" if c.nullable and random.random() < 0.25 else value_of(random, c.kind) for c in columns)
        for _ in range(row_count)
    )
    primary = [column.name for column in columns[:primary_size]]
    random.shuffle(primary)
    return RandomTable(columns, tuple(primary), tuple(keys), rows)


# --- conditions and queries -------------------------------------------------------------------------------------------


def _atom(random: Random, column: TableColumn, name: str) -> str:
    def operand() -> str:
        return operand_of(random, column.kind)

    forms: list[Callable[[], str]] = [
        lambda: f"{name} = {operand()}",
        lambda: f"{name} {random.choice(['<', '>', '<=', '>=', '<>'])} {operand()}",
        lambda: f"{operand()} {random.choice(['<', '>=', '='])} {name}",
        lambda: f"{name} {random.choice(['', 'NOT '])}BETWEEN {operand()} AND {operand()}",
        lambda: (
            f"{name} {random.choice(['', '', 'NOT '])}IN ({', '.join(operand() for _ in range(random.randint(1, 4)))})"
        ),
        lambda: f"{name} IS {random.choice(['', 'NOT '])}NULL",
        lambda: f"{name} <=> {operand()}",
    ]
    if column.kind in TEXTS:
        pattern = random.choice(["a%", "_b%", "A%", "a", "%", "b\\\\%", "%b", "Ä%"])
        forms.append(lambda: f"{name} {random.choice(['', 'NOT '])}LIKE '{pattern}'")
    if column.kind in NUMBERS:
        forms.append(lambda: random.choice([name, f"NOT {name}", f"{name} IS TRUE", f"{name} % 2 = 1"]))
    return random.choice(forms)()


def condition(random: Random, columns: tuple[TableColumn, ...], prefix: str = "", depth: int = 2) -> str:
    """A condition over the columns, whose names get the prefix."""
    chance = random.random()
    if depth == 0 or chance < 0.35:
        column = random.choice(columns)
        return _atom(random, column, prefix + column.name)
    parts = [condition(random, columns, prefix, depth - 1) for _ in range(random.randint(2, 3))]
    if chance < 0.65:
        return f"({' AND '.join(parts)})"
    if chance < 0.92:
        return f"({' OR '.join(parts)})"
    return f"NOT ({parts[0]})"


def _order(random: Random, table: RandomTable) -> str:
    """A total order: of a table without a primary key, texts that a collation holds equal are told apart by bytes."""
    names = [column.name for column in table.columns]
    first = random.choice(table.keys)[0].split(", ")
    first = [part.split("(")[0] for part in first] if random.random() < 0.6 else random.sample(names, 1)
    direction = random.choice(["", " DESC"])
    rest = table.primary or tuple(f"HEX({c.name})" if c.kind in TEXTS else c.name for c in table.columns)
    every = first + [name for name in rest if name not in first]
    limit = random.choice(["", f" LIMIT {random.randint(0, 6)}", f" LIMIT {random.randint(1, 5)} OFFSET 3"])
    return f" ORDER BY {', '.join(name + direction for name in every)}{limit}"


def random_query(random: Random, tables: tuple[RandomTable, ...]) -> str:
    """A query over `{0}`, `{1}`, …, the places of the tables' names."""
    place = random.randrange(len(tables))
    table = tables[place]
    form = random.random()
    if form < 0.6:
        where = condition(random, table.columns)
        chosen = random.sample(table.columns, random.randint(1, len(table.columns)))
        names = ", ".join(column.name for column in chosen)
        if random.random() < 0.35:
            return f"SELECT * FROM {{{place}}} WHERE {where}{_order(random, table)}"
        if random.random() < 0.3:
            return f"SELECT COUNT(*), COUNT({chosen[0].name}) FROM {{{place}}} WHERE {where}"
        return f"SELECT {names} FROM {{{place}}} WHERE {where}"
    other_place = random.randrange(len(tables))
    other = tables[other_place]
    pairs = [(a, b) for a in table.columns for b in other.columns if a.kind == b.kind]
    left, right = random.choice(pairs) if pairs else (table.columns[0], other.columns[0])
    comparison = f"a.{left.name} {random.choice(['=', '=', '<=>'])} b.{right.name}" if pairs else "b.c0 IS NOT NULL"
    if form < 0.8:
        kind = random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN"])
        text = f"SELECT a.*, b.{right.name} FROM {{{place}}} a {kind} {{{other_place}}} b ON {comparison}"
        return text + (f" WHERE {condition(random, table.columns, 'a.', 1)}" if random.random() < 0.6 else "")
    negation = random.choice(["", "NOT "])
    inner = f"FROM {{{other_place}}} b WHERE {condition(random, other.columns, 'b.', 1)}"
    if form < 0.9 and pairs:
        return f"SELECT a.* FROM {{{place}}} a WHERE a.{left.name} {negation}IN (SELECT b.{right.name} {inner})"
    if form < 0.95:
        return f"SELECT a.* FROM {{{place}}} a WHERE {negation}EXISTS (SELECT 1 {inner} AND {comparison})"
    return f"SELECT a.*, (SELECT COUNT(*) {inner} AND {comparison}) FROM {{{place}}} a"
