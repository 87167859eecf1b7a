// Checks of Sequelize over mysql2. Arguments: port.
"use strict";
const { DataTypes, Op, QueryTypes, Sequelize, Transaction } = require("sequelize");
const { assert, check, definitions, fails, fresh, port } = require("./board");

const MOMENT = new Date("2024-02-29T23:59:58.123Z");

function define(db) {
  const User = db.define("User", {
    name: { type: DataTypes.STRING(80), allowNull: false },
    email: { type: DataTypes.STRING, unique: "user_email" },
    age: { type: DataTypes.INTEGER.UNSIGNED, defaultValue: 18, comment: "in years; it's whole" },
    role: { type: DataTypes.ENUM("admin", "user"), defaultValue: "user" },
    settings: DataTypes.JSON,
  }, { tableName: "users", version: true, paranoid: true, indexes: [{ fields: ["name", { name: "age", order: "DESC" }] }] });
  const Post = db.define("Post", {
    id: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4, primaryKey: true },
    title: DataTypes.STRING, price: DataTypes.DECIMAL(10, 2), body: DataTypes.TEXT("long"),
  }, { tableName: "posts", underscored: true });
  const Tag = db.define("Tag", { name: { type: DataTypes.STRING(30), primaryKey: true } }, { tableName: "tags", timestamps: false });
  const Kind = db.define("Kind", {
    t: DataTypes.TINYINT, s: DataTypes.SMALLINT, m: DataTypes.MEDIUMINT, b: DataTypes.BIGINT, bu: DataTypes.BIGINT.UNSIGNED, f: DataTypes.FLOAT, d: DataTypes.DOUBLE,
    de: DataTypes.DECIMAL(20, 5), bo: DataTypes.BOOLEAN, c: DataTypes.CHAR(5), tx: DataTypes.TEXT("tiny"), bl: DataTypes.BLOB("long"), bi: DataTypes.STRING(20).BINARY,
    da: DataTypes.DATEONLY, ti: DataTypes.TIME, dt: DataTypes.DATE(3), dt0: DataTypes.DATE, u: DataTypes.UUID, j: { type: DataTypes.JSON },
    zf: DataTypes.INTEGER(6).UNSIGNED.ZEROFILL, v: { type: DataTypes.VIRTUAL, get() { return this.t + 1; } },
  }, { tableName: "kinds", timestamps: false });
  User.hasMany(Post, { foreignKey: { name: "authorId", field: "author_id" }, onDelete: "CASCADE", as: "posts" });
  Post.belongsTo(User, { foreignKey: { name: "authorId", field: "author_id" }, as: "author" });
  Post.belongsToMany(Tag, { through: "post_tags", timestamps: false });
  Tag.belongsToMany(Post, { through: "post_tags", timestamps: false });
  User.hasOne(User, { as: "deputy", foreignKey: "bossId" });
  return { User, Post, Tag, Kind };
}

async function sync(db) {
  const rows = (text) => db.query(text, { type: QueryTypes.SELECT });
  await db.sync();
  const before = await definitions(rows);
  assert.strictEqual(Object.keys(before).length, 5);
  await db.sync();
  assert.deepStrictEqual(await definitions(rows), before);
  await db.sync({ alter: true });
  const after = await definitions(rows);
  assert.deepStrictEqual(Object.keys(after), Object.keys(before));
  const described = await db.getQueryInterface().describeTable("users");
  assert.deepStrictEqual(described.age, { type: "INT UNSIGNED", allowNull: true, defaultValue: "18", primaryKey: false, autoIncrement: false, comment: "in years; it's whole" });
  assert.strictEqual(described.role.type, "ENUM('admin','user')");
  assert.deepStrictEqual([described.id.primaryKey, described.id.autoIncrement, described.name.allowNull], [true, true, false]);
}

async function migrations(db) {
  const q = db.getQueryInterface();
  await q.createTable("moved", { id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }, a: DataTypes.STRING(20), userId: { type: DataTypes.INTEGER } });
  await q.addColumn("moved", "b", { type: DataTypes.INTEGER, allowNull: false, defaultValue: 7, after: "id" });
  await q.changeColumn("moved", "a", { type: DataTypes.STRING(40), defaultValue: "x" });
  await q.renameColumn("moved", "a", "c");
  await q.addIndex("moved", ["c", "b"], { unique: true, name: "moved_c" });
  await q.addConstraint("moved", { type: "foreign key", fields: ["userId"], name: "moved_user", references: { table: "users", field: "id" }, onDelete: "SET NULL" });
  await q.bulkInsert("moved", [{ c: "one", b: 7 }, { c: "two", b: 8 }]);
  assert.deepStrictEqual((await q.showIndex("moved")).map((index) => [index.name, index.unique, index.fields.map((field) => field.attribute)]),
    [["PRIMARY", true, ["id"]], ["moved_c", true, ["c", "b"]], ["moved_user", false, ["userId"]]]);
  const [reference] = await q.getForeignKeyReferencesForTable("moved");
  assert.deepStrictEqual([reference.constraintName, reference.columnName, reference.referencedTableName, reference.referencedColumnName], ["moved_user", "userId", "users", "id"]);
  assert.deepStrictEqual(Object.keys(await q.describeTable("moved")), ["id", "b", "c", "userId"]);
  await q.removeConstraint("moved", "moved_user");
  await q.removeIndex("moved", "moved_c");
  await q.removeColumn("moved", "b");
  await q.renameTable("moved", "gone");
  assert.strictEqual(await q.tableExists("gone"), true);
  await q.dropTable("gone");
  assert.strictEqual(await q.tableExists("gone"), false);
}

async function kinds(db, { Kind }) {
  const value = { t: -128, s: -32768, m: 8388607, b: "9223372036854775807", bu: "18446744073709551615", f: 1.5, d: 0.1, de: "12345.67890", bo: true, c: "abc",
    tx: "größe 😀 '\\\"", bl: Buffer.from([0, 255, 39, 92]), bi: "bin", da: "2024-02-29", ti: "23:59:58", dt: MOMENT, dt0: MOMENT, u: "123e4567-e89b-12d3-a456-426614174000",
    j: { a: [1, null, "x"], b: { c: true } }, zf: 42 };
  const made = await Kind.create(value);
  const found = (await Kind.findByPk(made.id)).get();
  for (const [name, wanted] of Object.entries(value)) {
    const expected = { bo: true, zf: 42, dt0: new Date("2024-02-29T23:59:58Z") }[name] ?? wanted;
    assert.deepStrictEqual(["b", "bu"].includes(name) ? String(found[name]) : found[name], expected, name);
  }
  assert.strictEqual(found.v, -127);
  for (const name of ["d", "de", "bo", "tx", "bl", "da", "ti", "dt", "u", "b"]) assert.strictEqual(await Kind.count({ where: { [name]: value[name] } }), 1, name);
  assert.strictEqual(await Kind.count({ where: { j: { a: { [Op.ne]: null } }, "j.b.c": true } }), 1);
  assert.strictEqual(await Kind.count({ where: db.where(db.literal("j->>'$.a[2]'"), "x") }), 1);
  await fails(Kind.create({ c: "toolong" }), 1406);
  await fails(Kind.create({ t: 300 }), 1264);
}

async function associations(db, { User, Post, Tag }) {
  const user = await User.create({ name: "ann", email: "ann@x", settings: { theme: "dark" }, posts: [{ title: "one", price: "1.50", tags: [] }, { title: "two", price: "2.50" }] }, { include: ["posts"] });
  const [first] = await user.getPosts({ order: ["title"] });
  await first.addTags(await Tag.bulkCreate([{ name: "a" }, { name: "b" }]));
  const found = await User.findOne({ where: { email: "ann@x" }, include: [{ model: Post, as: "posts", include: [Tag] }], order: [["posts", "title", "ASC"]] });
  assert.deepStrictEqual(found.posts.map((post) => [post.title, post.price, post.Tags.map((tag) => tag.name).sort()]), [["one", "1.50", ["a", "b"]], ["two", "2.50", []]]);
  assert.deepStrictEqual([found.settings, found.role, found.age], [{ theme: "dark" }, "user", 18]);
  const counted = await User.findAll({ attributes: ["name", [db.fn("COUNT", db.col("posts.id")), "n"], [db.fn("SUM", db.col("posts.price")), "total"]],
    include: [{ association: "posts", attributes: [] }], group: ["User.id"], having: db.literal("n > 1"), raw: true });
  assert.deepStrictEqual(counted, [{ name: "ann", n: 2, total: "4.00" }]);
  const limited = await User.findAndCountAll({ include: [{ association: "posts", where: { price: { [Op.gt]: 1 } } }], limit: 1, distinct: true });
  assert.deepStrictEqual([limited.count, limited.rows[0].posts.length], [1, 2]);
  await first.setTags(["b"]);
  assert.strictEqual(await first.countTags(), 1);
  await fails(User.create({ name: "again", email: "ann@x" }), 1062);
  await User.create({ name: "again", email: "ann@x" }).then(() => assert.fail(), (error) => assert.deepStrictEqual([error.name, error.fields], ["SequelizeUniqueConstraintError", { email: "ann@x" }]));
  await Post.create({ title: "orphan", authorId: 999 }).then(() => assert.fail(), (error) => assert.deepStrictEqual([error.name, error.fields, error.table], ["SequelizeForeignKeyConstraintError", ["author_id"], "users"]));
  await User.create({ email: "no name" }).then(() => assert.fail(), (error) => assert.strictEqual(error.name, "SequelizeValidationError"));
}

async function changes(db, { User, Post }) {
  const user = await User.findOne({ where: { name: "ann" } });

  await user.increment("age", { by: 2 });
  await user.reload();
  const stale = await User.findByPk(user.id);
  await user.update({ settings: { theme: "light" } });
  await assert.rejects(stale.update({ name: "stale" }), { name: "SequelizeOptimisticLockError" });
  await user.reload();
  assert.deepStrictEqual([user.age, user.settings.theme, user.name], [20, "light", "ann"]);
  const [, made] = await User.upsert({ name: "up", email: "up@x", age: 1 });
  assert.strictEqual(made, true);
  assert.strictEqual((await User.upsert({ name: "up again", email: "up@x", age: 2 }))[1], false);
  assert.deepStrictEqual((await User.findAll({ where: { email: "up@x" }, raw: true })).map((one) => [one.name, one.age]), [["up again", 2]]);
  await User.bulkCreate([{ id: user.id, name: "ann2", email: "ann@x" }, { name: "new", email: "new@x" }], { updateOnDuplicate: ["name"] });
  await User.bulkCreate([{ name: "ignored", email: "new@x" }], { ignoreDuplicates: true });
  assert.deepStrictEqual((await User.findAll({ order: ["name"] })).map((one) => one.name), ["ann2", "new", "up again"]);
  const [one, created] = await User.findOrCreate({ where: { email: "find@x" }, defaults: { name: "find" } });
  assert.deepStrictEqual([one.name, created, (await User.findOrCreate({ where: { email: "find@x" }, defaults: { name: "other" } }))[1]], ["find", true, false]);
  const [changed] = await User.update({ age: db.literal("age + 1") }, { where: { name: { [Op.in]: ["new", "find"] } } });
  assert.strictEqual(changed, 2);
  await one.destroy();
  assert.deepStrictEqual([await User.count(), await User.count({ paranoid: false })], [3, 4]);
  await one.restore();
  assert.strictEqual(await User.count(), 4);
  await user.destroy({ force: true });
  assert.strictEqual(await Post.count(), 0);
  const page = await User.findAll({ where: { [Op.or]: [{ name: { [Op.like]: "%n%" } }, { age: { [Op.between]: [0, 3] } }] }, order: [["name", "DESC"]], limit: 2, offset: 1 });
  assert.deepStrictEqual(page.map((each) => each.name), ["new", "find"]);
}

async function transactions(db, { Tag }) {
  await Tag.destroy({ where: {} });
  await assert.rejects(db.transaction(async (transaction) => { await Tag.create({ name: "lost" }, { transaction }); throw new Error("undo"); }), { message: "undo" });
  await db.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED }, async (transaction) => {
    await Tag.create({ name: "kept" }, { transaction });
    assert.strictEqual(await Tag.count(), 0);
    await db.transaction({ transaction }, async (inner) => Tag.create({ name: "inner" }, { transaction: inner }));
    await db.transaction({ transaction }, async (inner) => { await Tag.create({ name: "undone" }, { transaction: inner }); throw new Error("inner"); }).catch(() => {});
  });
  assert.deepStrictEqual((await Tag.findAll({ order: ["name"] })).map((tag) => tag.name), ["inner", "kept"]);
  await db.transaction(async (transaction) => {
    await Tag.findOne({ where: { name: "kept" }, lock: transaction.LOCK.UPDATE, transaction });
    const free = await db.transaction((other) => db.query("SELECT name FROM tags FOR SHARE SKIP LOCKED", { transaction: other, type: QueryTypes.SELECT }));
    assert.deepStrictEqual(free.map((tag) => tag.name), ["inner"]);
    await fails(db.transaction((other) => db.query("SELECT * FROM tags WHERE name = 'kept' FOR UPDATE NOWAIT", { transaction: other })), 3572);
  });
}

async function main() {
  for (const [way, dialectOptions] of [["", {}], [" tls", { ssl: { rejectUnauthorized: false } }]]) {
    await fresh("sequelize");
    const db = new Sequelize("sequelize", "root", "", { host: "127.0.0.1", port, dialect: "mysql", logging: false, dialectOptions, pool: { max: 4 } });
    const models = define(db);
    for (const run of [sync, migrations, kinds, associations, changes, transactions]) await check(`sequelize ${run.name}${way}`, () => run(db, models));
    await check(`sequelize dropped${way}`, async () => { await db.drop(); assert.deepStrictEqual(await db.getQueryInterface().showAllTables(), []); });
    await db.close();
  }
}

main();
