#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn catalog() -> (tempfile::TempDir, Glue) {
    let folder = tempfile::tempdir().unwrap();
    let glue = Glue::open(folder.path()).unwrap();
    glue.create_database("reports").unwrap();
    (folder, glue)
}

/// A call, and what it comes to: the answer, or the error's code and words.
fn call(glue: &Glue, operation: &str, body: Value) -> Result<Value, (&'static str, String)> {
    let answer = glue.answer(operation, body.to_string().as_bytes());
    answer.map_err(|refusal| (refusal.code(), refusal.to_string()))
}

#[track_caller]
fn fails(glue: &Glue, operation: &str, body: Value, code: &str, part: &str) {
    let (found, message) = call(glue, operation, body).expect_err("an error");
    assert_eq!(found, code, "{message}");
    assert!(message.contains(part), "{message}");
}

fn table(columns: &[&str]) -> Value {
    let columns: Vec<_> =
        columns.iter().map(|name| json!({ "Name": name, "Type": "int" })).collect();
    json!({
        "DatabaseName": "reports",
        "TableInput": {
            "Name": "Orders",
            "StorageDescriptor": { "Columns": columns, "Location": "s3://b/orders/", "Unknown": 1 },
            "PartitionKeys": [{ "Name": "as_of", "Type": "string" }],
        },
    })
}

fn partition(values: &[&str]) -> Value {
    json!({
        "DatabaseName": "reports", "TableName": "orders", "PartitionValueList": values,
        "PartitionInput": { "Values": values, "StorageDescriptor": { "Location": "s3://b/1/" } },
    })
}

#[test]
fn a_table_is_made_once_and_changed_by_its_version() {
    let (folder, glue) = catalog();
    let named = json!({ "DatabaseName": "reports", "Name": "ORDERS" });
    fails(&glue, "GetTable", named.clone(), "EntityNotFoundException", "Table orders not found.");
    call(&glue, "CreateTable", table(&["id"])).unwrap();
    fails(&glue, "CreateTable", table(&["id"]), "AlreadyExistsException", "already exists");

    let made = call(&glue, "GetTable", named.clone()).unwrap()["Table"].clone();
    assert_eq!((&made["Name"], &made["VersionId"]), (&json!("orders"), &json!("0")));
    assert_eq!(made["StorageDescriptor"]["Unknown"], Value::Null);

    let mut update = table(&["id", "total"]);
    update["VersionId"] = json!("0");
    call(&glue, "UpdateTable", update.clone()).unwrap();
    let code = "ConcurrentModificationException";
    fails(&glue, "UpdateTable", update.clone(), code, "concurrent modifications");
    update["TableInput"]["Name"] = json!("other");
    fails(&glue, "UpdateTable", update, "EntityNotFoundException", "");

    let again = Glue::open(folder.path()).unwrap();
    let kept = call(&again, "GetTable", named.clone()).unwrap();
    assert_eq!(kept, call(&glue, "GetTable", named.clone()).unwrap());
    assert_eq!(kept["Table"]["VersionId"], "1");
    assert_eq!(kept["Table"]["StorageDescriptor"]["Columns"][1]["Name"], "total");

    call(&again, "DeleteTable", named.clone()).unwrap();
    fails(&again, "GetTable", named, "EntityNotFoundException", "");
}

#[test]
fn a_partition_is_made_once_and_replaced() {
    let (_folder, glue) = catalog();
    fails(&glue, "CreatePartition", partition(&["1"]), "EntityNotFoundException", "");
    call(&glue, "CreateTable", table(&["id"])).unwrap();
    let of_two = partition(&["1", "2"]);
    fails(&glue, "CreatePartition", of_two, "InvalidInputException", "number of partition keys");
    fails(&glue, "UpdatePartition", partition(&["1"]), "EntityNotFoundException", "");
    for value in ["2", "1", "3"] {
        call(&glue, "CreatePartition", partition(&[value])).unwrap();
    }
    fails(&glue, "CreatePartition", partition(&["1"]), "AlreadyExistsException", "");
    let mut moved = partition(&["1"]);
    moved["PartitionInput"]["StorageDescriptor"]["Location"] = json!("s3://b/2/");
    call(&glue, "UpdatePartition", moved).unwrap();

    let one = json!({ "DatabaseName": "reports", "TableName": "orders", "PartitionValues": ["1"] });
    let found = call(&glue, "GetPartition", one).unwrap();
    assert_eq!(found["Partition"]["StorageDescriptor"]["Location"], "s3://b/2/");

    let mut all = json!({ "DatabaseName": "reports", "TableName": "orders", "MaxResults": 2 });
    let first = call(&glue, "GetPartitions", all.clone()).unwrap();
    all["NextToken"] = first["NextToken"].clone();
    let second = call(&glue, "GetPartitions", all.clone()).unwrap();
    let values: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["Partitions"].as_array().unwrap())
        .map(|it| it["Values"][0].clone())
        .collect();
    assert_eq!(
        (values, &second["NextToken"]),
        (vec![json!("1"), json!("2"), json!("3")], &Value::Null)
    );
    all["Expression"] = json!("as_of > '1'");
    fails(&glue, "GetPartitions", all, "InvalidInputException", "expression");
}

#[test]
fn limits_and_errors_are_the_services() {
    let (_folder, glue) = catalog();
    let commented = |comment: &str| {
        let mut input = table(&["id"]);
        input["TableInput"]["StorageDescriptor"]["Columns"][0]["Comment"] = json!(comment);
        input
    };
    let code = "ValidationException";
    for (comment, part) in [
        (
            "a\nb".to_owned(),
            "1 validation error detected: Value at 'table.storageDescriptor.columns.1.member.comment' failed to satisfy constraint: Member must satisfy",
        ),
        ("x".repeat(256), "Member must have length less than or equal to 255"),
        ("🎓".repeat(128), "Member must have length less than or equal to 255"),
    ] {
        fails(&glue, "CreateTable", commented(&comment), code, part);
    }
    fails(&glue, "CreateTable", table(&[""]), code, "greater than or equal to 1");
    fails(&glue, "CreatePartition", partition(&[""]), code, "partitionInput.values.1.member");
    call(&glue, "CreateTable", commented(&"x".repeat(255))).unwrap();

    let mut elsewhere = table(&["id"]);
    elsewhere["DatabaseName"] = json!("none");
    fails(&glue, "CreateTable", elsewhere, "EntityNotFoundException", "Database none not found.");
    let database = json!({ "DatabaseInput": { "Name": "Reports" } });
    fails(&glue, "CreateDatabase", database, "AlreadyExistsException", "Database already exists.");
    fails(&glue, "GetTable", json!([]), "SerializationException", "");
    fails(&glue, "GetColumns", json!({}), "UnknownOperationException", "GetColumns");

    glue.fail_next("GetTable", "ThrottlingException");
    assert_eq!(glue.failing("GetTables"), None);
    assert_eq!(glue.failing("GetTable").as_deref(), Some("ThrottlingException"));
    assert_eq!(glue.failing("GetTable"), None);
}
