// Checks of Knex over mysql2: migrations, the query builder, transactions. Arguments: port.
"use strict";
const knex = require("knex");
const { assert, check, definitions, fails, fresh, port } = require("./board");

const STEPS = {
  "1_owners": {
    up: (db) => db.schema.createTable("owners", (t) => {
      t.increments("id");
      t.string("name", 80).notNullable().index();
      t.string("email").unique({ indexName: "owners_email" });
      t.enu("role", ["admin", "user"]).defaultTo("user");
      t.json("settings");
      t.decimal("balance", 12, 3).notNullable().defaultTo(0);
      t.uuid("code");
      t.binary("data", 16);
      t.boolean("active").defaultTo(true);
      t.date("day");
      t.time("hour");
      t.datetime("moment", { precision: 3 });
      t.bigInteger("big").unsigned();
      t.double("twice");
      t.timestamps(true, true);
      t.comment("people");
    }),
    down: (db) => db.schema.dropTable("owners"),
  },
  "2_pets": {
    up: (db) => db.schema.createTable("pets", (t) => {
      t.bigIncrements("id");
      t.integer("owner_id").unsigned().references("id").inTable("owners").onDelete("CASCADE").withKeyName("pets_owner");
      t.string("kind", 20).collate("utf8mb4_bin");
      t.integer("age").checkPositive("pets_age");
      t.unique(["owner_id", "kind"]);
    }),
    down: (db) => db.schema.dropTable("pets"),
  },
  "3_changes": {
    up: async (db) => {
      await db.schema.alterTable("owners", (t) => {
        t.string("nick", 30).defaultTo("none").after("name");
        t.string("name", 120).notNullable().alter();
        t.renameColumn("code", "token");
        t.index(["nick", "role"], "owners_nick");
        t.dropIndex("name");
      });
      await db.schema.alterTable("pets", (t) => {
        t.dropForeign("owner_id", "pets_owner");
        t.foreign("owner_id", "pets_keeper").references("owners.id").onDelete("SET NULL");
      });
    },
    down: async (db) => {
      await db.schema.alterTable("pets", (t) => {
        t.dropForeign("owner_id", "pets_keeper");
        t.foreign("owner_id", "pets_owner").references("owners.id").onDelete("CASCADE");
      });
      await db.schema.alterTable("owners", (t) => {
        t.dropIndex([], "owners_nick");
        t.dropColumn("nick");
        t.string("name", 80).notNullable().alter();
        t.index("name");
        t.renameColumn("token", "code");
      });
    },
  },
};
const migrationSource = {
  getMigrations: async () => Object.keys(STEPS),
  getMigrationName: (name) => name,
  getMigration: async (name) => STEPS[name],
};

async function migrations(db) {
  const rows = async (text) => (await db.raw(text))[0];
  await db.migrate.up({ migrationSource });
  await db.migrate.up({ migrationSource });
  const two = await definitions(rows);
  assert.deepStrictEqual((await db.migrate.latest({ migrationSource }))[1], ["3_changes"]);
  const three = await definitions(rows);
  assert.deepStrictEqual((await db.migrate.latest({ migrationSource }))[1], []);
  assert.deepStrictEqual(await definitions(rows), three);
  assert.deepStrictEqual((await db.migrate.rollback({ migrationSource }))[1], ["3_changes"]);
  const back = await definitions(rows);
  assert.strictEqual(back.pets, two.pets);
  assert.deepStrictEqual(Object.keys(await db("owners").columnInfo()).includes("nick"), false);
  await db.migrate.latest({ migrationSource });
  assert.strictEqual((await definitions(rows)).owners, three.owners);
  assert.strictEqual((await definitions(rows)).pets, three.pets);
  const info = await db("owners").columnInfo();
  assert.deepStrictEqual(info.nick, { defaultValue: "none", type: "varchar", maxLength: 30, nullable: true });
  assert.deepStrictEqual([info.balance.defaultValue, info.role.type, info.active.defaultValue, info.created_at.defaultValue], ["0.000", "enum", "1", "CURRENT_TIMESTAMP"]);
  assert.deepStrictEqual([await db.schema.hasTable("pets"), await db.schema.hasColumn("owners", "token"), await db.schema.hasColumn("owners", "code")], [true, true, false]);
}

async function queries(db) {
  const moment = new Date("2024-02-29T23:59:58.123Z");
  const [id] = await db("owners").insert({ name: "größe 😀", email: "a@x", settings: JSON.stringify({ a: [1, { b: "c" }] }), balance: "12.345", data: Buffer.from([0, 255, 39]),
    day: "2024-02-29", hour: "-12:34:56", moment, big: "18446744073709551615", twice: 0.1, role: "admin" });
  await db("owners").insert([{ name: "bob", email: "b@x" }, { name: "cyd", email: "c@x" }]);
  const owner = await db("owners").where({ id }).first();
  assert.deepStrictEqual([owner.name, owner.settings, owner.balance, owner.data, owner.hour, owner.moment, String(owner.big), owner.twice, owner.active, owner.nick],
    ["größe 😀", { a: [1, { b: "c" }] }, "12.345", Buffer.from([0, 255, 39]), "-12:34:56", moment, "18446744073709551615", 0.1, 1, "none"]);
  await db("pets").insert([{ owner_id: id, kind: "cat", age: 3 }, { owner_id: id, kind: "Cat", age: 5 }, { owner_id: id + 1, kind: "dog", age: 7 }]);
  const sums = await db("owners as o").leftJoin("pets as p", "o.id", "p.owner_id").select("o.name").count({ n: "p.id" }).sum({ years: "p.age" }).groupBy("o.id").orderBy("o.id");
  assert.deepStrictEqual(sums.map((row) => ({ ...row })), [{ name: "größe 😀", n: 2, years: "8" }, { name: "bob", n: 1, years: "7" }, { name: "cyd", n: 0, years: null }]);
  assert.deepStrictEqual(await db("owners").whereJsonPath("settings", "$.a[1].b", "=", "c").pluck("id"), [id]);
  assert.deepStrictEqual(await db("owners").whereJsonSupersetOf("settings", { a: [1] }).pluck("id"), [id]);
  const extracted = await db("owners").where({ id }).jsonExtract("settings", "$.a[0]", "first").select("id");
  assert.strictEqual(Number(extracted[0].first), 1);
  await db("owners").where({ id }).update({ settings: db.jsonSet("settings", "$.z", "new") });
  await db("owners").where({ id }).update({ settings: db.jsonRemove("settings", "$.a[0]") });
  assert.deepStrictEqual((await db("owners").where({ id }).first("settings")).settings, { a: [{ b: "c" }], z: "new" });
  assert.deepStrictEqual(await db("owners").whereExists(db("pets").whereColumn("pets.owner_id", "owners.id").where("age", ">", 5)).pluck("name"), ["bob"]);
  assert.deepStrictEqual(await db.with("old", db("pets").where("age", ">=", 5)).from("old").orderBy("age").pluck("kind"), ["Cat", "dog"]);
  assert.deepStrictEqual((await db("pets").select("kind").where("kind", "cat").union([db("owners").select("name").where("name", "bob")]).orderBy("kind")).map((row) => row.kind), ["bob", "cat"]);
  assert.deepStrictEqual(await db("owners").whereNotIn("id", db("pets").select("owner_id")).orWhereBetween("balance", [12, 13]).orderBy("name", "desc").limit(1).offset(1).pluck("name"), ["cyd"]);
  const streamed = [];
  for await (const row of db("pets").select("kind").orderBy("id").stream()) streamed.push(row.kind);
  assert.deepStrictEqual(streamed, ["cat", "Cat", "dog"]);
  await fails(db("pets").insert({ owner_id: id, kind: "x", age: -1 }), 3819);
  await fails(db("pets").insert({ owner_id: id, kind: "cat" }), 1062);
  await fails(db("pets").insert({ owner_id: 99, kind: "cat" }), 1452);
}

async function upserts(db) {
  await db("owners").insert([{ name: "bobby", email: "b@x" }, { name: "dan", email: "d@x" }]).onConflict("email").merge(["name"]);
  await db("owners").insert({ name: "ignored", email: "d@x" }).onConflict("email").ignore();
  await db("owners").insert({ name: "x", email: "c@x", nick: "cc" }).onConflict().merge({ nick: db.raw("CONCAT(VALUES(nick), ?)", ["!"]) });
  assert.deepStrictEqual((await db("owners").select("name", "nick").whereNot("id", 1).orderBy("name")).map((row) => Object.values(row)), [["bobby", "none"], ["cyd", "cc!"], ["dan", "none"]]);
  assert.strictEqual(await db("owners").where("email", "d@x").increment("balance", 2.5).decrement({ twice: 1 }), 1);
  assert.strictEqual(await db("owners").where("email", "d@x").update({ name: "dan" }), 1);
  await db("pets").insert(db("owners").select("id", db.raw("'fish'")).where("email", "d@x")).into(db.raw("pets (owner_id, kind)"));
  assert.strictEqual(await db("owners").where("email", "d@x").del(), 1);
  assert.deepStrictEqual(await db("pets").whereNull("owner_id").pluck("kind"), ["fish"]);
  await db.batchInsert("pets", Array.from({ length: 50 }, (_, i) => ({ kind: `k${i}`, age: i + 1 })), 20);
  assert.strictEqual((await db("pets").where("kind", "like", "k%").sum({ n: "age" }).first()).n, "1275");
}

async function transactions(db) {
  await db("pets").del();
  await assert.rejects(db.transaction(async (t) => { await t("pets").insert({ kind: "lost" }); throw new Error("undo"); }), { message: "undo" });
  await db.transaction(async (t) => {
    await t("pets").insert({ kind: "outer" });
    await t.transaction(async (inner) => { await inner("pets").insert({ kind: "undone" }); throw new Error("inner"); }).catch(() => {});
    await t.transaction((inner) => inner("pets").insert({ kind: "inner" }));
    assert.strictEqual((await db("pets")).length, 0);
  }, { isolationLevel: "read committed" });
  assert.deepStrictEqual(await db("pets").orderBy("kind").pluck("kind"), ["inner", "outer"]);
  await db.transaction(async (t) => {
    const [{ id }] = await t("pets").where("kind", "inner").forUpdate();
    await t("pets").where({ id }).forUpdate();
    await db.transaction(async (other) => {
      await fails(other("pets").where({ id }).forUpdate().noWait(), 3572);
    });
  });
  const rows = await db("pets").orderBy("id");
  await db.transaction(async (t) => {
    await t("pets").where({ id: rows[0].id }).forUpdate();
    assert.deepStrictEqual(await db.transaction((other) => other("pets").forShare().skipLocked().pluck("kind")), [rows[1].kind]);
  });
  await assert.rejects(db.transaction((t) => t("pets").insert({ kind: "no" }), { readOnly: true }));
  await Promise.all(Array.from({ length: 12 }, () => db.transaction(async (t) => {
    const row = await t("pets").where({ id: rows[0].id }).forUpdate().first();
    await t("pets").where({ id: row.id }).update({ age: (row.age || 0) + 1 });
  })));
  assert.strictEqual((await db("pets").where({ id: rows[0].id }).first()).age, 12);
}

async function main() {
  await fresh("knex");
  const db = knex({ client: "mysql2", connection: { host: "127.0.0.1", port, user: "root", database: "knex", timezone: "Z", supportBigNumbers: true }, pool: { min: 0, max: 5 }, log: { warn() {} } });
  for (const run of [migrations, queries, upserts, transactions]) await check(`knex ${run.name}`, () => run(db));
  await db.migrate.rollback({ migrationSource }, true);
  await check("knex dropped", async () => assert.deepStrictEqual((await db.raw("SHOW TABLES"))[0].length, 2));
  await db.destroy();
}

main();
