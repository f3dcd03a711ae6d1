//! How long each part of a request took.
//!
//! A connection is made inside the client, in the task of the request that needs it. So
//! what it took is noted in a value of that task; a connection that the client goes on to
//! make for others, because a kept one became free first, finds no such value and is not
//! counted.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tower_service::Service;

/// The parts of a request, as far as it came. What waited for a limit is not in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Finding the addresses of a name; nothing for a literal address or a kept connection.
    pub resolve: Option<Duration>,
    /// Making the connection, TLS included; nothing where one was kept.
    pub connect: Option<Duration>,
    /// From there until the head of the answer was read.
    pub first_byte: Option<Duration>,
    /// From there to the end of the body, unpacking included.
    pub body: Option<Duration>,
}

tokio::task_local! {
    /// What was done to connect for the request of this task.
    static CONNECTED: Cell<Phases>;
}

impl Phases {
    /// Waits until `answered` has the head of an answer, and notes what led to it.
    pub(super) async fn until_head<T, E>(
        &mut self,
        answered: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started_at = Instant::now();
        let watched = async {
            let answered = answered.await;
            (answered, CONNECTED.with(Cell::get))
        };
        let (answered, connected) = CONNECTED.scope(Cell::default(), watched).await;
        *self = connected;
        if answered.is_ok() {
            let before =
                connected.resolve.unwrap_or_default() + connected.connect.unwrap_or_default();
            self.first_byte = Some(started_at.elapsed().saturating_sub(before));
        }
        answered
    }
}

/// Notes how long it took to find the addresses of a name.
pub(super) async fn resolving<T>(resolved: impl Future<Output = T>) -> T {
    let started_at = Instant::now();
    let resolved = resolved.await;
    note(|phases| phases.resolve = Some(started_at.elapsed()));
    resolved
}

/// Changes what is noted, where a request of this task still waits for it.
fn note(change: impl FnOnce(&mut Phases)) {
    // An error means that nobody does.
    let _ = CONNECTED.try_with(|connected| {
        let mut phases = connected.get();
        change(&mut phases);
        connected.set(phases);
    });
}

/// Makes connections, and records how long that took.
#[derive(Debug, Clone)]
pub(super) struct Measured<S>(pub(super) S);

impl<S, R> Service<R> for Measured<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            let started_at = Instant::now();
            let connection = connecting.await?;
            note(|phases| {
                let resolved = phases.resolve.unwrap_or_default();
                phases.connect = Some(started_at.elapsed().saturating_sub(resolved));
            });
            Ok(connection)
        })
    }
}
