// Checks of mysql2 against a server. Arguments: port. Prints `ok NAME` or `FAIL NAME: why`.
"use strict";
const assert = require("node:assert");
const { Readable } = require("node:stream");
const mysql = require("mysql2/promise");

const port = Number(process.argv[2]);
const base = { host: "127.0.0.1", port, user: "root", database: "test", timezone: "Z" };
const TLS = { ssl: { rejectUnauthorized: false } };

async function check(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAIL ${name}: ${String(error.message || error).replace(/\s+/g, " ").slice(0, 400)}`);
  }
}

async function using(options, run) {
  const connection = await mysql.createConnection({ ...base, ...options });
  try {
    return await run(connection);
  } finally {
    connection.destroy();
  }
}

async function fails(promise, code) {
  await promise.then(
    () => assert.fail(`no error ${code}`),
    (error) => assert.strictEqual(error.errno, code, error.message),
  );
}

const MOMENT = new Date("2024-02-29T23:59:58.123Z");

async function roundTrip(db) {
  await db.query("DROP TABLE IF EXISTS node_kinds");
  await db.query(`CREATE TABLE node_kinds (id INT PRIMARY KEY AUTO_INCREMENT, i INT, bu BIGINT UNSIGNED, d DECIMAL(20,5), f DOUBLE,
    s VARCHAR(100), b VARBINARY(100), t DATETIME(3), da DATE, tm TIME, j JSON, bt BIT(1), y YEAR, e ENUM('a','b'), flag TINYINT(1))`);
  const values = [-42, "18446744073709551615", "12345.67890", 0.1, "größe 😀", Buffer.from([0, 255, 39]), MOMENT, "2024-02-29",
    "-12:34:56", JSON.stringify({ a: [1, null] }), 2024, "b", true];
  const text = "INSERT INTO node_kinds (i, bu, d, f, s, b, t, da, tm, j, bt, y, e, flag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, b'1', ?, ?, ?)";
  const [first] = await db.query(text, values);
  const [second] = await db.execute(text, values);
  assert.deepStrictEqual([first.insertId, second.insertId, second.affectedRows], [1, 2, 1]);
  await db.query("INSERT INTO node_kinds () VALUES ()");
  for (const how of ["query", "execute"]) {
    const [rows] = await db[how]("SELECT * FROM node_kinds ORDER BY id");
    for (const row of rows.slice(0, 2)) {
      assert.strictEqual(row.i, -42);
      assert.strictEqual(String(row.bu), "18446744073709551615");
      assert.strictEqual(row.d, "12345.67890");
      assert.strictEqual(row.f, 0.1);
      assert.strictEqual(row.s, "größe 😀");
      assert.deepStrictEqual(row.b, Buffer.from([0, 255, 39]));
      assert.deepStrictEqual(row.t, MOMENT);
      assert.strictEqual(row.da.toISOString().slice(0, 10), "2024-02-29");
      assert.strictEqual(row.tm, "-12:34:56");
      assert.deepStrictEqual(row.j, { a: [1, null] });
      assert.deepStrictEqual(row.bt, Buffer.from([1]));
      assert.deepStrictEqual([row.y, row.e, row.flag], [2024, "b", 1]);
    }
    assert.ok(Object.entries(rows[2]).every(([name, value]) => name === "id" || value === null));
  }
}

async function transactions(db) {
  await db.query("DROP TABLE IF EXISTS node_accounts");
  await db.query("CREATE TABLE node_accounts (id INT PRIMARY KEY, balance INT)");
  await db.query("INSERT INTO node_accounts VALUES ?", [[[1, 100], [2, 0]]]);
  await db.beginTransaction();
  await db.execute("UPDATE node_accounts SET balance = balance - ? WHERE id = ?", [50, 1]);
  await db.query("SAVEPOINT s1");
  await db.execute("DELETE FROM node_accounts");
  await db.query("ROLLBACK TO SAVEPOINT s1");
  await db.commit();
  await db.beginTransaction();
  await db.execute("DELETE FROM node_accounts");
  await db.rollback();
  const [rows] = await db.execute("SELECT balance FROM node_accounts ORDER BY id");
  assert.deepStrictEqual(rows.map((row) => row.balance), [50, 0]);
}

async function statements(db) {
  for (let n = 0; n < 50; n++) {
    const [[row]] = await db.execute("SELECT CAST(? AS SIGNED) + 1 AS n, ? AS s, ? IS NULL AS missing", [n, `x${n}`, null]);
    assert.deepStrictEqual([Number(row.n), row.s, Number(row.missing)], [n + 1, `x${n}`, 1]);
  }
  const [rows] = await db.execute("SELECT id FROM node_kinds WHERE id IN (?, ?) LIMIT ?", [1, 2, "1"]);
  assert.strictEqual(rows.length, 1);
  await fails(db.execute("SELECT FROM"), 1064);
  await fails(db.query("SELECT * FROM node_missing"), 1146);
  await fails(db.execute("INSERT INTO node_kinds (id) VALUES (?)", [1]), 1062);
  const statement = await db.prepare("SELECT ? AS x");
  const [[found]] = await statement.execute(["y"]);
  assert.strictEqual(found.x, "y");
  await statement.close();
}

async function large(db) {
  await db.query("CREATE TABLE IF NOT EXISTS node_large (id INT PRIMARY KEY, data LONGBLOB)");
  const data = Buffer.alloc(17 * 1024 * 1024, "0123456789abcdef");
  await db.execute("REPLACE INTO node_large VALUES (?, ?)", [1, data]);
  for (const how of ["query", "execute"]) {
    const [[row]] = await db[how]("SELECT data FROM node_large WHERE id = 1");
    assert.ok(data.equals(row.data));
  }
}

async function several() {
  await using({ multipleStatements: true }, async (db) => {
    const [results] = await db.query("SELECT 1 AS a; SET @x = 5; SELECT @x AS b");
    assert.deepStrictEqual(results.map((r) => (Array.isArray(r) ? { ...r[0] } : r.affectedRows)), [{ a: 1 }, 0, { b: 5 }]);
  });
  await using({}, (db) => fails(db.query("SELECT 1; SELECT 2"), 1064));
}

async function fields(db) {
  const [, found] = await db.query("SELECT id, s AS renamed, j, i + 1 FROM node_kinds AS k LIMIT 0");
  assert.deepStrictEqual(
    found.map((f) => [f.name, f.orgName, f.table, f.orgTable, f.schema || f.db, f.columnType ?? f.type]),
    [["id", "id", "k", "node_kinds", "test", 3], ["renamed", "s", "k", "node_kinds", "test", 253],
      ["j", "j", "k", "node_kinds", "test", 245], ["i + 1", "", "", "", "", 8]],
  );
}

async function counts(db) {
  const [matched] = await db.query("UPDATE node_accounts SET balance = balance WHERE id IN (1, 2)");
  assert.deepStrictEqual([matched.affectedRows, matched.changedRows, matched.info.trim()], [2, 0, "Rows matched: 2  Changed: 0  Warnings: 0"]);
  const [changed] = await db.query("UPDATE node_accounts SET balance = balance + 1 WHERE id = 1");
  assert.deepStrictEqual([changed.affectedRows, changed.changedRows], [1, 1]);
  const [many] = await db.query("INSERT INTO node_accounts VALUES (3, 0), (4, 0)");
  assert.strictEqual(many.info.trim(), "Records: 2  Duplicates: 0  Warnings: 0");
}

async function streams(db) {
  let rows = 0;
  const names = new Set();
  for await (const row of db.connection.query("SELECT a.id, b.s FROM node_kinds a, node_kinds b").stream()) {
    rows += 1;
    names.add(row.s);
  }
  assert.deepStrictEqual([rows, names.size], [9, 2]);
}

async function infile(db) {
  await db.query("DROP TABLE IF EXISTS node_loaded");
  await db.query("CREATE TABLE node_loaded (id INT PRIMARY KEY, name VARCHAR(20))");
  const [result] = await db.query({
    sql: "LOAD DATA LOCAL INFILE 'rows' INTO TABLE node_loaded FIELDS TERMINATED BY ','",
    infileStreamFactory: () => Readable.from([Buffer.from("1,one\n2,tw"), Buffer.from("o\n3,three\n")]),
  });
  assert.strictEqual(result.affectedRows, 3);
}

async function accounts(db) {
  for (const plugin of ["caching_sha2_password", "mysql_native_password"]) {
    const user = `node_${plugin.slice(0, 5)}`;
    await db.query(`DROP USER IF EXISTS ${user}`);
    await db.query(`CREATE USER ${user} IDENTIFIED WITH ${plugin} BY 'secret'`);
    await db.query(`GRANT ALL ON test.* TO ${user}`);
    for (const options of [{}, TLS, {}, TLS]) {
      await using({ user, password: "secret", ...options }, async (as) => {
        const [[row]] = await as.query("SELECT CURRENT_USER() AS me");
        assert.strictEqual(row.me, `${user}@%`);
      });
    }
    await fails(mysql.createConnection({ ...base, user, password: "wrong" }), 1045);
    await using({}, async (as) => {
      await as.changeUser({ user, password: "secret" });
      const [[row]] = await as.query("SELECT CURRENT_USER() AS me");
      assert.strictEqual(row.me, `${user}@%`);
    });
  }
}

async function pools() {
  const pool = mysql.createPool({ ...base, connectionLimit: 4, enableKeepAlive: true });
  const found = await Promise.all(Array.from({ length: 40 }, (_, n) => pool.execute("SELECT ? + 0 AS n", [n])));
  assert.deepStrictEqual(found.map(([[row]]) => row.n), Array.from({ length: 40 }, (_, n) => n));
  const connection = await pool.getConnection();
  await connection.query("SET @x = 1");
  await connection.reset();
  const [[row]] = await connection.query("SELECT @x AS x, DATABASE() AS d");
  assert.deepStrictEqual({ ...row }, { x: null, d: "test" });
  await connection.ping();
  connection.release();
  await pool.end();
}

async function main() {
  const modes = { defaults: {}, tls: TLS, compressed: { compress: true }, configured: { charset: "utf8mb4_unicode_ci", supportBigNumbers: true, bigNumberStrings: true, connectAttributes: { program_name: "checks" } } };
  for (const [mode, options] of Object.entries(modes)) {
    await using({ supportBigNumbers: true, ...options }, async (db) => {
      await check(`round trip ${mode}`, () => roundTrip(db));
      await check(`transactions ${mode}`, () => transactions(db));
      await check(`statements ${mode}`, () => statements(db));
      await check(`large values ${mode}`, () => large(db));
      if (mode !== "defaults") return;
      for (const [name, run] of Object.entries({ fields, counts, streams, infile, accounts, pools, several })) {
        await check(name, () => run(db));
      }
    });
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
