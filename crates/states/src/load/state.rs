//! One state, by its type.

use std::time::Duration;

use crate::definition::{Fail, Handling, Kind, Pass, State, Task};
use crate::path::{Path, Place, ResultPath, Selection};
use crate::template::{Expression, Template};

use super::fields::Fields;
use super::{MAX_SECONDS, errors, map, rules};

/// What the resources of service integrations begin with.
const INTEGRATION: &str = "arn:aws:states:::";

pub(super) fn state(mut fields: Fields<'_>, name: &str) -> Option<State> {
    fields.one_of("QueryLanguage", &["JSONPath"]);
    let kind_name = fields.required_text("Type")?;
    let kind = match kind_name {
        "Task" => task(&mut fields).map(Kind::Task),
        "Map" => map::map(&mut fields).map(|map| Kind::Map(Box::new(map))),
        "Pass" => pass(&mut fields).map(Kind::Pass),
        "Choice" => rules::choice(&mut fields).map(Kind::Choice),
        "Wait" => wait(&mut fields).map(Kind::Wait),
        "Succeed" => Some(Kind::Succeed),
        "Fail" => Some(Kind::Fail(fail(&mut fields))),
        other => {
            // Of a type that is not known, no field can be judged.
            fields.problem("Type", format!("is `{other}`, which is not supported"));
            return None;
        }
    };
    let (input_path, output_path) = match kind_name {
        "Fail" => (Selection::Whole, Selection::Whole),
        _ => (selection(&mut fields, "InputPath"), selection(&mut fields, "OutputPath")),
    };
    let next = match kind_name {
        "Choice" | "Succeed" | "Fail" => None,
        _ => next(&mut fields),
    };
    fields.done();
    Some(State { name: name.to_owned(), input_path, output_path, next, kind: kind? })
}

fn next(fields: &mut Fields<'_>) -> Option<String> {
    let next = fields.text("Next");
    match (next, fields.take("End")) {
        (Some(_), None) => {}
        (None, Some(end)) if *end == true => {}
        (None, None) if fields.has("Next") => {}
        (None, None) => fields.problem_here("neither `Next` nor `End` is given"),
        (Some(_), Some(_)) => fields.problem("End", "can't stand beside `Next`"),
        (None, Some(_)) => fields.problem("End", "must be true"),
    }
    next.map(str::to_owned)
}

fn task(fields: &mut Fields<'_>) -> Option<Task> {
    let parameters = template(fields, "Parameters", Place::State);
    let timeout = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS).map(Duration::from_secs);
    let handling = handling(fields);
    let resource = fields.required_text("Resource")?;
    if !resource.starts_with(INTEGRATION) || !fields.load.resources.contains(resource) {
        fields.problem("Resource", format!("is `{resource}`, which is not supported"));
    }
    Some(Task { resource: resource.to_owned(), parameters, timeout, handling })
}

/// What Task and Map share.
pub(super) fn handling(fields: &mut Fields<'_>) -> Handling {
    Handling {
        result_selector: template(fields, "ResultSelector", Place::State),
        result_path: result_path(fields),
        retry: errors::retry(fields),
        catch: errors::catch(fields),
    }
}

fn pass(fields: &mut Fields<'_>) -> Option<Pass> {
    Some(Pass {
        parameters: template(fields, "Parameters", Place::State),
        result: fields.take("Result").cloned(),
        result_path: result_path(fields),
    })
}

fn wait(fields: &mut Fields<'_>) -> Option<Duration> {
    fields.required("Seconds")?;
    fields.integer("Seconds", 0..=MAX_SECONDS).map(Duration::from_secs)
}

fn fail(fields: &mut Fields<'_>) -> Fail {
    let mut part = |literal: &str, path: &str| {
        if fields.has(literal) && fields.has(path) {
            fields.problem(path, format!("can't stand beside `{literal}`"));
        }
        let found = fields.parsed(path, |text| Expression::parse(path, text, Place::State));
        let written = fields.text(literal).map(|text| Expression::Literal(text.into()));
        found.or(written)
    };
    Fail { error: part("Error", "ErrorPath"), cause: part("Cause", "CausePath") }
}

/// A template in the field `name`: an object, as AWS wants it.
pub(super) fn template(fields: &mut Fields<'_>, name: &str, place: Place) -> Option<Template> {
    let value = fields.take(name)?;
    if !value.is_object() {
        fields.problem(name, "must be an object");
        return None;
    }
    Template::parse(value, place)
        .map_err(|(below, problem)| {
            let pointer = format!("{}{below}", fields.pointer_to(name));
            let field = below.rsplit('/').next().unwrap_or(name);
            fields.note(pointer, format!("field `{field}` of `{name}`: {problem}"));
        })
        .ok()
}

/// `null` means something else than no field.
pub(super) fn selection(fields: &mut Fields<'_>, name: &str) -> Selection {
    match fields.take(name) {
        None => Selection::Whole,
        Some(value) if value.is_null() => Selection::Nothing,
        Some(_) => fields
            .parsed(name, |text| Path::parse(text, Place::State))
            .map_or(Selection::Whole, Selection::Part),
    }
}

pub(super) fn result_path(fields: &mut Fields<'_>) -> ResultPath {
    match fields.take("ResultPath") {
        None => ResultPath::Replace,
        Some(value) if value.is_null() => ResultPath::Discard,
        Some(_) => fields.parsed("ResultPath", ResultPath::parse).unwrap_or(ResultPath::Replace),
    }
}
