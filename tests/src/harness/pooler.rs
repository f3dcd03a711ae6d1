//! `PgBouncer` between a fleet and its database, in transaction mode.
//!
//! The driver prepares its statements, so it takes a `PgBouncer` that knows them across
//! connections: 1.21 or newer, with `max_prepared_statements`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use super::{
    error::HarnessError,
    logins, port,
    process::{Process, Start},
    wait::wait_until,
};

/// The oldest version that tracks prepared statements.
const MIN_VERSION: (u32, u32) = (1, 21);
const START: Duration = Duration::from_mins(1);

/// Finds a `PgBouncer` that is new enough: the file that the variable `PGBOUNCER` names, or
/// the first in `PATH`.
///
/// # Errors
///
/// A sentence that says what is missing.
pub fn find() -> Result<PathBuf, String> {
    let named = env::var_os("PGBOUNCER").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut in_path = env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|directory| directory.join("pgbouncer"));
    let program = named
        .or_else(|| in_path.find(|file| file.is_file()))
        .ok_or("there is no pgbouncer in PATH; PGBOUNCER may name one, 1.21 or newer")?;
    let said = Command::new(&program).arg("--version").output();
    let said = said.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    match version(&String::from_utf8_lossy(&said.stdout)) {
        Some(version) if version >= MIN_VERSION => Ok(program),
        Some((major, minor)) => Err(format!(
            "{} is {major}.{minor}, which does not track prepared statements; PGBOUNCER may \
             name one that does, 1.21 or newer",
            program.display()
        )),
        None => Err(format!("{} does not tell its version", program.display())),
    }
}

/// Reads `PgBouncer 1.24.1`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said
        .lines()
        .next()?
        .strip_prefix("PgBouncer ")?
        .splitn(3, '.');
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?))
}

/// A running `PgBouncer`; it ends when this is dropped.
#[derive(Debug)]
pub struct Pooler {
    url: String,
    _process: Process,
}

impl Pooler {
    /// Starts `program` before the database at `url`; it logs into `logs`.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn start(program: &Path, url: &str, logs: &Path) -> Result<Self, HarnessError> {
        let options: PgConnectOptions = url.parse()?;
        let port = port::free()?;
        let users = logs.join("pgbouncer.users");
        write(&users, &listed(&options, url))?;
        let settings = logs.join("pgbouncer.ini");
        write(&settings, &written(&options, port, url, &users))?;
        let mut start = Start::file(program.to_owned(), "pgbouncer");
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root; it reads its settings before it changes user.
            start = start.args(["--user=nobody"]);
        }
        let mut process = start
            .args([settings.to_string_lossy().into_owned()])
            .spawn(logs)?;
        let pooled = options.host("127.0.0.1").port(port);
        wait_until("PgBouncer", START, async || {
            if !process.is_running() {
                eprintln!("{}", process.log_tail());
                return Err(HarnessError::Without {
                    part: "a PgBouncer that starts",
                });
            }
            match pooled.connect().await {
                Ok(connection) => Ok(Some(connection.close().await?)),
                Err(_) => Ok(None),
            }
        })
        .await?;
        Ok(Self {
            url: pooled.to_url_lossy().into(),
            _process: process,
        })
    }

    /// The address of the database behind it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn write(path: &Path, text: &str) -> Result<(), HarnessError> {
    fs::write(path, text).map_err(HarnessError::file(path))
}

/// Who may log in: the owner and the roles of processes, all with the password of the owner.
fn listed(server: &PgConnectOptions, url: &str) -> String {
    let password = logins::password(url).unwrap_or_default();
    let owner = [server.get_username()];
    let users = owner.iter().chain(&logins::ROLES);
    let line = |user: &&str| format!("\"{user}\" \"{password}\"\n");
    users.map(line).collect()
}

/// What ARCHITECTURE.md asks of a `PgBouncer`, for one database.
fn written(server: &PgConnectOptions, port: u16, url: &str, users: &Path) -> String {
    let database = server.get_database().unwrap_or("postgres");
    let (host, server_port) = (server.get_host(), server.get_port());
    let users = users.display();
    let auth_type = match logins::password(url) {
        Some(_) => "scram-sha-256",
        None => "trust",
    };
    format!(
        "[databases]\n\
         {database} = host={host} port={server_port}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = {auth_type}\n\
         auth_file = {users}\n\
         pool_mode = transaction\n\
         max_prepared_statements = 200\n\
         ignore_startup_parameters = extra_float_digits, options\n\
         default_pool_size = 20\n\
         max_client_conn = 500\n\
         log_connections = 0\n\
         log_disconnections = 0\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        assert_eq!(
            version("PgBouncer 1.24.1\nlibevent 2.1.12\n"),
            Some((1, 24))
        );
        assert!(version("PgBouncer 1.18.0").is_some_and(|version| version < MIN_VERSION));
        assert_eq!(version("pgbouncer"), None);
    }
}
