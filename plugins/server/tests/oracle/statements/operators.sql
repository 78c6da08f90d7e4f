-- Operators, their precedence, their types, and what they refuse.
SELECT 1 + 2 * 3, (1 + 2) * 3, -2 ^ 2, 2 ^ 3 ^ 2, 10 - 5 - 2, 100 / 10 / 2;
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 4;
SELECT |/ 16.0, ||/ 8.0, @ -5, 17 % 5;
SELECT 1 = 1, 1 <> 2, 1 != 2, 1 < 2, 2 <= 2, 3 > 2, 2 >= 3;
SELECT 5 BETWEEN 1 AND 10, 5 NOT BETWEEN 1 AND 3, 5 BETWEEN SYMMETRIC 10 AND 1;
SELECT 3 IN (1, 2, 3), 3 NOT IN (1, 2), NULL IN (1, 2), 3 IN (1, NULL), 3 IN (3, NULL);
SELECT 'a' || 'b', 'a' || 1, 1 || 'a', 'a' || NULL, 'a' || true, 'n: ' || 1.50;
SELECT 1 IS DISTINCT FROM 2, NULL IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM NULL;
SELECT true IS TRUE, NULL IS UNKNOWN, false IS NOT TRUE, NULL::bool IS NOT FALSE;
SELECT 1 ISNULL, NULL NOTNULL;
SELECT NOT true AND false, NOT (true AND false), true OR false AND false;
SELECT CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END, CASE 3 WHEN 1 THEN 'x' END;
SELECT CASE WHEN true THEN 1 ELSE 2.5 END, CASE WHEN false THEN 1 ELSE 2.5 END;
SELECT coalesce(NULL, NULL, 3), coalesce(NULL, 'x'), nullif(1, 1), nullif(1, 2);
SELECT greatest(1, 5, 3), least(1, NULL, -3), greatest('a', 'b'), greatest(NULL, NULL);
SELECT 'abc' LIKE 'a%', 'abc' LIKE 'A%', 'abc' ILIKE 'A%', 'abc' LIKE '_b_', 'a%c' LIKE 'a\%c', 'axc' LIKE 'a!%c' ESCAPE '!';
SELECT 'abc' NOT LIKE 'b%', 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'ABC' ~~* 'a%', 'x' LIKE NULL;
SELECT 'abc' ~ '^a', 'abc' ~* '^A', 'abc' !~ 'z', 'abc' !~* 'B', 'foo123' ~ '\d+$', 'ab' ~ '^(a|b)+$';
SELECT 'abc' SIMILAR TO '(a|b)%', 'abc' SIMILAR TO 'abc', 'abc' SIMILAR TO 'ab', 'abc' NOT SIMILAR TO '%c';
SELECT 2 = ANY(ARRAY[1,2,3]), 2 <> ALL(ARRAY[1,3]), 5 > ALL(ARRAY[1,2]), 2 = ANY('{1,2}'::int[]), NULL = ANY(ARRAY[1]), 1 = ANY(NULL::int[]);
SELECT 1 = ANY(ARRAY[2,NULL]), 'b' LIKE ANY(ARRAY['a%','b%']), 3 = SOME(ARRAY[3]);
-- otherwise: SQLite takes it, and so does this server
SELECT 1 + '2', '1' + '2';
SELECT 1 + 1.5, 1::smallint + 1::bigint, 1.5::float4 + 1, 1::numeric + 1.5::float8, 2::int2 * 2::int2;
SELECT 2147483647 + 1;
SELECT 9223372036854775807 + 1;
SELECT 32767::int2 + 1::int2;
SELECT 65536 * 65536;
SELECT (-2147483648)::int / -1;
SELECT 9223372036854775807 * 2;
-- refused: 22003
SELECT -(-9223372036854775808);
SELECT 1 / 0;
SELECT 1.0 / 0;
SELECT 1::float8 / 0;
SELECT 1 % 0;
SELECT 0.0 / 0;
SELECT 'a' + 1;
SELECT 'a'::text + 1;
-- otherwise: SQLite takes it, and so does this server
SELECT 1 || 2;
-- otherwise: SQLite takes it, and so does this server
SELECT true + 1;
SELECT true > 1;
SELECT 1 = 'x';
SELECT 1::text = 1;
SELECT date '2024-01-01' = 5;
-- otherwise: SQLite takes it, and so does this server
SELECT NOT 5;
-- otherwise: SQLite takes it, and so does this server
SELECT 1 AND true;
SELECT - 'x'::text;
-- otherwise: SQLite takes it, and so does this server
SELECT CASE WHEN 1 THEN 2 END;
SELECT coalesce(1, 'x');
SELECT 1 IN ('a');
-- otherwise: SQLite takes it, and so does this server
SELECT 'a' LIKE 1;
SELECT 'abc' ~ '(';
-- refused: 22025
SELECT 'abc' LIKE 'abc\';
SELECT ARRAY[1, 'x'];
SELECT 2 = ANY(5);
SELECT (1, 2) = (1, 2, 3);
SELECT 1 === 2;
SELECT 5 !;
SELECT 7 OPERATOR(pg_catalog.+) 1;
SELECT ('a' COLLATE "C") < 'b';
SELECT 'a' COLLATE "nosuch";
SELECT 1 AS a, 2 a, 3 "A b", 4 AS "select";
SELECT -0.0::float8, - 5, +5, - -5;
SELECT 2.0 * 3, 2.50 + 1.5, 1.10 - 0.1, 3.0 * 1.00, 1.000 / 4;
SELECT 5 / 2.0, 5.0 / 2, 1 / 3.0, 2 / 3::numeric, 1e0 / 3, 7::numeric / 7;
SELECT 123456789.123 * 987654.321, 0.1 + 0.2, 100 * 1.1, 1.15 * 100;
-- What a generator of statements has found.
CREATE TABLE y (id int, t text, b boolean);
INSERT INTO y VALUES (2, 'abc', true), (1, 'xyz', false), (3, NULL, NULL);
SELECT id, (t !~ '^a') IS NULL, t !~ 'x' IS TRUE, NOT t ~ 'x', (t NOT LIKE 'a%') IS NULL, (t NOT ILIKE 'A%') IS TRUE, (NOT b) IS NULL, (t NOT SIMILAR TO 'a%') IS NULL, (t !~~ 'a%') IS NULL FROM y ORDER BY id;
SELECT id, t !~ 'a' = b, t NOT LIKE 'a%' = b, (id NOT IN (1, 2)) = b, (t !~ ANY (ARRAY['a'])) IS NULL, (t NOT LIKE ALL (ARRAY['a%'])) IS NULL FROM y ORDER BY id;
SELECT id FROM y ORDER BY 1::int, id DESC;
SELECT id FROM y ORDER BY (1 + 0), id DESC;
SELECT id FROM y ORDER BY true;
SELECT id FROM y ORDER BY 'x';
SELECT id FROM y ORDER BY NULL, id;
SELECT count(*) FROM y GROUP BY 1::int;
SELECT extract(epoch from timestamp '2024-03-31 02:30:00.123456'), extract(epoch from NULL::timestamp), extract(epoch from interval '1 day 0.5 sec'), extract(epoch from timestamp '2024-03-31 02:30:00.123456') * 2;
SELECT ARRAY['a'] || NULL::text, ARRAY['a'] || NULL, NULL || ARRAY['a'], NULL::text[] || 'a'::text, NULL::int || ARRAY[1], ARRAY[1] || NULL::int[];
SELECT justify_days('2 mons -3 days'), justify_hours('1 day -1 hour'), justify_interval('1 mon -1 hour'), justify_days('-35 days'), extract(epoch from -interval '2 mons -3 days');
SELECT ceil(-0.5::float8), trunc(-0.5::float8), floor(-0.5::float8), round(-0.4::float8), ceil(-0.5), trunc(-0.5), -0.0, 0.0 * -1;
SELECT jsonb_set('[1]'::jsonb, '{a}', '2');
SELECT CASE WHEN true THEN 1 ELSE NULL::date::text::int END, CASE WHEN true THEN 1.5 ELSE 2::int8 END, CASE WHEN id = 1 THEN 1 ELSE id::int8 END FROM y ORDER BY id;
