-- Items of arrays: bytes, numbers with the zeros that they end with, and what a literal beside an array is.
CREATE TABLE ar (id int, n numeric[], m numeric(8,2)[], y bytea[], t text);
INSERT INTO ar VALUES (1, '{1.50,2}', '{1.5,2}', ARRAY['\x61'::bytea, NULL], ARRAY[1,2]), (2, ARRAY[1.50, 2.000, NULL], ARRAY[1,2.255], '{"\\x00ff"}', ARRAY['a b', NULL]), (3, ARRAY[1.5,2], NULL, NULL, ARRAY[date '2024-01-01']);
SELECT * FROM ar ORDER BY id;
SELECT id FROM ar WHERE n = '{1.5,2}' ORDER BY id;
SELECT n, count(*) FROM ar GROUP BY n ORDER BY n;
-- otherwise: a number that is taken out of an array, or put into another, is shown with the digits of its value
SELECT n[1], m[1], y[1], n[2] FROM ar ORDER BY id;
SELECT id, unnest(y) FROM ar ORDER BY id, 2;
SELECT id FROM ar WHERE '\x61' = ANY(y) ORDER BY id;
SELECT ARRAY[1.50, 2], ARRAY[1.0 / 3, 2.50], ARRAY[[1.10],[2]], ARRAY[2.5::numeric(5,3)], '{1.50,1e3}'::numeric[], '{1.50}'::numeric(5,1)[], ARRAY(SELECT 1.50 UNION ALL SELECT 2.0);
-- otherwise: a number that is taken out of an array, or put into another, is shown with the digits of its value
SELECT ARRAY[1.50] = ARRAY[1.5], ARRAY[1.50] @> ARRAY[1.5], 1.5 = ANY(ARRAY[1.50]), ARRAY[1.50] || 2.50, array_append(ARRAY[1.5], 2), ARRAY[1.50]::text, array_to_string(ARRAY[1.50, 2], ','), to_json(ARRAY[1.50]), ARRAY[1.50]::int[], ARRAY[1.50]::text[];
SELECT sum(x) FROM unnest(ARRAY[1.50, 2.25]) x;
-- otherwise: a number that is taken out of an array, or put into another, is shown with the digits of its value
SELECT array_agg(y[1]), array_agg(n[1]) FROM ar;
SELECT array_agg(g * 1.50 ORDER BY g), array_agg(DISTINCT g % 2 * 0.50), array_agg(g / 3.0 ORDER BY g DESC) FILTER (WHERE g > 1) FROM generate_series(1, 3) g;
SELECT '\x61'::bytea = ANY(ARRAY['\x61'::bytea]), '\x61'::bytea IN ('\x61', '\x62'), ARRAY['\x61'::bytea] @> ARRAY['\x61'::bytea], (ARRAY['\x61'::bytea])[1], array_length(ARRAY['\x61'::bytea], 1), ARRAY['\x61'::bytea] || '\x62'::bytea, array_position(ARRAY['\x61'::bytea], '\x61');
SELECT x FROM unnest(ARRAY['\x6162'::bytea, '\x00']) x ORDER BY x;
SELECT length(x), x || '\x01' FROM unnest(ARRAY['\x6162'::bytea]) x;
SELECT ARRAY[1.50, 'x'];
SELECT '{1.5,a}'::numeric[];
-- otherwise: the spaces of a char(n) are not shown in an array
SELECT ARRAY['ab'::char(4), 'c'], ARRAY(SELECT 'ab'::char(4)), array_agg(x) FROM (VALUES ('a'::char(3))) v(x);
SELECT date_trunc('day');
SELECT lpad('a');
SELECT unnest(ARRAY['{"a":1}'::jsonb]), (ARRAY['{"a":1}'::json])[1], '{"a":1}'::jsonb = ANY(ARRAY['{"a": 1}'::jsonb]), ARRAY['[1,2]'::jsonb, '"x"'], unnest(ARRAY[true]), (ARRAY[true])[1], ARRAY['1 day'::interval];
SELECT array_append(ARRAY[1], '5'), array_position(ARRAY[1,5], '5'), array_remove(ARRAY[1.5], '1.5'), array_prepend('1', ARRAY[2]), array_replace(ARRAY[1,2], '1', '7');
SELECT array_append(ARRAY[1], 'x');
