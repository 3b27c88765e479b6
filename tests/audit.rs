//! The audit table has one row an answer.

use crate::{duckdb::read_parquet, quaestor::DataDir};

#[tokio::test]
async fn one_row_an_answer_says_what_became_of_it() {
    let data = DataDir::new();
    let (_, run) = data.run(&["adhoc"]).await;

    let table =
        data.object("audit/answers/as_of_date=2026-11-22").join(format!("{}.parquet", run.run_id));
    let table = read_parquet(&table);
    let records = table.records();

    assert_eq!(records.len(), run.answers.len(), "{table:#?}");
    for (record, answer) in records.iter().zip(&run.answers) {
        let row_count = answer.row_count.map(|rows| rows.to_string());
        let expected = [
            ("run_id", Some(run.run_id.as_str())),
            ("question_id", Some(answer.id.as_str())),
            ("status", Some(answer.status.as_str())),
            ("error_type", answer.error_type.as_deref()),
            ("message", answer.message.as_deref()),
            ("sql", answer.sql.as_deref()),
            ("row_count", row_count.as_deref()),
            ("report_key", answer.report_key.as_deref()),
        ];
        for (column, value) in expected {
            assert_eq!(record.get(column), Some(&value), "`{column}` of {record:#?}");
        }
    }
    let outcomes = |status| run.answers.iter().filter(|answer| answer.status == status).count();
    assert!(outcomes("answered") > 0 && outcomes("failed") > 0, "both kinds are looked at");
}
