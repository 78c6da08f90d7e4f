// Knex: a schema with all kinds of columns, queries, upserts, changes of tables, transactions.
const assert = require("assert");

async function main(url) {
  const knex = require("knex")({ client: "pg", connection: url, pool: { min: 0, max: 3 } });
  await knex.schema.createTable("kinds", (t) => {
    t.increments();
    t.string("name", 50).notNullable().unique();
    t.integer("age").defaultTo(3).index();
    t.boolean("ok");
    t.timestamps(true, true);
    t.json("j");
    t.decimal("p", 8, 2);
    t.enu("e", ["a", "b"]);
    t.uuid("u");
    t.text("x").comment("a note");
    t.float("f");
    t.binary("b");
    t.specificType("tags", "text[]");
  });
  await knex.schema.createTable("others", (t) => {
    t.bigIncrements("id");
    t.integer("kind_id").unsigned().references("id").inTable("kinds").onDelete("CASCADE");
    t.unique(["kind_id"]);
  });
  await knex("kinds").insert([{ name: "a", j: JSON.stringify({ q: 1 }), p: 1.5, e: "a" }, { name: "b", ok: true, tags: ["x"] }]);
  await assert.rejects(knex("kinds").insert({ name: "c", e: "z" }), { code: "23514", constraint: "kinds_e_check" });
  await knex("kinds").insert({ name: "a" }).onConflict("name").merge({ age: 99 });
  await knex("others").insert({ kind_id: 1 });
  const joined = await knex("kinds").leftJoin("others", "kinds.id", "others.kind_id").orderBy("kinds.id").select("name", "age", "p", "others.id as o");
  assert.deepStrictEqual(joined, [{ name: "a", age: 99, p: "1.50", o: "1" }, { name: "b", age: 3, p: null, o: null }]);
  assert.deepStrictEqual([await knex.schema.hasTable("kinds"), await knex.schema.hasColumn("kinds", "nosuch")], [true, false]);
  assert.strictEqual((await knex("kinds").columnInfo("name")).maxLength, 50);
  await knex.schema.alterTable("kinds", (t) => {
    t.string("email");
    t.dropColumn("f");
    t.renameColumn("x", "y");
    t.string("name", 100).notNullable().alter();
    t.dropUnique(["name"]);
  });
  await knex.schema.alterTable("others", (t) => t.dropForeign(["kind_id"]));
  await knex.transaction(async (trx) => {
    const changed = await trx("kinds").where("id", 1).update({ age: knex.raw("age + 1") }).returning("age");
    assert.deepStrictEqual(changed, [{ age: 100 }]);
    await trx("kinds").where("id", 1).forUpdate();
    await trx("kinds").insert({ name: "a" });
  });
  assert.deepStrictEqual(await knex("kinds").count("* as n").where({ name: "a" }), [{ n: "2" }]);
  await knex.schema.dropTableIfExists("others");
  await knex.schema.renameTable("kinds", "sorts");
  await knex("sorts").truncate();
  await knex.destroy();
}

main(process.argv[2]).then(() => console.log("done"), (error) => { console.error(error); process.exit(1); });
