"""Alembic with the stock MySQL dialect: its comparison finds nothing after create_all, and its operations change tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import mysql

from sqlnode.testing import RunningServer

OPTIONS = {"compare_type": True, "compare_server_default": True}


@pytest.fixture(params=["pymysql", "mysqlconnector"])
def connection(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """A connection whose database is new."""
    address = f"mysql+{request.param}://root@{server.host}:{server.port}"
    admin = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as made:
        made.execute(sa.text("CREATE DATABASE alembic_changes"))
    engine = sa.create_engine(f"{address}/alembic_changes")
    with engine.connect() as opened:
        yield opened
    engine.dispose()
    with admin.connect() as made:
        made.execute(sa.text("DROP DATABASE alembic_changes"))
    admin.dispose()


def differences(connection: sa.Connection, metadata: sa.MetaData) -> list[Any]:
    return compare_metadata(MigrationContext.configure(connection, opts=OPTIONS), metadata)


def wide_metadata() -> sa.MetaData:
    """Types, defaults, indexes, foreign keys, comments, checks and computed columns of many kinds."""
    metadata = sa.MetaData()
    sa.Table(
        "numbers",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("tiny", mysql.TINYINT(unsigned=True), server_default="7"),
        sa.Column("small", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("medium", mysql.MEDIUMINT, server_default="-1"),
        sa.Column("big", mysql.BIGINT(unsigned=True)),
        sa.Column("flag", sa.Boolean, nullable=False, server_default=sa.text("'0'")),
        sa.Column("price", sa.Numeric(12, 4), server_default="1.5000"),
        sa.Column("wide", sa.Numeric(65, 30)),
        sa.Column("real4", sa.Float),
        sa.Column("real8", sa.Double, server_default=sa.text("'2.5'")),
        sa.Column("bits", mysql.BIT(7), server_default=sa.text("(0x05)")),
        sa.Column("year", mysql.YEAR),
        sa.Column("twice", sa.Integer, sa.Computed("small * 2", persisted=True)),
        sa.Column("thrice", sa.Integer, sa.Computed("small * 3")),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        sa.Index("price_and_small", "price", "small"),
        comment="a table's 'comment'",
        mysql_engine="InnoDB",
    )
    sa.Table(
        "texts",
        metadata,
        sa.Column("code", sa.CHAR(3), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, server_default='say "yes"', comment="who it's"),
        sa.Column("binary_name", mysql.VARCHAR(20, collation="utf8mb4_bin")),
        sa.Column("latin", mysql.VARCHAR(20, charset="latin1")),
        sa.Column("body", sa.Text),
        sa.Column("long_body", mysql.LONGTEXT),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("digest", sa.BINARY(16)),
        sa.Column("blob", mysql.VARBINARY(200)),
        sa.Column("state", sa.Enum("new", "it's", "done", name="state"), server_default="new"),
        sa.Column("parts", mysql.SET("a", "b", "c"), server_default="a,b"),
        sa.Column("document", sa.JSON),
        sa.Column("key", sa.Uuid, unique=True),
        sa.Column("by_default", sa.JSON, server_default=sa.text("(json_array())")),
        sa.Index("by_name", "name", mysql_length=10),
        sa.Index("by_body", "body", mysql_length={"body": 20}),
        sa.UniqueConstraint("latin", "binary_name", name="latin_and_binary"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_0900_ai_ci",
    )
    sa.Table(
        "times",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Date, server_default=sa.text("'2024-02-29'")),
        sa.Column("hour", sa.Time),
        sa.Column("hour_exact", mysql.TIME(fsp=3)),
        sa.Column("made", sa.DateTime, nullable=False, server_default=sa.func.now()),
        sa.Column("exact", mysql.DATETIME(fsp=6), server_default=sa.text("CURRENT_TIMESTAMP(6)")),
        sa.Column(
            "changed",
            sa.TIMESTAMP,
            nullable=False,
            server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        ),
        sa.Column("owner", sa.ForeignKey("texts.code", name="owner_of", ondelete="SET NULL", onupdate="CASCADE")),
        sa.Column("parent", sa.ForeignKey("times.id", ondelete="CASCADE"), index=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["numbers.id"], name="of_number"),
    )
    return metadata


def test_nothing_differs_after_create_all(connection: sa.Connection) -> None:
    metadata = wide_metadata()
    metadata.create_all(connection)
    assert differences(connection, metadata) == []
    # what was reflected makes the same tables again
    reflected = sa.MetaData()
    reflected.reflect(connection)
    assert differences(connection, reflected) == []
    metadata.drop_all(connection)
    reflected.create_all(connection)
    assert differences(connection, metadata) == []


def test_operations(connection: sa.Connection) -> None:
    operations = Operations(MigrationContext.configure(connection, opts=OPTIONS))
    operations.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("note", sa.Text),
    )
    operations.create_table("owner", sa.Column("id", sa.Integer, primary_key=True))
    operations.bulk_insert(sa.table("account", sa.column("id"), sa.column("name")), [{"id": 1, "name": "a"}])
    operations.bulk_insert(sa.table("owner", sa.column("id")), [{"id": 5}])

    operations.add_column("account", sa.Column("age", sa.Integer, nullable=False, server_default="3"))
    operations.add_column("account", sa.Column("made", sa.DateTime, server_default=sa.func.now()))
    operations.add_column("account", sa.Column("twice", sa.Integer, sa.Computed("age * 2")))
    row = connection.execute(sa.text("SELECT age, twice, made IS NOT NULL FROM account")).one()
    assert tuple(row) == (3, 6, 1)
    operations.drop_column("account", "twice")

    existing: dict[str, Any] = {"existing_type": sa.Integer(), "existing_nullable": False}
    operations.alter_column("account", "age", type_=sa.BigInteger(), existing_server_default="3", **existing)
    existing["existing_type"] = sa.BigInteger()
    operations.alter_column("account", "age", server_default=None, **existing)
    operations.alter_column("account", "age", server_default="4", **existing)
    operations.alter_column("account", "age", nullable=True, existing_type=sa.BigInteger(), existing_server_default="4")
    operations.alter_column("account", "age", new_column_name="years", existing_type=sa.BigInteger())
    operations.alter_column("account", "name", type_=sa.String(50), existing_nullable=False, comment="full name")
    operations.add_column("account", sa.Column("owner_id", sa.Integer))

    operations.create_index("by_years", "account", ["years", "name"])
    operations.create_unique_constraint("one_name", "account", ["name"])
    operations.create_foreign_key("of_owner", "account", "owner", ["owner_id"], ["id"], ondelete="CASCADE")
    operations.create_check_constraint("old_enough", "account", "years >= 0")
    operations.create_table_comment("account", "whose")
    operations.rename_table("account", "customer")

    expected = sa.MetaData()
    sa.Table("owner", expected, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "customer",
        expected,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, comment="full name"),
        sa.Column("note", sa.Text),
        sa.Column("years", sa.BigInteger),
        sa.Column("made", sa.DateTime, server_default=sa.func.now()),
        sa.Column("owner_id", sa.ForeignKey("owner.id", name="of_owner", ondelete="CASCADE")),
        sa.CheckConstraint("years >= 0", name="old_enough"),
        sa.UniqueConstraint("name", name="one_name"),
        sa.Index("by_years", "years", "name"),
        comment="whose",
    )
    assert differences(connection, expected) == []
    inspector = sa.inspect(connection)
    assert [check["name"] for check in inspector.get_check_constraints("customer")] == ["old_enough"]
    assert tuple(connection.execute(sa.text("SELECT years, name FROM customer")).one()) == (3, "a")
    for text, problem in (
        ("INSERT INTO customer (id, name) VALUES (2, 'a')", "one_name"),
        ("INSERT INTO customer (id, name, owner_id) VALUES (3, 'c', 6)", "of_owner"),
        ("INSERT INTO customer (id, name, years) VALUES (4, 'd', -1)", "old_enough"),
    ):
        with pytest.raises(sa.exc.DatabaseError, match=problem), connection.begin_nested():
            connection.execute(sa.text(text))

    operations.drop_constraint("old_enough", "customer", type_="check")
    operations.drop_constraint("of_owner", "customer", type_="foreignkey")
    operations.drop_index("of_owner", "customer")
    operations.drop_constraint("one_name", "customer", type_="unique")
    operations.drop_index("by_years", "customer")
    operations.drop_table_comment("customer")
    operations.drop_column("customer", "owner_id")
    operations.execute("INSERT INTO customer (id, name, years) VALUES (2, 'a', -1)")
    inspector = sa.inspect(connection)
    assert (inspector.get_indexes("customer"), inspector.get_foreign_keys("customer")) == ([], [])
    operations.drop_table("customer")
    operations.drop_table("owner")
    assert sa.inspect(connection).get_table_names() == []


def test_versions(connection: sa.Connection) -> None:
    """The table in which Alembic keeps the version."""
    context = MigrationContext.configure(connection)
    context._ensure_version_table()
    assert context.get_current_revision() is None
    connection.execute(sa.text("INSERT INTO alembic_version VALUES ('abc')"))
    assert context.get_current_revision() == "abc"
    assert differences(connection, sa.MetaData()) == []
