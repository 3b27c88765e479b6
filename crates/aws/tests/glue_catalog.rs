//! The tables of the catalog, against the stand-in of Glue.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws::{Clients, GlueCatalog};
use local::front::{Front, Listener, Services};
use local::glue::Glue;
use local::{Credentials, REGION};
use reporting::ErrorKind;
use reporting::table::{Found, Table, TableCatalog as _, TableColumn, claim};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Stand {
    catalog: GlueCatalog,
    glue: Glue,
    _folder: TempDir,
    _front: Front,
}

impl Stand {
    async fn open() -> Stand {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::random();
        let glue = Glue::open(folder.path()).unwrap();
        glue.create_database("reports").unwrap();
        let mut services = Services::default();
        services.glue = Some(glue.clone());
        let front = Listener::bind(0).await.unwrap().serve(services, &credentials).unwrap();
        let url = format!("http://{}", front.address());
        let Credentials { access_key_id, secret_access_key } = &credentials;
        let clients = Clients::at_endpoint(&url, REGION, access_key_id, secret_access_key);
        let catalog = GlueCatalog::new(clients.glue(), "reports", "bucket");
        Stand { catalog, glue, _folder: folder, _front: front }
    }

    /// Everything that the catalog has.
    fn state(&self) -> Vec<Value> {
        let mut state = self.glue.tables("reports");
        let names = state.iter().map(|it| it["Name"].as_str().unwrap().to_owned());
        let partitions: Vec<_> =
            names.flat_map(|name| self.glue.partitions("reports", &name)).collect();
        state.extend(partitions);
        state
    }
}

fn table(columns: &[(&str, &str)]) -> Table {
    let column = |&(name, athena_type): &(&str, &str)| TableColumn {
        name: name.to_owned(),
        athena_type: athena_type.to_owned(),
        comment: Some(format!("the {name}")),
    };
    let columns = columns.iter().map(column).collect();
    Table { columns, ..Table::of_question("big-orders", "Which orders are big?") }
}

#[tokio::test]
async fn a_table_is_there_as_it_was_given() {
    let stand = Stand::open().await;
    let wanted = table(&[("id", "bigint"), ("total", "decimal(10,2)")]);
    let view = wanted.latest("reports").unwrap();
    assert_eq!(stand.catalog.find("big_orders").await.unwrap(), None);
    for table in [&wanted, &view] {
        assert!(stand.catalog.create(table).await.unwrap());
        assert!(!stand.catalog.create(table).await.unwrap(), "it is there");
        let Some(Found::Ours { table: found, version }) =
            stand.catalog.find(&table.name).await.unwrap()
        else {
            panic!("no {}", table.name)
        };
        assert_eq!(found, *table);
        assert!(stand.catalog.replace(table, &version).await.unwrap());
        assert!(!stand.catalog.replace(table, &version).await.unwrap(), "it has another version");
    }
    let told = stand.glue.table("reports", "big_orders").unwrap();
    assert_eq!(told["TableType"], "EXTERNAL_TABLE");
    assert_eq!(told["StorageDescriptor"]["Location"], "s3://bucket/reports/big-orders/");
    assert_eq!(told["PartitionKeys"], json!([{ "Name": "as_of", "Type": "string" }]));
    let parameters = json!({ "EXTERNAL": "TRUE", "classification": "parquet", "quaestor.question": "big-orders" });
    assert_eq!(told["Parameters"], parameters);
}

#[tokio::test]
async fn a_partition_is_registered_once_and_follows_its_table() {
    let stand = Stand::open().await;
    let narrow = table(&[("id", "bigint")]);
    claim(&stand.catalog, &narrow).await.unwrap();
    stand.catalog.publish(&narrow, "2026-11-22").await.unwrap();
    let once = stand.state();
    stand.catalog.publish(&narrow, "2026-11-22").await.unwrap();
    assert_eq!(stand.state(), once);

    let wide = claim(&stand.catalog, &table(&[("more", "date")])).await.unwrap();
    stand.catalog.publish(&wide, "2026-11-23").await.unwrap();
    stand.catalog.publish(&wide, "2026-11-22").await.unwrap();
    let partitions = stand.glue.partitions("reports", "big_orders");
    let columns = json!([{ "Name": "id", "Type": "bigint" }, { "Name": "more", "Type": "date" }]);
    for (partition, value) in partitions.iter().zip(["2026-11-22", "2026-11-23"]) {
        assert_eq!(partition["Values"], json!([value]));
        assert_eq!(partition["StorageDescriptor"]["Columns"], columns);
        let location = format!("s3://bucket/reports/big-orders/as_of={value}/");
        assert_eq!(partition["StorageDescriptor"]["Location"], location);
    }
    assert_eq!(partitions.len(), 2);
}

/// Sixteen writers, each with a column of its own beside a common one; each more than once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_writers_leave_one_table() {
    let stand = Stand::open().await;
    let own = |writer: usize| format!("column_{writer:02}");
    let write = |writer: usize| {
        let catalog = stand.catalog.clone();
        let wanted = table(&[("id", "bigint"), (&own(writer), "int")]);
        tokio::spawn(async move {
            let claimed = claim(&catalog, &wanted).await.unwrap();
            assert_eq!(claimed.type_of(&wanted.columns[1].name), Some("int"));
            catalog.publish(&claimed, "2026-11-22").await.unwrap();
        })
    };
    let writers: Vec<_> = (0..16).chain(0..16).map(write).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let Some(Found::Ours { table: left, .. }) = stand.catalog.find("big_orders").await.unwrap()
    else {
        panic!("no table")
    };
    assert_eq!(left.columns[0].name, "id");
    let mut names: Vec<_> = left.columns.iter().skip(1).map(|it| it.name.clone()).collect();
    names.sort();
    assert_eq!(names, (0..16).map(own).collect::<Vec<_>>());
    let view = stand.catalog.find("big_orders_latest").await.unwrap();
    let Some(Found::Ours { table: view, .. }) = view else { panic!("no view") };
    assert_eq!(Some(view), left.latest("reports"));
    assert_eq!(stand.glue.partitions("reports", "big_orders").len(), 1);
    assert_eq!(stand.glue.tables("reports").len(), 2);

    let settled = stand.state();
    claim(&stand.catalog, &table(&[("id", "bigint"), (&own(7), "int")])).await.unwrap();
    assert_eq!(stand.state(), settled, "a repeated event changes nothing");
}

#[tokio::test]
async fn failures_are_sorted() {
    for (operation, code, times, kind) in [
        ("GetTable", "AccessDeniedException", 1, ErrorKind::AccessDenied),
        ("CreateTable", "InvalidInputException", 1, ErrorKind::Internal),
        // The SDK tries these again, three times in all.
        ("GetTable", "ThrottlingException", 3, ErrorKind::Throttled),
        ("CreateTable", "InternalServiceException", 3, ErrorKind::Unavailable),
    ] {
        let stand = Stand::open().await;
        for _ in 0..times {
            stand.glue.fail_next(operation, code);
        }
        let error = claim(&stand.catalog, &table(&[("id", "int")])).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("`big_orders`"), "{error}");
        assert_eq!(stand.state(), Vec::<Value>::new());
    }
}
