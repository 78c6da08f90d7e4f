-- Domains: types with constraints of their own.
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN email AS varchar(40) NOT NULL DEFAULT 'a@b' CONSTRAINT has_at CHECK (VALUE LIKE '%@%') CHECK (length(VALUE) > 2);
CREATE DOMAIN price numeric(10,2) DEFAULT 1.5;
SELECT 5::posint, CAST(7 AS posint) + 1, 'x@y'::email, 2::price;
SELECT 0::posint;
SELECT NULL::posint;
SELECT 'xy'::email;
SELECT NULL::email;
SELECT '1'::posint, posint '3';
CREATE TABLE t (id posint PRIMARY KEY, e email, p price, n posint);
INSERT INTO t VALUES (1, 'x@y', 3, NULL);
INSERT INTO t (id) VALUES (2) RETURNING *;
INSERT INTO t (id, n) VALUES (3, -1);
INSERT INTO t (id, e) VALUES (3, 'none');
INSERT INTO t (id, e) VALUES (3, NULL);
INSERT INTO t (id) VALUES (0);
UPDATE t SET n = 0;
UPDATE t SET n = 9 WHERE id = 1 RETURNING n, n + 1;
SELECT id, e, p, n FROM t ORDER BY id;
SELECT n::posint, (n - 9)::posint FROM t WHERE id = 1;
SELECT max(id), sum(n) FROM t WHERE id > 0;
SELECT attname, format_type(atttypid, atttypmod), atttypid::regtype::text FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum;
SELECT column_name, data_type, domain_name, udt_name, column_default FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position;
SELECT domain_name, data_type FROM information_schema.domains WHERE domain_schema = 'public' ORDER BY 1;
SELECT typname, typtype, typnotnull, typbasetype, typtypmod, typdefault FROM pg_type WHERE typtype = 'd' AND typnamespace = 2200 ORDER BY 1;
-- otherwise: a pattern is shown as it is written
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid <> 0 AND connamespace = 2200 ORDER BY 1;
SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1;
SELECT 'posint'::regtype::text, 'posint'::regtype = 'posint'::regtype;
ALTER TABLE t ADD COLUMN q posint DEFAULT 4;
ALTER TABLE t ADD COLUMN q2 email;
INSERT INTO t (id, q) VALUES (5, -4);
SELECT id, q, q2 FROM t ORDER BY id;
CREATE TABLE l (LIKE t);
INSERT INTO l (id, e, q2, n) VALUES (1, 'a@b', 'a@b', -3);
DROP DOMAIN posint;
DROP DOMAIN price;
DROP DOMAIN nosuch;
DROP DOMAIN IF EXISTS nosuch;
DROP DOMAIN int4;
CREATE DOMAIN posint AS text;
CREATE DOMAIN t AS text;
CREATE TABLE posint (x int);
-- refused: 0A000
CREATE DOMAIN zip AS text CHECK (VALUE ~ '^[0-9]+$');
CREATE DOMAIN bad AS text CHECK (nosuch > 1);
CREATE DOMAIN bad AS nosuchtype;
SELECT 'x@y'::email = 'x@y', 'x@y'::email || 'z', length('x@y'::email);
-- refused: 0A000
SELECT '{1}'::posint[];
CREATE VIEW v AS SELECT (id + 1)::posint AS x, e FROM t;
SELECT * FROM v ORDER BY 1;
WITH c AS (SELECT n::posint AS n FROM t) SELECT max(n) FROM c;
SELECT t.n::posint FROM t ORDER BY t.n::posint;
SELECT CASE WHEN id > 1 THEN id::posint END FROM t ORDER BY 1;
-- refused: 0A000
ALTER DOMAIN posint SET DEFAULT 3;
-- refused: 0A000
COMMENT ON DOMAIN posint IS 'x';
-- otherwise: a value of a domain is one of its type
SELECT pg_typeof(5::posint)::text;
DROP VIEW v;
DROP TABLE t, l;
DROP DOMAIN posint, email, price;
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN must AS text NOT NULL DEFAULT 'd';
CREATE TABLE t (id int PRIMARY KEY, n posint, m must);
INSERT INTO t VALUES (1, 5), (2, 3), (3, NULL);
SELECT max(n)::posint, count(*)::posint, (sum(n) - 8)::text FROM t;
SELECT (sum(n) - 8)::posint FROM t;
SELECT id, rank() OVER (ORDER BY n)::posint, (rank() OVER (ORDER BY n) - 1)::int FROM t ORDER BY id;
SELECT (rank() OVER (ORDER BY n) - 1)::posint FROM t;
SELECT (1 + floor(random() * 0))::posint;
SELECT n::posint, count(*) FROM t GROUP BY n::posint ORDER BY 1;
SELECT (SELECT max(id) FROM t)::posint, (SELECT -id FROM t WHERE id = 9)::posint AS none;
CREATE TABLE z (n posint, m must);
-- refused: 0A000
ALTER TABLE z ALTER COLUMN n TYPE bigint;
-- refused: 0A000
ALTER TABLE z ALTER COLUMN m DROP NOT NULL;
-- refused: 0A000
ALTER TABLE z ALTER COLUMN m DROP DEFAULT;
DROP TABLE z;
ALTER TABLE t ALTER COLUMN n SET DEFAULT 7;
INSERT INTO t (id) VALUES (4) RETURNING *;
ALTER TABLE t RENAME COLUMN n TO k;
INSERT INTO t (id, k) VALUES (5, -1);
INSERT INTO t (id, k) SELECT 6, -k FROM t WHERE k IS NOT NULL;
INSERT INTO t (id, k) VALUES (1, 8) ON CONFLICT (id) DO UPDATE SET k = -excluded.k;
UPDATE t SET k = k - 100;
SELECT * FROM t WHERE k = ANY('{5,7}') ORDER BY id;
DROP DOMAIN posint CASCADE;
SELECT * FROM t ORDER BY id;
DROP TYPE must;
DROP TABLE t;
DROP TYPE must;
