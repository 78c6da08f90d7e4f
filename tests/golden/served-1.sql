BEGIN TRANSACTION;
CREATE TABLE "item" (
  "id" INTEGER /* int4 always */ PRIMARY KEY AUTOINCREMENT NOT NULL,
  "n" /* nextval numbers */ INT2,
  "price" NUMERIC(8, 2),
  "made" TIMESTAMPTZ,
  "tags" "TEXT[]"
);
INSERT INTO "item" VALUES(1,15,1.5,'2024-01-02 03:04:05+00:00','["a","b"]');
CREATE TABLE "numbers" (/* sequence 1 */ last_value INTEGER NOT NULL, log_cnt INTEGER NOT NULL, is_called BOOLEAN NOT NULL, start_value INTEGER NOT NULL, increment_by INTEGER NOT NULL, min_value INTEGER NOT NULL, max_value INTEGER NOT NULL, cycle BOOLEAN NOT NULL, data_type TEXT NOT NULL, owned_by TEXT);
INSERT INTO "numbers" VALUES(15,0,1,10,5,1,9223372036854775807,0,'int8',NULL);
CREATE VIEW "dear" ("id" /* int4 */, "price" /* numeric@524294 */) AS SELECT "item"."id" AS "id", "item"."price" AS "price" FROM "item" AS "item" WHERE ("item"."price" > 1);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('item',1);
COMMIT;
