"""Databases, tables and views through jobs, states and schema versions."""

from __future__ import annotations

import pytest

from sqlnode.base.errors import SqlError
from tests.sqlnode.ddl.server import Server
from tests.sqlnode.ddl.server import scenario as run

LATER = 3_600_000 << 18
"""An hour in timestamps: what was dropped just now counts as long gone."""


def test_databases() -> None:
    async def scenario(server: Server) -> None:
        await server.run("create database a")
        assert await server.error("create database A") == (1007, "Can't create database 'A'; database exists")
        await server.run("create database if not exists a")
        assert [(w.level, w.code) for w in server.warnings] == [("Note", 1007)]
        await server.run("alter database a charset latin1")
        schema = server.catalogs.current.schema("a")
        assert schema is not None and schema.info.collation == "latin1_swedish_ci"
        await server.run("create table a.t (x varchar(3))")
        assert server.table("t", "a").charset == "latin1"
        await server.run("drop database a")
        assert server.catalogs.current.schema("a") is None
        assert (await server.error("drop database a"))[0] == 1008
        assert (await server.error("drop database mysql"))[0] == 3552
        assert (await server.error("create table nowhere.t (a int)"))[0] == 1049

    run(scenario)


def test_tables() -> None:
    async def scenario(server: Server) -> None:
        await server.run("create table t (id int auto_increment primary key, v int, key (v))")
        first = server.table("t")
        assert (await server.error("create table T (a int)")) == (1050, "Table 'T' already exists")
        await server.run("create table if not exists t (a int); create table other (a int)")
        assert server.table("t") is first
        await server.run("create table copy like t")
        assert server.shown("copy") == server.shown("t")
        await server.run("rename table t to u, copy to t")
        assert server.table("u").id == first.id
        await server.run("truncate table u")
        assert server.table("u").id != first.id
        assert (await server.error("drop table u, nowhere")) == (1051, "Unknown table 'test.nowhere'")
        await server.run("drop table if exists u, nowhere")
        assert server.catalogs.current.table("test", "u") is None
        assert [(w.level, w.code) for w in server.warnings] == [("Note", 1051)]
        assert (await server.error("truncate table u")) == (1146, "Table 'test.u' doesn't exist")
        assert (await server.error("create temporary table x (a int)"))[0] == 1235
        ranges = await server.owner.collect_ranges(await server.store.timestamp() + LATER)
        assert ranges == 2

    run(scenario)


def test_reload_gives_the_same_tables() -> None:
    async def scenario(server: Server) -> None:
        await server.run("create table t (id int primary key); create view v as select * from t")
        before = server.catalogs.current
        after = await server.catalogs.load()
        assert after.version == before.version
        assert after.table("test", "t") is before.table("test", "t")
        assert after.table("test", "v") is before.table("test", "v")

    run(scenario)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create table x (a int, A int)", 1060),
        ("create table x (a int, key k (a), key K (a))", 1061),
        ("create table x (a int primary key, b int, primary key (b))", 1068),
        ("create table x (a int, key (b))", 1072),
        ("create table x (a text, key (a))", 1170),
        ("create table x (a int, key (a(3)))", 1089),
        ("create table x (a varchar(1000), key (a))", 1071),
        ("create table x (a int auto_increment)", 1075),
        ("create table x (a int auto_increment primary key, b int auto_increment, key (b))", 1075),
        ("create table x (a int default 'x')", 1067),
        ("create table x (a int not null default null)", 1067),
        ("create table x (a text default 'x')", 1101),
        ("create table x (a date default '0000-00-00')", 1067),
        ("create table x (a datetime on update current_timestamp(3))", 1294),
        ("create table x (a int null primary key)", 1171),
        ("create table x (a int, b int as (c + 1))", 1054),
        ("create table x (a int, b int as (rand()))", 3763),
        ("create table x (a int, b int as (c + 1), c int as (a))", 3107),
        ("create table x (a int check (a))", 3812),
        ("create table x (a int check (b > 0), b int)", 3813),
        ("create table x (a int, check (c > 0))", 3820),
        ("create table x (a int, constraint c check (a > 0), constraint C check (a < 5))", 3822),
        ("create table x (a int, foreign key (a) references nowhere (id))", 1824),
        ("create table x (a bigint, foreign key (a) references p (id))", 3780),
        ("create table x (a int, foreign key (a) references p (v))", 1822),
        ("create table x (a int, foreign key (a) references p (zz))", 3734),
        ("create table x (a int not null, foreign key (a) references p (id) on delete set null)", 1830),
        ("create table x (a varchar(20000))", 1074),
        ("create table x (a char(256))", 1074),
        ("create table x (a enum('x','X'))", 1291),
        ("create table x (a decimal(70,2))", 1426),
        ("create table x (a decimal(5,6))", 1427),
        ("create table x (a datetime(7))", 1426),
        ("create table x (a int, fulltext (a))", 1235),
        ("create table x (a int) engine=nonsense", 1286),
        ("create table x (a int) charset=nonsense", 1115),
        ("create table x (a varchar(3) character set latin1 collate utf8mb4_bin)", 1253),
        (f"create table {'x' * 65} (a int)", 1059),
        ("create table x (a json, key (a))", 3152),
        ("create table x (a varchar(16000), b varchar(16000))", 1118),
    ],
)
def test_refused_definitions(text: str, code: int) -> None:
    async def scenario(server: Server) -> None:
        await server.run("create table p (id int primary key, v int)")
        with pytest.raises(SqlError) as caught:
            await server.run(text)
        assert caught.value.code == code, caught.value.message
        assert server.catalogs.current.table("test", "x") is None

    run(scenario)


def test_foreign_keys_hold_their_parents() -> None:
    async def scenario(server: Server) -> None:
        await server.run("create table p (id int primary key)")
        await server.run("create table c (id int primary key, pid int, foreign key (pid) references p (id))")
        code, message = await server.error("drop table p")
        assert (code, message) == (
            3730, "Cannot drop table 'p' referenced by a foreign key constraint 'c_ibfk_1' on table 'c'.",
        )  # fmt: skip
        assert (await server.error("truncate table p"))[0] == 1701
        await server.run("rename table p to q, c to d")
        key = server.table("d").foreign_keys[0]
        assert (key.name, key.ref_table) == ("d_ibfk_1", "q")
        await server.run("drop table d, q")
        await server.run("create table late (a int, foreign key (a) references p (id))", foreign_key_checks=False)
        assert (await server.error("create table p (id bigint primary key)"))[0] == 3780

    run(scenario)


def test_views() -> None:
    async def scenario(server: Server) -> None:
        await server.run("create table t (a int, b varchar(3)); create view v as select * from t where a > 1")
        view = server.table("v")
        assert view.view is not None
        assert view.view.select == "select `t`.`a` AS `a`, `t`.`b` AS `b` from `test`.t where a > 1"
        assert [column.name for column in view.columns] == ["a", "b"]
        assert (await server.error("create view v as select 1"))[0] == 1050
        assert (await server.error("create or replace view t as select 1")) == (1347, "'test.t' is not VIEW")
        await server.run("create or replace view v (x, y) as select b, a from t")
        assert [column.name for column in server.table("v").columns] == ["x", "y"]
        assert (await server.error("create view w (x) as select a, b from t"))[0] == 1353
        assert (await server.error("create view w as select a, a from t"))[0] == 1060
        assert (await server.error("create view w as select @x"))[0] == 1351
        assert (await server.error("create view w as select * from nowhere"))[0] == 1146
        assert (await server.error("drop view t"))[0] == 1347
        assert (await server.error("drop table v"))[0] == 1051
        await server.run("alter view v as select 1 as one; drop view v")

    run(scenario)
