// Checks of TypeORM over mysql2: synchronize, relations, queries, transactions. Arguments: port.
"use strict";
const { DataSource, EntitySchema, In, Like, MoreThan, Not, IsNull } = require("typeorm");
const { assert, check, definitions, fails, fresh, port } = require("./board");

const MOMENT = new Date("2024-02-29T23:59:58.123Z");
const Author = new EntitySchema({
  name: "Author", tableName: "author",
  columns: {
    id: { type: Number, primary: true, generated: true }, name: { type: String, length: 80, comment: "it's whole" }, email: { type: String, unique: true, nullable: true },
    version: { type: Number, version: true }, created: { type: "datetime", precision: 6, createDate: true }, changed: { type: "datetime", precision: 6, updateDate: true },
    deleted: { type: "datetime", precision: 6, deleteDate: true, nullable: true }, role: { type: "enum", enum: ["admin", "user"], default: "user" },
    settings: { type: "json", nullable: true }, tags: { type: "simple-array", nullable: true },
  },
  relations: {
    books: { type: "one-to-many", target: "Book", inverseSide: "author", cascade: true },
    profile: { type: "one-to-one", target: "Profile", joinColumn: true, cascade: true, nullable: true },
  },
  indices: [{ name: "author_name_role", columns: ["name", "role"] }],
});
const Profile = new EntitySchema({ name: "Profile", tableName: "profile", columns: { id: { type: "uuid", primary: true, generated: "uuid" }, text: { type: "text" } } });
const Book = new EntitySchema({
  name: "Book", tableName: "book",
  columns: {
    id: { type: "bigint", primary: true, generated: true, unsigned: true }, title: { type: String }, price: { type: "decimal", precision: 10, scale: 2, default: 0 },
    label: { type: String, asExpression: "concat(`title`, '!')", generatedType: "STORED", nullable: true },
  },
  relations: {
    author: { type: "many-to-one", target: "Author", inverseSide: "books", onDelete: "CASCADE", joinColumn: { foreignKeyConstraintName: "book_author" } },
    genres: { type: "many-to-many", target: "Genre", joinTable: { name: "book_genre" }, cascade: true },
  },
});
const Genre = new EntitySchema({ name: "Genre", tableName: "genre", columns: { code: { type: "varchar", length: 10, primary: true }, name: { type: String, default: "it is" } } });
const Kind = new EntitySchema({
  name: "Kind", tableName: "kind",
  columns: {
    id: { type: Number, primary: true, generated: true }, t: { type: "tinyint" }, b: { type: "boolean", default: true }, u: { type: "int", unsigned: true, default: 7 }, big: { type: "bigint" },
    d: { type: "double" }, f: { type: "float", default: 1.5 }, de: { type: "decimal", precision: 20, scale: 5 }, c: { type: "char", length: 5 }, v: { type: "varchar", length: 20, charset: "latin1", collation: "latin1_bin", default: "" },
    tx: { type: "mediumtext" }, bl: { type: "longblob" }, bi: { type: "varbinary", length: 16 }, da: { type: "date" }, ti: { type: "time", precision: 3 }, dt: { type: "datetime", precision: 3 },
    ts: { type: "timestamp", precision: 3, default: () => "CURRENT_TIMESTAMP(3)", onUpdate: "CURRENT_TIMESTAMP(3)" }, y: { type: "year" }, s: { type: "set", enum: ["x", "y", "z"], default: ["x"] }, bit: { type: "bit", nullable: true },
    js: { type: "json" }, un: { type: "uuid", nullable: true },
  },
});

function source(synchronize) {
  return new DataSource({ type: "mysql", host: "127.0.0.1", port, username: "root", database: "typeorm", timezone: "Z", entities: [Author, Profile, Book, Genre, Kind], synchronize,
    poolSize: 5, supportBigNumbers: true });
}

async function sync(db) {
  const rows = (text) => db.query(text);
  await db.synchronize();
  const before = await definitions(rows);
  assert.strictEqual(Object.keys(before).length, 7);
  const log = await db.driver.createSchemaBuilder().log();
  assert.deepStrictEqual(log.upQueries.map((one) => one.query), []);
  await db.synchronize();
  assert.deepStrictEqual(await definitions(rows), before);
}

async function altered(db) {
  const rows = (text) => db.query(text);
  const before = await definitions(rows);
  await db.query("ALTER TABLE genre DROP COLUMN name");
  await db.query("ALTER TABLE book DROP FOREIGN KEY book_author");
  await db.query("DROP INDEX author_name_role ON author");
  await db.query("ALTER TABLE kind MODIFY u BIGINT NOT NULL DEFAULT 8, MODIFY s SET('x','y') NOT NULL");
  await db.query("ALTER TABLE author MODIFY role ENUM('admin') NOT NULL, ADD stray INT");
  const log = await db.driver.createSchemaBuilder().log();
  assert.ok(log.upQueries.length >= 6);
  await db.synchronize();
  assert.deepStrictEqual((await db.driver.createSchemaBuilder().log()).upQueries.map((one) => one.query), []);
  const after = await definitions(rows);
  assert.deepStrictEqual(Object.keys(after), Object.keys(before));
  assert.strictEqual(after.genre, before.genre);
  const runner = db.createQueryRunner();
  const table = await runner.getTable("book");
  assert.deepStrictEqual(table.foreignKeys.map((key) => [key.name, key.columnNames, key.referencedTableName, key.onDelete]), [["book_author", ["authorId"], "author", "CASCADE"]]);
  await runner.renameColumn("genre", "name", "title");
  await runner.renameColumn("genre", "title", "name");
  await runner.renameTable("genre", "genres");
  await runner.renameTable("genres", "genre");
  await runner.release();
  await db.synchronize();
}

async function kinds(db) {
  const kind = db.getRepository("Kind");
  const value = { t: -128, b: false, u: 4294967295, big: "9223372036854775807", d: 0.1, f: 2.5, de: "12345.67890", c: "abc", v: "café", tx: "größe 😀 '\\\"", bl: Buffer.from([0, 255, 39, 92]),
    bi: Buffer.from("bin"), da: "2024-02-29", ti: "23:59:58.123", dt: MOMENT, y: 2024, s: ["x", "z"], js: { a: [1, null, "x"] }, un: "123e4567-e89b-12d3-a456-426614174000" };
  const { id } = await kind.save({ ...value, bit: Buffer.from([1]) });
  const found = await kind.findOneBy({ id });
  for (const [name, wanted] of Object.entries(value)) assert.deepStrictEqual(["big"].includes(name) ? String(found[name]) : found[name], wanted, name);
  for (const name of ["t", "b", "u", "big", "d", "de", "c", "v", "tx", "bl", "da", "ti", "dt", "y", "un"]) assert.strictEqual(await kind.countBy({ [name]: value[name] }), 1, name);
  const before = found.ts;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await kind.update(id, { c: "new" });
  assert.ok((await kind.findOneBy({ id })).ts > before);
  await fails(kind.save({ ...value, c: "toolong" }), 1406);
}

async function relations(db) {
  const authors = db.getRepository("Author"), books = db.getRepository("Book");
  const saved = await authors.save({ name: "ann", email: "ann@x", settings: { theme: "dark" }, tags: ["p", "q"], profile: { text: "hello" },
    books: [{ title: "one", price: "1.50", genres: [{ code: "a", name: "A" }, { code: "b" }] }, { title: "two", price: "2.50" }] });
  assert.deepStrictEqual([saved.version, saved.role, saved.books[0].label], [1, "user", "one!"]);
  const found = await authors.findOne({ where: { email: "ann@x" }, relations: { books: { genres: true }, profile: true }, order: { books: { title: "ASC", genres: { code: "ASC" } } } });
  assert.deepStrictEqual(found.books.map((book) => [book.title, book.price, book.genres.map((genre) => genre.name)]), [["one", "1.50", ["A", "it is"]], ["two", "2.50", []]]);
  assert.deepStrictEqual([found.profile.text, found.settings, found.tags, found.profile.id.length], ["hello", { theme: "dark" }, ["p", "q"], 36]);
  found.name = "anna"; found.books[1].price = "9.99"; found.books[0].genres.pop();
  await authors.save(found);
  const again = await authors.findOne({ where: { id: found.id }, relations: { books: { genres: true } }, order: { books: { id: "ASC" } } });
  assert.deepStrictEqual([again.version, again.books[1].price, again.books[0].genres.length], [2, "9.99", 1]);
  for (let i = 0; i < 20; i++) await books.insert({ title: `page ${String(i).padStart(2, "0")}`, price: String(i), author: { id: found.id } });
  const [page, count] = await books.findAndCount({ where: { title: Like("page%"), price: MoreThan(4), author: { name: "anna" } }, relations: { genres: true }, order: { price: "DESC" }, skip: 5, take: 5 });
  assert.deepStrictEqual([count, page.map((book) => book.title)], [15, ["page 14", "page 13", "page 12", "page 11", "page 10"]]);
  const rows = await db.createQueryBuilder("Author", "a").leftJoin("a.books", "b").select("a.name", "name").addSelect("COUNT(b.id)", "n").addSelect("SUM(b.price)", "total").groupBy("a.id").having("COUNT(b.id) > :n", { n: 3 }).getRawMany();
  assert.deepStrictEqual(rows.map((row) => [row.name, Number(row.n), row.total]), [["anna", 22, "201.49"]]);
  const nested = await db.createQueryBuilder("Book", "b").where((q) => "b.id IN " + q.subQuery().select("MAX(x.id)").from("Book", "x").groupBy("x.authorId").getQuery()).getMany();
  assert.deepStrictEqual(nested.map((book) => book.title), ["page 19"]);
  await fails(authors.insert({ name: "again", email: "ann@x" }), 1062);
  await fails(books.insert({ title: "orphan", author: { id: 999 } }), 1452);
  await authors.softDelete(found.id);
  assert.deepStrictEqual([await authors.count(), await authors.count({ withDeleted: true }), await authors.count({ where: { deleted: Not(IsNull()) }, withDeleted: true })], [0, 1, 1]);
  await authors.restore(found.id);
  await authors.remove(await authors.findOneBy({ id: found.id }));
  assert.strictEqual(await books.count(), 0);
}

async function upserts(db) {
  const authors = db.getRepository("Author"), genres = db.getRepository("Genre");
  await authors.upsert([{ name: "one", email: "1@x" }, { name: "two", email: "2@x" }], ["email"]);
  await authors.upsert([{ name: "uno", email: "1@x" }, { name: "three", email: "3@x" }], ["email"]);
  assert.deepStrictEqual((await authors.find({ order: { email: "ASC" } })).map((one) => one.name), ["uno", "two", "three"]);
  await db.createQueryBuilder().insert().into("Genre").values([{ code: "a", name: "ignored" }, { code: "new", name: "new" }]).orIgnore().execute();
  await db.createQueryBuilder().insert().into("Genre").values({ code: "new", name: "newer" }).orUpdate(["name"]).execute();
  assert.deepStrictEqual((await genres.findBy({ code: In(["a", "new"]) })).map((one) => one.name).sort(), ["A", "newer"]);
  const { affected } = await authors.increment({ name: "two" }, "version", 5);
  assert.strictEqual(affected, 1);
}

async function transactions(db) {
  const genres = db.getRepository("Genre");
  await db.query("DELETE FROM genre");
  await assert.rejects(db.transaction(async (m) => { await m.insert("Genre", { code: "lost" }); throw new Error("undo"); }), { message: "undo" });
  await db.transaction("READ COMMITTED", async (m) => {
    await m.insert("Genre", { code: "outer" });
    await m.transaction(async (inner) => { await inner.insert("Genre", { code: "undone" }); throw new Error("inner"); }).catch(() => {});
    await m.transaction((inner) => inner.insert("Genre", { code: "inner" }));
    assert.strictEqual(await genres.count(), 0);
  });
  assert.deepStrictEqual((await genres.find({ order: { code: "ASC" } })).map((one) => one.code), ["inner", "outer"]);
  await db.transaction(async (m) => {
    await m.findOne("Genre", { where: { code: "inner" }, lock: { mode: "pessimistic_write" } });
    await fails(db.transaction((other) => other.findOne("Genre", { where: { code: "inner" }, lock: { mode: "pessimistic_write", onLocked: "nowait" } })), 3572);
    const free = await db.transaction((other) => other.find("Genre", { lock: { mode: "pessimistic_write", onLocked: "skip_locked" } }));
    assert.deepStrictEqual(free.map((one) => one.code), ["outer"]);
  });
  await db.transaction((m) => m.findOne("Genre", { where: { code: "inner" }, lock: { mode: "pessimistic_read" } }));
}

async function main() {
  await fresh("typeorm");
  const db = await source(false).initialize();
  for (const run of [sync, altered, kinds, relations, upserts, transactions]) await check(`typeorm ${run.name}`, () => run(db));
  await check("typeorm dropped", async () => { await db.dropDatabase(); assert.deepStrictEqual(await db.query("SHOW TABLES"), []); });
  await db.destroy();
}

main();
