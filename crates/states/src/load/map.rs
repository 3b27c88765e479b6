//! Map states.

use crate::definition::{
    Distributed, InputType, ItemReader, Items, Map, Mode, ResultWriter, Tolerance,
};
use crate::path::{Path, Place};
use crate::template::Expression;

use super::fields::Fields;
use super::{flow, state};

/// The longest Label.
const MAX_LABEL_LENGTH: usize = 40;
/// The most items that a Map Run takes.
const MAX_ITEMS: u64 = 100_000_000;
/// The most children that run at once.
const MAX_CONCURRENCY: u64 = 10_000;
/// What only a Distributed Map has.
const DISTRIBUTED_ONLY: [&str; 5] =
    ["ItemReader", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailurePercentage"];

pub(super) fn map(fields: &mut Fields<'_>) -> Option<Map> {
    fields.required("ItemProcessor");
    let mut processor = fields.object("ItemProcessor");
    let mode = if processor.as_mut().is_some_and(is_distributed) {
        Mode::Distributed(Box::new(distributed(fields)))
    } else {
        for name in DISTRIBUTED_ONLY {
            if fields.take(name).is_some() {
                fields.problem(name, "is not supported without the Mode `DISTRIBUTED`");
            }
        }
        Mode::Inline
    };
    let flow = processor.and_then(|mut processor| {
        let flow = flow(&mut processor);
        processor.done();
        flow
    });
    let item_selector = state::template(fields, "ItemSelector", Place::ItemSelector);
    let max_concurrency = fields.integer("MaxConcurrency", 0..=MAX_CONCURRENCY).unwrap_or(0);
    let items = items(fields);
    let handling = state::handling(fields);
    Some(Map {
        items: items?,
        item_selector,
        max_concurrency: usize::try_from(max_concurrency).ok()?,
        processor: flow?,
        mode,
        handling,
    })
}

fn is_distributed(processor: &mut Fields<'_>) -> bool {
    let Some(mut config) = processor.object("ProcessorConfig") else { return false };
    let is_distributed = config.one_of("Mode", &["INLINE", "DISTRIBUTED"]) == Some("DISTRIBUTED");
    if is_distributed {
        config.required("ExecutionType");
        config.one_of("ExecutionType", &["STANDARD"]);
    }
    config.done();
    is_distributed
}

fn distributed(fields: &mut Fields<'_>) -> Distributed {
    let tolerance = Tolerance {
        count: fields.integer("ToleratedFailureCount", 0..=MAX_ITEMS),
        percentage: fields.number("ToleratedFailurePercentage", 0.0..=100.0),
    };
    let result_writer = fields.object("ResultWriter").and_then(|mut writer| {
        writer.required("Resource");
        writer.one_of("Resource", &["arn:aws:states:::s3:putObject"]);
        let (bucket, prefix) = object_name(&mut writer, "Prefix");
        writer.done();
        Some(ResultWriter { bucket: bucket?, prefix: prefix? })
    });
    let tolerates = tolerance.count.is_some_and(|count| count > 0)
        || tolerance.percentage.is_some_and(|percentage| percentage > 0.0);
    if tolerates && !fields.has("ResultWriter") {
        // AWS does not say plainly what stands for a failed child in the Map's own output.
        fields.problem_here(
            "a Map that tolerates failures is not supported without a `ResultWriter`",
        );
    }
    Distributed { label: label(fields), tolerance, result_writer }
}

fn label(fields: &mut Fields<'_>) -> Option<String> {
    fields.parsed("Label", |label| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if label.is_empty() || label.len() > MAX_LABEL_LENGTH || !label.chars().all(plain) {
            return Err(format!(
                "a label is at most {MAX_LABEL_LENGTH} letters, digits, `-` and `_`"
            ));
        }
        Ok(label.to_owned())
    })
}

fn items(fields: &mut Fields<'_>) -> Option<Items> {
    let root = || Path::parse("$", Place::State).ok().map(Items::Path);
    if !fields.has("ItemReader") {
        return match fields.has("ItemsPath") {
            true => {
                fields.parsed("ItemsPath", |text| Path::parse(text, Place::State)).map(Items::Path)
            }
            false => root(),
        };
    }
    let mut reader = fields.object("ItemReader")?;
    reader.required("Resource");
    reader.one_of("Resource", &["arn:aws:states:::s3:getObject"]);
    let (bucket, key) = object_name(&mut reader, "Key");
    reader.required("ReaderConfig");
    let config = reader.object("ReaderConfig");
    let config = config.and_then(|mut config| {
        config.required("InputType");
        let input_type = match config.one_of("InputType", &["JSON", "JSONL"]) {
            Some("JSONL") => InputType::JsonLines,
            _ => InputType::Json,
        };
        let max_items = config.integer("MaxItems", 0..=MAX_ITEMS).unwrap_or(0);
        config.done();
        Some((input_type, usize::try_from(max_items).ok()?))
    });
    reader.done();
    let (input_type, max_items) = config?;
    Some(Items::Reader(ItemReader { bucket: bucket?, key: key?, input_type, max_items }))
}

/// `Parameters` with `Bucket` and either `Key` or `Prefix`, each written out or with `.$`.
fn object_name(fields: &mut Fields<'_>, second: &str) -> (Option<Expression>, Option<Expression>) {
    fields.required("Parameters");
    let Some(mut parameters) = fields.object("Parameters") else { return (None, None) };
    let mut part = |name: &str| {
        let dynamic = format!("{name}.$");
        if parameters.has(&dynamic) {
            return parameters
                .parsed(&dynamic, |text| Expression::parse(&dynamic, text, Place::State));
        }
        parameters.required_text(name).map(|text| Expression::Literal(text.into()))
    };
    let parts = (part("Bucket"), part(second));
    parameters.done();
    parts
}
