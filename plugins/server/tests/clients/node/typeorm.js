// TypeORM: entities with relations, synchronize (which finds nothing to do the second time), upserts, query builder.
const assert = require("assert");
require("reflect-metadata");
const { DataSource, EntitySchema } = require("typeorm");

const Cat = new EntitySchema({
  name: "cat",
  columns: {
    id: { primary: true, type: "int", generated: true },
    name: { type: "varchar", length: 30, unique: true },
    born: { type: "timestamp with time zone", createDate: true },
    facts: { type: "jsonb", nullable: true },
    tags: { type: "text", array: true, nullable: true },
    price: { type: "numeric", precision: 8, scale: 2, default: 0 },
  },
  relations: { kittens: { type: "one-to-many", target: "kitten", inverseSide: "cat", cascade: true } },
});
const Kitten = new EntitySchema({
  name: "kitten",
  columns: { id: { primary: true, type: "int", generated: true }, name: { type: "varchar" } },
  relations: { cat: { type: "many-to-one", target: "cat", onDelete: "CASCADE", joinColumn: true } },
});

async function main(url) {
  const source = new DataSource({ type: "postgres", url, entities: [Cat, Kitten], synchronize: true, installExtensions: false });
  await source.initialize();
  const cats = source.getRepository("cat");
  await cats.save({ name: "tom", facts: { a: [1] }, tags: ["x"], kittens: [{ name: "k1" }, { name: "k2" }] });
  await cats.upsert({ name: "tom", price: "4.5" }, ["name"]);
  const [tom] = await cats.find({ relations: { kittens: true }, where: { name: "tom" } });
  assert.deepStrictEqual([tom.facts, tom.tags, tom.price, tom.kittens.length], [{ a: [1] }, ["x"], "4.50", 2]);
  const built = cats.createQueryBuilder("c").leftJoinAndSelect("c.kittens", "k").where("c.price > :price", { price: 1 });
  assert.strictEqual((await built.orderBy("c.id").take(5).getMany()).length, 1);
  const planned = await source.driver.createSchemaBuilder().log();
  assert.deepStrictEqual(planned.upQueries.map((each) => each.query), []);
  await source.transaction((manager) => manager.getRepository("cat").delete({ name: "tom" }));
  assert.strictEqual(await source.getRepository("kitten").count(), 0);
  await source.destroy();
}

main(process.argv[2]).then(() => console.log("done"), (error) => { console.error(error); process.exit(1); });
