//! Receivers of other kinds: Slack and mail.

use coordinator::{
    alert::{
        check::Audience,
        settings::{AlertSettings, Receiver, SecretText},
    },
    background::messages::SentMessages,
    command::alert::{AlertCommand, execute},
    operate::report::cli_actor,
};
use schema::alert::Severity;

use super::{let_waits_end, look, look_after, run, send, server::LocalReceiver, settings, webhook};
use crate::{fixture::world, mail_server};

const BLOCKED: &str = "UPDATE source SET state = 'blocked', state_reason = 'answered <403>'";

fn slack(url: &str) -> Receiver {
    Receiver::Slack {
        url: SecretText::new(url),
        severity: Severity::Info,
    }
}

#[tokio::test]
async fn slack_gets_a_text_and_one_message_at_a_time() {
    let (db, _) = world().await;
    let receiver = LocalReceiver::start().await;
    let settings = settings([("chat", slack(&receiver.url()))]);
    let audience = Audience::of(&settings);
    run(&db, BLOCKED).await;
    look(&db, "source_blocked", &audience).await;
    run(
        &db,
        "UPDATE source SET state = 'active', state_reason = NULL",
    )
    .await;
    look_after(&db, "source_blocked", &audience).await;
    for _ in 0..2 {
        let_waits_end(&db).await;
        assert_eq!(send(&db, &settings).await.sent, 1);
    }
    let got = receiver.take();
    let body = got[0].json();
    assert_eq!(body["text"], "[warning] source_blocked: plaza");
    assert!(body.to_string().contains("answered &lt;403&gt;"), "{body}");
    assert_eq!(
        got[1].json()["text"],
        "[warning] resolved: source_blocked: plaza"
    );
}

fn mail(server: &str) -> Receiver {
    Receiver::Mail {
        server: SecretText::new(server),
        from: "Fullhouse <alerts@example.org>".to_owned(),
        to: "anna@example.org, ben@example.org".to_owned(),
        severity: Severity::Info,
    }
}

#[tokio::test]
async fn mail_arrives_with_the_id_of_the_message() {
    let (db, _) = world().await;
    let (server, mut mails) = mail_server::start().await;
    let settings = settings([("mail", mail(&server))]);
    run(&db, BLOCKED).await;
    look(&db, "source_blocked", &Audience::of(&settings)).await;
    assert_eq!(send(&db, &settings).await.sent, 1);
    let mail = mails.recv().await.unwrap();
    let id: String = sqlx::query_scalar("SELECT replace(message_id::text, '-', '') FROM message")
        .fetch_one(&db)
        .await
        .unwrap();
    for part in [
        format!("Message-ID: <{id}@fullhouse>"),
        "To: anna@example.org, ben@example.org".to_owned(),
        "Subject: Fullhouse [warning] source_blocked: plaza".to_owned(),
    ] {
        assert!(mail.contains(&part), "{part}: {mail}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let (db, _) = world().await;
    let settings = settings([("mail", mail("smtp://me:hidden@127.0.0.1:9"))]);
    run(&db, BLOCKED).await;
    look(&db, "source_blocked", &Audience::of(&settings)).await;
    let waits = SentMessages {
        failed: 1,
        ..SentMessages::default()
    };
    assert_eq!(send(&db, &settings).await, waits);
    let error: String = sqlx::query_scalar("SELECT last_error FROM message")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!error.contains("hidden"), "{error}");
}

#[tokio::test]
async fn the_test_reaches_every_receiver_and_fails_if_one_takes_nothing() {
    let (db, _) = world().await;
    let receiver = LocalReceiver::start().await;
    let (server, mut mails) = mail_server::start().await;
    let mut all = settings([
        ("chat", slack(&receiver.url())),
        ("mail", mail(&server)),
        ("ops", webhook(&receiver.url())),
    ]);
    let actor = cli_actor(None);
    let test = |settings: AlertSettings| {
        let (db, actor) = (db.clone(), actor.clone());
        async move { execute(&db, &actor, &settings, &AlertCommand::Test).await }
    };
    test(all.clone()).await.unwrap();
    assert_eq!(receiver.take().len(), 2);
    assert!(mails.recv().await.unwrap().contains("test"));
    all.receivers
        .insert("away".to_owned(), webhook("http://127.0.0.1:9/"));
    let failed = test(all).await.unwrap_err().to_string();
    assert_eq!(failed, "1 of 4 receivers took no message");
    assert_eq!(receiver.take().len(), 2, "one that is away stops no other");
    let nobody = test(AlertSettings::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(nobody.contains("[alerts.receivers.NAME]"), "{nobody}");
}
