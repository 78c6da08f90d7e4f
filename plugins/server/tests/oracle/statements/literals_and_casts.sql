-- Values written as literals, their types, and what a cast makes of them.
-- refused: 22003
SELECT 1, 2147483648, 9223372036854775808, 1.5, 1e3, 'x', true, NULL;
SELECT 1 AS one, 'x'::text AS two, 1.50::numeric(6,2) AS three;
SELECT '12'::int, '12'::smallint, '12'::bigint, ' 12 '::int;
-- refused: 0A000
SELECT '1.5'::real, '1.5'::double precision, 'NaN'::float8, 'Infinity'::float8, '-inf'::float8;
SELECT 1.1::float4, 0.1::float4 + 0.2::float4, 0.1::float8 + 0.2::float8, 1e20::float8, 1e-7::float8, 100000000::float4;
SELECT 't'::bool, 'yes'::bool, 'off'::bool, '1'::bool, 0::bool, 5::bool;
SELECT true::text, true::int, 'a'::varchar(3), 'abcdef'::varchar(3), 'ab'::char(4) || '|', 'ab'::char(4)::text || '|';
SELECT 1.5::int, 2.5::int, 2.5::float8::int, 3.5::float8::int, -2.5::int, -1.5::numeric::bigint;
SELECT '1.005'::numeric, 1.005::numeric(5,2), '1e5'::numeric, 12345.678::numeric(10,1), .5::numeric, '-0.0'::numeric;
SELECT 10::numeric / 3, 1.0 / 3, 10 / 3, -7 / 2, -7 % 3, 7.5 % 2, 2 ^ 10, 2.0 ^ 0.5;
SELECT '\xdeadbeef'::bytea, 'abc'::bytea, 'a\\b'::bytea, '\x'::bytea;
SELECT '{"a": 1,  "b": [1,2]}'::json, '{"b": 1,  "a": [1,2]}'::jsonb, 'null'::jsonb, '"x"'::json;
SELECT '550E8400-e29b-41d4-a716-446655440000'::uuid, '{550e8400e29b41d4a716446655440000}'::uuid;
SELECT '2024-02-29'::date, '2024-02-29 12:34:56.789'::timestamp, '12:34:56'::time, '12:34'::time;
SELECT '2024-02-29 12:34:56+02'::timestamptz, '2024-02-29T12:34:56Z'::timestamptz;
SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00', TIME '01:02:03.5', INTERVAL '1 day 2 hours';
SELECT CAST('5' AS integer) + 1, CAST(5 AS text) || 'x', CAST(NULL AS date);
SELECT int '5', float8 '2.5', bool 'f', numeric '1.10';
SELECT E'a\nb', E'tab\there', E'\x41\u00e9', U&'d\0061t\+000061', $$dollar 'quoted'$$, $tag$a$$b$tag$;
-- otherwise: SQLite takes it, and so does this server
SELECT 'it''s', 'two' ' parts';
SELECT 'two'
  'lines';
-- refused: 0A000
SELECT x'1F', b'101';
SELECT 'x'::name, 'x'::"char", 5::oid, 'pg_class'::regclass, 'int4'::regtype;
SELECT '1,5'::int;
SELECT 'abc'::int;
SELECT ''::int;
SELECT '99999999999'::int;
SELECT 3000000000::int;
SELECT 40000::smallint;
SELECT '32768'::int2;
SELECT '1e400'::float8;
SELECT 1e50::float4;
SELECT 'maybe'::bool;
SELECT '2024-02-30'::date;
SELECT '2024-13-01'::date;
SELECT 'nonsense'::date;
SELECT '25:00'::time;
SELECT 'nonsense'::interval;
SELECT 'xyz'::uuid;
SELECT '{bad json'::json;
SELECT '{"a":}'::jsonb;
SELECT '\xzz'::bytea;
SELECT 123456.78::numeric(5,2);
-- refused: 0A000
SELECT 'NaN'::float8::int;
SELECT 'nothing'::regclass;
SELECT 'nothing'::regtype;
SELECT 1::date;
SELECT true::date;
SELECT 'x'::nosuchtype;
SELECT '{}'::int[], '{1,2,NULL}'::int[], '{a,"b c",NULL,"NULL"}'::text[], '{{1,2},{3,4}}'::int[];
SELECT '{1,x}'::int[];
SELECT '{1,2'::int[];
SELECT (1, 'x'::text, NULL::date, true, ARRAY[1,2], 'a "b"'::text);
SELECT ROW(1, 'x') = ROW(1, 'x'), (1, 2) < (1, 3), (1, 2) IN ((1, 2), (3, 4));
SELECT 1::text::int::float8::numeric;
SELECT '0x10'::text, 0::text, -5::text, 1.50::text, 1e10::float8::text, 1e15::float8::text, 1e16::float8::text;
SELECT 123456789012345678::float8, 0.00001::float8, 1234567.125::float4, 16777217::float4;
SELECT 'a' < 'b', 'B' < 'a', 'a' = 'A', 'é' > 'z';
SELECT NULL = NULL, NULL IS NULL, NULL AND false, NULL OR true, NOT NULL;
