-- WITH queries that change rows, beside queries that read the same tables: all see them as they were.
CREATE TABLE tags (id serial PRIMARY KEY, name text UNIQUE, n numeric(8,2) DEFAULT 1.5);
INSERT INTO tags (name) VALUES ('red'), ('blue');
WITH ins AS (INSERT INTO tags (name) VALUES ('red') ON CONFLICT (name) DO NOTHING RETURNING id, name) SELECT id, name FROM ins UNION ALL SELECT id, name FROM tags WHERE name = 'red';
WITH ins AS (INSERT INTO tags (name) VALUES ('green') ON CONFLICT (name) DO NOTHING RETURNING name) SELECT name, 'new' AS what FROM ins UNION ALL SELECT name, 'old' FROM tags WHERE name = 'green' LIMIT 1;
WITH given (name) AS (VALUES ('red'), ('grey')), ins AS (INSERT INTO tags (name) SELECT name FROM given ON CONFLICT (name) DO NOTHING RETURNING name) SELECT name, 'i' FROM ins UNION ALL SELECT t.name, 's' FROM given JOIN tags t USING (name) ORDER BY 1;
WITH up AS (UPDATE tags SET n = n + 1 WHERE name = 'black' RETURNING *) INSERT INTO tags (name, n) SELECT 'black', 7 WHERE NOT EXISTS (SELECT 1 FROM up) RETURNING name, n;
WITH up AS (UPDATE tags SET n = n + 1 WHERE name = 'black' RETURNING *) INSERT INTO tags (name, n) SELECT 'black', 7 WHERE NOT EXISTS (SELECT 1 FROM up) RETURNING name, n;
WITH gone AS (DELETE FROM tags WHERE name = 'black' RETURNING *) INSERT INTO tags (name, n) SELECT name, n * 2 FROM gone RETURNING name, n;
WITH up AS (UPDATE tags SET n = 100 RETURNING name) SELECT sum(n), avg(n) FROM tags;
WITH up AS (UPDATE tags SET n = n + 1 RETURNING name) SELECT name, n, n / 3 FROM tags ORDER BY id DESC LIMIT 2;
WITH up AS (UPDATE tags SET n = n + 1 RETURNING name, n) SELECT up.name, up.n - old.n AS more FROM up JOIN (SELECT name, n FROM tags) old USING (name) ORDER BY 1;
WITH up AS (UPDATE tags SET n = n - 1 RETURNING name, n) SELECT count(*) FROM up UNION SELECT count(*) FROM (SELECT * FROM tags WHERE n < 50) x ORDER BY 1;
-- refused: 0A000
WITH up AS (UPDATE tags SET n = n WHERE false RETURNING *) SELECT tags.name FROM tags JOIN up USING (id);
-- refused: 0A000
WITH up AS (UPDATE tags SET n = n WHERE false RETURNING *) DELETE FROM tags WHERE id < 0;
-- refused: 0A000
WITH up AS (UPDATE tags SET n = n WHERE false RETURNING *) INSERT INTO tags (name) VALUES ('red') ON CONFLICT (name) DO UPDATE SET n = 0 WHERE false;
CREATE TABLE notes (name text, total numeric);
WITH up AS (UPDATE tags SET n = 0 RETURNING *) INSERT INTO notes SELECT 'before', sum(n) + 0.25 FROM tags RETURNING *;
WITH up AS (UPDATE tags SET n = 5 RETURNING *) UPDATE notes SET total = s.n FROM (SELECT count(*) AS n FROM tags WHERE n = 0) s RETURNING notes.*, s.n = (SELECT count(*) FROM up);
WITH RECURSIVE k AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM k WHERE i < 3), up AS (UPDATE tags SET n = 6 RETURNING 1) SELECT i FROM k UNION ALL SELECT n::int FROM tags WHERE n = 5 ORDER BY 1;
PREPARE get (text) AS WITH ins AS (INSERT INTO tags (name) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM tags WHERE name = $1) RETURNING name) SELECT name, true FROM ins UNION ALL SELECT name, false FROM tags WHERE name = $1;
EXECUTE get ('pink');
EXECUTE get ('pink');
CREATE VIEW shades AS SELECT name, n FROM tags;
-- refused: 0A000
WITH up AS (UPDATE tags SET n = n WHERE false RETURNING *) SELECT shades.name FROM shades JOIN up USING (name);
WITH up AS (UPDATE tags SET n = n + 1 RETURNING *) SELECT count(*) FROM shades WHERE n = 6;
EXPLAIN WITH ins AS (INSERT INTO nope DEFAULT VALUES RETURNING *) SELECT 1;
SELECT name, n FROM tags ORDER BY name;
