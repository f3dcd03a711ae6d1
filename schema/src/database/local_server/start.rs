//! Starts a server, or adopts the one that runs on the same directory already.

use super::process::{self, Postmaster};
use super::{LocalServer, Mode, POLL, ServerError, settings};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::Ordering;
use tokio::time::{Instant, sleep};

impl LocalServer {
    /// Adopts the running server or starts one. The caller holds the lock.
    pub(super) async fn adopt_or_start(&self) -> Result<(), ServerError> {
        let deadline = self.deadline();
        while let Some(running) = Postmaster::of(&self.builder.data()) {
            if running.ready {
                return self.adopt(&running);
            }
            // It recovers from a crash, or it is stopping and will be gone.
            self.poll_ready(deadline).await?;
        }
        process::remove_stale_pid_file(&self.builder.data())?;
        loop {
            let port = self.free_port()?;
            match self.try_start(port).await {
                Ok(()) => {
                    self.port.store(port, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) => {
                    let lost_the_port = error.log_says("Address already in use");
                    // Processes of a killed server end on their own within moments.
                    let waits_for_the_old = error.log_says("is still in use");
                    if lost_the_port && let Some(port) = self.builder.port {
                        return Err(ServerError::PortTaken { port });
                    }
                    let passing = lost_the_port || waits_for_the_old;
                    if !passing || Instant::now() >= deadline {
                        return Err(error);
                    }
                    sleep(POLL * 5).await;
                }
            }
        }
    }

    /// Takes the port of the running server.
    pub(super) fn adopt(&self, running: &Postmaster) -> Result<(), ServerError> {
        if let Some(port) = self.builder.port
            && port != running.port
        {
            let running = running.port;
            return Err(ServerError::RunsElsewhere { port, running });
        }
        self.port.store(running.port, Ordering::Relaxed);
        Ok(())
    }

    /// Returns the port asked for, the one of the last start, or any free one.
    fn free_port(&self) -> Result<u16, ServerError> {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if let Some(port) = self.builder.port {
            return bind(port)
                .map(|_| port)
                .map_err(|_| ServerError::PortTaken { port });
        }
        bind(self.port())
            .or_else(|_| bind(0))
            .and_then(|listener| listener.local_addr())
            .map(|address| address.port())
            .map_err(|source| ServerError::NoPort { source })
    }

    async fn try_start(&self, port: u16) -> Result<(), ServerError> {
        let (builder, data) = (&self.builder, self.builder.data());
        settings::write(builder, &self.binaries, self.owner, port)?;
        let log_before = builder.rotate_log();
        builder.prepare_log(self.owner)?;
        let mut pg_ctl = self.owner.command(&self.binaries.program("pg_ctl"));
        // Own process group: Ctrl-C in our terminal is for us to answer.
        pg_ctl
            .process_group(0)
            .args(["start", "--silent", "--wait"])
            .arg(format!("--timeout={}", builder.patience.as_secs().max(1)))
            .arg("--pgdata")
            .arg(&data)
            .arg("--log")
            .arg(builder.log());
        let output = process::run(pg_ctl).await?;
        if output.status.success() {
            return Ok(());
        }
        let tail = builder.log_since(log_before, &output);
        let log = builder.log();
        if Postmaster::of(&data).is_some() {
            self.stop(Mode::Immediate).await?;
        }
        Err(ServerError::NotStarted { log, tail })
    }

    async fn poll_ready(&self, deadline: Instant) -> Result<(), ServerError> {
        if Instant::now() >= deadline {
            let log = self.builder.log();
            let tail = self.builder.log_tail(0);
            return Err(ServerError::NotStarted { log, tail });
        }
        sleep(POLL).await;
        Ok(())
    }
}
