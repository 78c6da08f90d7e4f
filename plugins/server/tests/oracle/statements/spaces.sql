-- Texts of a fixed length, which end with spaces that are shown and do not count.
CREATE TABLE names (id int, c char(5), d char(2), v varchar(4));
INSERT INTO names VALUES (1, 'ab', 'x', 'ab'), (2, 'abcde', NULL, 'z '), (3, NULL, 'y', NULL);
SELECT coalesce(c, 'none'), coalesce(c, d), coalesce(c, v), coalesce(v, c), nullif(c, 'zz'), greatest(c, d), least(c, 'b') FROM names ORDER BY id;
SELECT c::bpchar, 'abc  '::bpchar, c::bpchar || '|', length(c::bpchar), octet_length(c), octet_length(c::bpchar) FROM names ORDER BY id;
SELECT max(c), min(d), max(v) FROM names;
SELECT lag(c) OVER (ORDER BY id), first_value(c) OVER (ORDER BY id) FROM names ORDER BY id;
SELECT CASE WHEN id = 1 THEN c ELSE d END AS x FROM names ORDER BY x;
SELECT id FROM names WHERE coalesce(c, 'q') = 'ab   ';
SELECT 'ab '::bpchar = 'ab'::char(5), 'ab '::bpchar = 'ab', 'ab '::bpchar::text = 'ab', 'ab '::bpchar LIKE 'ab';
CREATE TABLE copies (t text, c char(5));
INSERT INTO copies SELECT coalesce(c, d), max(c) OVER () FROM names RETURNING t, c;
SELECT length(t), octet_length(c) FROM copies ORDER BY 1;
SELECT row(c, coalesce(c, 'x')), to_json(c), json_build_array(coalesce(c, 'x')) FROM names ORDER BY id;
