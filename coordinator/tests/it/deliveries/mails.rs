//! Mails with a CSV file.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;
use crate::mail_server;

const MAIL: &str = "[[deliver]]\nto = \"readers\"\n";

#[tokio::test]
async fn a_new_day_is_mailed_with_its_file_and_days_of_the_past_are_not() {
    let db = &world().await;
    declare(db, "sales", ROWS, MAIL).await;
    let (server, mut mails) = mail_server::start().await;
    let settings = &json!({ "readers": {
        "kind": "mail", "server": server, "from": "Fullhouse <me@example.org>", "to": ["a@example.org", "b@example.org"]
    } });
    assert_eq!(
        deliver(db, settings).await.delivered,
        1,
        "{:?}",
        errors(db).await
    );
    let mail = mails.recv().await.unwrap();
    let date = day(1);
    for words in [
        format!("Subject: Fullhouse: sales of {date}"),
        "To: a@example.org, b@example.org".to_owned(),
        format!("filename=\"sales-{date}.csv\""),
        format!("sales of {date}: 10 rows"),
    ] {
        assert!(mail.contains(&words), "no {words}: {mail}");
    }
    assert!(
        attached(&mail).starts_with(&format!("day,id,title,price,more,sold_at,pair\n{date},1,")),
        "{mail}"
    );
    let states = states(db).await;
    assert!(
        states[1].ends_with("2 skipped") && states[2].ends_with("3 skipped"),
        "{states:?}"
    );
    // What changes is mailed again, as another mail.
    change(db, 1, 2).await;
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    let again = mails.recv().await.unwrap();
    assert_eq!(attached(&again).matches(&date).count(), 4);
    let id = |mail: &str| {
        let mut lines = mail.lines();
        lines
            .find(|line| line.starts_with("Message-ID"))
            .unwrap()
            .to_owned()
    };
    assert_ne!(id(&mail), id(&again));
}

#[tokio::test]
async fn a_file_that_is_too_large_for_a_mail_is_refused_with_the_way_out() {
    let db = &world().await;
    declare(
        db,
        "sales",
        &ROWS.replace("admissions::integer", "1000"),
        MAIL,
    )
    .await;
    let (server, _mails) = mail_server::start().await;
    let settings = &json!({ "readers": {
        "kind": "mail", "server": server, "from": "me@example.org", "to": ["a@example.org"], "max_bytes": 1024
    } });
    assert_eq!(deliver(db, settings).await.failed, 1);
    let error = errors(db).await;
    assert!(
        error[0].contains("raise deliveries.readers.max_bytes"),
        "{error:?}"
    );
}

/// The file of a mail, as text.
fn attached(mail: &str) -> String {
    let (_, part) = mail.split_once("text/csv").unwrap();
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let (body, _) = body.split_once("\r\n--").unwrap();
    if !head.contains("base64") {
        return body.replace("\r\n", "\n");
    }
    let letters: String = body.split_whitespace().collect();
    String::from_utf8(BASE64_STANDARD.decode(letters).unwrap()).unwrap()
}
