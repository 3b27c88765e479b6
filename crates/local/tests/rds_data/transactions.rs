//! Transactions, and calls that are committed by themselves.

use std::time::Duration;

use aws_sdk_rdsdata::types::Field;
use local::rds_data::Limits;

use crate::api::{ADMIN, Api, CLUSTER, READ_ONLY, failure, field, named, refusal, refused, string};

#[tokio::test]
async fn transactions_commit_and_roll_back() {
    let api = Api::new("transactions", Limits::default()).await;
    let insert = "INSERT INTO shop.items (name) VALUES (:name)";
    let count = "SELECT count(*) FROM shop.items";
    let write = |id: &str| {
        let call = api.statement(insert).secret_arn(ADMIN).transaction_id(id);
        call.parameters(named("name", string("x"))).send()
    };

    let id = api.begin(ADMIN).await;
    let written = write(&id).await.unwrap();
    assert_eq!(written.number_of_records_updated, 1);
    assert!(written.records.is_none());
    assert_eq!(api.value(count).await, Field::LongValue(2), "not seen before the commit");
    assert_eq!(api.commit(&id).await.unwrap(), "Transaction Committed");
    assert_eq!(api.value(count).await, Field::LongValue(3));

    let id = api.begin(ADMIN).await;
    write(&id).await.unwrap();
    assert_eq!(api.rollback(&id).await.unwrap(), "Rollback Complete");
    assert_eq!(api.value(count).await, Field::LongValue(3));
    assert_eq!(api.rollback(&id).await.unwrap_err().0, "TransactionNotFoundException");

    let autocommitted = api.statement(insert).secret_arn(ADMIN);
    autocommitted.parameters(named("name", string("y"))).send().await.unwrap();
    assert_eq!(api.value(count).await, Field::LongValue(4));

    // An error of the database does not end the transaction, as long as a savepoint saves it.
    let id = api.begin(ADMIN).await;
    let step = |sql| api.statement(sql).secret_arn(ADMIN).transaction_id(&id).send();
    step("SAVEPOINT before").await.unwrap();
    step("SELECT 1/0").await.unwrap_err();
    let aborted = failure(&step("SELECT 1").await.unwrap_err());
    assert!(aborted.1.ends_with("SQLState: 25P02"), "{aborted:?}");
    step("ROLLBACK TO SAVEPOINT before").await.unwrap();
    step("SELECT 1").await.unwrap();
    let elsewhere = api.statement("SELECT 1").database("postgres").transaction_id(&id);
    assert_eq!(refused(elsewhere).await.0, "BadRequestException");
}

#[tokio::test]
async fn a_transaction_takes_one_call_at_a_time() {
    let api = Api::new("busy", Limits::default()).await;
    let id = api.begin(READ_ONLY).await;
    let call = || api.statement("SELECT 1 FROM pg_sleep(0.3)").transaction_id(&id).send();
    let (one, other) = tokio::join!(call(), call());
    let (answered, second) = match (one, other) {
        (Ok(answered), Err(second)) | (Err(second), Ok(answered)) => (answered, second),
        both => panic!("one call at a time, not {both:?}"),
    };
    assert_eq!(field(answered), Field::LongValue(1));
    assert_eq!(
        failure(&second),
        refusal("DatabaseErrorException", "Transaction is still running a query")
    );
    call().await.unwrap();
}

#[tokio::test]
async fn an_idle_transaction_is_rolled_back() {
    for limits in [
        Limits { transaction_idle: Duration::from_millis(50), ..Limits::default() },
        Limits { transaction: Duration::from_millis(50), ..Limits::default() },
    ] {
        let name = format!("idle_{}", limits.transaction.as_millis());
        let api = Api::new(&name, limits).await;
        let id = api.begin(ADMIN).await;
        let open = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'idle in transaction'";
        let count = || api.statement(open).secret_arn(ADMIN).send();
        while field(count().await.unwrap()) != Field::LongValue(0) {}
        let lost = refused(api.statement("SELECT 1").transaction_id(&id)).await;
        assert_eq!(lost.0, "TransactionNotFoundException");
    }
}

#[tokio::test]
async fn a_batch_runs_once_for_each_set() {
    let api = Api::new("batches", Limits::default()).await;
    let count = "SELECT count(*) FROM shop.items";
    let batch = |names: &[&str]| {
        let sets = names.iter().map(|name| vec![named("name", string(name))]).collect();
        api.client
            .batch_execute_statement()
            .resource_arn(CLUSTER)
            .secret_arn(ADMIN)
            .database(&api.database.name)
            .sql("INSERT INTO shop.items (name) VALUES (:name)")
            .set_parameter_sets(Some(sets))
            .send()
    };
    assert_eq!(batch(&["x", "y"]).await.unwrap().update_results().len(), 2);
    assert_eq!(api.value(count).await, Field::LongValue(4));
    let too_long = failure(&batch(&["z", &"z".repeat(21)]).await.unwrap_err());
    assert!(too_long.1.ends_with("SQLState: 22001"), "{too_long:?}");
    assert_eq!(api.value(count).await, Field::LongValue(5), "each is committed by itself");
}
