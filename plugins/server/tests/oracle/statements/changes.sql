-- INSERT, UPDATE, DELETE, upserts, RETURNING, and WITH around them.
CREATE TABLE things (id serial PRIMARY KEY, name text NOT NULL UNIQUE, n int DEFAULT 5 CHECK (n > 0), price numeric(8,2), at timestamp DEFAULT '2024-01-01', ok bool DEFAULT true);
INSERT INTO things (name) VALUES ('a');
INSERT INTO things (name, n) VALUES ('b', 1), ('c', 2) RETURNING id, name, n;
INSERT INTO things VALUES (DEFAULT, 'd', DEFAULT, 1.005) RETURNING *;
INSERT INTO things (name, price) SELECT 'e' || g, g * 1.1 FROM generate_series(1, 3) AS g RETURNING id, price;
INSERT INTO things (name) VALUES ('f') RETURNING id AS new_id, upper(name) AS loud, n + 1;
INSERT INTO things (name) VALUES ('a') ON CONFLICT DO NOTHING;
INSERT INTO things (name) VALUES ('a') ON CONFLICT (name) DO NOTHING RETURNING id;
INSERT INTO things (name, n) VALUES ('a', 9), ('zz', 9) ON CONFLICT (name) DO UPDATE SET n = excluded.n, price = things.n RETURNING name, n, price;
INSERT INTO things (name, n) VALUES ('a', 7) ON CONFLICT (name) DO UPDATE SET n = excluded.n WHERE things.n < 5 RETURNING n;
INSERT INTO things (name, n) VALUES ('b', 8) ON CONFLICT ON CONSTRAINT things_name_key DO UPDATE SET n = EXCLUDED.n + things.n RETURNING n;
INSERT INTO things AS t (name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET n = t.n + 1 RETURNING t.n;
UPDATE things SET n = n + 1 WHERE name = 'c';
UPDATE things SET n = n + 1, name = upper(name) WHERE name = 'c' RETURNING *;
-- refused: 0A000
UPDATE things t SET price = g.x FROM (VALUES ('a', 1.5), ('b', 2.5)) AS g(name, x) WHERE t.name = g.name RETURNING t.name, t.price, g.x;
UPDATE things SET (n, price) = (3, 4.5) WHERE name = 'd' RETURNING n, price;
UPDATE things SET (n, price) = (SELECT 4, 5.5) WHERE name = 'd' RETURNING n, price;
UPDATE things SET n = DEFAULT WHERE name = 'd' RETURNING n;
UPDATE things SET n = 1 WHERE false;
DELETE FROM things WHERE name LIKE 'e%';
DELETE FROM things t USING (VALUES ('f')) AS g(name) WHERE t.name = g.name RETURNING t.name;
DELETE FROM things WHERE id = -1 RETURNING id;
WITH gone AS (DELETE FROM things WHERE name = 'zz' RETURNING *) SELECT name, n FROM gone;
WITH new AS (INSERT INTO things (name) VALUES ('w') RETURNING id, name) SELECT name FROM new;
WITH up AS (UPDATE things SET n = 50 WHERE name = 'w' RETURNING name, n) SELECT * FROM up;
WITH src AS (SELECT 'x1' AS name UNION ALL SELECT 'x2') INSERT INTO things (name) SELECT name FROM src ORDER BY name RETURNING name;
WITH k AS (SELECT 'x1' AS name) DELETE FROM things USING k WHERE things.name = k.name;
WITH k AS (SELECT 'x2' AS name) UPDATE things SET n = 77 FROM k WHERE things.name = k.name RETURNING n;
-- otherwise: the UPDATE before it was refused
SELECT name, n, price FROM things ORDER BY name;
INSERT INTO things (name) VALUES ('a');
INSERT INTO things (name) VALUES (NULL);
INSERT INTO things (name, n) VALUES ('neg', -1);
INSERT INTO things (name, price) VALUES ('big', 1234567.89);
INSERT INTO things (name, n) VALUES ('t', 'abc');
INSERT INTO things (name, n) VALUES ('t', 3000000000);
INSERT INTO things (name, n) VALUES ('t', 1.5) RETURNING n;
INSERT INTO things (name, nope) VALUES ('t', 1);
INSERT INTO things (name, name) VALUES ('t', 't');
INSERT INTO things (name) VALUES ('t', 1);
INSERT INTO things (name, n) VALUES ('t');
INSERT INTO nope VALUES (1);
INSERT INTO things (name) VALUES ('t'), ('u', 2);
INSERT INTO things (name) VALUES ('dup'), ('dup') ON CONFLICT (name) DO UPDATE SET n = 1;
INSERT INTO things (name) VALUES ('a') ON CONFLICT (price) DO NOTHING;
INSERT INTO things (name) VALUES ('a') ON CONFLICT ON CONSTRAINT nosuch DO NOTHING;
UPDATE things SET nope = 1;
UPDATE things SET n = 'x';
UPDATE things SET n = 1, n = 2;
UPDATE things SET name = 'a' WHERE name = 'b';
UPDATE nope SET a = 1;
DELETE FROM nope;
DELETE FROM things WHERE nope = 1;
UPDATE things SET n = -5 WHERE name = 'a';
UPDATE things SET name = NULL WHERE name = 'a';
INSERT INTO things DEFAULT VALUES;
CREATE TABLE kinds (s smallint, i int, b bigint, r real, d float8, m numeric(6,2), f numeric, t text, v varchar(4), c char(4), y bytea, bo bool, da date, ti time, ts timestamp, tz timestamptz, iv interval, u uuid, j json, jb jsonb);
INSERT INTO kinds VALUES (1, 2, 3, 1.5, 2.5, 3.456, 1.2345678, 'x', 'abcd', 'ab', '\x00ff', true, '2024-01-01', '10:00', '2024-01-01 10:00', '2024-01-01 10:00+02', '1 day', '550e8400-e29b-41d4-a716-446655440000', '{"a":  1}', '{"a":  1}');
INSERT INTO kinds (s, i, b) VALUES (-32768, -2147483648, -9223372036854775808), (32767, 2147483647, 9223372036854775807);
SELECT * FROM kinds ORDER BY i;
SELECT c || '|', length(c), v, octet_length(y), m + 1, pg_typeof(m), pg_typeof(c) FROM kinds WHERE i = 2;
INSERT INTO kinds (v) VALUES ('abcde');
INSERT INTO kinds (v) VALUES ('abcd   ') RETURNING v || '|';
INSERT INTO kinds (s) VALUES (40000);
INSERT INTO kinds (i) VALUES ('1' || '2');
INSERT INTO kinds (i) VALUES ('1' || '2'::text);
INSERT INTO kinds (i) VALUES (1.5), (2.5) RETURNING i;
INSERT INTO kinds (t) VALUES (5) RETURNING t;
INSERT INTO kinds (t, da) VALUES (date '2024-01-01', timestamp '2024-05-05 10:00') RETURNING t, da;
INSERT INTO kinds (bo) VALUES (1);
INSERT INTO kinds (bo) VALUES ('yes') RETURNING bo;
INSERT INTO kinds (da) VALUES ('2024-02-31');
INSERT INTO kinds (m) VALUES (12345.678);
INSERT INTO kinds (u) VALUES ('no');
INSERT INTO kinds (i) SELECT 'x';
INSERT INTO kinds (i) SELECT t FROM kinds;
-- refused: 0A000
INSERT INTO kinds (d, r, f) VALUES ('NaN', 'Infinity', '12.50') RETURNING d, r, f;
TRUNCATE kinds;
SELECT count(*) FROM kinds;
TRUNCATE things RESTART IDENTITY;
INSERT INTO things (name) VALUES ('again') RETURNING id;
TRUNCATE nope;
INSERT INTO things (id, name) OVERRIDING SYSTEM VALUE VALUES (100, 'over') RETURNING id;
-- otherwise: a rowid follows the greatest one there is
INSERT INTO things (name) VALUES ('next') RETURNING id;
-- refused: 0A000
MERGE INTO things t USING (VALUES ('again', 5)) AS s(name, n) ON t.name = s.name WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (name) VALUES (s.name);
-- Rows proposed twice, and what a change beside other tables returns
CREATE TABLE up (id serial PRIMARY KEY, k text UNIQUE, a int, b int, UNIQUE (a, b));
INSERT INTO up (k, a, b) VALUES ('x', 1, 1), ('x', 2, 2) ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a;
INSERT INTO up (k, a, b) VALUES ('x', 1, 1), ('y', 2, 2) ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a + 10 RETURNING k, a;
INSERT INTO up (k, a, b) VALUES ('y', 1, 1), ('z', 3, 3), ('x', 4, 4) ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a + 10 RETURNING k, a;
INSERT INTO up (k, a, b) VALUES (NULL, 5, 5), (NULL, 6, 6) ON CONFLICT (k) DO UPDATE SET a = 0 RETURNING k, a, b;
INSERT INTO up (k, a, b) SELECT 'q', g, g FROM generate_series(20, 22) g ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a;
INSERT INTO up (k, a, b) SELECT 'q' || g, g, g FROM generate_series(20, 22) g ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a RETURNING k, a, b;
INSERT INTO up (k, a, b) SELECT 'q' || g, g + 1, g FROM generate_series(20, 22) g ON CONFLICT ON CONSTRAINT up_k_key DO UPDATE SET a = EXCLUDED.a RETURNING k, a, b;
INSERT INTO up (a, b) VALUES (1, 9), (1, 9) ON CONFLICT (a, b) DO UPDATE SET k = 'w';
INSERT INTO up (a, b) VALUES (1, 9), (1, 8) ON CONFLICT (a, b) DO UPDATE SET k = 'w' RETURNING a, b, k;
INSERT INTO up (k) VALUES ('d'), ('d') ON CONFLICT DO NOTHING RETURNING k;
INSERT INTO up (k, a) VALUES ('d', 1), ('e', DEFAULT) ON CONFLICT (k) DO UPDATE SET a = 77 RETURNING k, a;
CREATE TABLE buyers (id int PRIMARY KEY, name text, note text);
CREATE TABLE orders (id int PRIMARY KEY, cid int, total int, note text);
INSERT INTO buyers VALUES (1, 'ann', 'x'), (2, 'bob', 'y');
INSERT INTO orders VALUES (1, 1, 5, 'a'), (2, 2, 6, 'b'), (3, 1, 7, 'buyers');
UPDATE orders SET total = orders.total + 1 FROM buyers WHERE buyers.id = orders.cid AND buyers.name = 'ann' RETURNING orders.*;
UPDATE orders SET total = orders.total + 1 FROM buyers WHERE buyers.id = orders.cid AND buyers.name = 'ann' RETURNING note;
UPDATE orders SET total = orders.total + 1 FROM buyers WHERE buyers.id = orders.cid AND buyers.name = 'ann' RETURNING total;
DELETE FROM orders USING buyers WHERE buyers.id = orders.cid AND buyers.name = 'bob' RETURNING note;
DELETE FROM orders USING buyers WHERE buyers.id = orders.cid AND buyers.name = 'bob' RETURNING id;
DELETE FROM orders USING buyers WHERE buyers.id = orders.cid AND buyers.name = 'bob' RETURNING nope;
DELETE FROM orders USING buyers WHERE buyers.id = orders.cid AND buyers.name = 'bob' RETURNING orders.id, total;
UPDATE orders AS t SET total = 1 FROM (SELECT 1 AS k) q WHERE t.cid = q.k RETURNING t.id, total;
UPDATE orders SET total = 0 RETURNING *;
-- refused: 0A000
CREATE TYPE mood AS ENUM ('sad', 'ok');
-- refused: 0A000
CREATE DOMAIN d AS int;
-- refused: 0A000
UPDATE orders SET total = orders.total + 1 FROM buyers WHERE buyers.id = orders.cid RETURNING *;
-- refused: 0A000
DELETE FROM orders USING buyers WHERE buyers.id = orders.cid AND orders.id = 99 RETURNING orders.id, buyers.name;
-- refused: 0A000
MERGE INTO orders USING buyers ON buyers.id = orders.cid AND orders.id = 99 WHEN MATCHED THEN DELETE;
