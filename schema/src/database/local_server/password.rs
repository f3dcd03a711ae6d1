//! The password of the superuser: made up once, and known to who may read its file.

use super::binaries::Binaries;
use super::builder::{Builder, file_error, printed};
use super::error::ServerError;
use super::owner::Owner;
use super::process::Postmaster;
use crate::private;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;

impl Builder {
    /// The file of the password, for this program.
    fn password_file(&self) -> PathBuf {
        self.data_dir.join("password")
    }

    /// The same for `psql` and other programs that use libpq.
    pub(super) fn pgpass(&self) -> PathBuf {
        self.data_dir.join("pgpass")
    }

    /// The password, if one was ever set.
    pub(super) fn password(&self) -> Result<Option<String>, ServerError> {
        Ok(private::read(&self.password_file())?)
    }

    /// The password; sets a new one where the cluster has none, because it is new or was made by
    /// an earlier version. The caller holds the lock.
    pub(super) async fn ensure_password(
        &self,
        binaries: &Binaries,
        owner: Owner,
    ) -> Result<String, ServerError> {
        if let Some(password) = self.password()? {
            return Ok(password);
        }
        if Postmaster::of(&self.data()).is_some() {
            let directory = self.data_dir.clone();
            return Err(ServerError::AsksNobody { directory });
        }
        let password = private::password()?;
        self.set_password(binaries, owner, &password).await?;
        private::write(
            &self.pgpass(),
            &format!("127.0.0.1:*:*:postgres:{password}\n"),
        )?;
        // Under its name only when all of it is there, and the cluster has it.
        let draft = self.data_dir.join("password.new");
        private::write(&draft, &password)?;
        fs::rename(&draft, self.password_file()).map_err(file_error(&draft))?;
        Ok(password)
    }

    /// Sets the password in a server that serves nobody, so that none is asked for.
    async fn set_password(
        &self,
        binaries: &Binaries,
        owner: Owner,
        password: &str,
    ) -> Result<(), ServerError> {
        let mut single = owner.command(&binaries.program("postgres"));
        single
            .args([
                "--single",
                "-c",
                "shared_preload_libraries=",
                "-c",
                "password_encryption=scram-sha-256",
            ])
            .arg("-D")
            .arg(self.data())
            .arg("postgres")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let failed = |source| ServerError::Spawn {
            program: "postgres --single".to_owned(),
            source,
        };
        let mut server = single.spawn().map_err(failed)?;
        if let Some(mut input) = server.stdin.take() {
            let statement = format!("ALTER ROLE postgres PASSWORD '{password}'\n");
            input
                .write_all(statement.as_bytes())
                .await
                .map_err(failed)?;
        }
        let output = server.wait_with_output().await.map_err(failed)?;
        let said = printed(&output);
        if output.status.success() && !said.contains("ERROR:") {
            return Ok(());
        }
        Err(ServerError::PasswordNotSet {
            status: output.status,
            output: said,
        })
    }

    /// Makes the log a file of who runs the server, which alone opens it.
    pub(super) fn prepare_log(&self, owner: Owner) -> Result<(), ServerError> {
        let path = self.log();
        let log = private::append(&path, owner.guest().uid)?;
        if let Some((uid, gid)) = owner.ids() {
            std::os::unix::fs::fchown(&log, Some(uid), Some(gid)).map_err(file_error(&path))?;
        }
        Ok(())
    }
}
