//! Opening, migrations, limits.

use std::time::{Duration, Instant};

use super::testing::{Scratch, backends, database};
use super::{Database, SqlError, Value};

async fn refused(url: &str) -> SqlError {
    Database::options().patience(Duration::from_secs(2)).connect(url).await.err().unwrap()
}

#[tokio::test]
async fn a_url_that_can_never_work_is_told_from_a_database_that_is_down() {
    for url in ["", "mysql://x", "sqlite", "sqlite:", "sqlite::memory:", "sqlite:x?mode=ro", "postgres", "memory:"] {
        assert!(matches!(refused(url).await, SqlError::Url(_)), "{url}");
    }
    let missing = Scratch::new().file();
    assert!(matches!(refused(&format!("sqlite:{}", missing.display())).await, SqlError::Unavailable(_)));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let down = refused(&format!("postgres://nobody:hidden@127.0.0.1:{port}/none")).await;
    assert!(matches!(down, SqlError::Unavailable(_) | SqlError::TooSlow), "{down:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(!format!("{down:?} {down}").contains("hidden"));
}

#[tokio::test]
async fn a_certificate_is_wanted_of_postgres_on_another_machine() {
    // Nobody speaks TLS there; whoever asks for it is told so before any password is asked for.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            let _ = stream.read_exact(&mut request).await;
            let _ = stream.write_all(b"N").await;
        }
    });
    // Reaches this machine, and is none of the addresses that never leave it.
    let url = format!("postgres://portal@0.0.0.0:{port}/portal");
    let SqlError::Unavailable(error) = refused(&url).await else { panic!("refused for another reason") };
    assert!(error.to_string().contains("TLS"), "{error}");
}

#[tokio::test]
async fn the_schema_is_made_once_however_many_start_at_once() {
    for backend in backends() {
        let url = backend.url();
        let starts = (0..4).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { database(&url).await })
        });
        for start in starts.collect::<Vec<_>>() {
            let database = start.await.unwrap();
            assert_eq!(database.migrate().await.unwrap(), 0, "and then it is there");
        }
        let database = database(&url).await;
        let versions = database.fetch("SELECT version FROM vneid_auth_schema", &[]).await.unwrap();
        assert_eq!(versions.len(), 1);
    }
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    for backend in backends() {
        let url = backend.url();
        let ours = database(&url).await;
        ours.execute("INSERT INTO vneid_auth_schema (version) VALUES ($1)", &[Value::Int(1_000)]).await.unwrap();
        assert!(matches!(Database::connect(&url).await, Err(SqlError::NewerSchema)));
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_not_waited_for() {
    for backend in backends() {
        let url = backend.url();
        let patient = Database::options().connections(1).connect(&url).await.unwrap();
        let hasty = Database { patience: Duration::from_millis(300), ..patient.clone() };
        let session = hasty.begin().await.unwrap();
        let begun = Instant::now();
        let late = hasty.fetch("SELECT key_id FROM vneid_auth_keys", &[]).await.err();
        assert!(matches!(late, Some(SqlError::TooSlow)), "the only connection is in use");
        assert!(begun.elapsed() < Duration::from_secs(2));
        drop(session);
        assert!(patient.fetch("SELECT key_id FROM vneid_auth_keys", &[]).await.is_ok());
    }
}

#[cfg(all(unix, feature = "sqlite"))]
#[tokio::test]
async fn a_new_file_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let scratch = Scratch::new();
    let file = scratch.file();
    let _open = database(&format!("sqlite:{}", file.display())).await;
    for name in [file.clone(), file.with_extension("db-wal")] {
        assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600, "{name:?}");
    }
}

/// PostgreSQL goes away with what it holds in memory, and comes back.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_database_that_comes_back_is_used_again() {
    let Some(mut postgres) = vneid_test_services::own_postgres() else { return };
    let url = postgres.new_database();
    let database = Database::options().patience(Duration::from_secs(2)).connect(&url).await.unwrap();
    let ask = || database.fetch("SELECT key_id FROM vneid_auth_keys", &[]);
    assert!(ask().await.is_ok());
    postgres.kill();
    assert!(ask().await.is_err());
    postgres.restart();
    assert!(ask().await.is_ok(), "at the first question");
}
