"""ALTER TABLE: what the table looks like afterwards, and what its rows and indexes hold."""

from __future__ import annotations

import pytest

from tests.sqlnode.ddl.server import Server, scenario

LATER = 3_600_000 << 18
"""An hour in timestamps: what was dropped just now counts as long gone."""


def test_add_and_drop_columns_without_copying() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id int primary key, a int, key (a))")
        await server.insert("t", {"id": 1, "a": 10}, {"id": 2})
        before = server.table("t").id
        await server.run(
            "alter table t add column b varchar(5) not null default 'x' after id, add c int first, add d date"
        )
        assert server.table("t").id == before
        assert await server.rows("t") == [(None, 1, b"x", 10, None), (None, 2, b"x", None, None)]
        await server.run("alter table t drop column a, drop c")
        assert server.shown("t") == [
            "`id` int NOT NULL", "`b` varchar(5) NOT NULL DEFAULT 'x'", "`d` date DEFAULT NULL", "PRIMARY KEY (`id`)",
        ]  # fmt: skip
        assert await server.rows("t") == [(1, b"x", None), (2, b"x", None)]
        await server.run("alter table t add e int not null, alter b set default 'y'")
        assert await server.rows("t") == [(1, b"x", None, 0), (2, b"x", None, 0)]
        await server.run("alter table t add column v int as (id + 1), add key (v)")
        assert [row[-1] for row in await server.rows("t")] == [2, 3]

    scenario(body)


def test_copying_changes() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id int primary key, a varchar(10), b int, unique key (b))")
        await server.insert("t", {"id": 1, "a": b"12", "b": 5}, {"id": 2, "a": b"7", "b": 6})
        await server.run("alter table t modify a int not null, drop primary key, add primary key (a)")
        assert sorted(await server.rows("t"), key=repr) == [(1, 12, 5), (2, 7, 6)]
        assert server.shown("t")[-2:] == ["PRIMARY KEY (`a`)", "UNIQUE KEY `b` (`b`)"]
        await server.run(
            "alter table t add n int auto_increment unique first, add u varchar(36) default (concat('k', a))"
        )
        rows = sorted(await server.rows("t"), key=repr)
        assert [(row[0], row[-1]) for row in rows] == [(1, b"k7"), (2, b"k12")]
        assert server.auto_ids.next_value(server.table("t")) == 3
        await server.run("alter table t drop primary key, modify a varchar(20)")
        assert [row[2] for row in await server.rows("t")] == [b"7", b"12"]

    scenario(body)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("modify a varchar(2)", 1265),
        ("modify a int", 1366),
        ("modify b tinyint", 1264),
        ("modify c int not null", 1138),
        ("add unique (b)", 1062),
        ("drop primary key, add primary key (b)", 1062),
        ("add check (b < 5)", 3819),
        ("add foreign key (b) references p (id)", 1452),
        ("add d date not null", 1292),
        ("drop column nope", 1091),
        ("drop index nope", 1091),
        ("drop id, drop a, drop b, drop c", 1090),
        ("add column A int", 1060),
        ("add key k (b), add key k (c)", 1061),
        ("rename index nope to x", 1176),
        ("modify nope int", 1054),
        ("add x int after nope", 1054),
        ("drop check nope", 3821),
        ("drop constraint nope", 3940),
        ("rename to p", 1050),
        ("add partition (partition p values less than (3))", 1235),
        ("modify b varchar(10), algorithm=instant", 1845),
        ("modify b varchar(10), algorithm=inplace", 1846),
    ],
)
def test_failed_alter_leaves_the_table(action: str, code: int) -> None:
    async def body(server: Server) -> None:
        await server.run("create table p (id int primary key)")
        await server.run("create table t (id int primary key, a varchar(10), b int, c int)")
        await server.insert("t", {"id": 1, "a": b"hello", "b": 1000}, {"id": 2, "a": b"3", "b": 1000, "c": 1})
        before, shown = await server.rows("t"), server.shown("t")
        found = await server.error(f"alter table t {action}")
        assert found[0] == code, found
        assert server.shown("t") == shown
        assert await server.rows("t") == before
        assert not await server.active_jobs()
        await server.run("alter table t add key again (b)")
        assert await server.rows("t") == before

    scenario(body)


def test_indexes() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id int primary key, a int, b varchar(5))")
        await server.insert("t", *({"id": n, "a": n % 7, "b": b"x%d" % n} for n in range(3000)))
        await server.run("create index ia on t (a); create unique index ub on t (b, a); alter table t add key (a, b)")
        assert server.shown("t")[-4:] == [
            "PRIMARY KEY (`id`)", "UNIQUE KEY `ub` (`b`,`a`)", "KEY `ia` (`a`)", "KEY `a` (`a`,`b`)",
        ]  # fmt: skip
        assert len(await server.rows("t")) == 3000
        await server.run(
            "alter table t drop index ia, add index iz (b), rename index ub to uz, alter index a invisible"
        )
        await server.run("drop index `iz` on t")
        assert server.shown("t")[-2:] == ["UNIQUE KEY `uz` (`b`,`a`)", "KEY `a` (`a`,`b`) /*!80000 INVISIBLE */"]
        assert len(await server.rows("t")) == 3000
        assert await server.owner.collect_ranges(await server.store.timestamp() + LATER) == 2

    scenario(body)


def test_names_and_constraints() -> None:
    async def body(server: Server) -> None:
        await server.run("create table p (id int primary key, k int, unique (k))")
        await server.run(
            "create table t (id int primary key, a int, b int, check (a > 0), foreign key (b) references p (k))"
        )
        await server.insert("p", {"id": 1, "k": 5})
        await server.insert("t", {"id": 1, "a": 1, "b": 5})
        assert await server.error("alter table t rename column a to z") == (
            3959, "Check constraint 't_chk_1' uses column 'a', hence column cannot be dropped or renamed.",
        )  # fmt: skip
        await server.run("alter table t rename column b to c, add key kc (c)")
        assert server.shown("t")[-3:] == [
            "KEY `kc` (`c`)",
            "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`c`) REFERENCES `p` (`k`)",
            "CONSTRAINT `t_chk_1` CHECK ((`a` > 0))",
        ]
        await server.run("alter table p rename column k to kk")
        assert server.table("t").foreign_keys[0].ref_columns == ("kk",)
        assert (await server.error("alter table t drop index kc"))[0] == 1553
        assert (await server.error("alter table p drop index k"))[0] == 1553
        assert (await server.error("alter table t modify c bigint"))[0] == 1832
        assert (await server.error("alter table t drop column c"))[0] == 1828
        await server.run("alter table t drop foreign key t_ibfk_1, drop check t_chk_1, drop column a")
        await server.run("alter table t add constraint f foreign key (c) references p (kk), rename to u, comment 'x'")
        assert server.table("u").comment == "x"
        assert await server.rows("u") == [(1, 5)]
        await server.run("alter table u rename column id to c, rename column c to id")
        assert [column.name for column in server.table("u").columns] == ["c", "id"]

    scenario(body)


def test_auto_increment_and_options() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id int auto_increment primary key, a varchar(3)) auto_increment = 50")
        assert server.auto_ids.next_value(server.table("t")) == 50
        await server.insert("t", {"id": 60})
        await server.run("alter table t auto_increment = 10")
        assert server.auto_ids.next_value(server.table("t")) == 61
        await server.run("alter table t auto_increment = 100, convert to character set latin1")
        assert server.auto_ids.next_value(server.table("t")) == 100
        assert server.shown("t")[1] == "`a` varchar(3) DEFAULT NULL"
        assert server.table("t").charset == "latin1"
        await server.run("alter table t disable keys; alter table t engine=innodb; alter table t")
        assert await server.rows("t") == [(60, None)]

    scenario(body)


def test_expressions_in_keys() -> None:
    async def body(server: Server) -> None:
        await server.run(
            "create table t (id int primary key, a varchar(20), b int, key le ((lower(a)), b), unique ((b * 2)))"
        )
        assert server.shown("t")[-2:] == ["UNIQUE KEY `functional_index` (((`b` * 2)))", "KEY `le` ((lower(`a`)),`b`)"]
        await server.insert("t", {"id": 1, "a": b"X", "b": 1}, {"id": 2, "a": b"x", "b": 3})
        assert [row[:3] for row in await server.rows("t")] == [(1, b"X", 1), (2, b"x", 3)]
        assert (await server.error("create unique index u on t ((upper(a)))")) == (
            1062,
            "Duplicate entry 'X' for key 't.u'",
        )
        await server.run("create index s on t ((b + id))")
        assert len(server.table("t").columns) == 6
        assert (await server.error("alter table t drop column b"))[0] == 3837
        assert (await server.error("alter table t rename column a to z"))[0] == 3837
        assert [row[3:] for row in await server.rows("t")] == [(b"x", 2, 2), (b"x", 6, 5)]
        await server.run("alter table t drop index le, drop index functional_index, add column c int")
        assert [column.name for column in server.table("t").columns] == ["id", "a", "b", "c", "_V$_s_0"]
        assert len(await server.rows("t")) == 2
        for text, code in (
            ("create index x on t ((a))", 3762),
            ("create index x on t ((rand()))", 3758),
            ("create index x on t ((nothing + 1))", 1054),
            ("create index x on t ((json_array(a)))", 3753),
            ("alter table t drop primary key, add primary key ((b + 1))", 3756),
        ):
            assert (await server.error(text))[0] == code, text

    scenario(body)
