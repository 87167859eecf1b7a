// What the checks share: the scoreboard and the comparisons.
"use strict";
const assert = require("node:assert");
const mysql = require("mysql2/promise");

const port = Number(process.argv[2]);

async function check(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    const why = `${error.parent?.sqlMessage || ""} ${error.message || error} ${(error.stack || "").split("\n").find((line) => line.includes(__dirname)) || ""}`;
    console.log(`FAIL ${name}: ${why.replace(/\s+/g, " ").slice(0, 600)}`);
  }
}

async function fails(promise, code) {
  await promise.then(
    () => assert.fail(`no error ${code}`),
    (error) => assert.strictEqual((error.parent || error.driverError || error).errno, code, error.message),
  );
}

async function fresh(database) {
  const connection = await mysql.createConnection({ host: "127.0.0.1", port, user: "root" });
  await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.query(`CREATE DATABASE ${database}`);
  await connection.end();
}

// The definitions of all tables, by way of a function that runs a query and gives its rows.
async function definitions(rows) {
  const all = {};
  for (const table of await rows("SHOW TABLES")) {
    const name = Object.values(table)[0];
    all[name] = Object.values((await rows(`SHOW CREATE TABLE \`${name}\``))[0])[1];
  }
  return all;
}

module.exports = { assert, check, definitions, fails, fresh, port };
