//! The intrinsic functions: `States.Format`, `States.JsonToString`, `States.StringToJson`, `States.ArrayLength`,
//! `States.MathAdd` and `States.Array`.

use serde_json::{Value, json};

use crate::error::{Fault, INTRINSIC_FAILURE};
use crate::path::{Path, Place, Scope};

/// How deep calls nest on AWS.
const MAX_DEPTH: usize = 10;

/// A call such as `States.Format('runs/{}', $.run_id)`.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    text: String,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Function {
    /// The pieces of the template around its placeholders: one more than there are arguments.
    Format(Vec<String>),
    JsonToString,
    StringToJson,
    ArrayLength,
    MathAdd,
    Array,
}

#[derive(Debug, Clone)]
enum Argument {
    Literal(Value),
    /// A string as written, its escapes still in it.
    Text(String),
    Path(Path),
    Call(Call),
}

impl Call {
    pub(crate) fn parse(text: &str, place: Place) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0, place };
        let call = parser.call(1)?;
        match parser.rest().trim() {
            "" => Ok(call),
            rest => Err(format!("`{rest}` after the end of `{}`", call.text)),
        }
    }

    pub(crate) fn evaluate(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        let arguments: Vec<Value> = self
            .arguments
            .iter()
            .map(|argument| argument.evaluate(scope))
            .collect::<Result<_, _>>()?;
        let failed = |reason: &str| {
            let message = format!("The function '{}' had the following error: {reason}", self.text);
            Err(Fault::found(INTRINSIC_FAILURE, message))
        };
        match (&self.function, arguments.as_slice()) {
            (Function::Format(pieces), values) => match format(pieces, values) {
                Some(text) => Ok(Value::String(text)),
                None => failed("an argument is an array or an object"),
            },
            (Function::JsonToString, [value]) => Ok(Value::String(value.to_string())),
            (Function::StringToJson, [Value::String(text)]) if text.trim().is_empty() => {
                Ok(Value::Null)
            }
            (Function::StringToJson, [Value::String(text)]) => {
                serde_json::from_str(text).or_else(|_| failed("the argument is not JSON"))
            }
            (Function::StringToJson, _) => failed("the argument is not a string"),
            (Function::ArrayLength, [Value::Array(items)]) => Ok(json!(items.len())),
            (Function::ArrayLength, _) => failed("the argument is not an array"),
            (Function::MathAdd, [first, second]) => match (integer(first), integer(second)) {
                (Some(first), Some(second)) => Ok(json!(first + second)),
                _ => failed("an argument is not a 32-bit integer"),
            },
            (Function::Array, _) => Ok(Value::Array(arguments)),
            (Function::JsonToString | Function::MathAdd, _) => failed("wrong number of arguments"),
        }
    }
}

impl Argument {
    fn evaluate(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Text(raw) => Ok(Value::String(unescape(raw))),
            Self::Path(path) => path.find(scope).cloned().ok_or_else(|| {
                Fault::runtime(format!(
                    "The JsonPath argument for the field '{}' could not be found in the input",
                    path.text()
                ))
            }),
            Self::Call(call) => call.evaluate(scope),
        }
    }
}

/// AWS prints an array or object as Java does (`{a=1}`), which no reader of this text can want: refused.
fn format(pieces: &[String], values: &[Value]) -> Option<String> {
    let mut pieces = pieces.iter();
    let mut text = pieces.next().cloned().unwrap_or_default();
    for (value, piece) in values.iter().zip(pieces) {
        match value {
            Value::String(value) => text.push_str(value),
            Value::Array(_) | Value::Object(_) => return None,
            value => text.push_str(&value.to_string()),
        }
        text.push_str(piece);
    }
    Some(text)
}

/// A whole number as AWS takes it: a fraction is rounded half up (seen: 2.5 → 3, -2.5 → -2), and 32 bits suffice.
fn integer(value: &Value) -> Option<i64> {
    let rounded = (value.as_f64()? + 0.5).floor();
    let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
    range.contains(&rounded).then_some(rounded as i64)
}

fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}

/// Splits a template at its `{}`; a brace that stands for itself is escaped.
fn placeholders(raw: &str) -> Result<Vec<String>, String> {
    let mut pieces = vec![String::new()];
    let mut piece = String::new();
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => piece.extend(characters.next()),
            '{' if characters.next_if_eq(&'}').is_some() => {
                let done = pieces.len() - 1;
                pieces[done] = std::mem::take(&mut piece);
                pieces.push(String::new());
            }
            '{' | '}' => {
                return Err(format!("a lone brace in the template '{raw}': escape it with `\\`"));
            }
            character => piece.push(character),
        }
    }
    let last = pieces.len() - 1;
    pieces[last] = piece;
    Ok(pieces)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips white space, then takes `token` if it comes next.
    fn accept(&mut self, token: &str) -> bool {
        let rest = self.rest().trim_start();
        self.at = self.text.len() - rest.len();
        let found = rest.starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn call(&mut self, depth: usize) -> Result<Call, String> {
        if depth > MAX_DEPTH {
            return Err(format!("intrinsic functions nest more than {MAX_DEPTH} deep"));
        }
        self.accept("");
        let start = self.at;
        let Some((name, _)) = self.rest().split_once('(') else {
            return Err(format!("`{}` is neither a path nor an intrinsic function", self.rest()));
        };
        self.at += name.len() + 1;
        let mut arguments = Vec::new();
        while !self.accept(")") {
            if !arguments.is_empty() && !self.accept(",") {
                return Err(format!("expected `,` or `)` in `{}`", self.text));
            }
            arguments.push(self.argument(depth)?);
        }
        let (function, arguments) = function(name, arguments)?;
        Ok(Call { text: self.text[start..self.at].to_owned(), function, arguments })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, String> {
        if self.accept("'") {
            return self.string().map(Argument::Text);
        }
        self.accept("");
        let rest = self.rest();
        if rest.starts_with("States.") {
            return self.call(depth + 1).map(Argument::Call);
        }
        let mut in_brackets = false;
        let end = rest.find(|character| {
            in_brackets = (in_brackets || character == '[') && character != ']';
            !in_brackets && matches!(character, ',' | ')')
        });
        let token = rest[..end.unwrap_or(rest.len())].trim_end();
        self.at += token.len();
        if token.starts_with('$') {
            return Path::parse(token, self.place).map(Argument::Path);
        }
        match serde_json::from_str(token) {
            Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
                Ok(Argument::Literal(value))
            }
            _ => Err(format!("`{token}` is not an argument of an intrinsic function")),
        }
    }

    /// The rest of a string whose opening quote is taken.
    fn string(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\'' => {
                    self.at += at + 1;
                    return Ok(rest[..at].to_owned());
                }
                '\\' if !matches!(characters.next(), Some((_, '\'' | '{' | '}' | '\\'))) => {
                    return Err(format!("an unknown escape in `{}`", self.text));
                }
                _ => {}
            }
        }
        Err(format!("a string without an end in `{}`", self.text))
    }
}

/// The function of that name, with the arguments that remain to be evaluated.
fn function(name: &str, mut arguments: Vec<Argument>) -> Result<(Function, Vec<Argument>), String> {
    let (function, count) = match name.trim() {
        "States.Format" => {
            let pieces = match arguments.first() {
                Some(Argument::Text(raw)) => placeholders(raw)?,
                _ => {
                    return Err(
                        "the template of `States.Format` must be a string literal".to_owned()
                    );
                }
            };
            arguments.remove(0);
            let count = pieces.len() - 1;
            (Function::Format(pieces), Some(count))
        }
        "States.JsonToString" => (Function::JsonToString, Some(1)),
        "States.StringToJson" => (Function::StringToJson, Some(1)),
        "States.ArrayLength" => (Function::ArrayLength, Some(1)),
        "States.MathAdd" => (Function::MathAdd, Some(2)),
        "States.Array" => (Function::Array, None),
        name => return Err(format!("intrinsic function `{name}` is not supported")),
    };
    match count {
        Some(count) if count != arguments.len() => {
            let given = arguments.len();
            Err(format!("`{}` is given {given} values where it takes {count}", name.trim()))
        }
        _ => Ok((function, arguments)),
    }
}
