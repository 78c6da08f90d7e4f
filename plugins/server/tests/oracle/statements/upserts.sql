-- An upsert that proposes a key twice: an error where the first of them was inserted, or changed the row.
CREATE TABLE seen (id int PRIMARY KEY, v int, note text DEFAULT 'none');
INSERT INTO seen VALUES (1, 10), (2, 20);
INSERT INTO seen (id, v) VALUES (5, 1), (5, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v;
INSERT INTO seen (id, v) VALUES (5, 2), (5, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v;
INSERT INTO seen (id, v) VALUES (1, 5), (1, 6) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v;
INSERT INTO seen (id, v) VALUES (1, 5), (1, 16) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v;
INSERT INTO seen (id, v) VALUES (1, 25), (1, 16) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v;
INSERT INTO seen (id, v) VALUES (1, 25), (2, 26), (3, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE seen.v < excluded.v RETURNING id, v;
INSERT INTO seen AS s (id, v) SELECT i % 3 + 1, i FROM generate_series(1, 6) g(i) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE s.v < excluded.v;
INSERT INTO seen AS s (id, v) SELECT i % 3 + 1, i FROM generate_series(28, 30) g(i) ON CONFLICT (id) DO UPDATE SET v = excluded.v + s.v WHERE s.v < excluded.v AND excluded.note = 'none';
INSERT INTO seen (id, v) VALUES (7, 1), (7, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE false;
INSERT INTO seen (id, v) VALUES (1, 1), (1, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE false;
INSERT INTO seen (id, v) VALUES (1, 1), (1, 2) ON CONFLICT ON CONSTRAINT seen_pkey DO UPDATE SET v = excluded.v WHERE seen.id = 2;
INSERT INTO seen (id, v, note) VALUES (1, 1, 'a'), (1, 2, 'b') ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE excluded.note = 'b';
INSERT INTO seen (id, v, note) VALUES (1, 1, 'b'), (1, 2, 'a') ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE excluded.note = 'b';
INSERT INTO seen (id, v) VALUES (8, 1), (8, 2) ON CONFLICT DO NOTHING;
SELECT * FROM seen ORDER BY id;
