//! Every statement finds its rows by an index.

use super::*;
use crate::account::sql::{BY_ID, BY_IDENTIFIER, REMOVE, rekey, save};
use crate::audit::sql as audit;

/// What is run while citizens wait, and what walks over everything.
const STATEMENTS: [(&str, &str); 11] = [
    ("by id", BY_ID),
    ("by identifier", BY_IDENTIFIER),
    ("remove", REMOVE),
    ("insert", save::INSERT),
    ("update", save::UPDATE),
    ("identifiers", save::IDENTIFIERS),
    ("take", save::TAKE),
    ("move", save::MOVE),
    ("give up", save::GIVE_UP),
    ("page", rekey::PAGE),
    ("prune", audit::PRUNE),
];

/// A statement with values in it, to be explained.
fn with_values(sql: &str) -> String {
    let blob = sql.contains("hash = $2") || sql.contains("hash IN");
    let mut sql = sql.to_owned();
    for (name, value) in [("$1", "'1'"), ("$2", "'2'"), ("$3", "'3'"), ("$4", "'4'")] {
        let value = if blob && name == "$2" { "'\\x02'" } else { value };
        sql = sql.replace(name, value);
    }
    sql
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_scans_no_table() {
    let backend = Backend::Sqlite(crate::sql::testing::Scratch::new());
    let database = database(&backend.url()).await;
    for (name, sql) in STATEMENTS {
        let sql: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {}", with_values(sql)).into_boxed_str());
        for row in database.fetch(sql, &[]).await.unwrap() {
            let plan = row.text(3).unwrap();
            assert!(!plan.starts_with("SCAN"), "{name}: {plan}");
        }
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_scans_no_table() {
    let Some(postgres) = vneid_test_services::postgres() else { return };
    let url = postgres.new_database();
    open(&url, keys(1)).await;
    // Small tables are scanned because they are small; what is scanned now has no index.
    for (name, sql) in STATEMENTS {
        let plan = postgres.psql(&url, &format!("SET enable_seqscan = off; EXPLAIN {}", with_values(sql)));
        assert!(!plan.contains("Seq Scan"), "{name}:\n{plan}");
    }
}
