//! Questions and their SQL, as data: `cases/*.txt` hold, apart by blank lines, a question and what
//! it must become. Every SQL of them was run on PostgreSQL 15 when it was written down.

use std::path::Path;

const UNIVERSITY: &str = include_str!("schemas/university.sql");
const FREIGHT: &str = include_str!("schemas/freight.sql");
const UNIVERSITY_CASES: &str = include_str!("cases/university.txt");
const FREIGHT_CASES: &str = include_str!("cases/freight.txt");

/// Words of the university's schema and made-up ones with the same first letter and endings.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("academic", "almoric"),
    ("building", "brondel"),
    ("construct", "crimast"),
    ("course", "corvane"),
    ("credit", "cralum"),
    ("department", "dorvel"),
    ("employee", "esklor"),
    ("enroll", "esplor"),
    ("facilit", "fromelit"),
    ("funding", "farlung"),
    ("hire", "huxte"),
    ("major", "mivor"),
    ("member", "mumbrel"),
    ("position", "polimar"),
    ("project", "prelok"),
    ("research", "rudalt"),
    ("room", "rask"),
    ("staff", "smelk"),
    ("student", "sintar"),
];

fn message(schema: &str, question: &str) -> String {
    format!("<schema>\n{schema}\n</schema>\n\n<question>\n{question}\n</question>\n")
}

/// The SQL without its fence, or the whole line that declines.
fn answer(schema: &str, question: &str) -> String {
    let reply = translator::reply("", &message(schema, question));
    let sql = reply.strip_prefix("```sql\n").and_then(|rest| rest.strip_suffix("\n```"));
    sql.unwrap_or(&reply).to_owned()
}

fn check(schema: &str, question: &str, expected: &str) {
    assert_eq!(answer(schema, question), expected, "for the question: {question}");
}

fn cases(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.trim().split("\n\n").filter_map(|case| case.split_once('\n'))
}

#[test]
fn questions_on_the_university() {
    assert!(cases(UNIVERSITY_CASES).count() > 50, "the file was cut into its cases");
    for (question, expected) in cases(UNIVERSITY_CASES) {
        check(UNIVERSITY, question, expected);
    }
}

#[test]
fn questions_on_a_schema_with_other_habits() {
    for (question, expected) in cases(FREIGHT_CASES) {
        check(FREIGHT, question, expected);
    }
}

#[test]
fn nothing_is_known_about_universities() {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let other = |text: &str| {
        OTHER_WORDS.iter().fold(text.to_owned(), |text, (word, other)| {
            text.replace(word, other).replace(&capital(word), &capital(other))
        })
    };
    for (question, expected) in cases(UNIVERSITY_CASES) {
        // A verb that is linked to another noun by the language alone, and a short form.
        if !["built", " CS "].iter().any(|word| question.contains(word)) {
            check(&other(UNIVERSITY), &other(question), &other(expected));
        }
    }
}

#[test]
fn each_name_makes_a_difference() {
    for missing in ["academics.students", "academics.departments"] {
        let table = format!("CREATE TABLE {missing}");
        let schema = UNIVERSITY.replace(&table, "CREATE TABLE academics.rocks");
        let declined = answer(&schema, "How many students are in each department?");
        assert!(declined.starts_with("CANNOT ANSWER: "), "without {missing}: {declined}");
    }
}

#[test]
fn an_error_that_came_back_is_not_tried_again() {
    let repair = message(UNIVERSITY, "How many students are there?")
        + "<previous_sql>\nSELECT 1\n</previous_sql>\n<error>\nno such column\nline 2\n</error>\n";
    assert_eq!(
        translator::reply("", &repair),
        "CANNOT ANSWER: the only reading of the question made SQL that failed: no such column"
    );
}

#[test]
fn a_message_without_its_parts_is_declined() {
    for (message, expected) in [
        ("", "CANNOT ANSWER: the message has no `<question>` part"),
        ("<question>How many?</question>", "CANNOT ANSWER: the message has no `<schema>` part"),
        (
            "<schema>CREATE VIEW x</schema><question>How many?</question>",
            "CANNOT ANSWER: the schema could not be read: `CREATE VIEW x`",
        ),
    ] {
        assert_eq!(translator::reply("", message), expected);
    }
    let long = "many ".repeat(1000);
    assert!(answer(UNIVERSITY, &long).contains("longer than 2000 characters"));
}

/// Broken or odd questions: a reply comes back, whatever it is, and never half a fence.
#[test]
fn every_question_gets_a_whole_reply() {
    for (question, _) in cases(UNIVERSITY_CASES) {
        let words: Vec<&str> = question.split(' ').collect();
        for length in 0..words.len() {
            for part in [words[..length].join(" "), words[length..].join(" ")] {
                let reply = translator::reply("", &message(UNIVERSITY, &part));
                let is_sql = reply.starts_with("```sql\nSELECT ") && reply.ends_with("\n```");
                assert!(is_sql || reply.starts_with("CANNOT ANSWER: "), "{part}: {reply}");
            }
        }
    }
}

/// The public sample's questions, where the team's corpora lie beside the repository: those that
/// its schema can answer become SQL, the others are declined.
#[test]
fn the_questions_of_the_seed() -> Result<(), Box<dyn std::error::Error>> {
    let place = "../../../shared/corpora/seed-questions.jsonl";
    let Ok(text) = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(place))
    else {
        return Ok(());
    };
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line)?;
        let question = case["question"].as_str().ok_or("a question")?;
        let answered = answer(UNIVERSITY, question).starts_with("SELECT ");
        assert_eq!(Some(answered), case["answerable"].as_bool(), "{question}");
    }
    Ok(())
}
