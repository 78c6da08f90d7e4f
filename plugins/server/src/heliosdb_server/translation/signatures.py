"""PostgreSQL's functions by name: what SQLite calls instead, what types they take, what type comes back."""

from __future__ import annotations

from typing import NamedTuple

from ..types.registry import BY_NAME, PgType, Sized

# name = SQLite's function or pg_*, one of this server's : types of arguments : result
# a type t* takes the rest of the arguments; "same" is the first argument's type, "common" what all become together,
# "?" any
_TEXT = """
abs=abs : ? : same
ceil=pg_ceil : ? : float
ceiling=pg_ceil : ? : float
floor=pg_floor : ? : float
round=pg_round : ? int4 : rounded
trunc=pg_trunc : ? int4 : rounded
sign=pg_sign : ? : float
sqrt=pg_sqrt : ? : float
cbrt=pg_cbrt : float8 : float8
exp=pg_exp : ? : float
ln=pg_ln : ? : float
log=pg_log : ? ? : log
log10=pg_log : ? : float
factorial=pg_factorial : int8 : numeric
power=pg_power : ? ? : float
pow=pg_power : ? ? : float
mod=pg_mod_checked : ? ? : common
div=pg_div : ? ? : numeric
gcd=pg_gcd : ? ? : common
lcm=pg_lcm : ? ? : common
pi=pg_pi : : float8
random=pg_random : : float8
setseed=pg_setseed : float8 : void
degrees=pg_degrees : float8 : float8
radians=pg_radians : float8 : float8
sin=pg_sin : float8 : float8
cos=pg_cos : float8 : float8
tan=pg_tan : float8 : float8
asin=pg_asin : float8 : float8
acos=pg_acos : float8 : float8
atan=pg_atan : float8 : float8
sinh=pg_sinh : float8 : float8
cosh=pg_cosh : float8 : float8
tanh=pg_tanh : float8 : float8
asinh=pg_asinh : float8 : float8
acosh=pg_acosh : float8 : float8
atanh=pg_atanh : float8 : float8
cot=pg_cot : float8 : float8
sind=pg_sind : float8 : float8
cosd=pg_cosd : float8 : float8
tand=pg_tand : float8 : float8
cotd=pg_cotd : float8 : float8
asind=pg_asind : float8 : float8
acosd=pg_acosd : float8 : float8
atand=pg_atand : float8 : float8
atan2d=pg_atan2d : float8 float8 : float8
atan2=pg_atan2 : float8 float8 : float8
width_bucket=pg_width_bucket : float8 float8 float8 int4 : int4
length=pg_length : ? text : int4
char_length=length : text : int4
character_length=length : text : int4
octet_length=pg_octet_length : ? : int4
bit_length=pg_bit_length : ? : int4
lower=lower : text : text
upper=upper : text : text
initcap=pg_initcap : text : text
btrim=pg_btrim : text text : text
ltrim=pg_ltrim : text text : text
rtrim=pg_rtrim : text text : text
replace=replace : text text text : text
substring=pg_substring : text ? int4 : text
substr=pg_substring : text ? int4 : text
overlay=pg_overlay : text text int4 int4 : text
left=pg_left : text int4 : text
right=pg_right : text int4 : text
lpad=pg_lpad : text int4 text : text
rpad=pg_rpad : text int4 text : text
repeat=pg_repeat : text int4 : text
reverse=pg_reverse : text : text
strpos=instr : text text : int4
position=instr : text text : int4
starts_with=pg_starts_with : text text : bool
split_part=pg_split_part : text text int4 : text
translate=pg_translate : text text text : text
ascii=pg_ascii : text : int4
chr=pg_chr : int4 : text
md5=pg_md5 : ? : text
sha224=pg_sha224 : bytea : bytea
sha256=pg_sha256 : bytea : bytea
sha384=pg_sha384 : bytea : bytea
sha512=pg_sha512 : bytea : bytea
encode=pg_encode : bytea text : text
decode=pg_decode : text text : bytea
to_hex=pg_to_hex : ? : text
quote_ident=pg_quote_ident : text : text
quote_literal=pg_quote_literal : text : text
quote_nullable=pg_quote_nullable : text : text
format=pg_format : text text* : text
concat=pg_concat : text* : text
concat_ws=pg_concat_ws : text text* : text
regexp_replace=pg_regexp_replace : text text text ? int4 text : text
regexp_match=pg_regexp_match : text text text : _text
regexp_count=pg_regexp_count : text text int4 text : int4
regexp_like=pg_regexp_like : text text text : bool
regexp_substr=pg_regexp_substr : text text int4 int4 text int4 : text
regexp_instr=pg_regexp_instr : text text int4 int4 int4 text int4 : int4
regexp_split_to_array=pg_regexp_split : text text text : _text
string_to_array=pg_string_to_array : text text text : _text
array_to_string=pg_array_to_string : ? text text : text
array_length=pg_array_length : ? int4 : int4
array_ndims=pg_array_ndims : ? : int4
array_upper=pg_array_length : ? int4 : int4
array_lower=pg_array_lower : ? int4 : int4
cardinality=pg_cardinality : ? : int4
array_append=pg_array_append : ? ? : grown
array_prepend=pg_array_prepend : ? ? : grown
array_cat=pg_array_cat : ? ? : common
array_remove=pg_array_remove : ? ? : same
array_replace=pg_array_replace : ? ? ? : same
array_position=pg_array_position : ? ? int4 : int4
array_positions=pg_array_positions : ? ? : _int4
array_dims=pg_array_dims : ? : text
array_fill=pg_array_fill : ? _int4 _int4 : filled
trim_array=pg_trim_array : ? int4 : same
to_json=pg_to_json : ? : json
to_jsonb=pg_to_json : ? : jsonb
parse_ident=pg_parse_ident : text bool : _text
normalize=pg_normalize : text text : text
convert_to=pg_convert_to : text text : bytea
convert_from=pg_convert_from : bytea text : text
bit_count=pg_bit_count : bytea : int8
get_bit=pg_get_bit : bytea int8 : int4
set_bit=pg_set_bit : bytea int8 int4 : bytea
unistr=pg_unistr : text : text
get_byte=pg_get_byte : bytea int4 : int4
set_byte=pg_set_byte : bytea int4 int4 : bytea
json_typeof=pg_json_typeof : json : text
jsonb_typeof=pg_json_typeof : jsonb : text
json_array_length=pg_json_array_length : json : int4
jsonb_array_length=pg_json_array_length : jsonb : int4
json_extract_path=pg_json_extract_path_raw : json text* : json
jsonb_extract_path=pg_json_extract_path : jsonb text* : jsonb
json_extract_path_text=pg_json_extract_path_text_raw : json text* : text
jsonb_extract_path_text=pg_json_extract_path_text : jsonb text* : text
jsonb_set=pg_jsonb_set : jsonb _text jsonb bool : jsonb
jsonb_insert=pg_jsonb_insert : jsonb _text jsonb bool : jsonb
json_strip_nulls=pg_json_strip_nulls : json : json
jsonb_strip_nulls=pg_jsonb_strip_nulls : jsonb : jsonb
jsonb_pretty=pg_jsonb_pretty : jsonb : text
now=pg_now : : timestamptz
transaction_timestamp=pg_now : : timestamptz
statement_timestamp=pg_statement_now : : timestamptz
clock_timestamp=pg_clock : : timestamptz
timeofday=pg_timeofday : : text
current_timestamp=pg_now : : timestamptz
localtimestamp=pg_local_now : : timestamp
current_date=pg_today : : date
current_time=pg_current_time : : timetz
localtime=pg_local_time : : time
date_trunc=pg_date_trunc : text ? text : moment
date_part=pg_date_part : text ? : float8
extract=pg_date_part : text ? : numeric
age=pg_age : ? ? : interval
date_bin=pg_date_bin : interval ? ? : moment
to_char=pg_to_char : ? text : text
to_date=pg_to_date : text text : date
to_timestamp=pg_to_timestamp : ? text : timestamptz
to_number=pg_to_number : text text : numeric
make_date=pg_make_date : int4 int4 int4 : date
make_time=pg_make_time : int4 int4 float8 : time
make_timestamp=pg_make_timestamp : int4 int4 int4 int4 int4 float8 : timestamp
make_timestamptz=pg_make_timestamptz : int4 int4 int4 int4 int4 float8 text : timestamptz
make_interval=pg_make_interval : int4 int4 int4 int4 int4 int4 float8 : interval
justify_days=pg_justify_days : interval : interval
justify_hours=pg_justify_hours : interval : interval
justify_interval=pg_justify_interval : interval : interval
isfinite=pg_isfinite : ? : bool
pg_sleep=pg_sleep : float8 : void
gen_random_uuid=pg_uuid : : uuid
uuid_generate_v4=pg_uuid : : uuid
txid_current=pg_txid : : int8
pg_current_xact_id=pg_txid : : int8
version=pg_version : : text
current_database=pg_current_database : : name
current_catalog=pg_current_database : : name
current_schema=pg_current_schema : : name
current_schemas=pg_current_schemas : bool : _name
current_user=pg_current_user : : name
session_user=pg_current_user : : name
user=pg_current_user : : name
current_role=pg_current_user : : name
pg_backend_pid=pg_backend_pid : : int4
pg_is_in_recovery=pg_false : : bool
pg_is_other_temp_schema=pg_false : oid : bool
pg_my_temp_schema=pg_zero : : oid
pg_postmaster_start_time=pg_started : : timestamptz
pg_conf_load_time=pg_started : : timestamptz
inet_server_addr=pg_null : : inet
inet_server_port=pg_server_port : : int4
inet_client_addr=pg_null : : inet
inet_client_port=pg_null : : int4
current_setting=pg_current_setting : text bool : text
set_config=pg_set_config : text text bool : text
pg_typeof=pg_typeof : ? : regtype
pg_column_size=pg_octet_length : ? : int4
pg_encoding_to_char=pg_encoding_to_char : int4 : name
pg_char_to_encoding=pg_char_to_encoding : text : int4
pg_client_encoding=pg_client_encoding : : name
getdatabaseencoding=pg_client_encoding : : name
format_type=pg_format_type : oid int4 : text
pg_get_expr=pg_get_expr : ? oid bool : text
pg_get_constraintdef=pg_get_constraintdef : oid bool : text
pg_get_indexdef=pg_get_indexdef : oid int4 bool : text
pg_get_viewdef=pg_get_viewdef : ? bool : text
pg_get_ruledef=pg_get_ruledef : oid bool : text
pg_get_triggerdef=pg_get_triggerdef : oid bool : text
pg_get_functiondef=pg_null : oid : text
pg_get_function_arguments=pg_get_function_arguments : oid : text
pg_get_function_identity_arguments=pg_get_function_arguments : oid : text
pg_get_function_result=pg_get_function_result : oid : text
pg_get_partkeydef=pg_null : oid : text
pg_get_partition_constraintdef=pg_null : oid : text
pg_get_statisticsobjdef_columns=pg_null : oid : text
pg_get_serial_sequence=pg_get_serial_sequence : text text : text
pg_get_userbyid=pg_get_userbyid : oid : name
pg_get_replica_identity_index=pg_null : regclass : regclass
pg_table_is_visible=pg_is_visible : oid : bool
pg_type_is_visible=pg_true : oid : bool
pg_function_is_visible=pg_true : oid : bool
pg_operator_is_visible=pg_true : oid : bool
pg_opclass_is_visible=pg_true : oid : bool
pg_opfamily_is_visible=pg_true : oid : bool
pg_conversion_is_visible=pg_true : oid : bool
pg_collation_is_visible=pg_true : oid : bool
pg_statistics_obj_is_visible=pg_true : oid : bool
pg_ts_config_is_visible=pg_true : oid : bool
pg_ts_dict_is_visible=pg_true : oid : bool
pg_ts_parser_is_visible=pg_true : oid : bool
pg_ts_template_is_visible=pg_true : oid : bool
pg_relation_is_publishable=pg_false : regclass : bool
pg_relation_is_updatable=pg_relation_is_updatable : regclass bool : int4
pg_column_is_updatable=pg_true : regclass int2 bool : bool
obj_description=pg_obj_description : oid text : text
col_description=pg_col_description : oid int4 : text
shobj_description=pg_null : oid text : text
has_table_privilege=pg_true : text text text : bool
has_schema_privilege=pg_true : text text text : bool
has_database_privilege=pg_true : text text text : bool
has_column_privilege=pg_true : text text text text : bool
has_any_column_privilege=pg_true : text text text : bool
has_function_privilege=pg_true : text text text : bool
has_sequence_privilege=pg_true : text text text : bool
has_type_privilege=pg_true : text text text : bool
has_tablespace_privilege=pg_true : text text text : bool
pg_has_role=pg_true : text text text : bool
row_security_active=pg_false : text : bool
pg_relation_size=pg_relation_size : regclass text : int8
pg_table_size=pg_relation_size : regclass : int8
pg_indexes_size=pg_zero : regclass : int8
pg_total_relation_size=pg_relation_size : regclass : int8
pg_database_size=pg_database_size : ? : int8
pg_tablespace_size=pg_database_size : ? : int8
pg_tablespace_location=pg_empty : oid : text
pg_relation_filenode=pg_null : regclass : oid
pg_filenode_relation=pg_null : oid oid : regclass
pg_size_pretty=pg_size_pretty : int8 : text
pg_stat_get_numscans=pg_zero : oid : int8
pg_cancel_backend=pg_cancel_backend : int4 : bool
pg_terminate_backend=pg_terminate_backend : int4 int8 : bool
pg_advisory_lock=pg_advisory_lock : int8 int4 : void
pg_try_advisory_lock=pg_try_advisory_lock : int8 int4 : bool
pg_advisory_unlock=pg_advisory_unlock : int8 int4 : bool
pg_advisory_unlock_all=pg_advisory_unlock_all : : void
pg_advisory_xact_lock=pg_advisory_xact_lock : int8 int4 : void
pg_try_advisory_xact_lock=pg_try_advisory_xact_lock : int8 int4 : bool
pg_notify=pg_notify : text text : void
to_regclass=pg_to_reg_class : text : regclass
to_regtype=pg_to_reg_type : text : regtype
to_regproc=pg_null : text : regproc
to_regnamespace=pg_to_reg_namespace : text : regnamespace
to_regrole=pg_null : text : regrole
nextval=pg_nextval : text : int8
currval=pg_currval : text : int8
lastval=pg_lastval : : int8
setval=pg_setval : text int8 bool : int8
array_out=pg_null : ? : text
aclexplode=pg_null : ? : record
acldefault=pg_null : char oid : _aclitem
pg_stat_get_backend_idset=pg_null : : int4
pg_jit_available=pg_false : : bool
pg_export_snapshot=pg_export_snapshot : : text
pg_safe_snapshot_blocking_pids=pg_null : int4 : _int4
pg_blocking_pids=pg_null : int4 : _int4
pg_sequence_parameters=pg_null : oid : record
pg_sequence_last_value=pg_sequence_last_value : oid : int8
pg_index_column_has_property=pg_null : regclass int4 text : bool
pg_indexam_has_property=pg_null : oid text : bool
vector_dims=vector_dims : vector : int4
l2_distance=pg_l2_distance : vector vector : float8
cosine_distance=cosine_distance : vector vector : float8
inner_product=inner_product : vector vector : float8
l1_distance=l1_distance : vector vector : float8
l2_normalize=l2_normalize : vector : vector
vector_norm=vector_norm : vector : float8
vector_distance=vector_distance : vector vector text : float8
subvector=subvector : vector int4 int4 : vector
min_scale=pg_min_scale : numeric : int4
scale=pg_min_scale : numeric : int4
trim_scale=pg_identity : numeric : numeric
num_nulls=pg_num_nulls : ?* : int4
num_nonnulls=pg_num_nonnulls : ?* : int4
unaccent=pg_unaccent : text : text
hashtext=pg_hashtext : text : int4
json_build_object=pg_json_build_object : ?* : json
jsonb_build_object=pg_json_build_object : ?* : jsonb
json_build_array=pg_json_build_array : ?* : json
jsonb_build_array=pg_json_build_array : ?* : jsonb
json_object=pg_json_object : _text _text : json
jsonb_object=pg_json_object : _text _text : jsonb
row_number=row_number : : int8
rank=rank : : int8
dense_rank=dense_rank : : int8
percent_rank=percent_rank : : float8
cume_dist=cume_dist : : float8
ntile=ntile : int4 : int4
lag=lag : ? int4 ? : same
lead=lead : ? int4 ? : same
first_value=first_value : ? : same
last_value=last_value : ? : same
nth_value=nth_value : ? int4 : same
strftime=strftime : text ?* : text
printf=printf : text ?* : text
datetime=datetime : ?* : text
julianday=julianday : ?* : float8
json_extract=json_extract : text ?* : ?
typeof=typeof : ? : text
last_insert_rowid=last_insert_rowid : : int8
changes=changes : : int8
hex=hex : ? : text
ifnull=ifnull : ? ? : common
iif=iif : bool ? ? : second
instr=instr : text text : int4
unicode=unicode : text : int4
sqlite_version=sqlite_version : : text
randomblob=randomblob : int4 : bytea
"""


class Signature(NamedTuple):
    """How one function is called in SQLite."""

    function: str
    wants: tuple[PgType | None, ...]  # None: whatever it is
    rest: bool  # the last type is that of all arguments that follow
    result: (
        PgType | str
    )  # a type, or same, second, common, float, rounded, filled, grown, log, moment, zoned, ?


def _type(word: str) -> PgType | None:
    return None if word == "?" else BY_NAME[word]


def _signatures() -> dict[str, Signature]:
    found = {}
    for line in _TEXT.strip().splitlines():
        head, arguments, result = (part.strip() for part in line.split(":"))
        name, _, function = head.partition("=")
        words = arguments.split()
        rest = bool(words) and words[-1].endswith("*")
        wants = tuple(_type(word.rstrip("*")) for word in words)
        found[name] = Signature(function, wants, rest, BY_NAME.get(result) or result)
    return found


SIGNATURES = _signatures()
# Functions whose value is another each time, or that do something.
VOLATILE = frozenset(
    ["random", "clock_timestamp", "gen_random_uuid", "uuid_generate_v4", "pg_sleep", "setseed"]
)
WRITES = frozenset(("nextval", "setval"))

S = Sized
