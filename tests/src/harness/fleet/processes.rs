//! The processes of a fleet: how they are started, found and started again.

use std::{path::Path, time::Duration};

use coordinator::policy::Policy;

use super::Fleet;
use crate::harness::{
    error::HarnessError,
    logins,
    process::{Process, Start},
};

impl Fleet {
    /// Starts another coordinator; returns its number, from 0.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_coordinator(&mut self) -> Result<usize, HarnessError> {
        let number = self.coordinators.len();
        let process = self.start_coordinator(number)?;
        self.coordinators.push(process);
        Ok(number)
    }

    /// Starts another pod; returns its number, from 0.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_pod(&mut self) -> Result<usize, HarnessError> {
        self.add_pod_with(&[])
    }

    /// Starts another pod with further variables in its environment; returns its number.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_pod_with(&mut self, env: &[(&str, &str)]) -> Result<usize, HarnessError> {
        let number = self.pods.len();
        let start = env
            .iter()
            .fold(self.pod_command(number), |start, (name, value)| {
                start.env(name, *value)
            });
        self.pods.push(start.spawn(self.logs())?);
        Ok(number)
    }

    /// Starts a coordinator again that has ended.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it cannot be started.
    pub fn restart_coordinator(&mut self, number: usize) -> Result<(), HarnessError> {
        let process = self.start_coordinator(number)?;
        *self.coordinator(number)? = process;
        Ok(())
    }

    /// Starts a pod again that has ended.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it cannot be started.
    pub fn restart_pod(&mut self, number: usize) -> Result<(), HarnessError> {
        let process = self.start_pod(number)?;
        *self.pod(number)? = process;
        Ok(())
    }

    /// A coordinator by its number.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn coordinator(&mut self, number: usize) -> Result<&mut Process, HarnessError> {
        let part = "this coordinator";
        let found = self.coordinators.get_mut(number);
        found.ok_or(HarnessError::Without { part })
    }

    /// A pod by its number.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn pod(&mut self, number: usize) -> Result<&mut Process, HarnessError> {
        let part = "this pod";
        self.pods
            .get_mut(number)
            .ok_or(HarnessError::Without { part })
    }

    /// How many pods were started, those that were killed included.
    #[must_use]
    pub fn pods(&self) -> usize {
        self.pods.len()
    }

    /// The name by which the database knows a pod.
    #[must_use]
    pub fn pod_name(number: usize) -> String {
        format!("pod-{}", number + 1)
    }

    pub(super) fn all_processes(&mut self) -> impl Iterator<Item = &Process> {
        let chains = self.chains.as_mut().map(|chains| &*chains.process());
        let receivers = self.receivers.iter_mut().map(|one| &*one.process());
        self.coordinators
            .iter()
            .chain(&self.pods)
            .chain(receivers)
            .chain(chains)
    }

    pub(super) fn logs(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn start_coordinator(&self, number: usize) -> Result<Process, HarnessError> {
        let name = format!("coordinator-{}", number + 1);
        let (lease, rescue) = (self.options.leader_lease, self.options.rescue_after_outage);
        let policy = match self.options.policy {
            Policy::Interval => "interval",
            Policy::Freshness => "freshness",
        };
        self.command("coordinator")
            .named(&name)
            .args(["run", "--listen=127.0.0.1:0"])
            .args([format!("--name={name}")])
            .env("FULLHOUSE_COORDINATOR__LEASE", in_millis(lease))
            .env("FULLHOUSE_COORDINATOR__POLICY", policy)
            .env(
                "FULLHOUSE_COORDINATOR__RESCUE_AFTER_OUTAGE",
                in_millis(rescue),
            )
            .spawn(self.logs())
    }

    pub(super) fn start_pod(&self, number: usize) -> Result<Process, HarnessError> {
        self.pod_command(number).spawn(self.logs())
    }

    pub(super) fn pod_command(&self, number: usize) -> Start {
        let name = Self::pod_name(number);
        let pod_env = self.options.pod_env.iter();
        let command = self.command("agent");
        pod_env
            .fold(command, |command, (name, value)| command.env(name, *value))
            .named(&name)
            .args(["run", "--listen=127.0.0.1:0", "--allow-private"])
            .args([
                format!("--name={name}"),
                format!("--count={}", self.options.agents),
            ])
            .env("FULLHOUSE_AGENT__LEASE", in_millis(self.options.pod_lease))
            .env("FULLHOUSE_AGENT__GRACE", in_millis(self.options.grace))
    }

    /// A program that logs in with the role of its name.
    pub(super) fn command(&self, program: &'static str) -> Start {
        self.command_as(program, program)
    }

    /// A program that logs in with a role.
    pub(super) fn command_as(&self, program: &'static str, role: &str) -> Start {
        let url = self.between.url().unwrap_or(&self.url);
        self.command_at(program, &logins::url(url, role))
    }

    pub(super) fn command_at(&self, program: &'static str, url: &str) -> Start {
        let start = Start::new(program, program).env("FULLHOUSE_DATABASE__URL", url);
        self.options
            .env
            .iter()
            .fold(start, |start, (name, value)| start.env(name, value))
    }
}

fn in_millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
