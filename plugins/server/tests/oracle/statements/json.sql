-- json and jsonb: operators, functions, and sets.
SELECT '{"a": {"b": [1, 2, {"c": null}]}}'::jsonb -> 'a', '{"a": 1}'::jsonb ->> 'a', '[1,2,3]'::jsonb -> 1, '[1,2,3]'::json ->> -1, '{"a": {"b": 2}}'::json #> '{a,b}', '{"a": {"b": "x"}}'::jsonb #>> '{a,b}', '{"a": 1}'::jsonb -> 'z';
SELECT '{"a": 1, "b": 2}'::jsonb @> '{"a": 1}', '[1,2]'::jsonb @> '[2]', '{"a": 1}'::jsonb <@ '{"a": 1, "b": 2}', '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ?| ARRAY['z','a'], '{"a": 1}'::jsonb ?& ARRAY['a','z'];
SELECT '{"a": 1}'::jsonb || '{"b": 2}', '{"a": 1, "b": 2}'::jsonb - 'a', '[1,2,3]'::jsonb - 1, '{"a": {"b": 1, "c": 2}}'::jsonb #- '{a,b}', '{"a": 1, "b": 2, "c": 3}'::jsonb - ARRAY['a','b'];
SELECT '{"a":1}'::jsonb = '{"a": 1.0}'::jsonb, '[1,2]'::jsonb = '[2,1]'::jsonb, '{"x":1,"a":2}'::jsonb::text, '{"x":1,"a":2}'::json::text;
SELECT json_build_object('a', 1, 'b', 'x', 'c', NULL, 'd', true), jsonb_build_object('a', ARRAY[1,2]), json_build_array(1, 'x', NULL, 1.5), jsonb_build_array(1, '{"a":1}'::jsonb), json_build_object('at', date '2024-01-01', 't', timestamp '2024-01-01 10:00');
SELECT to_json('x'::text), to_jsonb(1.50), to_json(ARRAY[1,2]), to_jsonb(true), to_json(NULL::int), to_jsonb(timestamp '2024-01-01 10:00'), to_json('{"a":  1}'::json), to_jsonb('{"a":  1}'::json);
SELECT row_to_json(t) FROM (SELECT 1 AS a, 'x' AS b, NULL AS c) AS t;
SELECT to_jsonb(t) FROM (SELECT 1 AS a, ARRAY['x'] AS b) AS t;
SELECT json_agg(x ORDER BY x), jsonb_agg(x ORDER BY x DESC), json_object_agg('k' || x, x ORDER BY x) FROM generate_series(1, 3) AS x;
SELECT json_agg(t ORDER BY t.a) FROM (VALUES (1, 'x'), (2, NULL)) AS t(a, b);
SELECT jsonb_agg(jsonb_build_object('n', n) ORDER BY n) FROM generate_series(1, 2) AS n;
SELECT * FROM json_each('{"a": 1, "b": "x"}');
SELECT * FROM jsonb_each_text('{"a": 1, "b": "x", "c": null}');
SELECT * FROM jsonb_array_elements('[1, "x", null, {"a": 2}]');
SELECT * FROM json_array_elements_text('[1, "x", null]') AS t(v);
SELECT json_object_keys('{"b": 1, "a": 2}');
SELECT jsonb_object_keys('{"b": 1, "a": 2}');
SELECT v ->> 'a' AS a FROM jsonb_array_elements('[{"a": 1}, {"a": 2}]') AS v;
SELECT json_array_length('[1,2]'), jsonb_typeof('1'), json_typeof('"x"'), jsonb_typeof('null'), jsonb_typeof('[]'), jsonb_typeof('{}'), jsonb_typeof('true');
SELECT jsonb_set('{"a": {"b": 1}}', '{a,b}', '2'), jsonb_set('{"a": 1}', '{b}', '2'), jsonb_set('{"a": 1}', '{b}', '2', false), jsonb_insert('[1,2]', '{1}', '"x"'), jsonb_strip_nulls('{"a": null, "b": 1}');
SELECT jsonb_pretty('{"a": [1, {"b": 2}]}');
SELECT json_extract_path_text('{"a": {"b": "x"}}', 'a', 'b'), jsonb_extract_path('{"a": {"b": 1}}', 'a');
SELECT * FROM jsonb_to_recordset('[{"a": 1, "b": "x"}, {"a": 2}]') AS t(a int, b text);
SELECT * FROM json_to_record('{"a": 1, "b": "x"}') AS t(a int, b text);
-- refused: 42704
SELECT * FROM jsonb_populate_record(NULL::pg_namespace, '{}') WHERE false;
-- refused: 42883
SELECT jsonb_path_query_first('{"a": [1,2,3]}', '$.a[1]'), jsonb_path_exists('{"a": 1}', '$.a ? (@ > 0)');
-- refused: 0A000
SELECT '{"a": 1}'::jsonb @? '$.a', '{"a": 1}'::jsonb @@ '$.a == 1';
SELECT ('{"a": 5}'::jsonb ->> 'a')::int + 1, ('{"a": 5}'::jsonb -> 'a')::int, ('{"a": true}'::jsonb -> 'a')::bool, ('"x"'::jsonb)::text, ('1.50'::jsonb)::numeric;
CREATE TABLE docs (id int PRIMARY KEY, doc jsonb NOT NULL, raw json);
INSERT INTO docs VALUES (1, '{"name": "ann", "age": 30, "tags": ["a", "b"]}', '{"z": 1,   "a": 2}'), (2, '{"name": "bob", "age": 5}', NULL);
SELECT * FROM docs ORDER BY id;
SELECT doc ->> 'name' FROM docs WHERE (doc ->> 'age')::int > 10;
SELECT id FROM docs WHERE doc @> '{"name": "bob"}';
SELECT id FROM docs WHERE doc -> 'tags' ? 'a';
SELECT id, doc['name'], doc['tags'][0] FROM docs ORDER BY id;
UPDATE docs SET doc = doc || '{"new": true}' WHERE id = 2 RETURNING doc;
UPDATE docs SET doc = jsonb_set(doc, '{age}', to_jsonb((doc ->> 'age')::int + 1)) RETURNING id, doc -> 'age';
SELECT id, t FROM docs, jsonb_array_elements_text(doc -> 'tags') AS t ORDER BY id, t;
SELECT doc ->> 'name' AS name, count(*) FROM docs GROUP BY doc ->> 'name' ORDER BY name;
SELECT id FROM docs ORDER BY doc -> 'age';
INSERT INTO docs VALUES (3, 'bad');
INSERT INTO docs VALUES (3, NULL);
SELECT '{"a": 1}'::json = '{"a": 1}'::json;
SELECT json_array_elements('{"a": 1}');
SELECT json_object('{a,1,b,2}'), json_object('{a,b}', '{1,2}');
SELECT '{"a": "\u00e9\n"}'::jsonb, '{"a": "\u00e9"}'::jsonb ->> 'a', '1e2'::jsonb, '[1.0, 1.10]'::jsonb, '{"a":1,"a":2}'::jsonb, '12345678901234567890'::jsonb;
SELECT jsonb_build_object('a');
SELECT jsonb_object_agg(k, v) FROM (VALUES ('a', 1), (NULL, 2)) AS t(k, v);
-- numbers keep their digits, moments and char(n) their form, json its text
SELECT to_jsonb(1.50), to_json(timestamptz '2024-01-01 10:00+00'), to_json('ab'::char(4)), to_json(ARRAY[0.5::float8, 1]), jsonb_set('{"a":1.50}', '{b}', '2.00'), jsonb_build_array(1.50, true, date '2024-01-02');
SELECT row_to_json(x) FROM (SELECT 1.50::numeric(5,2) AS c, timestamptz '2024-01-01 10:00+00' AS ts, 'ab'::char(4) AS ch, 0.1::float8 + 0.2::float8 AS f, ARRAY[true] AS b) x;
SELECT '{"a": {"z":1,  "b":2}}'::json->'a', '{"a":1, "a": 2}'::json->'a', '{"a":[1,  {"b" : 2}]}'::json #> '{a,1}', json_typeof('1.50'), jsonb_pretty('{"a":[1.50],"b":{}}');
SELECT json_array_elements('[1, {"a" : 2}]');
SELECT jsonb_agg(x::numeric(5,2)) FROM (VALUES (1.50), (2.0)) v(x);
