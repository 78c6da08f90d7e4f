-- Floating-point numbers at their ends: infinity, the least, the sign of zero; and what NaN would be is refused.
-- refused: 0A000
SELECT 'inf'::float8 - 'inf'::float8;
-- refused: 0A000
SELECT 'inf'::float8 * 0;
-- refused: 0A000
SELECT 'inf'::float8 / 'inf'::float8;
-- refused: 0A000
SELECT 'NaN'::float8;
-- refused: 0A000
SELECT 'NaN'::numeric;
CREATE TABLE f (id int, x float8, y float8);
INSERT INTO f VALUES (2, 'inf', 1), (3, '-inf', 2), (4, 1.5, 3), (5, 0, 4), (6, NULL, 5), (7, 2.25, 6);
-- refused: 0A000
SELECT x - x FROM f WHERE id = 2;
-- refused: 0A000
SELECT sum(x) FROM f WHERE id IN (2, 3);
-- refused: 0A000
SELECT avg(x) FROM f WHERE id IN (2, 3);
-- refused: 0A000
SELECT stddev(x) FROM f WHERE id IN (2, 4);
SELECT id, x FROM f ORDER BY x, id;
SELECT sum(x), avg(x), max(x), min(x) FROM f WHERE id > 3;
SELECT sum(x) FROM f WHERE false;
SELECT sum(x) OVER (ORDER BY id) FROM f WHERE id > 2;
SELECT -x, x * -1, x + 0, x / -1 FROM f WHERE id = 5;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_cont(0.3) WITHIN GROUP (ORDER BY -x) FROM f WHERE id IN (4, 5, 7);
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY -x) FROM f WHERE id = 5;
SELECT corr(x, y), covar_pop(x, y), covar_samp(x, y), regr_slope(x, y), regr_intercept(x, y), regr_r2(x, y), regr_count(x, y) FROM f WHERE id > 3;
SELECT regr_r2(1, i), regr_r2(i, 1), corr(1, i), regr_slope(1, i), covar_samp(i, i) FROM generate_series(1, 3) s(i);
SELECT regr_r2(i, i), corr(i, i), covar_samp(i, i), covar_pop(i, i) FROM generate_series(1, 1) s(i);
SELECT corr(a, b) FROM (VALUES (1.1::float8, 2.2::float8), (3.3, 4.1), (7.5, 9.25), (0.1, -4)) t(a, b);
SELECT corr(i, i * i + 0.1), regr_slope(i, i * i), regr_intercept(i * i, i), covar_samp(i, i * i * 0.1), stddev(i * 0.1::float8), variance(i * 0.1::float8), var_pop(i * 0.3::float8), stddev_pop(i / 7::float8) FROM generate_series(1, 20) s(i);
SELECT 0.0::float8 / 0.0::float8;
SELECT sqrt('inf'::float8), exp('-inf'::float8), ln('inf'::float8), power('inf'::float8, 0), 'inf'::float8 ^ -1;
SELECT sin('inf'::float8);
SELECT floor('inf'::float8), round('-inf'::float8), abs('-inf'::float8), sign('-inf'::float8), 'inf'::float8 + 1, 1 - 'inf'::float8;
SELECT 1 / 'inf'::float8, -1 / 'inf'::float8;
SELECT 'inf'::float8::int;
SELECT 1e308::float8 * 10;
SELECT 1e308::float8 + 1e308::float8;
SELECT 1e308::float8 / 1e-10::float8;
SELECT 1e-308::float8 * 1e-308::float8;
SELECT 1e-308::float8 / 1e308::float8;
SELECT -0.0::float8, 0.0::float8 * -1, '-0'::float8;
-- refused: 0A000
INSERT INTO f VALUES (9, 'NaN', 1);
-- refused: 0A000
UPDATE f SET x = x - x WHERE id = 2;
