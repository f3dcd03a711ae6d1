//! A region over a real S3 server.

use coordinator::{
    export::place::Place,
    regions::{receiver::receive, writer::send},
};
use schema::{events::region::link::all, scratch::Scratch};
use tokio_util::sync::CancellationToken;

use super::fixture::{RULES, SENT, declare, received_events, receiving, run, sender, sending};
use crate::export::{python, s3::Server};

/// Put, get, list, delete, and a put on a condition; where the server is not installed, that is said.
#[tokio::test]
async fn events_go_over_an_s3_server() {
    if !python::has(&["moto.server", "boto3", "flask"]) {
        return;
    }
    let server = Server::start();
    let address = "s3://exports/regions/paris";
    let (from, to) = (sender().await, Scratch::new().await.unwrap().db);
    run(&to, "INSERT INTO event_client (name) VALUES ('app')").await;
    declare(&from, &sending("paris", address, RULES))
        .await
        .unwrap();
    declare(&to, &receiving("paris", address)).await.unwrap();
    let place = Place::open(address, &server.options()).unwrap();
    let stop = CancellationToken::new();
    for is_first in [true, false] {
        loop {
            let region = all(&from).await.unwrap().remove(0);
            let (sent, _) = send(&from, &region, &place, is_first, None, &stop)
                .await
                .unwrap();
            if !sent.is_behind {
                break;
            }
        }
        let region = all(&to).await.unwrap().remove(0);
        let (received, _) = receive(&to, &region, &place, &stop).await.unwrap();
        assert_eq!(received.missing, 0);
        assert_eq!(received_events(&to).await, SENT);
        run(&from, "UPDATE region_file SET is_stale = true").await;
    }
}
