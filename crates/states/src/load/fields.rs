//! Reads the fields of one JSON object and remembers which: what nobody asked for is not supported.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::SupportedResources;
use crate::error::LoadError;

/// What all parts of one load share.
pub(super) struct Load<'a> {
    pub(super) resources: &'a SupportedResources,
    /// The names of all states so far, of Maps too: AWS wants them unique.
    pub(super) state_names: RefCell<BTreeSet<String>>,
    pub(super) problems: RefCell<Vec<LoadError>>,
}

/// The fields of one object, of which each is taken once. Whatever is wrong is noted, and reading goes on.
pub(super) struct Fields<'a> {
    pub(super) load: &'a Load<'a>,
    pub(super) state: Option<&'a str>,
    pub(super) pointer: String,
    object: &'a Map<String, Value>,
    untaken: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, if it is an object.
    pub(super) fn of(
        load: &'a Load<'a>,
        state: Option<&'a str>,
        pointer: String,
        value: &'a Value,
    ) -> Option<Self> {
        let Some(object) = value.as_object() else {
            let message = "must be an object".to_owned();
            let state = state.map(str::to_owned);
            load.problems.borrow_mut().push(LoadError { pointer, state, message });
            return None;
        };
        let untaken = object.keys().map(String::as_str).collect();
        Some(Self { load, state, pointer, object, untaken })
    }

    pub(super) fn take(&mut self, name: &str) -> Option<&'a Value> {
        self.untaken.remove(name);
        self.object.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Notes what is wrong with the field `name`, which the message begins by naming.
    pub(super) fn problem(&self, name: &str, message: impl AsRef<str>) {
        let message = format!("field `{name}` {}", message.as_ref());
        self.note(self.pointer_to(name), message);
    }

    /// Notes what is wrong with the object itself.
    pub(super) fn problem_here(&self, message: impl Into<String>) {
        self.note(self.pointer.clone(), message.into());
    }

    pub(super) fn note(&self, pointer: String, message: String) {
        let state = self.state.map(str::to_owned);
        self.load.problems.borrow_mut().push(LoadError { pointer, state, message });
    }

    pub(super) fn pointer_to(&self, name: &str) -> String {
        below(&self.pointer, name)
    }

    pub(super) fn required(&mut self, name: &str) -> Option<&'a Value> {
        let value = self.take(name);
        if value.is_none() {
            self.problem(name, "is missing");
        }
        value
    }

    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.take(name)?;
        if !value.is_string() {
            self.problem(name, "must be a string");
        }
        value.as_str()
    }

    pub(super) fn required_text(&mut self, name: &str) -> Option<&'a str> {
        self.required(name)?;
        self.text(name)
    }

    /// A field that has one of these texts, if any.
    pub(super) fn one_of(&mut self, name: &str, supported: &[&str]) -> Option<&'a str> {
        let text = self.text(name)?;
        if !supported.contains(&text) {
            self.problem(name, format!("is `{text}`, only {} is supported", list(supported)));
        }
        Some(text)
    }

    pub(super) fn integer(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        let integer = value.as_u64().filter(|integer| range.contains(integer));
        if integer.is_none() {
            let (from, to) = range.into_inner();
            self.problem(name, format!("must be a whole number from {from} to {to}"));
        }
        integer
    }

    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.take(name)?;
        let number = value.as_f64().filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = range.into_inner();
            self.problem(name, format!("must be a number from {from} to {to}"));
        }
        number
    }

    /// A text that `parse` understands.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(text)
            .map_err(|problem| self.problem(name, format!("is not supported: {problem}")))
            .ok()
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Fields<'a>> {
        let value = self.take(name)?;
        Fields::of(self.load, self.state, self.pointer_to(name), value)
    }

    /// The objects of an array; none if there is no such field.
    pub(super) fn objects(&mut self, name: &str) -> Vec<Fields<'a>> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.problem(name, "must be an array");
            return Vec::new();
        };
        let pointer = self.pointer_to(name);
        let of =
            |(index, item)| Fields::of(self.load, self.state, format!("{pointer}/{index}"), item);
        items.iter().enumerate().filter_map(of).collect()
    }

    /// Notes every field that was not taken.
    pub(super) fn done(mut self) {
        self.take("Comment");
        for name in &self.untaken {
            self.problem(name, "is not supported");
        }
    }
}

/// The JSON pointer to a member of what `pointer` points to.
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A list of names as words: `` `A` or `B` ``.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" or ")
}
