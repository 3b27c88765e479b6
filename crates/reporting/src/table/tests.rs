use futures::executor::block_on;

use super::memory::Catalog;
use super::*;

fn table(columns: &[(&str, &str)]) -> Table {
    let column = |&(name, athena_type): &(&str, &str)| TableColumn {
        name: name.to_owned(),
        athena_type: athena_type.to_owned(),
        comment: None,
    };
    let columns = columns.iter().map(column).collect();
    Table { columns, ..Table::of_question("big-orders", "Which orders are big?") }
}

const ID: (&str, &str) = ("id", "bigint");
const TOTAL: (&str, &str) = ("total", "decimal(10,2)");
const ORDER: (&str, &str) = ("order", "string");

#[test]
fn a_table_has_its_questions_name_and_place() {
    let table = table(&[ID]);
    assert_eq!(table.name, "big_orders");
    let folder = table.partition_folder("2026-11-22");
    assert_eq!(folder.as_deref(), Some("reports/big-orders/as_of=2026-11-22/"));
    let answers = Table::of_answers(Vec::new()).partition_folder("2026-11-22");
    assert_eq!(answers.as_deref(), Some("audit/answers/as_of_date=2026-11-22/"));
    for (id, reserved) in
        [("answers", true), ("a-latest", true), ("latest", false), ("answers-2", false)]
    {
        assert_eq!(is_reserved(id), reserved, "{id}");
    }
}

#[test]
fn the_view_shows_the_newest_partition() {
    let view = table(&[ID, ORDER]).latest("reports").expect("a view");
    assert_eq!(view.name, "big_orders_latest");
    assert_eq!(view.owner, "big-orders");
    assert_eq!(view.columns, table(&[ID, ORDER, ("as_of", "string")]).columns);
    let query = r#"SELECT "id", "order", "as_of" FROM "reports"."big_orders" WHERE "as_of" = (SELECT max("as_of") FROM "reports"."big_orders$partitions")"#;
    assert_eq!(view.rows, Rows::Query(query.to_owned()));
    assert_eq!(view.latest("reports"), None);
}

#[test]
fn a_claim_is_made_once_and_grows() {
    let catalog = Catalog::default();
    let check = |report: &[_], expected: &[_], writes| {
        let claimed = block_on(claim(&catalog, &table(report))).expect("a claim");
        assert_eq!(claimed, table(expected));
        assert_eq!(catalog.table("big_orders"), Some(claimed.clone()));
        assert_eq!(catalog.table("big_orders_latest"), claimed.latest("reports"));
        assert_eq!(catalog.writes(), writes, "{report:?}");
    };
    check(&[ID, TOTAL], &[ID, TOTAL], 2);
    check(&[ID, TOTAL], &[ID, TOTAL], 2);
    check(&[TOTAL], &[ID, TOTAL], 2);
    check(&[ORDER, ID], &[ID, TOTAL, ORDER], 4);
}

#[test]
fn who_comes_too_late_reads_again() {
    let catalog = Catalog::default();
    catalog.race(table(&[ORDER]));
    catalog.race(table(&[ORDER, TOTAL]));
    catalog.race(table(&[ORDER, TOTAL]).latest("reports").expect("a view"));
    let claimed = block_on(claim(&catalog, &table(&[ID]))).expect("a claim");
    assert_eq!(claimed, table(&[ORDER, TOTAL, ID]));
    assert_eq!(catalog.table("big_orders_latest"), claimed.latest("reports"));

    catalog.race(table(&[("id", "string")]));
    let error = block_on(claim(&catalog, &table(&[ID, ("more", "date")]))).expect_err("a change");
    assert_eq!(error.kind(), ErrorKind::SchemaChanged, "{error}");
    assert_eq!(catalog.table("big_orders"), Some(table(&[("id", "string")])));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let of_another = || Found::Ours {
        table: Table { owner: "other".into(), ..table(&[ID]) },
        version: "7".into(),
    };
    for (name, found) in [
        ("big_orders", Found::Foreign),
        ("big_orders", of_another()),
        ("big_orders_latest", Found::Foreign),
    ] {
        let catalog = Catalog::of([(name, found.clone())]);
        let error = block_on(claim(&catalog, &table(&[ID]))).expect_err("not ours");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        assert_eq!(block_on(catalog.find(name)).expect("an answer"), Some(found));
    }
}
