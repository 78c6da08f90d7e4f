-- Arrays, unnest, and generate_series.
SELECT ARRAY[1,2,3], ARRAY['a','b'], ARRAY[]::int[], ARRAY[1.5,2], ARRAY[NULL,1], ARRAY[true,false], ARRAY[date '2024-01-01'];
SELECT (ARRAY[1,2,3])[1], (ARRAY[1,2,3])[5], (ARRAY[1,2,3])[2:3], (ARRAY[[1,2],[3,4]])[2][1], ('{a,b}'::text[])[2], (ARRAY[1,2,3])[:2];
SELECT ARRAY[1,2] || ARRAY[3], ARRAY[1] || 2, 0 || ARRAY[1], ARRAY[1,2] = ARRAY[1,2], ARRAY[1,2] < ARRAY[1,3], ARRAY[1,2] @> ARRAY[1], ARRAY[1] <@ ARRAY[1,2], ARRAY[1,2] && ARRAY[2,3];
SELECT array_length(ARRAY[1,2,3], 1), array_length(ARRAY[]::int[], 1), cardinality(ARRAY[1,2]), array_ndims(ARRAY[[1],[2]]), array_upper(ARRAY[1,2], 1), array_lower(ARRAY[1,2], 1), array_dims(ARRAY[[1,2],[3,4]]);
SELECT array_append(ARRAY[1], 2), array_prepend(0, ARRAY[1]), array_cat(ARRAY[1], ARRAY[2]), array_remove(ARRAY[1,2,1], 1), array_replace(ARRAY[1,2], 2, 9), array_position(ARRAY['a','b'], 'b'), array_positions(ARRAY[1,2,1], 1), array_fill(7, ARRAY[3]);
SELECT unnest(ARRAY[1,2,3]);
SELECT unnest(ARRAY['a','b']) AS x, 1 AS y;
SELECT * FROM unnest(ARRAY[1,2], ARRAY['a','b']) AS t(n, s);
SELECT * FROM unnest(ARRAY[10,20]) WITH ORDINALITY AS t(v, i);
SELECT ARRAY(SELECT x FROM generate_series(1, 3) AS x), ARRAY(SELECT 1 WHERE false);
SELECT * FROM generate_series(1, 5, 2);
SELECT * FROM generate_series(5, 1, -2) AS g(n);
SELECT x, x * 2 FROM generate_series(1, 3) x;
SELECT generate_series(1, 3) AS n;
SELECT * FROM generate_series(1.0, 2.0, 0.5) AS g;
SELECT * FROM generate_series(3, 1);
SELECT count(*) FROM generate_series(1, 1000);
SELECT generate_subscripts(ARRAY['a','b','c'], 1);
CREATE TABLE boxes (id int PRIMARY KEY, tags text[], sizes int[] DEFAULT '{}', grid int[][]);
INSERT INTO boxes VALUES (1, '{red,blue}', '{1,2}', '{{1,2},{3,4}}'), (2, ARRAY['green'], ARRAY[3], NULL), (3, NULL, NULL, NULL);
INSERT INTO boxes (id, tags) VALUES (4, ARRAY['a "q"', 'b,c', 'NULL', '', 'd\e', '{x}']);
SELECT * FROM boxes ORDER BY id;
SELECT id FROM boxes WHERE 'red' = ANY(tags) ORDER BY id;
SELECT id FROM boxes WHERE tags @> ARRAY['red'] ORDER BY id;
SELECT id FROM boxes WHERE tags && ARRAY['green','blue'] ORDER BY id;
SELECT id, tags[1], sizes[2], array_length(tags, 1) FROM boxes ORDER BY id;
SELECT id, t FROM boxes, unnest(tags) AS t ORDER BY id, t;
SELECT id, t, n FROM boxes, unnest(tags) WITH ORDINALITY AS u(t, n) WHERE id < 3 ORDER BY id, n;
UPDATE boxes SET tags = tags || 'new', sizes = array_append(sizes, 9) WHERE id = 2 RETURNING tags, sizes;
-- refused: 0A000
UPDATE boxes SET sizes[1] = 7 WHERE id = 1 RETURNING sizes;
SELECT array_agg(id ORDER BY id DESC), array_agg(tags[1] ORDER BY id) FROM boxes;
SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest(ARRAY[3,1,3]) AS x;
SELECT id FROM boxes WHERE id = ANY(ARRAY[1,3]) ORDER BY id;
SELECT id FROM boxes WHERE id <> ALL('{1,2}') ORDER BY id;
-- otherwise: the assignment before it was refused
SELECT sizes = '{7,2}' FROM boxes WHERE id = 1;
SELECT ARRAY[1,2]::text[], ARRAY['1','2']::int[], '{1,2}'::int[]::text, ARRAY[1,2]::text;
SELECT ARRAY[1,2]::varchar[], '{2024-01-01}'::date[], '{t,f}'::bool[], '{1.5,2.25}'::numeric[], '{1.5}'::float8[], ARRAY['\x01'::bytea];
SELECT ARRAY[[1,2],[3]];
SELECT '{{1,2},{3}}'::int[];
SELECT (5)[1];
SELECT unnest(5);
SELECT array_length(5, 1);
SELECT ARRAY[1] || 'x';
SELECT ARRAY[];
SELECT generate_series(1, 3, 0);
SELECT trim_array(ARRAY[1,2,3], 1), array_to_json(ARRAY[1,2]), array_shuffle(ARRAY[1]);
-- arrays of arrays, and where arrays begin
SELECT 1 = ANY(ARRAY[[1,2],[3,4]]), 3 = ANY('{{1,2},{3,4}}'::int[]), 5 <> ALL('{{1,2},{3,4}}'::int[]), 1 = ANY('{}'::int[]), interval '24 hours' = ANY(ARRAY[interval '1 day']), 'a' LIKE ANY(ARRAY['b%','a%']);
SELECT (ARRAY[[1,2],[3,4]])[1][2], (ARRAY[[1,2],[3,4]])[1], (ARRAY[[1,2],[3,4]])[1:2][2:2], (ARRAY[[1,2],[3,4]])[2:][2], (ARRAY[1,2,3])[:2], (ARRAY[1,2,3])[-1];
SELECT ARRAY[1,2] || ARRAY[[3,4]], ARRAY[[1,2]] || ARRAY[[3,4]], ARRAY[1,2] || NULL, ARRAY[1,2] || 2.5, array_cat(ARRAY[1], ARRAY[2.5]), array_append(NULL::int[], 1);
SELECT ARRAY[1,2] || ARRAY[[3,4,5]];
SELECT array_append(ARRAY[[1]], 2);
SELECT array_position(ARRAY['a','b',NULL], NULL), array_remove(ARRAY[1,NULL,2], NULL), ARRAY[[1,2]] @> ARRAY[2], array_fill(7, ARRAY[2,3]), array_fill(NULL::text, ARRAY[2]), width_bucket(5, ARRAY[1,3,6]);
SELECT array_position(ARRAY[[1]], 1);
SELECT array_to_string(ARRAY[timestamptz '2024-01-01 00:00+00'], ','), '{1.5,2.5}'::numeric[]::int[], ARRAY(SELECT ARRAY[x, x] FROM generate_series(1, 2) x), array_agg(u) FROM unnest(ARRAY[[1,2],[3,4]]) u;
SELECT ARRAY[1,2] = ANY(ARRAY[[1,2]]);
SELECT 1 IN ('a'::text);
SELECT '[1:2]={5,6}'::int[], '[1:3]={5,6}'::int[];
-- refused: 0A000
SELECT '[0:1]={1,2}'::int[];
-- refused: 0A000
SELECT array_fill(7, ARRAY[3], ARRAY[2]);
SELECT ARRAY[0.1::float8 + 0.2::float8], array_agg(DISTINCT x) FROM (VALUES (interval '1 day'), (interval '2 hours')) v(x);
SELECT count(DISTINCT x), array_agg(x ORDER BY x) FROM (VALUES (interval '1 day'), (interval '30 hours'), (interval '24 hours')) v(x);
SELECT percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY x), percentile_disc(ARRAY[0.5]) WITHIN GROUP (ORDER BY x) FROM (VALUES (1.5::float8), (2.5)) v(x);
