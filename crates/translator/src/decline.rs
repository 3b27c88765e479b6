//! Why a question is not answered; the text after `CANNOT ANSWER:`.

/// A reason to decline, worded for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Decline {
    #[error("the message has no `<{0}>` part")]
    NoPart(&'static str),
    #[error("the schema could not be read: {0}")]
    Schema(String),
    #[error("the question is longer than {0} characters")]
    TooLong(usize),
    #[error("the question asks to change data (`{0}`), and only reading is offered")]
    Change(String),
    #[error("`{0}` is not understood here")]
    Word(String),
    #[error("`{0}` could mean more than one thing: {1}")]
    Ambiguous(String, String),
    #[error("no foreign key links `{0}` to `{1}`")]
    NoLink(String, String),
    #[error("`{0}` and `{1}` are linked in more than one way ({2}): the question must say which")]
    ManyLinks(String, String, String),
    #[error("the question names no table of the schema")]
    NoSubject,
    #[error("{0}")]
    Unclear(String),
    #[error("the only reading of the question made SQL that failed: {0}")]
    Failed(String),
}
