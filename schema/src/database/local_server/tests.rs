#![allow(clippy::unwrap_used, clippy::expect_used)]

mod protection;

use super::*;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;
use tokio::time::timeout;

/// Longer than any single step here takes on a busy machine.
const BOUND: Duration = Duration::from_mins(1);

fn small(directory: &TempDir) -> Builder {
    LocalServer::builder(directory.path())
        .setting("shared_buffers", "16MB")
        .durability(Durability::None)
        .temporary()
}

async fn ask(server: &LocalServer, database: &str, question: &'static str) -> String {
    let ask = async {
        let mut connection = PgConnection::connect(&server.url(database)).await?;
        sqlx::query_scalar(question)
            .fetch_one(&mut connection)
            .await
    };
    timeout(BOUND, ask).await.unwrap().unwrap()
}

async fn tell(server: &LocalServer, database: &str, statements: &'static str) {
    let mut connection = PgConnection::connect(&server.url(database)).await.unwrap();
    connection.execute(statements).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_is_copied_from_its_template() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    assert!(server.ensure_database("pattern").await.unwrap());
    assert!(!server.ensure_database("pattern").await.unwrap());
    tell(
        &server,
        "pattern",
        "CREATE TABLE word AS SELECT 'kept' AS text",
    )
    .await;

    server
        .create_database("copy", Some("pattern"))
        .await
        .unwrap();
    assert_eq!(ask(&server, "copy", "SELECT text FROM word").await, "kept");

    let again = server.create_database("copy", Some("pattern")).await;
    assert!(matches!(
        again,
        Err(ServerError::Database {
            action: "create",
            ..
        })
    ));
    server.drop_database("copy").await.unwrap();
    server.create_database("copy", None).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_survives_a_restart_and_a_kill_on_the_same_port() {
    let directory = tempfile::tempdir().unwrap();
    let builder = small(&directory).durability(Durability::Full);
    let server = builder.start().await.unwrap();
    let port = server.port();
    server.create_database("house", None).await.unwrap();
    tell(
        &server,
        "house",
        "CREATE TABLE word AS SELECT 'kept' AS text",
    )
    .await;

    server.restart().await.unwrap();
    assert_eq!(ask(&server, "house", "SELECT text FROM word").await, "kept");

    tell(&server, "house", "UPDATE word SET text = 'changed'").await;
    server.kill().await.unwrap();
    assert!(!server.is_running());
    server.start().await.unwrap();
    assert_eq!(
        ask(&server, "house", "SELECT text FROM word").await,
        "changed"
    );
    assert_eq!(server.port(), port);
}

#[tokio::test]
async fn a_server_whose_postmaster_alone_was_killed_starts_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let postmaster = Postmaster::of(&server.builder.data()).unwrap();
    let pids = [postmaster.pid];
    process::signal("KILL", &pids).await.unwrap();
    while process::any_alive(&pids) {
        sleep(POLL).await;
    }
    server.start().await.unwrap();
    assert_eq!(ask(&server, "postgres", "SELECT 'back'").await, "back");
}

/// A terminal sends its signals to the processes of its own session.
#[tokio::test]
async fn the_server_has_a_session_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let postmaster = Postmaster::of(&server.builder.data()).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", postmaster.pid)).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let session: u32 = fields.split(' ').nth(3).unwrap().parse().unwrap();
    assert_eq!(session, postmaster.pid);
}

#[tokio::test]
async fn a_second_start_adopts_the_running_server() {
    let directory = tempfile::tempdir().unwrap();
    let first = small(&directory).start().await.unwrap();
    let second = LocalServer::builder(directory.path())
        .start()
        .await
        .unwrap();
    assert_eq!(first.url("postgres"), second.url("postgres"));
    second.stop(Mode::Fast).await.unwrap();
    assert!(!first.is_running());
}

#[tokio::test]
async fn only_a_running_server_can_be_taken_over_without_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let missing = LocalServer::builder(directory.path().join("missing"));
    assert!(missing.adopt().unwrap().is_none());
    assert!(small(&directory).adopt().unwrap().is_none());

    let server = small(&directory).start().await.unwrap();
    let other = LocalServer::builder(directory.path())
        .adopt()
        .unwrap()
        .unwrap();
    assert_eq!(other.port(), server.port());
}

#[tokio::test]
async fn two_starts_at_once_share_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = tokio::join!(small(&directory).start(), small(&directory).start());
    assert_eq!(first.unwrap().port(), second.unwrap().port());
}

#[tokio::test]
async fn two_servers_live_side_by_side() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, there) = tokio::join!(small(&here).start(), small(&there).start());
    let (here, there) = (here.unwrap(), there.unwrap());
    here.create_database("only_here", None).await.unwrap();
    there.create_database("only_here", None).await.unwrap();
    assert_ne!(here.port(), there.port());
}

#[tokio::test]
async fn a_paused_server_answers_when_it_is_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let mut connection = PgConnection::connect(&server.url("postgres"))
        .await
        .unwrap();
    server.pause().await.unwrap();
    let mut answer = Box::pin(sqlx::query("SELECT 1").execute(&mut connection));
    let early = timeout(Duration::from_millis(200), &mut answer).await;
    assert!(early.is_err(), "a paused server must not answer");
    server.resume().await.unwrap();
    timeout(BOUND, answer).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_paused_server_can_be_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    server.pause().await.unwrap();
    timeout(BOUND, server.stop(Mode::Immediate))
        .await
        .unwrap()
        .unwrap();
    assert!(!server.is_running());
}

/// Takes a port that the system gives to nobody who does not name it, so that it is free
/// again when this one gives it back.
fn take_a_port() -> TcpListener {
    let first = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (first..30_000)
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .unwrap()
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let taken = take_a_port();
    let port = taken.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let refused = small(&directory).port(port).start().await.unwrap_err();
    assert!(matches!(refused, ServerError::PortTaken { port: named } if named == port));

    drop(taken);
    let server = small(&directory).port(port).start().await.unwrap();
    assert_eq!(server.port(), port);
}

#[tokio::test]
async fn a_port_lost_while_stopped_is_replaced_if_none_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let before = server.port();
    server.stop(Mode::Fast).await.unwrap();
    // Where this fails, another has taken it since.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, before));
    server.start().await.unwrap();
    assert_ne!(server.port(), before);
}

#[tokio::test]
async fn a_pid_file_that_names_another_process_is_stale() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    server.kill().await.unwrap();
    let file = directory.path().join("data/postmaster.pid");
    let lines = std::fs::read_to_string(&file).unwrap();
    let (_, rest) = lines.split_once('\n').unwrap();
    std::fs::write(&file, format!("{}\n{rest}", std::process::id())).unwrap();
    server.start().await.unwrap();
    assert!(server.is_running());
}

#[tokio::test]
async fn a_failed_start_shows_the_servers_own_words() {
    let directory = tempfile::tempdir().unwrap();
    let refused = small(&directory)
        .setting("work_mem", "much")
        .start()
        .await
        .unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("invalid value for parameter \"work_mem\""),
        "{said}"
    );
    assert!(said.contains("server.log"), "{said}");
}

#[tokio::test]
async fn a_temporary_server_dies_with_its_handle() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory).start().await.unwrap();
    let address = (Ipv4Addr::LOCALHOST, server.port());
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_directory_below_a_closed_one_is_out_of_reach_for_root_alone() {
    let closed = tempfile::tempdir().unwrap();
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let root = matches!(Owner::of_this_process(), Owner::Other { .. });
    assert_eq!(LocalServer::can_use(&closed.path().join("data")), !root);
    assert!(LocalServer::can_use(closed.path()));
}

#[tokio::test]
async fn durability_is_full_unless_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let server = small(&directory)
        .durability(Durability::Full)
        .start()
        .await
        .unwrap();
    assert_eq!(ask(&server, "postgres", "SHOW fsync").await, "on");
    assert_eq!(
        ask(&server, "postgres", "SHOW full_page_writes").await,
        "on"
    );
    drop(server);
    let server = small(&directory).start().await.unwrap();
    assert_eq!(ask(&server, "postgres", "SHOW fsync").await, "off");
}
