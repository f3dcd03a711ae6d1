//! Links that others planted, directories of others, passwords.

use super::*;

/// The kind of attack: another user first puts a link where root will write.
#[tokio::test]
async fn planted_links_are_refused_and_what_they_lead_to_stays() {
    for name in ["lock", "server.log", "password", "pgpass", "password.new"] {
        let home = tempfile::tempdir().unwrap();
        // Who runs the server for root must reach its data.
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let secret = home.path().join("secret");
        std::fs::write(&secret, "kept").unwrap();
        let directory = home.path().join("server");
        std::fs::create_dir(&directory).unwrap();
        let link = directory.join(name);
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let refused = LocalServer::builder(&directory)
            .durability(Durability::None)
            .setting("shared_buffers", "16MB")
            .temporary()
            .start()
            .await
            .unwrap_err();
        let said = refused.to_string();
        assert!(said.contains("is a symbolic link"), "{name}: {said}");
        assert!(said.contains(&link.display().to_string()), "{name}: {said}");
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "kept", "{name}");
    }
}

/// Who runs the server may write its data directory, and is not trusted by root.
#[tokio::test]
async fn links_among_the_data_are_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    server.stop(Mode::Fast).await.unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "kept").unwrap();
    for name in ["fullhouse.conf", "pg_hba.conf"] {
        let link = directory.path().join("data").join(name);
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(secret.path(), &link).unwrap();
    }
    server.start().await.unwrap();
    assert_eq!(ask(&server, "postgres", "SELECT 'up'").await, "up");
    assert_eq!(std::fs::read_to_string(secret.path()).unwrap(), "kept");
}

#[tokio::test]
async fn a_directory_below_one_that_everybody_may_write_is_refused() {
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = LocalServer::builder(home.path().join("server"))
        .start()
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("may be written by other users"),
        "{refused}"
    );
}

#[tokio::test]
async fn nobody_is_let_in_without_the_password() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let known: sqlx::postgres::PgConnectOptions = server.url("postgres").parse().unwrap();
    let without = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .host(known.get_host())
        .port(known.get_port())
        .username("postgres")
        .database("postgres");
    for options in [without.clone(), without.password("guessed")] {
        let refused = PgConnection::connect_with(&options).await.unwrap_err();
        let said = refused.to_string();
        assert!(
            said.contains("password authentication failed")
                || said.contains("no password supplied"),
            "{said}"
        );
    }
    for file in ["password", "pgpass", "server.log"] {
        let mode = std::fs::metadata(directory.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let trusting =
        "SELECT count(*)::text FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'";
    assert_eq!(ask(&server, "postgres", trusting).await, "0");
}

#[tokio::test]
async fn a_role_is_let_in_with_a_password_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    tell(&server, "postgres", "CREATE ROLE guest LOGIN").await;
    let url = server.login("guest", "postgres").await.unwrap();
    let mut guest = PgConnection::connect(&url).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_user::text")
        .fetch_one(&mut guest)
        .await
        .unwrap();
    assert_eq!(name, "guest");
    let again = server.login("guest", "postgres").await.unwrap();
    assert_ne!(url, again);
    assert!(
        PgConnection::connect(&url).await.is_err(),
        "the old one is gone"
    );
}

/// What an earlier version left: a cluster that trusts everybody, and no file with a password.
#[tokio::test]
async fn data_of_an_earlier_version_get_a_password() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    tell(
        &server,
        "postgres",
        "CREATE TABLE word AS SELECT 'kept' AS text",
    )
    .await;
    tell(&server, "postgres", "ALTER ROLE postgres PASSWORD NULL").await;
    for file in ["password", "pgpass"] {
        std::fs::remove_file(directory.path().join(file)).unwrap();
    }
    // It still runs, and lets everybody in.
    let refused = small(&directory).start().await.unwrap_err();
    assert!(
        matches!(refused, ServerError::AsksNobody { .. }),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("coordinator down"),
        "{refused}"
    );

    server.stop(Mode::Fast).await.unwrap();
    let server = small(&directory).start().await.unwrap();
    assert_eq!(
        ask(&server, "postgres", "SELECT text FROM word").await,
        "kept"
    );
}

#[tokio::test]
async fn what_is_shown_for_psql_holds_no_password() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let (shown, whole) = (server.psql_url("postgres"), server.url("postgres"));
    let password = whole.split(['@', ':']).nth(2).unwrap();
    assert!(!shown.contains(password), "{shown}");
    let output = std::process::Command::new("psql")
        .args([&shown, "--no-psqlrc", "-tAc", "SELECT 'in'"])
        .output();
    // Where there is no psql, its file is looked at.
    if let Ok(output) = output {
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim(), "in", "{output:?}");
    } else {
        let file = std::fs::read_to_string(directory.path().join("pgpass")).unwrap();
        assert_eq!(file, format!("127.0.0.1:*:*:postgres:{password}\n"));
    }
}
