"""What a new store begins with: database `test`, the tables of `mysql` that we read, and root from loopback.

The shape of the tables is TiDB's (catalog.md section 6) as far as we use them. The bootstrap has a key of its own;
TiDB's is never claimed, so that a TiDB which opens the store later bootstraps what it misses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.parse.entry import parse_text
from planner.parse.nodes_ddl import CreateTable
from sqlnode.base.catalog import EMPTY
from sqlnode.base.passwords import DEFAULT_PLUGIN, stored_password
from sqlnode.base.schema import DatabaseInfo, TableInfo
from sqlnode.ddl.build_table import Surroundings, build_table
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.table_options import read_table_options
from sqlnode.privileges.stored import PRIVILEGE_COLUMNS, StoredTable, initial_user
from store.codec import meta

if TYPE_CHECKING:
    from store.store import Store

BOOTSTRAP_KEY = b"SqlnodeBootstrapKey"
BOOTSTRAP_VERSION = 1
_SYSTEM = CharsetPair("utf8mb4", "utf8mb4_bin")
ROOT_HOSTS = ("localhost", "127.0.0.1", "::1")


def _flags(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} enum('N','Y') not null default 'N'" for name in names)


def system_tables() -> Iterator[str]:
    """CREATE TABLE statements of the database `mysql`."""
    privileges = _flags(PRIVILEGE_COLUMNS["user"])
    yield f"""create table user (Host char(255), User char(32), authentication_string text, plugin char(64),
        {privileges}, Account_locked enum('N','Y') not null default 'N', Password_reuse_history smallint unsigned,
        Password_reuse_time smallint unsigned, User_attributes json, Token_issuer varchar(255),
        Password_expired enum('N','Y') not null default 'N', Password_last_changed timestamp default current_timestamp,
        Password_lifetime smallint unsigned, Max_user_connections int unsigned not null default 0, primary key (Host,
        User))"""
    yield f"""create table db (Host char(255), DB char(64), User char(32), {_flags(PRIVILEGE_COLUMNS["db"])},
        primary key (Host, DB, User), key idx_db_user (User))"""
    yield """create table tables_priv (Host char(255), DB char(64), User char(32), Table_name char(64), Grantor char(77),
        `Timestamp` timestamp default current_timestamp,
        Table_priv set('Select','Insert','Update','Delete','Create','Drop','Grant','Index','Alter','Create View',
        'Show View','Trigger','References'),
        Column_priv set('Select','Insert','Update','References'),
        primary key (Host, DB, User, Table_name))"""
    yield """create table columns_priv (Host char(255), DB char(64), User char(32), Table_name char(64),
        Column_name char(64), `Timestamp` timestamp default current_timestamp,
        Column_priv set('Select','Insert','Update','References'),
        primary key (Host, DB, User, Table_name, Column_name))"""
    yield """create table procs_priv (Host char(255) not null default '', Db char(64) not null default '',
        User char(32) not null default '', Routine_name char(64) not null default '',
        Routine_type enum('FUNCTION','PROCEDURE') not null, Grantor varchar(288) not null default '',
        Proc_priv set('Execute','Alter Routine','Grant') not null default '',
        `Timestamp` timestamp not null default current_timestamp on update current_timestamp,
        primary key (Host, User, Db, Routine_name, Routine_type))"""
    yield """create table help_topic (help_topic_id int unsigned not null, name char(64) not null,
        help_category_id smallint unsigned not null, description text not null, example text not null, url text not null,
        primary key (help_topic_id), unique key name (name))"""
    yield """create table help_category (help_category_id smallint unsigned not null, name char(64) not null,
        parent_category_id smallint unsigned, url text not null, primary key (help_category_id), unique key name (name))"""
    yield """create table help_keyword (help_keyword_id int unsigned not null, name char(64) not null,
        primary key (help_keyword_id), unique key name (name))"""
    yield """create table help_relation (help_topic_id int unsigned not null, help_keyword_id int unsigned not null,
        primary key (help_keyword_id, help_topic_id))"""
    yield """create table global_priv (Host char(255) not null default '', User char(80) not null default '',
        Priv longtext not null default (''), primary key (Host, User))"""
    yield """create table global_grants (USER char(32) not null default '', HOST char(255) not null default '',
        PRIV char(32) not null default '', WITH_GRANT_OPTION enum('N','Y') not null default 'N',
        primary key (USER, HOST, PRIV))"""
    yield """create table role_edges (FROM_HOST char(255) not null default '', FROM_USER char(32) not null default '',
        TO_HOST char(255) not null default '', TO_USER char(32) not null default '',
        WITH_ADMIN_OPTION enum('N','Y') not null default 'N', primary key (FROM_HOST, FROM_USER, TO_HOST, TO_USER))"""
    yield """create table default_roles (HOST char(255) not null default '', USER char(32) not null default '',
        DEFAULT_ROLE_HOST char(255) not null default '%', DEFAULT_ROLE_USER char(32) not null default '',
        primary key (HOST, USER, DEFAULT_ROLE_HOST, DEFAULT_ROLE_USER))"""
    yield """create table global_variables (VARIABLE_NAME varchar(64) not null primary key,
        VARIABLE_VALUE varchar(16000) default null)"""
    yield """create table stats_meta (version bigint unsigned not null, table_id bigint not null,
        modify_count bigint not null default 0, count bigint unsigned not null default 0,
        snapshot bigint unsigned not null default 0, last_stats_histograms_version bigint unsigned default null,
        key idx_ver (version), unique key tbl (table_id))"""
    yield """create table stats_histograms (table_id bigint not null, is_index tinyint not null, hist_id bigint not null,
        distinct_count bigint not null, null_count bigint not null default 0, tot_col_size bigint not null default 0,
        modify_count bigint not null default 0, version bigint unsigned not null default 0, cm_sketch blob(6291456),
        stats_ver bigint not null default 0, flag bigint not null default 0, correlation double not null default 0,
        last_analyze_pos longblob default null, unique key tbl (table_id, is_index, hist_id))"""
    yield """create table stats_buckets (table_id bigint not null, is_index tinyint not null, hist_id bigint not null,
        bucket_id bigint not null, count bigint not null, repeats bigint not null, upper_bound longblob not null,
        lower_bound longblob, ndv bigint not null default 0, unique key tbl (table_id, is_index, hist_id, bucket_id))"""
    yield """create table stats_top_n (table_id bigint not null, is_index tinyint not null, hist_id bigint not null,
        value longblob, count bigint unsigned not null, key tbl (table_id, is_index, hist_id))"""


def build_system_table(text: str) -> TableInfo:
    """The TableInfo of one of these statements, without an id."""
    node = parse_text(text)[0].ast
    assert isinstance(node, CreateTable), "the list holds CREATE TABLE statements"
    options = read_table_options(node.options, node.table.name, 0, lambda warning: None)
    return build_table(node, options, Building(_SYSTEM, sql_mode=0), Surroundings(EMPTY, "mysql"))


async def bootstrap(store: Store, *, root_password: str | None = None) -> bool:
    """Fills a store that has never been used by us; True when it was. One transaction, so that a crash leaves nothing.

    `root_password` is what root gets at this first start; an older store keeps what it has.
    """
    ts = await store.timestamp()
    transaction = store.begin(ts, pessimistic=False)
    key = meta.string_key(BOOTSTRAP_KEY)
    if await transaction.get(key) is not None:
        await transaction.rollback()
        return False
    writer = MetaWriter(transaction, ts)
    tables = await _create_schema(writer)
    if "user" in tables:
        users = StoredTable(tables["user"])
        password = stored_password((root_password or "").encode(), DEFAULT_PLUGIN)
        for host in ROOT_HOSTS:
            users.write(transaction, initial_user("root", host, DEFAULT_PLUGIN, password, all_privileges=True))
    transaction.put(key, b"%d" % BOOTSTRAP_VERSION)
    await transaction.commit()
    return True


async def _create_schema(writer: MetaWriter) -> Mapping[str, TableInfo]:
    texts = list(system_tables())
    existing = await _database_names(writer)
    tables: dict[str, TableInfo] = {}
    if "mysql" not in existing:
        database_id, *table_ids = await writer.next_ids(1 + len(texts))
        writer.put_database(DatabaseInfo(database_id, "mysql", _SYSTEM.charset, _SYSTEM.collation))
        for table_id, text in zip(table_ids, texts, strict=True):
            table = writer.put_table(database_id, replace(build_system_table(text), id=table_id))
            tables[table.name.lower()] = table
        await writer.bump(Action.CREATE_SCHEMA, database_id)
    if "test" not in existing:
        test_id = await writer.next_id()
        writer.put_database(DatabaseInfo(test_id, "test"))
        await writer.bump(Action.CREATE_SCHEMA, test_id)
    return tables


async def _database_names(writer: MetaWriter) -> set[str]:
    start, end = meta.hash_range(meta.DATABASES)
    pairs = await writer.transaction.scan(start, end)
    return {meta.database_from_json(meta.load_json(value)).name.lower() for _, value in pairs}
