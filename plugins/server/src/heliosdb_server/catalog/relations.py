"""The relations of pg_catalog and information_schema: their columns and types, as PostgreSQL 15 has them."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from typing import NamedTuple

from ..types.registry import BY_NAME, PgType


class SystemColumn(NamedTuple):
    """A column of a catalog."""

    name: str
    type: PgType


class SystemRelation(NamedTuple):
    """A catalog."""

    schema: str
    name: str
    oid: int
    columns: tuple[SystemColumn, ...]


# relation oid: columns; a column without a type is of the last one named
_CATALOG = """
pg_class 1259: oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid relfilenode:oid reltablespace:oid relpages:int4 reltuples:float4 relallvisible:int4 reltoastrelid:oid relhasindex:bool relisshared:bool relpersistence:char relkind:char relnatts:int2 relchecks:int2 relhasrules:bool relhastriggers:bool relhassubclass:bool relrowsecurity:bool relforcerowsecurity:bool relispopulated:bool relreplident:char relispartition:bool relrewrite:oid relfrozenxid:xid relminmxid:xid relacl:_aclitem reloptions:_text relpartbound:pg_node_tree
pg_namespace 2615: oid:oid nspname:name nspowner:oid nspacl:_aclitem
pg_attribute 1249: attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4 attcacheoff:int4 atttypmod:int4 attbyval:bool attalign:char attstorage:char attcompression:char attnotnull:bool atthasdef:bool atthasmissing:bool attidentity:char attgenerated:char attisdropped:bool attislocal:bool attinhcount:int4 attcollation:oid attacl:_aclitem attoptions:_text attfdwoptions:_text attmissingval:_text
pg_type 1247: oid:oid typname:name typnamespace:oid typowner:oid typlen:int2 typbyval:bool typtype:char typcategory:char typispreferred:bool typisdefined:bool typdelim:char typrelid:oid typsubscript:regproc typelem:oid typarray:oid typinput:regproc typoutput:regproc typreceive:regproc typsend:regproc typmodin:regproc typmodout:regproc typanalyze:regproc typalign:char typstorage:char typnotnull:bool typbasetype:oid typtypmod:int4 typndims:int4 typcollation:oid typdefaultbin:pg_node_tree typdefault:text typacl:_aclitem
pg_index 2610: indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool indnullsnotdistinct:bool indisprimary:bool indisexclusion:bool indimmediate:bool indisclustered:bool indisvalid:bool indcheckxmin:bool indisready:bool indislive:bool indisreplident:bool indkey:int2vector indcollation:oidvector indclass:oidvector indoption:int2vector indexprs:pg_node_tree indpred:pg_node_tree
pg_constraint 2606: oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool convalidated:bool conrelid:oid contypid:oid conindid:oid conparentid:oid confrelid:oid confupdtype:char confdeltype:char confmatchtype:char conislocal:bool coninhcount:int4 connoinherit:bool conkey:_int2 confkey:_int2 conpfeqop:_oid conppeqop:_oid conffeqop:_oid confdelsetcols:_int2 conexclop:_oid conbin:pg_node_tree
pg_attrdef 2604: oid:oid adrelid:oid adnum:int2 adbin:pg_node_tree
pg_description 2609: objoid:oid classoid:oid objsubid:int4 description:text
pg_shdescription 2396: objoid:oid classoid:oid description:text
pg_proc 1255: oid:oid proname:name pronamespace:oid proowner:oid prolang:oid procost:float4 prorows:float4 provariadic:oid prosupport:regproc prokind:char prosecdef:bool proleakproof:bool proisstrict:bool proretset:bool provolatile:char proparallel:char pronargs:int2 pronargdefaults:int2 prorettype:oid proargtypes:oidvector proallargtypes:_oid proargmodes:_char proargnames:_text proargdefaults:pg_node_tree protrftypes:_oid prosrc:text probin:text prosqlbody:pg_node_tree proconfig:_text proacl:_aclitem
pg_roles 12000: rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz rolbypassrls:bool rolconfig:_text oid:oid
pg_authid 1260: oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolbypassrls:bool rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz
pg_user 12001: usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text valuntil:timestamptz useconfig:_text
pg_shadow 12002: usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text valuntil:timestamptz useconfig:_text
pg_group 12003: groname:name grosysid:oid grolist:_oid
pg_auth_members 1261: roleid:oid member:oid grantor:oid admin_option:bool
pg_db_role_setting 2964: setdatabase:oid setrole:oid setconfig:_text
pg_database 1262: oid:oid datname:name datdba:oid encoding:int4 datlocprovider:char datistemplate:bool datallowconn:bool datconnlimit:int4 datfrozenxid:xid datminmxid:xid dattablespace:oid datcollate:text datctype:text daticulocale:text datcollversion:text datacl:_aclitem
pg_tablespace 1213: oid:oid spcname:name spcowner:oid spcacl:_aclitem spcoptions:_text
pg_settings 12004: name:text setting:text unit:text category:text short_desc:text extra_desc:text context:text vartype:text source:text min_val:text max_val:text enumvals:_text boot_val:text reset_val:text sourcefile:text sourceline:int4 pending_restart:bool
pg_am 2601: oid:oid amname:name amhandler:regproc amtype:char
pg_opclass 2616: oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid
pg_opfamily 2753: oid:oid opfmethod:oid opfname:name opfnamespace:oid opfowner:oid
pg_amop 2602: oid:oid amopfamily:oid amoplefttype:oid amoprighttype:oid amopstrategy:int2 amoppurpose:char amopopr:oid amopmethod:oid amopsortfamily:oid
pg_amproc 2603: oid:oid amprocfamily:oid amproclefttype:oid amprocrighttype:oid amprocnum:int2 amproc:regproc
pg_operator 2617: oid:oid oprname:name oprnamespace:oid oprowner:oid oprkind:char oprcanmerge:bool oprcanhash:bool oprleft:oid oprright:oid oprresult:oid oprcom:oid oprnegate:oid oprcode:regproc oprrest:regproc oprjoin:regproc
pg_cast 2605: oid:oid castsource:oid casttarget:oid castfunc:oid castcontext:char castmethod:char
pg_collation 3456: oid:oid collname:name collnamespace:oid collowner:oid collprovider:char collisdeterministic:bool collencoding:int4 collcollate:text collctype:text colliculocale:text collversion:text
pg_conversion 2607: oid:oid conname:name connamespace:oid conowner:oid conforencoding:int4 contoencoding:int4 conproc:regproc condefault:bool
pg_depend 2608: classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:char
pg_shdepend 1214: dbid:oid classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid deptype:char
pg_enum 3501: oid:oid enumtypid:oid enumsortorder:float4 enumlabel:name
pg_range 3541: rngtypid:oid rngsubtype:oid rngmultitypid:oid rngcollation:oid rngsubopc:oid rngcanonical:regproc rngsubdiff:regproc
pg_extension 3079: oid:oid extname:name extowner:oid extnamespace:oid extrelocatable:bool extversion:text extconfig:_oid extcondition:_text
pg_available_extensions 12005: name:name default_version:text installed_version:text comment:text
pg_inherits 2611: inhrelid:oid inhparent:oid inhseqno:int4 inhdetachpending:bool
pg_partitioned_table 3350: partrelid:oid partstrat:char partnatts:int2 partdefid:oid partattrs:int2vector partclass:oidvector partcollation:oidvector partexprs:pg_node_tree
pg_trigger 2620: oid:oid tgrelid:oid tgparentid:oid tgname:name tgfoid:oid tgtype:int2 tgenabled:char tgisinternal:bool tgconstrrelid:oid tgconstrindid:oid tgconstraint:oid tgdeferrable:bool tginitdeferred:bool tgnargs:int2 tgattr:int2vector tgargs:bytea tgqual:pg_node_tree tgoldtable:name tgnewtable:name
pg_event_trigger 3466: oid:oid evtname:name evtevent:name evtowner:oid evtfoid:oid evtenabled:char evttags:_text
pg_rewrite 2618: oid:oid rulename:name ev_class:oid ev_type:char ev_enabled:char is_instead:bool ev_qual:pg_node_tree ev_action:pg_node_tree
pg_policy 3256: oid:oid polname:name polrelid:oid polcmd:char polpermissive:bool polroles:_oid polqual:pg_node_tree polwithcheck:pg_node_tree
pg_policies 12006: schemaname:name tablename:name policyname:name permissive:text roles:_name cmd:text qual:text with_check:text
pg_sequence 2224: seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8 seqcache:int8 seqcycle:bool
pg_sequences 12007: schemaname:name sequencename:name sequenceowner:name data_type:regtype start_value:int8 min_value:int8 max_value:int8 increment_by:int8 cycle:bool cache_size:int8 last_value:int8
pg_language 2612: oid:oid lanname:name lanowner:oid lanispl:bool lanpltrusted:bool lanplcallfoid:oid laninline:oid lanvalidator:oid lanacl:_aclitem
pg_aggregate 2600: aggfnoid:regproc aggkind:char aggnumdirectargs:int2 aggtransfn:regproc aggfinalfn:regproc aggcombinefn:regproc aggserialfn:regproc aggdeserialfn:regproc aggmtransfn:regproc aggminvtransfn:regproc aggmfinalfn:regproc aggfinalextra:bool aggmfinalextra:bool aggfinalmodify:char aggmfinalmodify:char aggsortop:oid aggtranstype:oid aggtransspace:int4 aggmtranstype:oid aggmtransspace:int4 agginitval:text aggminitval:text
pg_tables 12008: schemaname:name tablename:name tableowner:name tablespace:name hasindexes:bool hasrules:bool hastriggers:bool rowsecurity:bool
pg_views 12009: schemaname:name viewname:name viewowner:name definition:text
pg_matviews 12010: schemaname:name matviewname:name matviewowner:name tablespace:name hasindexes:bool ispopulated:bool definition:text
pg_indexes 12011: schemaname:name tablename:name indexname:name tablespace:name indexdef:text
pg_stat_activity 12012: datid:oid datname:name pid:int4 leader_pid:int4 usesysid:oid usename:name application_name:text client_addr:inet client_hostname:text client_port:int4 backend_start:timestamptz xact_start:timestamptz query_start:timestamptz state_change:timestamptz wait_event_type:text wait_event:text state:text backend_xid:xid backend_xmin:xid query_id:int8 query:text backend_type:text
pg_stat_ssl 12013: pid:int4 ssl:bool version:text cipher:text bits:int4 client_dn:text client_serial:numeric issuer_dn:text
pg_stat_user_tables 12014: relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 n_mod_since_analyze:int8 n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 analyze_count:int8 autoanalyze_count:int8
pg_stat_user_indexes 12018: relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_scan:int8 idx_tup_read:int8 idx_tup_fetch:int8
pg_stat_database 12015: datid:oid datname:name numbackends:int4 xact_commit:int8 xact_rollback:int8 blks_read:int8 blks_hit:int8 tup_returned:int8 tup_fetched:int8 tup_inserted:int8 tup_updated:int8 tup_deleted:int8 conflicts:int8 temp_files:int8 temp_bytes:int8 deadlocks:int8 checksum_failures:int8 checksum_last_failure:timestamptz blk_read_time:float8 blk_write_time:float8 session_time:float8 active_time:float8 idle_in_transaction_time:float8 sessions:int8 sessions_abandoned:int8 sessions_fatal:int8 sessions_killed:int8 stats_reset:timestamptz
pg_locks 12016: locktype:text database:oid relation:oid page:int4 tuple:int2 virtualxid:text transactionid:xid classid:oid objid:oid objsubid:int2 virtualtransaction:text pid:int4 mode:text granted:bool fastpath:bool waitstart:timestamptz
pg_prepared_statements 12017: name:text statement:text prepare_time:timestamptz parameter_types:_regtype from_sql:bool generic_plans:int8 custom_plans:int8
pg_prepared_xacts 12019: transaction:xid gid:text prepared:timestamptz owner:name database:name
pg_cursors 12020: name:text statement:text is_holdable:bool is_binary:bool is_scrollable:bool creation_time:timestamptz
pg_foreign_table 3118: ftrelid:oid ftserver:oid ftoptions:_text
pg_foreign_server 1417: oid:oid srvname:name srvowner:oid srvfdw:oid srvtype:text srvversion:text srvacl:_aclitem srvoptions:_text
pg_foreign_data_wrapper 2328: oid:oid fdwname:name fdwowner:oid fdwhandler:oid fdwvalidator:oid fdwacl:_aclitem fdwoptions:_text
pg_user_mapping 1418: oid:oid umuser:oid umserver:oid umoptions:_text
pg_user_mappings 12021: umid:oid srvid:oid srvname:name umuser:oid usename:name umoptions:_text
pg_default_acl 826: oid:oid defaclrole:oid defaclnamespace:oid defaclobjtype:char defaclacl:_aclitem
pg_init_privs 3394: objoid:oid classoid:oid objsubid:int4 privtype:char initprivs:_aclitem
pg_seclabel 3596: objoid:oid classoid:oid objsubid:int4 provider:text label:text
pg_seclabels 12022: objoid:oid classoid:oid objsubid:int4 objtype:text objnamespace:oid objname:text provider:text label:text
pg_shseclabel 3592: objoid:oid classoid:oid provider:text label:text
pg_largeobject_metadata 2995: oid:oid lomowner:oid lomacl:_aclitem
pg_publication 6104: oid:oid pubname:name pubowner:oid puballtables:bool pubinsert:bool pubupdate:bool pubdelete:bool pubtruncate:bool pubviaroot:bool
pg_publication_rel 6106: oid:oid prpubid:oid prrelid:oid prqual:pg_node_tree prattrs:int2vector
pg_publication_namespace 6237: oid:oid pnpubid:oid pnnspid:oid
pg_publication_tables 12023: pubname:name schemaname:name tablename:name attnames:_name rowfilter:text
pg_subscription 6100: oid:oid subdbid:oid subname:name subowner:oid subenabled:bool subconninfo:text subslotname:name subpublications:_text
pg_subscription_rel 6102: srsubid:oid srrelid:oid srsubstate:char
pg_statistic_ext 3381: oid:oid stxrelid:oid stxname:name stxnamespace:oid stxowner:oid stxstattarget:int4 stxkeys:int2vector stxkind:_char stxexprs:pg_node_tree
pg_stats 12024: schemaname:name tablename:name attname:name inherited:bool null_frac:float4 avg_width:int4 n_distinct:float4 most_common_vals:_text most_common_freqs:_float4 histogram_bounds:_text correlation:float4 most_common_elems:_text most_common_elem_freqs:_float4 elem_count_histogram:_float4
pg_ts_config 3602: oid:oid cfgname:name cfgnamespace:oid cfgowner:oid cfgparser:oid
pg_ts_dict 3600: oid:oid dictname:name dictnamespace:oid dictowner:oid dicttemplate:oid dictinitoption:text
pg_ts_parser 3601: oid:oid prsname:name prsnamespace:oid prsstart:regproc prstoken:regproc prsend:regproc prsheadline:regproc prslextype:regproc
pg_ts_template 3764: oid:oid tmplname:name tmplnamespace:oid tmplinit:regproc tmpllexize:regproc
pg_transform 3576: oid:oid trftype:oid trflang:oid trffromsql:regproc trftosql:regproc
pg_timezone_names 12025: name:text abbrev:text utc_offset:interval is_dst:bool
pg_timezone_abbrevs 12026: abbrev:text utc_offset:interval is_dst:bool
pg_rules 12027: schemaname:name tablename:name rulename:name definition:text
pg_stat_replication 12028: pid:int4 usesysid:oid usename:name application_name:text state:text
pg_replication_slots 12029: slot_name:name plugin:name slot_type:text datoid:oid active:bool
pg_statio_user_tables 12030: relid:oid schemaname:name relname:name heap_blks_read:int8 heap_blks_hit:int8 idx_blks_read:int8 idx_blks_hit:int8 toast_blks_read:int8 toast_blks_hit:int8 tidx_blks_read:int8 tidx_blks_hit:int8
pg_file_settings 12031: sourcefile:text sourceline:int4 seqno:int4 name:text setting:text applied:bool error:text
pg_hba_file_rules 12032: line_number:int4 type:text database:_text user_name:_text address:text netmask:text auth_method:text options:_text error:text
pg_stat_all_tables 12100: relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 n_mod_since_analyze:int8 n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 analyze_count:int8 autoanalyze_count:int8
pg_stat_all_indexes 12101: relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_scan:int8 idx_tup_read:int8 idx_tup_fetch:int8
pg_statio_all_tables 12102: relid:oid schemaname:name relname:name heap_blks_read:int8 heap_blks_hit:int8 idx_blks_read:int8 idx_blks_hit:int8 toast_blks_read:int8 toast_blks_hit:int8 tidx_blks_read:int8 tidx_blks_hit:int8
pg_statio_all_indexes 12103: relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_blks_read:int8 idx_blks_hit:int8
pg_statio_user_indexes 12104: relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_blks_read:int8 idx_blks_hit:int8
pg_statio_all_sequences 12105: relid:oid schemaname:name relname:name blks_read:int8 blks_hit:int8
pg_statio_user_sequences 12106: relid:oid schemaname:name relname:name blks_read:int8 blks_hit:int8
pg_stat_user_functions 12107: funcid:oid schemaname:name funcname:name calls:int8 total_time:float8 self_time:float8
pg_stat_progress_vacuum 12108: pid:int4 datid:oid datname:name relid:oid phase:text heap_blks_total:int8 heap_blks_scanned:int8 heap_blks_vacuumed:int8 index_vacuum_count:int8 max_dead_tuples:int8 num_dead_tuples:int8
pg_stat_progress_create_index 12109: pid:int4 datid:oid datname:name relid:oid index_relid:oid command:text phase:text lockers_total:int8 lockers_done:int8 current_locker_pid:int8 blocks_total:int8 blocks_done:int8 tuples_total:int8 tuples_done:int8 partitions_total:int8 partitions_done:int8
pg_stat_progress_copy 12110: pid:int4 datid:oid datname:name relid:oid command:text type:text bytes_processed:int8 bytes_total:int8 tuples_processed:int8 tuples_excluded:int8
pg_stat_progress_analyze 12111: pid:int4 datid:oid datname:name relid:oid phase:text sample_blks_total:int8 sample_blks_scanned:int8 ext_stats_total:int8 ext_stats_computed:int8 child_tables_total:int8 child_tables_done:int8 current_child_table_relid:oid
pg_stat_progress_cluster 12112: pid:int4 datid:oid datname:name relid:oid command:text phase:text cluster_index_relid:oid heap_tuples_scanned:int8 heap_tuples_written:int8 heap_blks_total:int8 heap_blks_scanned:int8 index_rebuild_count:int8
pg_stats_ext 12113: schemaname:name tablename:name statistics_schemaname:name statistics_name:name statistics_owner:name attnames:_name exprs:_text kinds:_char inherited:bool n_distinct:bytea dependencies:bytea most_common_vals:_text most_common_val_nulls:_bool most_common_freqs:_float8 most_common_base_freqs:_float8
pg_largeobject 2613: loid:oid pageno:int4 data:bytea
"""
_INFORMATION = """
schemata 13000: catalog_name:name schema_name:name schema_owner:name default_character_set_catalog:name default_character_set_schema:name default_character_set_name:name sql_path:text
tables 13001: table_catalog:name table_schema:name table_name:name table_type:text self_referencing_column_name:name reference_generation:text user_defined_type_catalog:name user_defined_type_schema:name user_defined_type_name:name is_insertable_into:text is_typed:text commit_action:text
columns 13002: table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 column_default:text is_nullable:text data_type:text character_maximum_length:int4 character_octet_length:int4 numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4 interval_type:text interval_precision:int4 character_set_catalog:name character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name collation_name:name domain_catalog:name domain_schema:name domain_name:name udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name is_self_referencing:text is_identity:text identity_generation:text identity_start:text identity_increment:text identity_maximum:text identity_minimum:text identity_cycle:text is_generated:text generation_expression:text is_updatable:text
views 13003: table_catalog:name table_schema:name table_name:name view_definition:text check_option:text is_updatable:text is_insertable_into:text is_trigger_updatable:text is_trigger_deletable:text is_trigger_insertable_into:text
table_constraints 13004: constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name constraint_type:text is_deferrable:text initially_deferred:text enforced:text nulls_distinct:text
key_column_usage 13005: constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 position_in_unique_constraint:int4
constraint_column_usage 13006: table_catalog:name table_schema:name table_name:name column_name:name constraint_catalog:name constraint_schema:name constraint_name:name
referential_constraints 13007: constraint_catalog:name constraint_schema:name constraint_name:name unique_constraint_catalog:name unique_constraint_schema:name unique_constraint_name:name match_option:text update_rule:text delete_rule:text
check_constraints 13008: constraint_catalog:name constraint_schema:name constraint_name:name check_clause:text
sequences 13009: sequence_catalog:name sequence_schema:name sequence_name:name data_type:text numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 start_value:text minimum_value:text maximum_value:text increment:text cycle_option:text
routines 13010: specific_catalog:name specific_schema:name specific_name:name routine_catalog:name routine_schema:name routine_name:name routine_type:text data_type:text
parameters 13011: specific_catalog:name specific_schema:name specific_name:name ordinal_position:int4 parameter_mode:text parameter_name:name data_type:text
triggers 13012: trigger_catalog:name trigger_schema:name trigger_name:name event_manipulation:text event_object_catalog:name event_object_schema:name event_object_table:name action_order:int4 action_condition:text action_statement:text action_orientation:text action_timing:text
character_sets 13013: character_set_catalog:name character_set_schema:name character_set_name:name character_repertoire:name form_of_use:name default_collate_catalog:name default_collate_schema:name default_collate_name:name
information_schema_catalog_name 13014: catalog_name:name
table_privileges 13015: grantor:name grantee:name table_catalog:name table_schema:name table_name:name privilege_type:text is_grantable:text with_hierarchy:text
column_privileges 13016: grantor:name grantee:name table_catalog:name table_schema:name table_name:name column_name:name privilege_type:text is_grantable:text
enabled_roles 13017: role_name:name
applicable_roles 13018: grantee:name role_name:name is_grantable:text
domains 13019: domain_catalog:name domain_schema:name domain_name:name data_type:text
element_types 13020: object_catalog:name object_schema:name object_name:name object_type:text collection_type_identifier:name data_type:text character_maximum_length:int4 character_octet_length:int4 character_set_catalog:name character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name collation_name:name numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4 interval_type:text interval_precision:int4 domain_default:text udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name
constraint_table_usage 13021: table_catalog:name table_schema:name table_name:name constraint_catalog:name constraint_schema:name constraint_name:name
view_table_usage 13022: view_catalog:name view_schema:name view_name:name table_catalog:name table_schema:name table_name:name
role_table_grants 13100: grantor:name grantee:name table_catalog:name table_schema:name table_name:name privilege_type:text is_grantable:text with_hierarchy:text
role_column_grants 13101: grantor:name grantee:name table_catalog:name table_schema:name table_name:name column_name:name privilege_type:text is_grantable:text
foreign_tables 13102: foreign_table_catalog:name foreign_table_schema:name foreign_table_name:name foreign_server_catalog:name foreign_server_name:name
foreign_servers 13103: foreign_server_catalog:name foreign_server_name:name foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name foreign_server_type:text foreign_server_version:text authorization_identifier:name
foreign_data_wrappers 13104: foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name authorization_identifier:name library_name:text foreign_data_wrapper_language:text
user_mappings 13105: authorization_identifier:name foreign_server_catalog:name foreign_server_name:name
column_udt_usage 13106: udt_catalog:name udt_schema:name udt_name:name table_catalog:name table_schema:name table_name:name column_name:name
collations 13107: collation_catalog:name collation_schema:name collation_name:name pad_attribute:text
"""


def _relations() -> dict[tuple[str, str], SystemRelation]:
    found = {}
    for schema, text in (("pg_catalog", _CATALOG), ("information_schema", _INFORMATION)):
        for line in text.strip().splitlines():
            head, _, rest = line.partition(": ")
            name, oid = head.split()
            columns = []
            for word in rest.split():
                column, _, kind = word.partition(":")
                columns.append(SystemColumn(column, BY_NAME[kind]))
            found[schema, name] = SystemRelation(schema, name, int(oid), tuple(columns))
    return found


RELATIONS = _relations()
