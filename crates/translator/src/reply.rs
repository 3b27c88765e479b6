//! The message of a prompt to the reply of a model.

use crate::chunk::chunks;
use crate::decline::Decline;
use crate::keyword::asks_to_change;
use crate::lexicon::Lexicon;
use crate::question::{Token, tokens};
use crate::schema::Schema;
use crate::{reading, sql};

/// A question is a sentence; what is longer than this was not written for a report.
const MAX_QUESTION_CHARACTERS: usize = 2_000;

/// Answers one message: a fenced block of SQL, or a line `CANNOT ANSWER: <reason>`.
///
/// `user` holds the parts `<schema>` and `<question>` and, where the SQL before this failed,
/// `<previous_sql>` and `<error>`. `system` holds rules for models that could do otherwise; these
/// are built in here. The same message always gets the same reply.
pub fn reply(_system: &str, user: &str) -> String {
    match translate(user) {
        Ok(sql) => format!("```sql\n{sql}\n```"),
        Err(decline) => format!("CANNOT ANSWER: {decline}"),
    }
}

fn translate(user: &str) -> Result<String, Decline> {
    let question = part(user, "question").ok_or(Decline::NoPart("question"))?;
    if question.chars().count() > MAX_QUESTION_CHARACTERS {
        return Err(Decline::TooLong(MAX_QUESTION_CHARACTERS));
    }
    let tokens = tokens(question);
    let words: Vec<String> = tokens.iter().map(Token::lower).collect();
    if let Some(verb) = asks_to_change(&words) {
        return Err(Decline::Change(verb.to_owned()));
    }
    // There is one reading of a question here, so that to try again would fail again.
    if let Some(error) = part(user, "error") {
        return Err(Decline::Failed(error.lines().next().unwrap_or_default().to_owned()));
    }
    let schema = Schema::parse(part(user, "schema").ok_or(Decline::NoPart("schema"))?)?;
    let pieces = chunks(&Lexicon::new(&schema), &tokens)?;
    let plan = reading::read(&schema, &pieces)?;
    sql::render(&schema, &plan)
}

/// The text between `<name>` and `</name>`. The schema comes first and the question may hold
/// anything, so a part starts at its first opening tag and ends at the first closing one after it.
fn part<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}
