"""Data definition and accounts: what the hand parsers read, and what they refuse."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from planner.parse.entry import parse_text
from planner.parse.nodes_common import Expr, Query, StatementKind, TableName, UserName
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import ReferenceAction


def facts(node: Any) -> Any:
    """The fields of a node that differ from their defaults, names and expressions as text."""
    match node:
        case TableName() | UserName():
            return str(node)
        case Expr(text=text):
            return text
        case Query():
            return node.text
        case ReferenceAction():
            return node.name
        case tuple():
            return [facts(item) for item in node]
    if not dataclasses.is_dataclass(node):
        return node
    found = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        default = field.default if field.default is not dataclasses.MISSING else None
        if value != default and not isinstance(value, StatementKind):
            found[field.name] = facts(value)
    return found


def read(text: str) -> Any:
    (statement,) = parse_text(text)
    return facts(statement.ast)


def column(text: str) -> Any:
    (found,) = read(f"create table t ({text})")["columns"]
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a int1", {"name": "TINYINT"}),
        ("a middleint unsigned", {"name": "MEDIUMINT", "unsigned": True}),
        ("a int(5) zerofill", {"name": "INT", "length": 5, "unsigned": True, "zerofill": True}),
        ("a bool", {"name": "TINYINT", "length": 1, "bool_alias": True}),
        ("a dec(5,2)", {"name": "DECIMAL", "length": 5, "scale": 2}),
        ("a real", {"name": "DOUBLE"}),
        ("a double precision", {"name": "DOUBLE"}),
        ("a float8", {"name": "DOUBLE"}),
        ("a float(7,3)", {"name": "FLOAT", "length": 7, "scale": 3}),
        ("a national char(3)", {"name": "CHAR", "length": 3, "charset": "utf8mb3", "national": True}),
        ("a nvarchar(3)", {"name": "VARCHAR", "length": 3, "charset": "utf8mb3", "national": True}),
        ("a char varying(3)", {"name": "VARCHAR", "length": 3}),
        ("a long varchar", {"name": "MEDIUMTEXT"}),
        ("a long varbinary", {"name": "MEDIUMBLOB"}),
        ("a char(3) byte", {"name": "CHAR", "length": 3, "charset": "binary"}),
        ("a varchar(3) charset latin1", {"name": "VARCHAR", "length": 3, "charset": "latin1"}),
        ("a varchar(3) character set utf8mb4 binary",
         {"name": "VARCHAR", "length": 3, "charset": "utf8mb4", "binary_collation": True}),
        ("a enum('x', 'y''z', \"w\")", {"name": "ENUM", "elements": ["x", "y'z", "w"]}),
        ("a set('x') collate utf8mb4_bin", {"name": "SET", "elements": ["x"], "collation": "utf8mb4_bin"}),
        ("a datetime(6)", {"name": "DATETIME", "length": 6}),
        ("a year(4)", {"name": "YEAR", "length": 4}),
        ("a bit", {"name": "BIT"}),
        ("a text(100)", {"name": "TEXT", "length": 100}),
        ("a serial", {"name": "BIGINT", "unsigned": True, "serial": True}),
        ("a json", {"name": "JSON"}),
    ],
)  # fmt: skip
def test_types(text: str, expected: dict[str, Any]) -> None:
    assert column(text)["type"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not null default 5", {"nullable": False, "default": "5"}),
        ("default -1.5", {"default": "-1.5"}),
        ("null default null", {"nullable": True, "default": "null"}),
        ("default (uuid())", {"default": "uuid()", "default_is_expr": True}),
        ("default current_timestamp(3) on update now(3)", {"default": "current_timestamp(3)", "on_update": "now(3)"}),
        ("default b'101'", {"default": "b'101'"}),
        ("default _utf8mb4'x'", {"default": "_utf8mb4'x'"}),
        ("auto_increment primary key", {"auto_increment": True, "primary_key": True}),
        ("key", {"primary_key": True}),
        ("unique key comment 'a' 'b'", {"unique": True, "comment": "ab"}),
        ("primary key nonclustered", {"primary_key": True, "clustered": False}),
        ("primary key auto_random(5)", {"primary_key": True, "auto_random": [5]}),
        ("generated always as (b + 1) stored not null", {"generated": {"expr": "b + 1", "stored": True}, "nullable": False}),
        ("as (b) virtual", {"generated": {"expr": "b"}}),
        ("check (a > 0)", {"checks": [{"expr": "a > 0", "column": "a"}]}),
        ("constraint c check (a > 0) not enforced",
         {"checks": [{"expr": "a > 0", "name": "c", "enforced": False, "column": "a"}]}),
        ("references p (id) on delete cascade", {"reference": {"table": "p", "columns": ["id"], "on_delete": "CASCADE"}}),
        ("invisible column_format fixed storage disk", {"visible": False, "column_format": "FIXED", "storage": "DISK"}),
        ("engine_attribute '{}'", {"engine_attribute": "{}"}),
    ],
)  # fmt: skip
def test_column_attributes(text: str, expected: dict[str, Any]) -> None:
    found = column(f"a int {text}")
    assert {key: value for key, value in found.items() if key not in ("name", "type")} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create table if not exists d.t like s", {"table": "d.t", "like": "s", "if_not_exists": True}),
        ("create table t (like d.s)", {"table": "t", "like": "d.s"}),
        ("create table t ignore as select 1", {"table": "t", "select": "select 1", "duplicates": "IGNORE"}),
        ("create temporary table t select 1", {"table": "t", "select": "select 1", "temporary": True}),
        ("drop tables if exists a, d.b cascade", {"tables": ["a", "d.b"], "if_exists": True}),
        ("rename tables a to b, c to d.e", {"renames": [["a", "b"], ["c", "d.e"]]}),
        ("truncate d.t", {"table": "d.t"}),
        ("create schema if not exists x charset = latin1 collate latin1_bin",
         {"name": "x", "if_not_exists": True, "charset": "latin1", "collation": "latin1_bin"}),
        ("alter database default character set utf8mb4", {"charset": "utf8mb4"}),
        ("alter schema x read only = 1", {"name": "x", "read_only": True}),
        ("drop database if exists x", {"name": "x", "if_exists": True}),
        ("create fulltext index f on t (a)", {"table": "t", "key": {"kind": "FULLTEXT", "parts": [{"column": "a"}], "name": "f"}}),
        ("create unique index u using btree on t (a(3) desc, (b + 1)) comment 'x' algorithm = inplace lock none",
         {"table": "t", "algorithm": "INPLACE", "lock": "NONE", "key": {
             "kind": "UNIQUE", "name": "u", "using": "BTREE", "comment": "x",
             "parts": [{"column": "a", "length": 3, "descending": True}, {"expr": "b + 1"}]}}),
        ("drop index i on t lock = default", {"table": "t", "name": "i", "lock": "DEFAULT"}),
        ("create or replace algorithm = merge definer = 'u'@'h' sql security invoker view d.v (a) as select 1 with check option",
         {"view": "d.v", "select": "select 1", "columns": ["a"], "or_replace": True, "algorithm": "MERGE",
          "definer": "'u'@'h'", "security": "INVOKER", "check_option": "CASCADED"}),
        ("alter definer = current_user view v as select 1 with local check option",
         {"view": "v", "select": "select 1", "definer": "CURRENT_USER", "check_option": "LOCAL"}),
        ("drop view if exists a, b restrict", {"views": ["a", "b"], "if_exists": True}),
    ],
)  # fmt: skip
def test_statements(text: str, expected: dict[str, Any]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("add a int first", {"column": {"name": "a", "type": {"name": "INT"}}, "first": True}),
        ("add column if not exists a int after b",
         {"column": {"name": "a", "type": {"name": "INT"}}, "after": "b", "if_not_exists": True}),
        ("modify a int", {"column": {"name": "a", "type": {"name": "INT"}}}),
        ("change a b int", {"old_name": "a", "column": {"name": "b", "type": {"name": "INT"}}}),
        ("drop a", {"name": "a"}),
        ("drop column if exists a restrict", {"name": "a", "if_exists": True}),
        ("rename column a to b", {"old_name": "a", "new_name": "b"}),
        ("rename key a to b", {"old_name": "a", "new_name": "b"}),
        ("rename as d.b", {"table": "d.b"}),
        ("alter a set default (1 + 2)", {"name": "a", "default": "1 + 2", "default_is_expr": True}),
        ("alter column a drop default", {"name": "a"}),
        ("alter a set invisible", {"name": "a", "visible": False}),
        ("alter index i visible", {"name": "i", "visible": True}),
        ("alter constraint c not enforced", {"name": "c", "enforced": False, "constraint": True}),
        ("drop primary key", {}),
        ("drop foreign key f", {"name": "f"}),
        ("drop constraint c", {"name": "c"}),
        ("add constraint c unique key k (a)",
         {"key": {"kind": "UNIQUE", "parts": [{"column": "a"}], "name": "k", "constraint": "c"}}),
        ("add constraint f foreign key i (a, b) references d.p (x, y) match simple on update set null on delete no action",
         {"foreign_key": {"columns": ["a", "b"], "name": "f", "index_name": "i", "reference": {
             "table": "d.p", "columns": ["x", "y"], "match": "SIMPLE", "on_update": "SET_NULL", "on_delete": "NO_ACTION"}}}),
        ("add check (a > 1)", {"check": {"expr": "a > 1"}}),
        ("convert to charset utf8mb4 collate utf8mb4_bin", {"charset": "utf8mb4", "collation": "utf8mb4_bin"}),
        ("order by a desc, b", {"columns": [["a", True], ["b", False]]}),
        ("disable keys", {"enable": False}),
        ("algorithm = copy", {"name": "ALGORITHM", "value": "COPY"}),
        ("engine innodb comment = 'x' auto_increment 7",
         {"options": [{"name": "ENGINE", "value": "innodb"}, {"name": "COMMENT", "value": "x"},
                      {"name": "AUTO_INCREMENT", "value": 7}]}),
        ("coalesce partition 2", {"feature": "COALESCE PARTITION"}),
    ],
)  # fmt: skip
def test_alter_actions(action: str, expected: dict[str, Any]) -> None:
    (found,) = read(f"alter table t {action}")["actions"]
    assert found == expected


def test_alter_keeps_the_order_of_its_actions() -> None:
    actions = parse_text("alter table t add a int, drop b, comment 'x', add (c int, key (c)), rename to u, lock=none")[
        0
    ].ast
    kinds = [type(action).__name__ for action in actions.actions]  # type: ignore[union-attr]
    assert kinds == ["AddColumn", "DropColumn", "SetTableOptions", "AddColumn", "AddKey", "RenameTo", "AlterOption"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create user u@'10.%' identified with mysql_native_password by 'x' account lock",
         {"accounts": [{"user": "'u'@'10.%'", "plugin": "mysql_native_password", "password": "x"}],
          "options": {"locked": True}}),
        ("alter user user() identified by 'n' replace 'o'",
         {"accounts": [{"user": "CURRENT_USER", "password": "n", "replace": "o"}]}),
        ("drop user if exists a, 'b'@localhost", {"users": ["'a'@'%'", "'b'@'localhost'"], "if_exists": True}),
        ("rename user a to b@c", {"renames": [["'a'@'%'", "'b'@'c'"]]}),
        ("grant select, update (a, b), create temporary tables on `d`.* to u with grant option",
         {"privileges": [{"name": "SELECT"}, {"name": "UPDATE", "columns": ["a", "b"]}, {"name": "CREATE TEMPORARY TABLES"}],
          "level": {"database": "d"}, "accounts": [{"user": "'u'@'%'"}], "grant_option": True}),
        ("grant all on *.* to u",
         {"privileges": [{"name": "ALL"}], "level": {"is_global": True}, "accounts": [{"user": "'u'@'%'"}]}),
        ("grant r to u", {"privileges": [], "roles": ["'r'@'%'"], "accounts": [{"user": "'u'@'%'"}]}),
        ("revoke all privileges, grant option from u", {"privileges": [], "users": ["'u'@'%'"], "all_privileges": True}),
        ("revoke if exists grant option on d.t from u",
         {"privileges": [{"name": "GRANT OPTION"}], "level": {"database": "d", "table": "t"}, "users": ["'u'@'%'"],
          "if_exists": True}),
    ],
)  # fmt: skip
def test_accounts(text: str, expected: dict[str, Any]) -> None:
    found = read(text)
    assert {key: value for key, value in found.items() if value != {}} == expected


@pytest.mark.parametrize(
    "text",
    [
        "create table t (a int,, b int)",
        "create table t (a int,)",
        "create table t ()",
        "create table t (select int)",
        "create table t (a foo)",
        "create table t (a int default b)",
        "create table t (a int default now)",
        "create table t (a varchar)",
        "create table t (key (a))) comment 'x'",
        "create table t",
        "create or replace table t (a int)",
        "create index on t (a)",
        "create index i on t",
        "create index i on t ()",
        "drop table",
        "drop index i",
        "rename table a b",
        "alter table t add",
        "alter table t drop primary",
        "alter table t foo",
        "alter table t add a int add b int",
        "create view v",
        "create view v as update t set a = 1",
        "create database",
        "create database d foo",
        "truncate",
        "grant select on t",
        "grant on t to u",
        "create user",
        "drop user u v",
        "revoke select on t to u",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_text(text)
    assert caught.value.code == 1064
