SELECT version();
SELECT current_schema(), session_user;
SHOW search_path;
SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs}'::text[]);
SELECT db.oid, db.datname, db.datistemplate, db.datallowconn, pg_get_userbyid(db.datdba) FROM pg_catalog.pg_database db
 WHERE db.datname = current_database();
SELECT n.oid, n.nspname, d.description FROM pg_catalog.pg_namespace n
 LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass
 WHERE n.nspname = 'public' ORDER BY n.nspname;
SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' ORDER BY n.nspname;
SELECT c.oid, c.relname, c.relkind, c.relnamespace, c.relowner, c.relhasindex, c.relpersistence, c.relnatts, c.relchecks,
 c.relhasrules, c.relhastriggers, c.relispartition, c.relacl, c.reloptions, d.description,
 pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr, pg_catalog.pg_get_partkeydef(c.oid) AS partition_key
 FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I', 'c') ORDER BY c.relname;
SELECT c.relname, a.attname, a.atttypid, a.attlen, a.attnum, a.attndims, a.atttypmod, a.attnotnull, a.atthasdef, a.attidentity,
 a.attgenerated, a.attisdropped, a.attislocal, a.attinhcount, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value,
 dsc.description FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)
 LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)
 LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
 WHERE NOT a.attisdropped AND c.relname = 'books' AND a.attnum > 0 ORDER BY a.attnum;
SELECT a.attname, a.atttypid, a.attnotnull, a.attalign, a.attstorage, a.attbyval FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = 'authors'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT c.conname, c.contype, c.condeferrable, c.condeferred, c.conkey, c.confkey, c.confupdtype, c.confdeltype, c.confmatchtype,
 t.relname AS tabrelname, rt.relname AS refrelname, d.description, pg_catalog.pg_get_constraintdef(c.oid) AS definition
 FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
 LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid
 LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass
 WHERE t.relname IN ('authors', 'books', 'lines') ORDER BY t.relname, c.conname;
SELECT i.indexrelid, i.indnatts, i.indisunique, i.indisprimary, i.indisvalid, i.indisready, i.indkey, i.indoption, c.relname,
 tc.relname AS tabrelname, dsc.description, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred_expr,
 pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr, am.amname FROM pg_catalog.pg_index i
 INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
 LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
 LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid
 WHERE tc.relname IN ('authors', 'books', 'lines') ORDER BY tc.relname, c.relname;
SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = 'books'::regclass ORDER BY indexrelid::regclass::text;
SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, true) FROM pg_catalog.pg_index i, generate_series(1, 2) k
 WHERE i.indexrelid = 'books_author_title_idx'::regclass ORDER BY k;
SELECT DISTINCT dep.deptype, dep.classid, cl.relkind FROM pg_depend dep
 LEFT JOIN pg_class cl ON dep.objid = cl.oid WHERE dep.refobjid = 'authors'::regclass AND cl.relname = 'authors_id_seq' ORDER BY 1;
SELECT s.seqrelid, s.seqtypid, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle FROM pg_catalog.pg_sequence s
 JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid ORDER BY c.relname;
SELECT * FROM pg_catalog.pg_sequences WHERE schemaname = 'public' ORDER BY sequencename;
SELECT last_value, is_called FROM public.numbers;
SELECT t.tgname, t.tgenabled FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal ORDER BY t.tgname;
SELECT r.rulename, r.ev_type FROM pg_catalog.pg_rewrite r WHERE r.ev_class = 'books'::regclass;
SELECT p.oid, p.proname, p.prokind FROM pg_catalog.pg_proc p LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'public'::regnamespace ORDER BY p.proname;
SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typlen, t.typelem, t.typarray, t.typbasetype FROM pg_catalog.pg_type t
 WHERE t.typname IN ('int4', '_int4', 'text', 'varchar', 'numeric', 'timestamptz', 'jsonb', 'uuid', 'bool', 'bytea', 'float8') ORDER BY t.oid;
SELECT format_type(t.oid, NULL), t.typrelid, t.typinput, t.typoutput, t.typnotnull, t.typdelim FROM pg_catalog.pg_type t
 WHERE t.typname IN ('int4', 'text', 'varchar', 'numeric') ORDER BY t.oid;
SELECT a.oid, a.rolname, a.rolsuper, a.rolcanlogin, a.rolcreatedb FROM pg_catalog.pg_roles a WHERE a.rolname = current_user;
SELECT spc.oid, spc.spcname, pg_catalog.pg_tablespace_location(spc.oid) FROM pg_catalog.pg_tablespace spc ORDER BY spc.spcname;
SELECT am.oid, am.amname, am.amtype FROM pg_catalog.pg_am am WHERE am.amname IN ('heap', 'btree') ORDER BY am.amname;
SELECT x.oid, x.extname, n.nspname FROM pg_catalog.pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname = 'none';
SELECT l.oid, l.lanname, l.lanpltrusted FROM pg_catalog.pg_language l WHERE l.lanname IN ('sql', 'c', 'internal') ORDER BY l.lanname;
SELECT e.enumlabel FROM pg_catalog.pg_enum e ORDER BY e.enumsortorder;
SELECT i.inhseqno, c.relname FROM pg_catalog.pg_inherits i JOIN pg_class c ON c.oid = i.inhparent;
SELECT fs.srvname FROM pg_catalog.pg_foreign_server fs;
SELECT evtname FROM pg_catalog.pg_event_trigger;
SELECT pubname FROM pg_catalog.pg_publication;
SELECT pg_catalog.pg_get_viewdef('recent'::regclass, true);
SELECT viewname, viewowner FROM pg_catalog.pg_views WHERE schemaname = 'public';
SELECT tablename, tableowner, hasindexes, hasrules, hastriggers, rowsecurity FROM pg_catalog.pg_tables WHERE schemaname = 'public' ORDER BY tablename;
SELECT indexname, tablename, indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname;
SELECT table_catalog <> '', table_schema, table_name, table_type, is_insertable_into, is_typed, commit_action FROM information_schema.tables
 WHERE table_schema = 'public' ORDER BY table_name;
SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
 numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, udt_schema, udt_name, is_identity,
 identity_generation, is_generated, is_updatable FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'recent'
 ORDER BY table_name, ordinal_position;
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'recent' ORDER BY ordinal_position;
SELECT table_name, constraint_name, constraint_type, is_deferrable FROM information_schema.table_constraints
 WHERE table_schema = 'public' AND constraint_name NOT LIKE '%_not_null' ORDER BY 1, 2;
SELECT table_name, column_name, constraint_name, ordinal_position, position_in_unique_constraint FROM information_schema.key_column_usage
 WHERE table_schema = 'public' ORDER BY 1, 3, 4;
SELECT constraint_name, unique_constraint_name, match_option, update_rule, delete_rule FROM information_schema.referential_constraints ORDER BY 1;
SELECT constraint_name, table_name, column_name FROM information_schema.constraint_column_usage WHERE table_schema = 'public'
 AND constraint_name NOT LIKE '%_not_null' ORDER BY 1, 2, 3;
SELECT constraint_name FROM information_schema.check_constraints WHERE constraint_schema = 'public' AND constraint_name NOT LIKE '%_not_null';
SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'public';
SELECT sequence_name, data_type, numeric_precision, start_value, minimum_value, maximum_value, increment, cycle_option
 FROM information_schema.sequences WHERE sequence_schema = 'public' ORDER BY 1;
SELECT table_name, is_updatable FROM information_schema.views WHERE table_schema = 'public';
SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'public';
SELECT has_table_privilege('books', 'SELECT'), has_schema_privilege('public', 'USAGE'), has_database_privilege(current_database(), 'CONNECT');
SELECT obj_description('books'::regclass, 'pg_class'), col_description('books'::regclass, 1);
SELECT 'books'::regclass, 'authors'::regclass::text, to_regclass('nothing'), 'int4'::regtype, to_regtype('nothing');
SELECT pg_get_serial_sequence('authors', 'id'), pg_get_serial_sequence('books', 'id');
SELECT pg_table_is_visible('books'::regclass), pg_type_is_visible('int4'::regtype);
SELECT name, setting, unit, vartype FROM pg_catalog.pg_settings WHERE name IN ('server_encoding', 'search_path', 'DateStyle') ORDER BY name;
SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid();
SELECT usename, usesuper FROM pg_catalog.pg_user WHERE usename = current_user;
SELECT current_setting('server_version_num')::int >= 150000, current_setting('max_identifier_length'), current_setting('is_superuser');
SELECT relname, n_dead_tup >= 0 FROM pg_stat_user_tables WHERE relname = 'books';
SELECT locktype FROM pg_locks WHERE pid = 0;
SELECT collname FROM pg_collation WHERE collname IN ('C', 'default') ORDER BY collname;
SELECT conname, array(SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) ORDER BY attnum)
 FROM pg_constraint WHERE conrelid = 'lines'::regclass ORDER BY conname;
SELECT ix.relname, array_agg(a.attname ORDER BY k.n) FROM pg_index i JOIN pg_class ix ON ix.oid = i.indexrelid
 CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
 WHERE i.indrelid = 'books'::regclass GROUP BY ix.relname ORDER BY ix.relname;
