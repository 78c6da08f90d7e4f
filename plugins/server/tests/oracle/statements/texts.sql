-- Functions of text.
SELECT length('héllo'), char_length('abc'), octet_length('é'), bit_length('ab'), length('\x0102'::bytea);
SELECT lower('ÀB'), upper('éa'), initcap('hello wORLD of-x');
SELECT trim('  a '), trim(both 'x' from 'xxaxx'), ltrim('xxa', 'x'), rtrim('axx', 'x'), btrim('xyaxy', 'xy'), trim(leading from '  b'), trim(trailing 'y' from 'by');
SELECT substring('abcdef' from 2 for 3), substring('abcdef', 3), substr('abcdef', 2, 2), substring('abcdef' for 2), substring('abc', 0, 2), substring('abc', -1);
SELECT substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b'), substring('abc' from 'z');
SELECT position('b' in 'abc'), strpos('abc', 'c'), strpos('abc', 'z'), overlay('Txxxxas' placing 'hom' from 2 for 4);
SELECT left('abc', 2), left('abc', -1), right('abc', 2), right('abc', -1), lpad('5', 3, '0'), rpad('a', 3), lpad('abcd', 2), repeat('ab', 3), reverse('abc');
SELECT replace('aXbX', 'X', '-'), translate('12345', '143', 'ax'), split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), split_part('a', ',', 3);
SELECT concat('a', NULL, 1, true), concat_ws('-', 'a', NULL, 'b'), format('%s is %I and %L', 'x', 'a b', 'it''s'), format('%2$s %1$s', 'a', 'b'), format('%%');
SELECT ascii('A'), chr(65), ascii('é'), chr(8364), md5('abc'), encode('abc', 'hex'), encode('abc', 'base64'), decode('YWJj', 'base64'), decode('6162', 'hex'), encode('\x00ff'::bytea, 'escape');
SELECT quote_ident('a b'), quote_ident('abc'), quote_literal('it''s'), quote_nullable(NULL), quote_literal(5);
SELECT starts_with('abc', 'ab'), 'abc' ^@ 'ab', to_hex(16);
SELECT regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobar', 'o(.)', '[\1]'), regexp_replace('ABC', 'b', 'x', 'i');
SELECT regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'z'), regexp_split_to_array('a  b c', '\s+');
SELECT regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g');
SELECT * FROM regexp_split_to_table('a,b,c', ',') AS t;
SELECT regexp_count('banana', 'an'), regexp_like('abc', 'B', 'i'), regexp_substr('banana', 'n.'), regexp_instr('banana', 'na');
SELECT string_to_array('a,b,,c', ','), string_to_array('abc', NULL), string_to_array('a,x', ',', 'x'), array_to_string(ARRAY['a',NULL,'b'], ','), array_to_string(ARRAY[1,NULL], ',', '*');
SELECT * FROM unnest(string_to_array('x y z', ' ')) WITH ORDINALITY AS t(word, n);
SELECT sha256('abc'), md5('\x616263'::bytea);
SELECT 'abc'::text || 'def'::varchar, 'a'::char(3) || 'b', pg_typeof('a'::char(3)), pg_typeof('a' || 'b'), pg_typeof(1.5), pg_typeof(NULL), pg_typeof(now());
SELECT char_length('日本語'), substring('日本語', 2, 1), upper('straße'), 'ß' ILIKE 'SS';
SELECT chr(0);
SELECT repeat('x', -1), lpad('x', 0), left(NULL, 1);
SELECT split_part('a', ',', 0);
SELECT format('%s');
SELECT format('%x', 1);
SELECT decode('zz', 'hex');
SELECT decode('x', 'nosuch');
SELECT substring('abc', 1, -1);
SELECT regexp_replace('a', '[', 'x');
-- otherwise: SQLite takes it, and so does this server
SELECT upper(5);
-- otherwise: SQLite takes it, and so does this server
SELECT length(5);
SELECT normalize('é', NFD) = 'é', parse_ident('a."B c"');
SELECT 'a' SIMILAR TO 'a|b', 'text' = 'text'::varchar, 'a  '::char(3) = 'a', 'a  '::text = 'a';
SELECT convert_to('é', 'UTF8'), convert_from('\xc3a9'::bytea, 'UTF8'), get_byte('\x0102'::bytea, 1), set_byte('\x0102'::bytea, 0, 9);
-- char(n) has the spaces that it ends with, and loses them where it becomes text
SELECT octet_length('abc'::char(5)), length('abc'::char(5)), 'abc'::char(5) || '|', concat('abc'::char(5), '|'), 'abc'::char(5) LIKE 'abc', 'abc'::char(5) LIKE 'abc  ', 'abc'::char(5) LIKE 'a%', 'abc'::char(5) = 'abc', 'abc'::char(5) ~ 'c$', to_json('abc'::char(5));
