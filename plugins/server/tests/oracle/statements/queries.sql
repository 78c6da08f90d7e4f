-- SELECT: sources, joins, grouping, ordering, sets, and their errors.
CREATE TABLE staff (id int PRIMARY KEY, name text NOT NULL, dept int, pay numeric(10,2), hired date, boss int);
CREATE TABLE depts (id int PRIMARY KEY, name varchar(20) UNIQUE);
INSERT INTO depts VALUES (1, 'sales'), (2, 'tech'), (3, 'empty');
INSERT INTO staff VALUES (1, 'ann', 1, 1000.50, '2020-01-01', NULL), (2, 'bob', 1, 900, '2021-05-05', 1), (3, 'cat', 2, 1500, '2019-03-03', 1), (4, 'dan', 2, NULL, NULL, 3), (5, 'eve', NULL, 700, '2022-02-02', 3);
SELECT * FROM staff ORDER BY id;
TABLE depts ORDER BY id;
VALUES (1, 'a'), (2, 'b');
SELECT s.name, d.name FROM staff s JOIN depts d ON s.dept = d.id ORDER BY 1;
SELECT s.name, d.name AS dept FROM staff s LEFT JOIN depts d ON s.dept = d.id ORDER BY s.id;
SELECT s.name, d.name FROM staff s RIGHT JOIN depts d ON s.dept = d.id ORDER BY d.id, s.id;
SELECT s.name, d.name FROM staff s FULL JOIN depts d ON s.dept = d.id ORDER BY d.id NULLS FIRST, s.id;
SELECT count(*) FROM staff CROSS JOIN depts;
SELECT count(*) FROM staff, depts WHERE staff.dept = depts.id;
SELECT id, staff.name FROM staff JOIN depts USING (id) ORDER BY id;
SELECT * FROM (SELECT 1 AS a, 2 AS b) x NATURAL JOIN (SELECT 1 AS a, 3 AS c) y;
SELECT e.name, b.name AS boss FROM staff e JOIN staff b ON e.boss = b.id ORDER BY e.id;
SELECT dept, count(*), sum(pay), avg(pay), min(name), max(hired) FROM staff GROUP BY dept ORDER BY dept;
SELECT dept, count(*) FROM staff GROUP BY 1 HAVING count(*) > 1 ORDER BY 1;
SELECT dept AS d, count(*) AS n FROM staff GROUP BY d ORDER BY n DESC, d NULLS FIRST;
SELECT count(*), count(dept), count(DISTINCT dept), count(*) FILTER (WHERE pay > 800) FROM staff;
SELECT DISTINCT dept FROM staff ORDER BY dept;
SELECT DISTINCT ON (dept) dept, name FROM staff ORDER BY dept, pay DESC NULLS LAST;
SELECT name FROM staff ORDER BY pay;
SELECT name FROM staff ORDER BY pay DESC;
SELECT name FROM staff ORDER BY pay DESC NULLS LAST, id LIMIT 2 OFFSET 1;
SELECT name FROM staff ORDER BY id FETCH FIRST 2 ROWS ONLY;
SELECT name FROM staff ORDER BY id OFFSET 3 ROWS FETCH NEXT 1 ROW ONLY;
SELECT name FROM staff ORDER BY lower(name) DESC LIMIT ALL;
SELECT name AS n FROM staff ORDER BY n LIMIT 1;
SELECT id FROM staff LIMIT 0;
SELECT name FROM staff WHERE pay IS NULL OR hired > date '2021-01-01' ORDER BY id;
SELECT name FROM staff WHERE dept IN (SELECT id FROM depts WHERE name = 'tech') ORDER BY 1;
SELECT name FROM staff s WHERE EXISTS (SELECT 1 FROM staff b WHERE b.boss = s.id) ORDER BY 1;
SELECT name FROM staff WHERE pay > (SELECT avg(pay) FROM staff) ORDER BY 1;
SELECT name, (SELECT count(*) FROM staff i WHERE i.boss = s.id) AS reports FROM staff s ORDER BY id;
SELECT name FROM staff WHERE pay >= ALL (SELECT pay FROM staff WHERE pay IS NOT NULL);
SELECT name FROM staff WHERE dept = ANY (SELECT id FROM depts) ORDER BY name;
SELECT name FROM staff WHERE (dept, name) = (1, 'bob');
SELECT name FROM staff WHERE dept NOT IN (SELECT id FROM depts WHERE id = 1) ORDER BY 1;
-- refused: 0A000
SELECT d.name, t.name FROM depts d, LATERAL (SELECT name FROM staff s WHERE s.dept = d.id ORDER BY pay DESC NULLS LAST LIMIT 1) t ORDER BY 1;
-- refused: 0A000
SELECT d.name, t.n FROM depts d LEFT JOIN LATERAL (SELECT count(*) AS n FROM staff s WHERE s.dept = d.id) t ON true ORDER BY 1;
SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1;
SELECT 1 UNION ALL SELECT 1;
SELECT 1 AS a UNION SELECT 2.5 ORDER BY a;
SELECT id FROM staff INTERSECT SELECT id FROM depts ORDER BY 1;
SELECT id FROM staff EXCEPT SELECT id FROM depts ORDER BY 1;
SELECT NULL UNION SELECT 1 ORDER BY 1;
(SELECT id FROM staff ORDER BY id DESC LIMIT 1) UNION ALL (SELECT id FROM depts ORDER BY id LIMIT 1);
SELECT x FROM (VALUES (3), (1), (2)) AS t(x) ORDER BY x;
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t(n, s) WHERE s IS NOT NULL;
SELECT column1, column2 FROM (VALUES (1, 'x')) v;
WITH t AS (SELECT 1 AS x) SELECT x + 1 FROM t;
WITH a AS (SELECT id FROM staff), b(k) AS (SELECT id FROM a WHERE id > 3) SELECT k FROM b ORDER BY k;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n;
WITH RECURSIVE tree AS (SELECT id, name, 0 AS depth FROM staff WHERE boss IS NULL UNION ALL SELECT s.id, s.name, depth + 1 FROM staff s JOIN tree t ON s.boss = t.id) SELECT name, depth FROM tree ORDER BY depth, name;
WITH x AS MATERIALIZED (SELECT 1 AS a) SELECT * FROM x;
SELECT string_agg(name, ', ' ORDER BY name DESC), array_agg(id ORDER BY id) FROM staff;
SELECT bool_and(pay > 0), bool_or(pay > 1200), every(id > 0) FROM staff;
SELECT sum(id), sum(pay), avg(id), stddev(id), variance(id), stddev_pop(id), var_pop(pay) FROM staff;
SELECT sum(x), avg(x), min(x), max(x) FROM (VALUES (1.5::float8), (2.5)) AS t(x);
SELECT sum(x::bigint), sum(x::smallint), avg(x::bigint), sum(x::float4), sum(x::numeric) FROM generate_series(1, 3) AS x;
-- otherwise: the value keeps its column's number of decimals
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY pay), percentile_disc(0.5) WITHIN GROUP (ORDER BY pay), mode() WITHIN GROUP (ORDER BY dept) FROM staff;
SELECT corr(id, pay), covar_pop(id, pay), regr_slope(pay, id) FROM staff;
SELECT bit_and(id), bit_or(id), bit_xor(id) FROM staff;
SELECT count(*), sum(id), avg(id), max(id), array_agg(id), string_agg(name, ',') FROM staff WHERE false;
-- refused: 0A000
SELECT dept, grouping(dept), count(*) FROM staff GROUP BY ROLLUP (dept) ORDER BY 1, 2;
-- refused: 0A000
SELECT dept, count(*) FROM staff GROUP BY GROUPING SETS ((dept), ()) ORDER BY 1;
-- refused: 0A000
SELECT dept, boss, count(*) FROM staff GROUP BY CUBE (dept, boss) ORDER BY 1, 2, 3;
SELECT name, row_number() OVER (ORDER BY pay DESC NULLS LAST, id) FROM staff ORDER BY id;
SELECT name, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, ntile(2) OVER w FROM staff WINDOW w AS (ORDER BY dept) ORDER BY id;
SELECT name, sum(pay) OVER (PARTITION BY dept ORDER BY id), lag(name) OVER (ORDER BY id), lead(name, 2, 'none') OVER (ORDER BY id), first_value(name) OVER (PARTITION BY dept ORDER BY id) FROM staff ORDER BY id;
SELECT id, avg(pay) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), count(*) OVER () FROM staff ORDER BY id;
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW), last_value(id) OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM staff ORDER BY id;
-- otherwise: a row is of type record, not of a type of its table's
SELECT s FROM staff s WHERE id = 2;
SELECT s.* FROM staff AS s WHERE id = 2;
SELECT staff.id, staff.name FROM public.staff WHERE public.staff.id = 1;
SELECT name FROM staff WHERE name ~ '^[ab]' ORDER BY name FOR UPDATE;
-- refused: 0A000
SELECT count(*) FROM staff TABLESAMPLE BERNOULLI (100);
SELECT nope FROM staff;
SELECT s.nope FROM staff s;
SELECT x.id FROM staff s;
SELECT * FROM nope;
SELECT * FROM nope.staff;
SELECT id FROM staff JOIN depts ON true;
SELECT name, count(*) FROM staff;
SELECT name FROM staff GROUP BY dept;
SELECT * FROM staff WHERE count(*) > 1;
SELECT sum(count(*)) FROM staff;
SELECT * FROM staff HAVING true;
SELECT id FROM staff WHERE name = 5;
SELECT id FROM staff WHERE id = 'x';
-- otherwise: SQLite takes it, and so does this server
SELECT id FROM staff WHERE 5;
SELECT id FROM staff ORDER BY 9;
SELECT id FROM staff LIMIT -1;
SELECT id FROM staff LIMIT 'x';
SELECT 1 UNION SELECT 'x';
SELECT 1 UNION SELECT 1, 2;
SELECT (SELECT id FROM staff);
SELECT (SELECT id, name FROM staff);
SELECT id FROM staff WHERE id IN (SELECT id, name FROM staff);
SELECT DISTINCT ON (name) id FROM staff ORDER BY id;
SELECT DISTINCT name FROM staff ORDER BY id;
SELECT row_number() FROM staff;
SELECT * FROM staff, staff;
SELECT FROM staff WHERE id = 1;
SELECT *;
SELECT * FROM staff WHERE row_number() OVER () = 1;
SELECT;
SELEC 1;
SELECT 1 FROM;
SELECT 'open;
SELECT (1;
SELECT 1 +;
-- otherwise: PostgreSQL takes it from version 16 on
SELECT * FROM (SELECT 1);
SELECT $1;
WITH t AS (SELECT 1) SELECT * FROM u;
WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a;
SELECT id i, name FROM staff s(id, name) WHERE i = 1;
SELECT id FROM staff FOR UPDATE SKIP LOCKED LIMIT 1;
SELECT a.id FROM (staff a JOIN depts b ON a.dept = b.id) ORDER BY a.id LIMIT 1;
-- refused: 0A000
SELECT id, name INTO copied FROM staff WHERE id < 3;
-- refused: 42P01
SELECT * FROM copied ORDER BY id;
