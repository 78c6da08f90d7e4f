// node-postgres against the server whose URL is the first argument: says "done", or what is not as it should be.
const assert = require("assert");
const { Client, Pool } = require("pg");

async function main(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const notices = [];
  client.on("notice", (notice) => notices.push(notice.message));

  let result = await client.query("SELECT id, name, active FROM users WHERE id = $1", [2]);
  assert.deepStrictEqual(result.rows, [{ id: "2", name: "bob", active: false }]);
  assert.deepStrictEqual(result.fields.map((field) => field.dataTypeID), [20, 25, 16]);

  await client.query(
    "CREATE TABLE kinds (i int, n numeric(8,2), t text, b bool, d timestamptz, j jsonb, a int[], y bytea)"
  );
  const at = new Date("2024-05-06T07:08:09.010Z");
  const values = [1, "12.50", "it's", true, at, { k: [1, null] }, [1, 2], Buffer.from([0, 255])];
  result = await client.query("INSERT INTO kinds VALUES ($1,$2,$3,$4,$5,$6,$7,$8) RETURNING *", values);
  const row = result.rows[0];
  assert.deepStrictEqual([row.i, row.n, row.t, row.b], [1, "12.50", "it's", true]);
  assert.strictEqual(row.d.getTime(), at.getTime());
  assert.deepStrictEqual([row.j, row.a, [...row.y]], [{ k: [1, null] }, [1, 2], [0, 255]]);
  assert.strictEqual(result.command, "INSERT");
  assert.strictEqual(result.rowCount, 1);

  for (let n = 0; n < 3; n++) {
    result = await client.query({ name: "by-id", text: "SELECT name FROM users WHERE id = $1::int", values: [n + 1] });
    assert.strictEqual(result.rows.length, 1);
  }

  await assert.rejects(client.query("SELECT * FROM nope"), { code: "42P01" });
  await assert.rejects(client.query("INSERT INTO users (id, name) VALUES (1, 'again')"), { code: "23505" });
  await client.query("BEGIN");
  await client.query("DELETE FROM posts");
  await client.query("ROLLBACK");
  result = await client.query("SELECT count(*)::int AS n FROM posts; SELECT 1 AS one");
  assert.deepStrictEqual([result[0].rows, result[1].rows], [[{ n: 3 }], [{ one: 1 }]]);

  const heard = new Promise((resolve) => client.once("notification", resolve));
  await client.query("LISTEN news");
  await client.query("NOTIFY news, 'hello'");
  assert.strictEqual((await heard).payload, "hello");
  await client.end();

  const pool = new Pool({ connectionString: url, max: 4 });
  const all = await Promise.all([...Array(20).keys()].map((n) => pool.query("SELECT $1::int AS n", [n])));
  assert.deepStrictEqual(all.map((each) => each.rows[0].n), [...Array(20).keys()]);
  await pool.end();
  console.log("done");
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
