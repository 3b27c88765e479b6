//! The functions one may call, by name and number of arguments, and why others are refused.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use pg_query::protobuf::Node;

use crate::refusal::Refusal;
use crate::walk::{built_in, dotted};

// Each entry is a name and how many arguments its built-in overloads take: `left/2`, `lag/1-3`,
// `concat/1-` without an end; a name alone takes one. Of `pg_proc` in PostgreSQL 15 to 18, only
// what reads nothing but its arguments and settings, and what a report may want.

const AGGREGATES: &str = "any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr/2 \
    count/0-1 covar_pop/2 covar_samp/2 every json_agg json_agg_strict json_object_agg/2 \
    json_object_agg_strict/2 json_object_agg_unique/2 json_object_agg_unique_strict/2 jsonb_agg \
    jsonb_agg_strict jsonb_object_agg/2 jsonb_object_agg_strict/2 jsonb_object_agg_unique/2 \
    jsonb_object_agg_unique_strict/2 max min mode/0 percentile_cont percentile_disc range_agg \
    range_intersect_agg regr_avgx/2 regr_avgy/2 regr_count/2 regr_intercept/2 regr_r2/2 regr_slope/2 \
    regr_sxx/2 regr_sxy/2 regr_syy/2 stddev stddev_pop stddev_samp string_agg/2 sum var_pop var_samp \
    variance";

const WINDOWS: &str = "cume_dist/0- dense_rank/0- first_value lag/1-3 last_value lead/1-3 nth_value/2 \
    ntile percent_rank/0- rank/0- row_number/0";

const MATHEMATICS: &str = "abs acos acosd acosh asin asind asinh atan atan2/2 atan2d/2 atand atanh \
    bit_count cbrt ceil ceiling cos cosd cosh cot cotd degrees div/2 erf erfc exp factorial floor gamma \
    gcd/2 lcm/2 lgamma ln log/1-2 log10 min_scale mod/2 num_nonnulls/1- num_nulls/1- pg_size_bytes pg_size_pretty pi/0 pow/2 power/2 \
    radians round/1-2 scale sign sin sind sinh sqrt tan tand tanh trim_scale trunc/1-2 \
    width_bucket/2-4";

const TEXTS: &str = "ascii bit_length btrim/1-2 casefold char_length character_length chr concat/1- \
    concat_ws/2- convert/3 convert_from/2 convert_to/2 crc32 crc32c decode/2 encode/2 format/1- \
    get_bit/2 get_byte/2 initcap is_normalized/1-2 left/2 length/1-2 like_escape/2 lower lpad/2-3 \
    ltrim/1-2 md5 normalize/1-2 octet_length overlay/3-4 parse_ident/1-2 position/2 quote_ident \
    quote_literal quote_nullable regexp_count/2-4 regexp_instr/2-7 regexp_like/2-3 regexp_match/2-3 \
    regexp_matches/2-3 regexp_replace/3-6 regexp_split_to_array/2-3 regexp_split_to_table/2-3 \
    regexp_substr/2-6 repeat/2 replace/3 reverse right/2 rpad/2-3 rtrim/1-2 set_bit/3 set_byte/3 sha224 \
    sha256 sha384 sha512 similar_to_escape/1-2 split_part/3 starts_with/2 string_to_array/2-3 \
    string_to_table/2-3 strpos/2 substr/2-3 substring/2-3 to_ascii/1-2 to_bin to_char/2 to_hex \
    to_number/2 to_oct translate/3 unicode_assigned unistr upper uuid_extract_timestamp \
    uuid_extract_version";

/// A bare `'today'` among their arguments means a time.
const TIMES: &str = "age/1-2 date_add/2-3 date_bin/3 date_part/2 date_subtract/2-3 date_trunc/2-3 \
    extract/2 generate_series/2-4 isfinite justify_days justify_hours justify_interval make_date/3 \
    make_interval/0-7 make_time/3 make_timestamp/6 make_timestamptz/6-7 now/0 overlaps/4 timezone/1-2 \
    to_date/2 to_timestamp/1-2 transaction_timestamp/0";

/// Functions of any type whose arguments may be of types of time.
const TAKES_TIMES: &str = "array_append array_cat array_position array_positions array_prepend \
    array_remove array_replace datemultirange daterange lag lead range_merge time timestamp timestamptz \
    timetz tsmultirange tsrange tstzmultirange tstzrange width_bucket";

/// Casts written as calls, `date(created_at)`. The overloads that take a length pad to it.
const CASTS: &str = "bool box/1-2 bpchar char circle/1-2 date float4 float8 int2 int4 int8 \
    interval/1-2 line/2 lseg/1-2 money name numeric path point/1-2 polygon text time/1-2 timestamp/1-2 \
    timestamptz/1-2 timetz/1-2 varchar";

const JSON: &str = "array_to_json/1-2 json_array_elements json_array_elements_text json_array_length \
    json_build_array/0- json_build_object/0- json_each json_each_text json_extract_path/1- \
    json_extract_path_text/1- json_object/1-2 json_object_keys json_strip_nulls/1-2 json_to_record \
    json_to_recordset json_typeof jsonb_array_elements jsonb_array_elements_text jsonb_array_length \
    jsonb_build_array/0- jsonb_build_object/0- jsonb_each jsonb_each_text jsonb_extract_path/1- \
    jsonb_extract_path_text/1- jsonb_insert/3-4 jsonb_object/1-2 jsonb_object_keys \
    jsonb_path_exists/2-4 jsonb_path_exists_tz/2-4 jsonb_path_match/2-4 jsonb_path_match_tz/2-4 \
    jsonb_path_query/2-4 jsonb_path_query_array/2-4 jsonb_path_query_array_tz/2-4 \
    jsonb_path_query_first/2-4 jsonb_path_query_first_tz/2-4 jsonb_path_query_tz/2-4 jsonb_pretty \
    jsonb_set/3-4 jsonb_set_lax/3-5 jsonb_strip_nulls/1-2 jsonb_to_record jsonb_to_recordset \
    jsonb_typeof row_to_json/1-2 to_json to_jsonb";

const ARRAYS_AND_RANGES: &str = "array_append/2 array_cat/2 array_dims array_fill/2-3 array_length/2 \
    array_lower/2 array_ndims array_position/2-3 array_positions/2 array_prepend/2 array_remove/2 \
    array_replace/3 array_reverse array_sort/1-3 array_to_string/2-3 array_upper/2 cardinality \
    datemultirange/0- daterange/2-3 enum_first enum_last enum_range/1-2 generate_subscripts/2-3 \
    int4multirange/0- int4range/2-3 int8multirange/0- int8range/2-3 isempty lower_inc lower_inf \
    multirange nummultirange/0- numrange/2-3 range_merge/1-2 trim_array/2 tsmultirange/0- tsrange/2-3 \
    tstzmultirange/0- tstzrange/2-3 unnest/1- upper_inc upper_inf";

const TEXT_SEARCH: &str = "array_to_tsvector get_current_ts_config/0 json_to_tsvector/2-3 \
    jsonb_to_tsvector/2-3 numnode phraseto_tsquery/1-2 plainto_tsquery/1-2 querytree setweight/2-3 strip \
    to_tsquery/1-2 to_tsvector/1-2 ts_delete/2 ts_filter/2 ts_headline/2-4 ts_rank/2-4 ts_rank_cd/2-4 \
    tsquery_phrase/2-3 tsvector_to_array websearch_to_tsquery/1-2";

const PLACES: &str = "abbrev area bound_box/2 broadcast center diagonal diameter family height host \
    hostmask inet_merge/2 inet_same_family/2 isclosed isopen masklen netmask network npoints pclose \
    popen radius set_masklen/2 slope/2 width";

/// Harmless, and the same in every run as one role on one database.
const SESSION: &str = "current_database/0 current_schema/0 pg_typeof version/0";

/// What answers otherwise in every run, for a caller that takes that. Not `setseed`: it acts on the session.
const UNREPEATABLE: &str = "array_sample/2 array_shuffle clock_timestamp/0 gen_random_uuid/0 random/0-2 \
    random_normal/0-2 statement_timestamp/0 timeofday/0 uuidv4/0 uuidv7/0-1";

/// What gives several rows where it stands in a select list.
const GIVE_ROWS: &str = "generate_series generate_subscripts json_array_elements \
    json_array_elements_text json_each json_each_text json_object_keys json_to_recordset \
    jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys \
    jsonb_path_query jsonb_path_query_tz jsonb_to_recordset regexp_matches regexp_split_to_table \
    string_to_table ts_stat unnest";

static ALLOWED: LazyLock<HashMap<&'static str, RangeInclusive<usize>>> = LazyLock::new(|| {
    let lists = [
        AGGREGATES,
        WINDOWS,
        MATHEMATICS,
        TEXTS,
        TIMES,
        CASTS,
        JSON,
        ARRAYS_AND_RANGES,
        TEXT_SEARCH,
        PLACES,
        SESSION,
    ];
    lists.into_iter().flat_map(str::split_whitespace).map(entry).collect()
});

/// The bare name of a function that may be called with `given` arguments.
pub(crate) fn allowed(
    name: &[Node],
    given: usize,
    variadic: bool,
    location: i32,
) -> Result<&str, Refusal> {
    let Some(bare) = built_in(name) else {
        return Err(Refusal::new(
            dotted(name),
            location,
            "functions of a schema are not known to be pure reads",
            "use PostgreSQL's built-in functions",
        ));
    };
    let Some(arity) = ALLOWED.get(bare) else {
        let (reason, instead) = why(bare);
        return Err(Refusal::new(bare, location, reason, instead));
    };
    let fits = if variadic { *arity.end() == usize::MAX } else { arity.contains(&given) };
    if !fits {
        return Err(Refusal::new(
            bare,
            location,
            format!("no built-in function of that name takes {given} arguments"),
            "correct its arguments",
        ));
    }
    Ok(bare)
}

/// The functions that give several rows where they stand in a select list.
pub(crate) fn give_rows() -> impl Iterator<Item = &'static str> {
    GIVE_ROWS.split_whitespace()
}

/// The bare name of a function that answers otherwise in every run.
pub(crate) fn unrepeatable(name: &[Node], given: usize) -> Option<&str> {
    let bare = built_in(name)?;
    let known = UNREPEATABLE.split_whitespace().map(entry);
    known.into_iter().any(|(name, arity)| name == bare && arity.contains(&given)).then_some(bare)
}

/// Whether it makes one row of many.
pub(crate) fn is_aggregate(name: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| AGGREGATES.split_whitespace().map(|item| entry(item).0).collect());
    KNOWN.contains(name)
}

/// Whether a bare `'today'` among its arguments means a time.
pub(crate) fn of_times(name: &str) -> bool {
    static OF_TIMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let times = TIMES.split_whitespace().map(|item| entry(item).0);
        times.chain(TAKES_TIMES.split_whitespace()).collect()
    });
    OF_TIMES.contains(name)
}

fn entry(item: &str) -> (&str, RangeInclusive<usize>) {
    let (name, arity) = item.split_once('/').unwrap_or((item, "1"));
    let (least, most) = arity.split_once('-').unwrap_or((arity, arity));
    (name, least.parse().unwrap_or(usize::MAX)..=most.parse().unwrap_or(usize::MAX))
}

/// The reason and the advice for a function that is not on the list.
fn why(name: &str) -> (&'static str, &'static str) {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let differs = "it gives another answer in every run";
    match name {
        "clock_timestamp" | "statement_timestamp" | "timeofday" => (differs, "write now()"),
        "random" | "random_normal" | "setseed" | "array_sample" | "array_shuffle" => {
            (differs, "order by a column, or use TABLESAMPLE … REPEATABLE (seed)")
        }
        "gen_random_uuid" | "uuidv4" | "uuidv7" => {
            (differs, "write row_number() OVER (ORDER BY …)")
        }
        _ if begins(&["uuid_generate_"]) => (differs, "write row_number() OVER (ORDER BY …)"),
        "nextval" | "setval" | "currval" | "lastval" => {
            ("it belongs to a sequence", "write row_number() OVER (ORDER BY …)")
        }
        "set_config" | "current_setting" => ("it reaches settings", "leave it out"),
        "ts_stat" | "ts_rewrite" | "crosstab" | "connectby" => {
            (TEXT_RUNS, "write that query as a subquery")
        }
        _ if begins(&[
            "dblink",
            "query_to_",
            "cursor_to_",
            "table_to_",
            "schema_to_",
            "database_to_",
        ]) =>
        {
            (TEXT_RUNS, "write that query as a subquery")
        }
        _ if begins(&["pg_sleep"]) => ("it only waits", "leave it out"),
        _ if begins(&["pg_advisory_", "pg_try_advisory_"]) => ("it locks", "leave it out"),
        _ if begins(&["lo_", "pg_read_", "pg_ls_", "pg_stat_file"]) => {
            ("it reaches files or large objects", "read tables")
        }
        _ if begins(&[
            "pg_",
            "txid_",
            "inet_",
            "has_",
            "to_reg",
            "binary_upgrade_",
            "row_security_",
        ]) =>
        {
            ("it reaches the server or its catalogs, not the data", "read tables")
        }
        _ if begins(&["xml", "xpath"]) => ("the guard knows no XML", "use text or JSON functions"),
        _ => (
            "it is not among the functions known to be pure reads",
            "use PostgreSQL's built-in functions",
        ),
    }
}

const TEXT_RUNS: &str = "it runs SQL given as text, which cannot be checked";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_reads_as_it_is_written() {
        let check = |item: &str, least: usize, most: usize| {
            assert_eq!(entry(item).1, least..=most, "{item}");
        };
        check("abs", 1, 1);
        check("left/2", 2, 2);
        check("lag/1-3", 1, 3);
        check("concat/1-", 1, usize::MAX);
        for (name, arity) in ALLOWED.iter() {
            assert!(!arity.is_empty() && *arity.start() < 10, "{name}");
        }
    }

    #[test]
    fn no_dangerous_name_is_on_the_list() {
        for name in
            ["pg_sleep", "ts_stat", "ts_rewrite", "query_to_xml", "nextval", "random", "lo_get"]
        {
            assert!(!ALLOWED.contains_key(name), "{name}");
        }
        let mut prefixed: Vec<_> = ALLOWED.keys().filter(|name| name.starts_with("pg_")).collect();
        prefixed.sort_unstable();
        assert_eq!(prefixed, [&"pg_size_bytes", &"pg_size_pretty", &"pg_typeof"]);
    }
}
