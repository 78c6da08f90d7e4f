-- Functions of numbers.
SELECT abs(-5), abs(-1.5), abs(-2::float8), sign(-3), sign(2.5), sign(0);
SELECT ceil(1.2), floor(-1.2), ceil(1.2::float8), floor(5), ceiling(-0.5);
SELECT round(1.5), round(2.5), round(-2.5), round(2.5::float8), round(1.255, 2), round(1234.5, -2), round(5);
SELECT trunc(1.9), trunc(-1.9), trunc(1.999, 2), trunc(1.9::float8), trunc(1234, -2);
SELECT mod(7, 3), mod(-7, 3), mod(7.5, 2), div(7, 2), div(-7.5, 2);
SELECT sqrt(2), sqrt(4.0), cbrt(8), power(2, 3), power(2.0, 3), pow(2::float8, 0.5), exp(0), exp(1.0);
-- otherwise: a floating-point number's last digit
SELECT ln(10), ln(2.5), log(100), log(100.0), log(2.0, 8.0), log10(1000);
SELECT pi(), degrees(pi()), radians(180), sin(0), cos(0), tan(0), asin(1), acos(1), atan(1), atan2(1, 1);
SELECT gcd(12, 18), lcm(4, 6), factorial(5), width_bucket(5.35, 0.024, 10.06, 5);
SELECT to_hex(255), to_char(1234.5, '9,999.99'), to_char(-5, '999'), to_char(5, '000'), to_char(0.5, 'FM0.00');
SELECT to_char(1234567.891, 'FM9,999,999.00'), to_char(12, 'FM99'), to_char(3, 'RN'), to_char(485, 'FMRN'), to_char(1.5, '9D9'), to_char(12, 'S99');
SELECT to_number('1,234.50', '9,999.99'), to_number('-12', 'S99');
SELECT scale(1.50), min_scale(1.50), trim_scale(1.50);
SELECT scale(1.50 / 3);
SELECT sqrt(-1);
SELECT ln(0);
SELECT log(-1);
SELECT power(0, -1);
SELECT power(-1, 0.5);
SELECT factorial(-1);
SELECT acos(2);
SELECT exp(1000::float8);
SELECT round('x');
SELECT round(1.5::float8, 1);
SELECT abs('x'::text);
SELECT nosuch(1);
SELECT abs();
SELECT abs(1, 2);
SELECT mod(1, 0);
SELECT random() BETWEEN 0 AND 1, random() <> random();
SELECT 1::int2, 1::int4, 1::int8, 1::float4, 1::float8, 1::numeric, 1::oid;
-- refused: 22003
SELECT 12345678901234567890.123456789;
SELECT 1e-10::numeric, 1.0e2, 0.000001, 1234567890123456.5;
-- templates
SELECT to_char(485, '999MI'), to_char(-485, '999MI'), to_char(-485, 'MI999'), to_char(485, 'PL999'), to_char(-485, '9SG99'), to_char(-485, '999PR'), to_char(485, '999PR'), to_char(-125, '999S'), to_char(125, 'S999');
SELECT to_char(485, 'L999'), to_char(482, '999th'), to_char(2, '9TH'), to_char(485.8, '"Pre:"999" Post:" .999'), to_char(148, '9 9 9'), to_char(0.0004859, '9.99EEEE'), to_char(-123456, '9.999EEEE'), to_char(12.45, '99V9'), to_char(2.5::float8, '9');
SELECT to_char(0, 'FM99.99'), to_char(0.05, 'FM999.99'), to_char(100, 'FM999.90'), to_char(-0.1, 'FM9.99'), to_char(12, 'FM9990999.9'), to_char(12345, '999.99'), to_char(3999, 'FMrn'), to_char(4000, 'RN'), to_char(1234567.891, '9G999G999D99'), to_char(0, '0000');
SELECT to_char(-1234.5, 'PR9999.99');
SELECT to_char(1, '9.9.9');
SELECT to_number('1,234.56', '9G999D99'), to_number('-12,454.8', '99G999D9S'), to_number('$1,234.56', 'L9,999.99'), to_number('<12>', '99PR'), to_number('12th', '99th');
SELECT width_bucket(5.35, 0.024, 10.06, 5), scale(1.500::numeric(10,4)), scale(10);
SELECT to_char(1.25, '9.-'), to_char(99.99, '9EEEE'), to_char(125, '9.9EEEE'), to_char(-1, '9PR%D'), to_char(0.5, '99DPR');
SELECT to_char(5, 'th');
SELECT to_char(5, 'B9EEEE');
