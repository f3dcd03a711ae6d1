//! Invariant 3: a conversation stays with the hosts that its permits are for.

use super::*;

const PLAIN: &str = "request = { url = \"https://a.example/rows\" }";

fn led(source: &Arc<Source>, location: &str) -> Result<Box<NextRequest>, Problem> {
    let mut talk = Talk::of(source);
    talk.hears("rows", answer(302, &[("location", location)], ""))?;
    Ok(talk.asked())
}

#[test]
fn a_redirect_leads_to_no_host_without_a_permit() {
    let plain = source("", PLAIN);
    for location in [
        "https://c.example/",
        "//c.example/",
        "https://a.example.c.example/",
        "https://a.example@c.example/",
        "https://a.example:8443/",
        "http://b.example:8080/",
    ] {
        let refused = led(&plain, location).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Redirected, "{location}");
        assert_eq!(refused.http_status, Some(302));
        assert!(refused.message.contains("add hosts = ["), "{refused:?}");
    }
    // The host itself, be it by another scheme, and one that the limit names.
    for location in [
        "/x",
        "http://a.example/x",
        "https://A.example/x",
        "https://b.example/x",
    ] {
        led(&plain, location).unwrap();
    }
}

#[test]
fn a_redirect_may_lead_where_the_definition_asks_by_itself() {
    let step = r#"
        request = { url = "https://a.example/rows" }
        [steps.cinemas.first.token]
        request = { url = "https://login.example/" }
        take = { value = ".token" }
    "#;
    let mut talk = Talk::of(&source("", step));
    assert_eq!(talk.asked().request.url.as_str(), "https://login.example/");
    let token = ok(json!({ "token": "t" }));
    talk.conversation.answer(&token).unwrap();
    let away = [("location", "https://login.example/again")];
    talk.hears("rows", answer(302, &away, "")).unwrap();
    assert_eq!(talk.asked().hops, 1);
}

#[test]
fn the_host_of_another_limit_is_named_with_it() {
    let head = r#"
        limits.shop = { key = "shop", rate = 1.0, burst = 1, hosts = ["c.example"] }
    "#;
    let refused = led(&source(head, PLAIN), "https://c.example/").unwrap_err();
    assert!(refused.message.contains("limit = \"shop\""), "{refused:?}");
}

#[test]
fn rules_and_further_pages_stay_as_well() {
    let public = source("access = \"public\"", PLAIN);
    let mut talk = Talk::of(&public);
    let away = answer(301, &[("location", "https://c.example/robots.txt")], "");
    let refused = talk.hears("robots.txt", away).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Redirected);

    let step = r#"
        request = { url = "https://a.example/rows" }
        pages = { link = ".next" }
    "#;
    let paged = source("", step);
    for (link, is_followed) in [
        ("https://b.example/2", true),
        ("https://c.example/2", false),
    ] {
        let mut talk = Talk::of(&paged);
        talk.hears("rows", page(&["1"], json!({ "next": link })))
            .unwrap();
        assert_eq!(talk.conversation.next().is_ok(), is_followed, "{link}");
    }
}
