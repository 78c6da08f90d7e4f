-- Intervals with fields, and time zones that are no names of places.
SET TIME ZONE '+02';
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE '+02:00';
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE -3;
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE 'UTC+3';
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE;
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE 5.5;
SELECT timestamptz '2024-01-15 12:00:00+00';
SET TIME ZONE 'UTC';
SELECT timestamptz '2024-01-15 12:00:00+00' AT TIME ZONE '+02', timestamptz '2024-01-15 12:00:00+00' AT TIME ZONE 'UTC+2', timestamptz '2024-01-15 12:00:00+00' AT TIME ZONE interval '2 hours', timestamptz '2024-01-15 12:00:00+00' AT TIME ZONE '-03:30', date_trunc('day', timestamptz '2024-01-15 01:00:00+00', '+02');
SELECT make_timestamptz(2024,1,15,12,0,0,'+02'), timestamp '2024-01-15 12:00' AT TIME ZONE '+02';
SELECT interval '5' year, interval '1-2' year to month, interval '1 day 02:03:04.5678' second(2), '1 day 02:03:04.5'::interval hour, '1 day 02:03:04.5'::interval(0), interval '10' minute, interval '1:30' hour to minute, '400 days'::interval year;
SELECT interval '1 day 2:03:04' hour to second;
SELECT CAST('90' AS interval minute), CAST(interval '1 year 2 mons 3 days' AS interval month);
-- refused: 0A000
CREATE TABLE spans (i interval year);
