//! Ctrl-C and SIGTERM, while a tool asks a site.
//!
//! The first one ends the tool where it waits: what is on disk is whole, and it says how
//! far it came. Who waits for a computation instead sends a second one, which ends the
//! process at once; nothing that is half written is ever read as whole.

use std::{fmt, io, thread};

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use super::ToolError;

/// What ended a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    /// SIGINT, as Ctrl-C sends it.
    CtrlC,
    /// SIGTERM.
    Terminate,
}

impl StoppedBy {
    /// Returns the exit code by which a shell knows what ended a program.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        let number = match self {
            Self::CtrlC => SignalKind::interrupt(),
            Self::Terminate => SignalKind::terminate(),
        };
        u8::try_from(128 + number.as_raw_value()).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for StoppedBy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::CtrlC => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// Knows whether the tool has been asked to stop.
#[derive(Debug)]
pub struct Stop(watch::Receiver<Option<StoppedBy>>);

impl Stop {
    /// Catches both signals from now on.
    ///
    /// # Errors
    ///
    /// If the system does not let them be caught.
    pub fn listen() -> io::Result<Self> {
        // A thread of its own hears the second signal while the tool computes.
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let signals = {
            let _entered = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        let (tell, stopped) = watch::channel(None);
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(hear(signals, &tell)))?;
        Ok(Self(stopped))
    }

    /// Does `work` unless the tool was stopped, before it or in the middle of it.
    ///
    /// # Errors
    ///
    /// [`ToolError::Stopped`].
    pub async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Result<T, ToolError> {
        tokio::select! {
            biased;
            by = stopped(&mut self.0) => Err(ToolError::Stopped(by)),
            done = work => Ok(done),
        }
    }
}

/// Waits until the tool is asked to stop, which may be never.
async fn stopped(message: &mut watch::Receiver<Option<StoppedBy>>) -> StoppedBy {
    match message.wait_for(Option::is_some).await.map(|by| *by) {
        Ok(Some(by)) => by,
        // Nobody is left who could ask.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

async fn hear(
    (mut interrupt, mut terminate): (Signal, Signal),
    tell: &watch::Sender<Option<StoppedBy>>,
) {
    let mut heard = async || {
        tokio::select! {
            _ = interrupt.recv() => StoppedBy::CtrlC,
            _ = terminate.recv() => StoppedBy::Terminate,
        }
    };
    tell.send_replace(Some(heard().await));
    let again = heard().await;
    std::process::exit(again.exit_code().into());
}
