"""SHOW CREATE TABLE: MySQL 8's text, and the same table again when it is read back."""

from __future__ import annotations

import pytest

from planner.parse.entry import parse_text
from planner.parse.nodes_ddl import CreateTable
from sqlnode.base.catalog import Catalog
from sqlnode.base.schema import TableInfo
from sqlnode.ddl.build_table import Surroundings, build_table
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.show_create import create_table_text
from sqlnode.ddl.table_options import read_table_options

DEFAULT = CharsetPair("utf8mb4", "utf8mb4_0900_ai_ci")


def table_of(text: str) -> TableInfo:
    node = parse_text(text)[0].ast
    assert isinstance(node, CreateTable)
    options = read_table_options(node.options, node.table.name, 0, lambda warning: None)
    around = Surroundings(Catalog(1, {}), "test", foreign_key_checks=False)
    return build_table(node, options, Building(options.pair(DEFAULT)), around)


# (definition, lines between the parentheses, options behind them); None: InnoDB with the default charset.
CASES = [
    (
        "create table t (id int auto_increment primary key, a varchar(10) not null default 'x', b text, c json)",
        "`id` int NOT NULL AUTO_INCREMENT|`a` varchar(10) NOT NULL DEFAULT 'x'|`b` text|`c` json DEFAULT NULL|PRIMARY KEY (`id`)",
        None,
    ),
    (
        "create table t (a decimal(10,2) default 1.5, b double default 2, c bit(4) default b'101', d tinyint(1) default true, "
        "e int(8) zerofill, f bigint unsigned, g float(7,3) default 1)",
        "`a` decimal(10,2) DEFAULT '1.50'|`b` double DEFAULT '2'|`c` bit(4) DEFAULT b'101'|`d` tinyint(1) DEFAULT '1'|"
        "`e` int(8) unsigned zerofill DEFAULT NULL|`f` bigint unsigned DEFAULT NULL|`g` float(7,3) DEFAULT '1.000'",
        None,
    ),
    (
        "create table t (a timestamp null, b datetime(3) default current_timestamp(3) on update current_timestamp(3), "
        "c timestamp not null default '2024-01-02 03:04:05', d date default '2024-1-2', e time, f year default 24)",
        "`a` timestamp NULL DEFAULT NULL|`b` datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)|"
        "`c` timestamp NOT NULL DEFAULT '2024-01-02 03:04:05'|`d` date DEFAULT '2024-01-02'|`e` time DEFAULT NULL|"
        "`f` year DEFAULT '2024'",
        None,
    ),
    (
        "create table t (a int, b int as (a+1), c int generated always as (a * 2) stored not null, "
        "d json default (json_array()), e varchar(36) default (uuid()), f int comment 'it''s')",
        "`a` int DEFAULT NULL|`b` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL|"
        "`c` int GENERATED ALWAYS AS ((`a` * 2)) STORED NOT NULL|`d` json DEFAULT (json_array())|`e` varchar(36) DEFAULT (uuid())|"
        "`f` int DEFAULT NULL COMMENT 'it''s'",
        None,
    ),
    (
        "create table t (a varchar(10) character set latin1, b varchar(10) collate utf8mb4_bin, "
        "c enum('x','y') not null default 'y', d set('a','b'), e char(3) binary, "
        "f varbinary(4) default 'ab', g varchar(5) character set utf8)",
        "`a` varchar(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL|"
        "`b` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL|"
        "`c` enum('x','y') NOT NULL DEFAULT 'y'|`d` set('a','b') DEFAULT NULL|"
        "`e` char(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL|"
        "`f` varbinary(4) DEFAULT 'ab'|`g` varchar(5) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci DEFAULT NULL",
        None,
    ),
    (
        "create table t (a int, b int not null, c text, key k (a), unique u (a, b), key pre (c(10)) comment 'x' invisible, "
        "unique nn (b), primary key (b, a))",
        "`a` int NOT NULL|`b` int NOT NULL|`c` text|PRIMARY KEY (`b`,`a`)|UNIQUE KEY `u` (`a`,`b`)|UNIQUE KEY `nn` (`b`)|"
        "KEY `k` (`a`)|KEY `pre` (`c`(10)) COMMENT 'x' /*!80000 INVISIBLE */",
        None,
    ),
    (
        "create table t (id int primary key, p int, q int, constraint zz foreign key (p) references o.p (id) on delete cascade, "
        "foreign key (q) references r (id) on update set null on delete no action, check (p > 0), "
        "constraint named check (q <> 3 and p is not null) not enforced)",
        "`id` int NOT NULL|`p` int DEFAULT NULL|`q` int DEFAULT NULL|PRIMARY KEY (`id`)|KEY `zz` (`p`)|KEY `q` (`q`)|"
        "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`q`) REFERENCES `r` (`id`) ON UPDATE SET NULL|"
        "CONSTRAINT `zz` FOREIGN KEY (`p`) REFERENCES `o`.`p` (`id`) ON DELETE CASCADE|"
        "CONSTRAINT `t_chk_1` CHECK ((`p` > 0))|"
        "CONSTRAINT `named` CHECK (((`q` <> 3) and (`p` is not null))) /*!80016 NOT ENFORCED */",
        None,
    ),
    (
        "create table t (a varchar(3)) engine=innodb row_format=dynamic charset=latin1 comment='hello'",
        "`a` varchar(3) DEFAULT NULL",
        "ENGINE=InnoDB DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC COMMENT='hello'",
    ),
    (
        "create table t (a varchar(3)) collate utf8mb4_bin",
        "`a` varchar(3) COLLATE utf8mb4_bin DEFAULT NULL",
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    ),
    (
        "create table t (a varchar(3) primary key nonclustered)",
        "`a` varchar(3) NOT NULL|PRIMARY KEY (`a`) /*T![clustered_index] NONCLUSTERED */",
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "lines", "options"), CASES)
def test_text_and_back(definition: str, lines: str, options: str | None) -> None:
    table = table_of(definition)
    tail = options or "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
    expected = "CREATE TABLE `t` (\n  " + ",\n  ".join(lines.split("|")) + f"\n) {tail}"
    shown = create_table_text("test", table)
    assert shown == expected
    assert create_table_text("test", table_of(shown)) == shown


def test_next_auto_increment_value() -> None:
    table = table_of("create table t (id int auto_increment primary key)")
    assert "AUTO_INCREMENT=7 " in create_table_text("test", table, auto_increment=7)
    assert "AUTO_INCREMENT=" not in create_table_text("test", table, auto_increment=1)
