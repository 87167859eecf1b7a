"""A foreign key as text, in error messages and in SHOW CREATE TABLE."""

from __future__ import annotations

from planner.parse.expression_text import quote_name
from sqlnode.base.schema import ForeignKeyInfo, ReferenceAction

_ACTIONS = {
    ReferenceAction.CASCADE: "CASCADE",
    ReferenceAction.SET_NULL: "SET NULL",
    ReferenceAction.RESTRICT: "RESTRICT",
    ReferenceAction.SET_DEFAULT: "SET DEFAULT",
}


def foreign_key_text(key: ForeignKeyInfo, database: str) -> str:
    """CONSTRAINT … FOREIGN KEY … REFERENCES …; the parent's database stands there only when it is another one.

    NO ACTION is MySQL's default and never printed.
    """
    parent = quote_name(key.ref_table)
    if key.ref_schema and key.ref_schema.lower() != database.lower():
        parent = f"{quote_name(key.ref_schema)}.{parent}"
    own = ", ".join(quote_name(name) for name in key.columns)
    theirs = ", ".join(quote_name(name) for name in key.ref_columns)
    text = f"CONSTRAINT {quote_name(key.name)} FOREIGN KEY ({own}) REFERENCES {parent} ({theirs})"
    for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)):
        if action in _ACTIONS:
            text += f" ON {event} {_ACTIONS[action]}"
    return text


def constraint_text(database: str, table: str, key: ForeignKeyInfo) -> str:
    """What errors 1451, 1452 and 1701 name: the child table and its constraint."""
    return f"{quote_name(database)}.{quote_name(table)}, {foreign_key_text(key, database)}"
