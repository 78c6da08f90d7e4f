-- Calculated numbers on their way into a column: kept as PostgreSQL keeps them, or refused where digits were lost.
CREATE TABLE n (id int, a numeric, b numeric(30,3), c numeric(10,2), f float8, t text, i int);
INSERT INTO n (id, a, b) VALUES (6, 1234567890123456789, 1234567890123456789), (7, 1.50, 1.5);
INSERT INTO n (id, c, b) VALUES (8, 1.123456789012345678901, 0.3000000000000000444), (9, -1.999999999999999999, 0);
INSERT INTO n (id, a, b, c, i) SELECT 10, 1::numeric/3, 1::numeric/3, 1::numeric/3, 10.0/4;
INSERT INTO n (id, f, t, i) SELECT 11, 1::numeric/3, 1::numeric/3, 2.50 * 1;
INSERT INTO n (id, a, c) SELECT 12, 0.1 + 0.2, 1.10 * 1.005;
INSERT INTO n (id, a, c) SELECT id + 10, a * 2, c + 1 FROM n WHERE id < 10;
INSERT INTO n (id, a, c) VALUES (21, 1.5 * 3, 1.005 * 3), (22, 1 / 3.0, 1 / 3.0), (23, sqrt(2.0), sqrt(2.0)), (24, -1.25, -1.255), (25, 2, 3);
INSERT INTO n (id, a) SELECT 26, avg(a) FROM n WHERE id = 12;
INSERT INTO n (id, a) SELECT 27, sum(c) FROM n;
UPDATE n SET a = a / 3, c = c / 3 WHERE id = 7;
UPDATE n SET a = a * 1.5, b = b * 1.5, c = c * 1.5 WHERE id IN (7, 12);
UPDATE n SET b = b + 0.001 WHERE id = 7;
UPDATE n SET a = CASE WHEN id = 7 THEN a + 1 ELSE 0.5 END WHERE id IN (7, 12);
UPDATE n SET a = coalesce(a, 0) + 1 WHERE id IN (7, 12);
UPDATE n SET a = (SELECT sum(c) FROM n) WHERE id = 13;
UPDATE n SET (a, c) = (SELECT sum(c) / 3, avg(c) FROM n) WHERE id = 14;
UPDATE n SET i = 2.5 * 1.0, f = 1.5 / 3, t = 1.50 * 2 WHERE id = 14;
SELECT id, a::numeric(20,6), b, c, f, i FROM n ORDER BY 1;
SELECT id, t FROM n ORDER BY 1;
CREATE TABLE m AS SELECT 0.1 + 0.2 AS a, 1.5::numeric(5,2) c, sum(c) s, avg(c) v, max(a) x, count(*) k FROM n WHERE id BETWEEN 7 AND 20;
SELECT a, c, s, v::numeric(10,3), x::numeric(30,3), k FROM m;
SELECT * INTO m2 FROM m;
SELECT a FROM m2;
CREATE TABLE u (id int PRIMARY KEY, a numeric(12,2));
INSERT INTO u VALUES (1, 1.5) ON CONFLICT (id) DO UPDATE SET a = u.a + excluded.a / 3;
INSERT INTO u VALUES (1, 1.5) ON CONFLICT (id) DO UPDATE SET a = u.a + excluded.a / 3 RETURNING a;
INSERT INTO u SELECT 1, 2.5 * 2 ON CONFLICT (id) DO UPDATE SET a = u.a + excluded.a / 3 RETURNING a;
WITH x AS (SELECT 1.005 AS p) INSERT INTO u SELECT 3, p * 100 FROM x RETURNING a;
INSERT INTO u SELECT 4, x FROM (SELECT 2.5 / 3 AS x) s RETURNING a;
INSERT INTO u SELECT 5, x FROM (VALUES (1.005), (2)) s(x) LIMIT 1 RETURNING a;
INSERT INTO u SELECT 7, 1.5 UNION ALL SELECT 8, 2.25 / 2 RETURNING a;
INSERT INTO u VALUES (9, (SELECT sum(a) / 7 FROM u)), (10, NULL) RETURNING a;
INSERT INTO u (id) SELECT id + 100 FROM u ORDER BY a LIMIT 2;
-- refused: 22003
INSERT INTO n (id, a) SELECT 30, a + 0.0000000000001 FROM n WHERE id = 6;
INSERT INTO n (id, c) VALUES (31, 99999999.99 + 0.01);
-- refused: 22003
UPDATE n SET a = a + 0.0000000000001 WHERE id = 6;
-- refused: 22003
UPDATE n SET b = b + 0.001 WHERE id = 6;
-- refused: 22003
INSERT INTO n (id, a) VALUES (32, 1234567.891 * 1234567.8912345);
-- refused: 22003
INSERT INTO n (id, a) SELECT 33, 1234567890123456::int8 + 0.5;
-- refused: 22003
INSERT INTO n (id, a) VALUES (34, 0.30000000000000004);
-- refused: 22003
INSERT INTO n (id, b) VALUES (35, '12345678901234567890.123');
-- refused: 22003
INSERT INTO n (id, a) VALUES (36, '1234567890123456.5'::text::numeric);
-- refused: 22003
CREATE TABLE m3 AS SELECT a + 0.1 AS x FROM n WHERE id = 6;
-- otherwise: what was refused is not there
SELECT id, a, b FROM n WHERE id = 6 OR id > 30;
-- refused: 22003
INSERT INTO n (id, a) SELECT DISTINCT 40, 1234567890123456789 + 0.001;
INSERT INTO n (id, a) SELECT DISTINCT 41, 1e20::float8::numeric;
INSERT INTO n (id, a) SELECT DISTINCT 42, 123456789.5 * 2;
SELECT id, a::numeric(30,3) FROM n WHERE id IN (41, 42) ORDER BY id;
