-- Whole rows by the name of their table: compared by their columns, and NULL where all of those are.
CREATE TABLE q (a int, b numeric, c text);
CREATE TABLE p (a int, b numeric, c text);
INSERT INTO q VALUES (1, 2.0, 'x'), (3, NULL, 'y'), (NULL, NULL, NULL), (4, 4, 'z');
INSERT INTO p VALUES (1, 2, 'x'), (3, NULL, 'y'), (5, 5, 'w');
SELECT q.a, p.a FROM q JOIN p ON q = p ORDER BY 1;
SELECT q.a, p.a FROM q JOIN p ON q.a = p.a WHERE q IS DISTINCT FROM p ORDER BY 1;
SELECT q.a, p.a FROM q JOIN p ON q.a = p.a WHERE q IS NOT DISTINCT FROM p ORDER BY 1;
SELECT q.a FROM q LEFT JOIN p ON p.a = q.a WHERE p IS NULL ORDER BY 1;
SELECT q.a FROM q LEFT JOIN p ON p.a = q.a WHERE p IS NOT NULL ORDER BY 1;
SELECT q.a, q IS NULL, q IS NOT NULL, NOT q IS NULL FROM q ORDER BY 1;
-- refused: 0A000
SELECT x.a FROM q x, q y WHERE x > y;
SELECT q.a FROM q WHERE q IN (SELECT a, b, c FROM p) ORDER BY 1;
SELECT q.a FROM q WHERE (q.a, q.b) IN (SELECT a, b FROM p) ORDER BY 1;
SELECT (1, 2.0) IS DISTINCT FROM (1, 2), (1, NULL) IS DISTINCT FROM (1, NULL), (1, NULL) IS NOT DISTINCT FROM (1, 2), (1, NULL) IS NULL, (NULL, NULL) IS NULL, (1, NULL) IS NOT NULL;
SELECT q.a FROM q WHERE q = p;
SELECT q.a FROM q WHERE q = 1;
SELECT count(*) FROM q WHERE EXISTS (SELECT 1 FROM p WHERE p = q);
UPDATE q SET c = 'd' FROM p WHERE q = p RETURNING q.a, p IS NULL, p = q;
MERGE INTO q USING p ON q.a = p.a WHEN MATCHED AND q IS DISTINCT FROM p THEN UPDATE SET c = p.c WHEN NOT MATCHED AND p IS NOT NULL THEN INSERT VALUES (p.a, p.b, p.c);
SELECT a, c FROM q ORDER BY a;
