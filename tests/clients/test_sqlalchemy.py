"""A SQLAlchemy 2 application with the MySQL dialect as it is: create_all, relationships, bulk insert, rollback, optimistic
version column, reflection of the Chinook schema, Alembic's comparison empty after create_all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.exc import StaleDataError

from sqlnode.testing import RunningServer


class Base(DeclarativeBase):
    pass


membership = sa.Table(
    "membership",
    Base.metadata,
    sa.Column("customer_id", sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("club_id", sa.ForeignKey("club.id"), primary_key=True),
)


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(100), unique=True)
    created: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    settings: Mapped[dict[str, object] | None] = mapped_column(sa.JSON)
    version: Mapped[int] = mapped_column(sa.Integer)
    orders: Mapped[list[Order]] = relationship(back_populates="customer", cascade="all, delete-orphan")
    clubs: Mapped[list[Club]] = relationship(secondary=membership, back_populates="members")
    __mapper_args__ = {"version_id_col": version}


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"))
    total: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))
    state: Mapped[str] = mapped_column(sa.Enum("new", "paid", "sent"), default="new")
    note: Mapped[str | None] = mapped_column(sa.Text)
    gift: Mapped[bool] = mapped_column(default=False)
    customer: Mapped[Customer] = relationship(back_populates="orders")
    __table_args__ = (sa.CheckConstraint("total >= 0", name="total_not_negative"),)


class Club(Base):
    __tablename__ = "club"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30))
    members: Mapped[list[Customer]] = relationship(secondary=membership, back_populates="clubs")


@pytest.fixture(scope="module", params=["pymysql", "mysqlconnector"])
def engine(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    address = f"mysql+{request.param}://root@{server.host}:{server.port}"
    admin = sa.create_engine(address)
    name = f"orm_{request.param}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    made = sa.create_engine(f"{address}/{name}", pool_pre_ping=True)
    Base.metadata.create_all(made)
    yield made
    made.dispose()
    admin.dispose()


def test_relationships(engine: sa.Engine) -> None:
    with Session(engine) as session:
        club = Club(name="chess")
        ada = Customer(name="Ada", email="ada@example.org", settings={"theme": "dark", "sizes": [1, 2]}, clubs=[club])
        ada.orders = [Order(total=Decimal("10.50")), Order(total=Decimal("20"), state="paid", note="größe", gift=True)]
        session.add(ada)
        session.commit()
        assert ada.id and ada.version == 1
        assert isinstance(ada.created, datetime)
    with Session(engine) as session:
        found = session.scalars(sa.select(Customer).join(Customer.orders).where(Order.total > 15)).one()
        assert found.settings == {"theme": "dark", "sizes": [1, 2]}
        assert sorted(order.total for order in found.orders) == [Decimal("10.50"), Decimal("20.00")]
        assert [club.name for club in found.clubs] == ["chess"]
        assert [order.gift for order in found.orders] == [False, True]
        total = session.scalar(sa.select(sa.func.sum(Order.total)).where(Order.customer_id == found.id))
        assert total == Decimal("30.50")
        loaded = session.scalars(
            sa.select(Customer).options(sa.orm.selectinload(Customer.orders), sa.orm.joinedload(Customer.clubs))
        )
        assert len(loaded.unique().all()) >= 1
        session.delete(found)
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).select_from(Order)) == 0
        assert session.execute(sa.select(membership)).all() == []


def test_bulk_insert_and_rollback(engine: sa.Engine) -> None:
    with Session(engine) as session:
        session.execute(
            sa.insert(Customer), [{"name": f"n{i}", "email": f"n{i}@example.org", "version": 1} for i in range(500)]
        )
        session.commit()
        before = session.scalar(sa.select(sa.func.count()).select_from(Customer))
        session.add_all([Customer(name=f"lost{i}") for i in range(20)])
        session.flush()
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == before
        with pytest.raises(sa.exc.IntegrityError) as caught, session.begin_nested():
            session.add(Customer(name="again", email="n1@example.org"))
            session.flush()
        assert caught.value.orig is not None
        with pytest.raises(sa.exc.DatabaseError):
            session.add(Order(customer_id=1, total=Decimal(-1)))
            session.flush()
        session.rollback()
        session.execute(sa.delete(Customer).where(Customer.name.like("n%")))
        session.commit()


def test_optimistic_version(engine: sa.Engine) -> None:
    with Session(engine) as first, Session(engine) as second:
        first.add(Customer(name="Grace", email="g@example.org"))
        first.commit()
        mine = first.scalars(sa.select(Customer).where(Customer.name == "Grace")).one()
        yours = second.scalars(sa.select(Customer).where(Customer.name == "Grace")).one()
        assert (mine.version, yours.version) == (1, 1)
        mine.name = "Grace Hopper"
        first.commit()
        assert mine.version == 2
        yours.name = "other"
        with pytest.raises(StaleDataError):
            second.flush()
        second.rollback()
        assert second.scalars(sa.select(Customer.name).where(Customer.id == mine.id)).one() == "Grace Hopper"


def test_upsert(engine: sa.Engine) -> None:
    statement = mysql.insert(Club).values(id=77, name="first")
    statement = statement.on_duplicate_key_update(name=statement.inserted.name)
    with engine.begin() as connection:
        connection.execute(statement)
        connection.execute(statement.values(name="second"))
        assert connection.scalar(sa.select(Club.name).where(Club.id == 77)) == "second"
        connection.execute(sa.delete(Club).where(Club.id == 77))


def test_alembic_finds_nothing(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_reflection(chinook: RunningServer) -> None:
    engine = sa.create_engine(f"mysql+pymysql://root@{chinook.host}:{chinook.port}/Chinook")
    metadata = sa.MetaData()
    metadata.reflect(engine)
    assert sorted(metadata.tables) == [
        "Album",
        "Artist",
        "Customer",
        "Employee",
        "Genre",
        "Invoice",
        "InvoiceLine",
        "MediaType",
        "Playlist",
        "PlaylistTrack",
        "Track",
    ]
    track = metadata.tables["Track"]
    assert [column.name for column in track.primary_key] == ["TrackId"]
    assert isinstance(track.c.UnitPrice.type, sa.Numeric) and track.c.UnitPrice.type.scale == 2
    assert not track.c.Name.nullable and track.c.Composer.nullable
    assert {key.target_fullname for key in track.foreign_keys} == {
        "Album.AlbumId",
        "Genre.GenreId",
        "MediaType.MediaTypeId",
    }
    assert {index.name for index in track.indexes} == {"IFK_TrackAlbumId", "IFK_TrackGenreId", "IFK_TrackMediaTypeId"}
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("PlaylistTrack")["constrained_columns"] == ["PlaylistId", "TrackId"]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(track.c.Name).where(track.c.TrackId == 1)).all()
    assert rows == [("For Those About To Rock (We Salute You)",)]
    engine.dispose()
