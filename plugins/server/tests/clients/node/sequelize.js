// Sequelize: models with associations, sync and sync({alter}), queries, upserts, transactions, what it reads of the schema.
const assert = require("assert");
const { DataTypes, Op, Sequelize } = require("sequelize");

async function main(url) {
  const orm = new Sequelize(url, { logging: false, dialect: "postgres" });
  const User = orm.define("user", {
    name: { type: DataTypes.STRING, allowNull: false, unique: true },
    age: DataTypes.INTEGER,
    meta: DataTypes.JSONB,
    tags: DataTypes.ARRAY(DataTypes.STRING),
    price: DataTypes.DECIMAL(10, 2),
    born: DataTypes.DATEONLY,
    uid: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4 },
  });
  const Post = orm.define("post", { title: DataTypes.STRING(40), body: DataTypes.TEXT });
  User.hasMany(Post);
  Post.belongsTo(User);
  await orm.sync({ force: true });
  await orm.sync({ alter: true });
  const user = await User.create(
    { name: "Ann", age: 3, meta: { x: 1 }, tags: ["q"], price: "1.50", born: "2020-01-02", posts: [{ title: "t" }] },
    { include: [Post] }
  );
  await User.bulkCreate([{ name: "Bob" }, { name: "Ann", age: 9 }], { updateOnDuplicate: ["age"], conflictAttributes: ["name"] });
  const found = await User.findAll({ include: Post, where: { [Op.or]: [{ name: { [Op.iLike]: "an%" } }, { age: { [Op.gt]: 100 } }] } });
  assert.deepStrictEqual(found.map((each) => [each.name, each.age, each.price, each.born, each.meta, each.tags, each.posts[0].title]), [
    ["Ann", 9, "1.50", "2020-01-02", { x: 1 }, ["q"], "t"],
  ]);
  assert.strictEqual((await User.findAndCountAll({ limit: 1 })).count, 2);
  await orm.transaction(async (transaction) => {
    await user.update({ age: 44 }, { transaction });
    await user.increment("age", { transaction });
  });
  assert.strictEqual((await User.findByPk(user.id)).age, 45);
  await assert.rejects(User.create({ name: "Bob" }), { name: "SequelizeUniqueConstraintError" });
  await User.destroy({ where: { name: "Bob" } });
  const tables = orm.getQueryInterface();
  assert.strictEqual((await tables.describeTable("users")).price.type, "NUMERIC");
  await tables.addColumn("users", "z", { type: DataTypes.STRING });
  await tables.addIndex("users", ["z"]);
  assert((await tables.showIndex("users")).some((each) => each.name === "users_z"));
  await tables.removeConstraint("users", "users_name_key");
  await tables.removeConstraint("users", "users_name_key1"); // sync({alter}) has added it
  await User.create({ name: "Ann" });
  await orm.drop();
  await orm.close();
}

main(process.argv[2]).then(() => console.log("done"), (error) => { console.error(error); process.exit(1); });
