//! Rows that the service does not carry, through the stand-in of the service on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod service;

use data_api::{ErrorKind, Limits};
use service::api;

#[tokio::test]
async fn a_row_that_is_too_large_names_the_column() {
    let (api, _postgres) = api().await;
    for (place, long) in [("the first page", 0), ("a page in the middle", 2_000)] {
        let sql = format!(
            "SELECT n, 'short' AS note, repeat('x', CASE n WHEN {long} THEN 70000 ELSE 7 END) AS \"The story\" \
             FROM generate_series(0, 3000) n -- all;"
        );
        let error = api.collect(&sql, &Limits::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RowTooLarge, "{place}: {error}");
        let expected = "the longest value is in column `The story`, 70000 bytes";
        assert!(error.to_string().contains(expected), "{place}: {error}");
    }
}
