BEGIN TRANSACTION;
CREATE TABLE points (id INTEGER PRIMARY KEY, place VECTOR(3) CONSTRAINT "place is not a VECTOR(3): it takes 3 float32 numbers (12 bytes)" CHECK ("place" IS NULL OR (typeof("place") = 'blob' AND length("place") = 12)), small HALFVEC(3) CONSTRAINT "small is not a HALFVEC(3): it takes 3 float16 numbers and a byte 2 (7 bytes), as halfvec() makes them" CHECK ("small" IS NULL OR (typeof("small") = 'blob' AND length("small") = 7 AND substr("small", -1) = x'02')));
INSERT INTO "points" VALUES(1,X'0000803F0000000000000000',X'003C0000000002');
INSERT INTO "points" VALUES(2,X'000000000000C03F000000C0',X'0000003E00C002');
INSERT INTO "points" VALUES(3,X'0000803E0000003F00000041',X'00340038004802');
INSERT INTO "points" VALUES(4,NULL,NULL);
COMMIT;
