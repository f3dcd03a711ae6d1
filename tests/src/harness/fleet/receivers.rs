//! The receivers of events of a fleet: each keeps its address when it is started again.

use super::Fleet;
use crate::harness::{error::HarnessError, port, process::Process};

/// A receiver of events.
#[derive(Debug)]
pub(super) struct Receiver {
    process: Process,
    port: u16,
}

impl Receiver {
    pub(super) fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

impl Fleet {
    /// Starts another receiver of events; returns its number, from 0.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_receiver(&mut self) -> Result<usize, HarnessError> {
        let port = port::free()?;
        let number = self.receivers.len();
        let process = self.start_receiver(number, port)?;
        self.receivers.push(Receiver { process, port });
        Ok(number)
    }

    /// Starts a receiver again that has ended, at the same address.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it cannot be started.
    pub fn restart_receiver(&mut self, number: usize) -> Result<(), HarnessError> {
        let port = self.receiver_at(number)?.port;
        let process = self.start_receiver(number, port)?;
        self.receiver_at(number)?.process = process;
        Ok(())
    }

    /// A receiver by its number.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn receiver(&mut self, number: usize) -> Result<&mut Process, HarnessError> {
        Ok(self.receiver_at(number)?.process())
    }

    /// Where a receiver listens, such as `http://127.0.0.1:4711`.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn receiver_address(&mut self, number: usize) -> Result<String, HarnessError> {
        let port = self.receiver_at(number)?.port;
        Ok(format!("http://127.0.0.1:{port}"))
    }

    fn receiver_at(&mut self, number: usize) -> Result<&mut Receiver, HarnessError> {
        let part = "this receiver";
        let found = self.receivers.get_mut(number);
        found.ok_or(HarnessError::Without { part })
    }

    fn start_receiver(&self, number: usize, port: u16) -> Result<Process, HarnessError> {
        self.command_as("agent", "receiver")
            .named(&format!("receiver-{}", number + 1))
            .args(["receive".to_owned(), "--probes=127.0.0.1:0".to_owned()])
            .args([format!("--listen=127.0.0.1:{port}")])
            .spawn(self.logs())
    }
}
