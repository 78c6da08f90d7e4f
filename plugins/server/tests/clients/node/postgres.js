// postgres.js: tagged queries, arrays and JSON, transactions, cursors, COPY.
const assert = require("assert");
const { Readable } = require("stream");
const { pipeline } = require("stream/promises");
const postgres = require("postgres");

async function main(url) {
  const sql = postgres(url, { max: 3 });
  await sql`CREATE TABLE kinds (id serial PRIMARY KEY, name text, tags text[], j jsonb, d timestamptz, n numeric(6,2), u uuid)`;
  const at = new Date("2024-05-06T07:08:09.010Z");
  const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  const rows = await sql`INSERT INTO kinds ${sql([
    { name: "a", tags: ["x", "y"], j: { a: 1 }, d: at, n: "1.50", u: uuid },
    { name: "b", tags: [], j: [1], d: at, n: "2", u: null },
  ])} RETURNING *`;
  assert.deepStrictEqual({ ...rows[0] }, { id: 1, name: "a", tags: ["x", "y"], j: { a: 1 }, d: at, n: "1.50", u: uuid });
  assert.deepStrictEqual([rows[1].id, rows[1].tags, rows[1].n], [2, [], "2.00"]);
  assert.strictEqual((await sql`SELECT * FROM kinds WHERE id = ANY(${[1, 2]})`).length, 2);
  assert.strictEqual((await sql`SELECT * FROM kinds WHERE id IN ${sql([1, 2])} AND name = ${"a"}`).length, 1);
  assert.strictEqual((await sql`UPDATE kinds SET ${sql({ name: "z", n: "3.25" }, "name", "n")} WHERE id = ${1}`).count, 1);
  await sql.begin(async (outer) => {
    await outer`INSERT INTO kinds (name) VALUES ('t')`;
    await outer.savepoint(async (inner) => {
      await inner`INSERT INTO kinds (name) VALUES ('u')`;
      throw new Error("undone");
    }).catch((error) => assert.strictEqual(error.message, "undone"));
  });
  const seen = [];
  for await (const part of sql`SELECT * FROM generate_series(1, 5) AS x`.cursor(2)) seen.push(part.map((row) => row.x));
  assert.deepStrictEqual(seen, [[1, 2], [3, 4], [5]]);
  await pipeline(Readable.from(["k1\nk2\n"]), await sql`COPY kinds (name) FROM STDIN`.writable());
  let text = "";
  for await (const chunk of await sql`COPY kinds (name) TO STDOUT`.readable()) text += chunk;
  assert.strictEqual(text, "z\nb\nt\nk1\nk2\n");
  await sql.end();
}

main(process.argv[2]).then(() => console.log("done"), (error) => { console.error(error); process.exit(1); });
