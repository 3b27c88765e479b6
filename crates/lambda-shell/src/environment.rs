//! The environment, read once at cold start.

use std::collections::BTreeMap;

/// The variables of a process, or pairs that a test gives.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// A variable that must be set is not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable `{0}` is not set")]
pub struct MissingVariable(pub String);

impl Environment {
    /// Those of this process; a value that is not Unicode counts as not set.
    pub fn of_process() -> Environment {
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Environment(pairs.collect())
    }

    /// The value, which must be there and not empty.
    pub fn require(&self, name: &str) -> Result<String, MissingVariable> {
        self.0
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
            .ok_or_else(|| MissingVariable(name.to_owned()))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Environment {
        Environment(
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let environment = Environment::from([("A", "1"), ("EMPTY", "")]);
        for (name, expected) in [("A", Ok("1")), ("EMPTY", Err("EMPTY")), ("B", Err("B"))] {
            let expected =
                expected.map(str::to_owned).map_err(|name| MissingVariable(name.to_owned()));
            assert_eq!(environment.require(name), expected);
        }
    }
}
