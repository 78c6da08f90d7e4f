-- What the catalog and the information schema say of a table.
CREATE TABLE makers (id serial PRIMARY KEY, name varchar(30) NOT NULL UNIQUE, since date DEFAULT '2000-01-01');
CREATE TABLE items (id bigserial PRIMARY KEY, maker int NOT NULL REFERENCES makers (id) ON DELETE CASCADE, title text, price numeric(8,2) CHECK (price > 0), tags text[], at timestamptz DEFAULT now(), CONSTRAINT pair UNIQUE (maker, title));
CREATE INDEX items_price ON items (price DESC, lower(title)) WHERE price > 1;
CREATE VIEW cheap AS SELECT id, title FROM items WHERE price < 10;
SELECT relname, relkind, relnatts, relhasindex FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'i') ORDER BY relname;
SELECT attname, format_type(atttypid, atttypmod), attnotnull, attnum, atthasdef FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 ORDER BY attnum;
-- otherwise: expressions are shown as they stand in the file
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'items'::regclass ORDER BY conname;
-- otherwise: expressions are shown as they stand in the file
SELECT c.relname, i.indisunique, i.indisprimary, i.indnkeyatts, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'items'::regclass ORDER BY 1;
SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = 'items'::regclass ORDER BY 1;
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1;
SELECT column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, udt_name FROM information_schema.columns WHERE table_name = 'items' ORDER BY 2;
SELECT column_name, data_type, datetime_precision, is_identity, is_generated, is_updatable FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'makers' ORDER BY ordinal_position;
SELECT constraint_name, constraint_type, is_deferrable FROM information_schema.table_constraints WHERE table_name = 'items' AND constraint_name NOT LIKE '%not_null' ORDER BY 1;
SELECT tc.constraint_name, kcu.column_name, ccu.table_name, ccu.column_name FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu ON tc.constraint_name = kcu.constraint_name JOIN information_schema.constraint_column_usage ccu ON ccu.constraint_name = tc.constraint_name WHERE tc.constraint_type = 'FOREIGN KEY';
SELECT update_rule, delete_rule, match_option FROM information_schema.referential_constraints;
-- otherwise: views take changes by INSTEAD OF triggers alone
SELECT table_name, is_updatable FROM information_schema.views WHERE table_schema = 'public';
SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('public', 'pg_catalog', 'information_schema') ORDER BY 1;
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_t' ORDER BY 1;
SELECT typname, typlen, typtype, typcategory, typarray FROM pg_type WHERE typname IN ('bool', 'int4', 'text', 'numeric', 'timestamptz', '_int4', 'uuid', 'jsonb') ORDER BY 1;
SELECT oid, typname, typelem, typbasetype, typdelim FROM pg_type WHERE oid IN (23, 25, 1007, 1700, 16) ORDER BY oid;
SELECT tablename, tableowner IS NOT NULL, hasindexes FROM pg_tables WHERE schemaname = 'public' ORDER BY 1;
-- otherwise: expressions are shown as they stand in the file
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'items' ORDER BY 1;
SELECT viewname FROM pg_views WHERE schemaname = 'public';
SELECT sequencename, start_value, increment_by, data_type FROM pg_sequences ORDER BY 1;
SELECT pg_get_serial_sequence('items', 'id'), to_regclass('items')::text, to_regclass('nosuch'), to_regtype('int4'), to_regtype('nosuch');
SELECT 'items'::regclass::text, 'public.items'::regclass::text, 'items'::regclass::oid = (SELECT oid FROM pg_class WHERE relname = 'items' AND relkind = 'r');
SELECT datname IS NOT NULL, datistemplate, datallowconn FROM pg_database WHERE datname = current_database();
SELECT rolcanlogin, rolreplication IS NOT NULL FROM pg_roles WHERE rolname = current_user;
SELECT name, setting FROM pg_settings WHERE name IN ('standard_conforming_strings', 'max_identifier_length', 'integer_datetimes') ORDER BY 1;
SELECT amname FROM pg_am WHERE amname = 'btree';
SELECT collname FROM pg_collation WHERE collname IN ('C', 'POSIX', 'default') ORDER BY 1;
SELECT count(*) FROM pg_inherits;
SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal;
SELECT count(*) FROM pg_policy;
SELECT count(*) > 50 FROM pg_type;
SELECT proname, pronargs FROM pg_proc WHERE proname = 'upper' AND pronargs = 1 AND prorettype = 25;
SELECT objid IS NULL FROM pg_depend WHERE false;
SELECT pg_table_is_visible('items'::regclass), pg_size_pretty(1024::bigint), has_table_privilege('items', 'SELECT');
SELECT con.conkey, con.confkey, con.confdeltype, con.confupdtype FROM pg_constraint con WHERE contype = 'f';
SELECT indkey, indoption FROM pg_index WHERE indexrelid = 'items_price'::regclass;
SELECT unnest(indkey) FROM pg_index WHERE indexrelid = 'pair'::regclass;
SELECT generate_subscripts(conkey, 1) FROM pg_constraint WHERE conname = 'pair';
SELECT current_user = session_user, current_role IS NOT NULL, current_catalog = current_database();
SELECT extname FROM pg_extension WHERE extname = 'nosuch';
SELECT pid = pg_backend_pid(), state, query LIKE 'SELECT pid%' FROM pg_stat_activity WHERE pid = pg_backend_pid();
SELECT reltuples <= 0, relpages <= 1 FROM pg_class WHERE relname = 'makers';
SELECT n_live_tup, seq_scan >= 0 FROM pg_stat_user_tables WHERE relname = 'nosuch';
SELECT format_type(1043, 14), format_type(1700, 655366), format_type(23, NULL), format_type(1007, -1), format_type(99999, NULL);
-- otherwise: expressions are shown as they stand in the file
SELECT pg_get_viewdef('cheap'::regclass);
SELECT pg_encoding_to_char(6), pg_client_encoding(), inet_server_port() IS NULL;
SELECT * FROM pg_class WHERE relname = 5;
SELECT nope FROM pg_class;
SELECT * FROM information_schema.nosuch;
