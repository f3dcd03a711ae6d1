//! Nothing that a conversation says of itself shows a secret, a token or a cookie.

use super::*;

/// What Cargo sets for every test: a path.
const SECRET: &str = env!("CARGO_MANIFEST_DIR");
const HEAD: &str = "secrets = { key = \"env:CARGO_MANIFEST_DIR\" }";
const STEP: &str = r#"
    request = { url = "https://a.example/rows", redirects = 9, headers = { X-Key = "{{ secret.key }}", Authorization = "Bearer {{ token.value }}" } }
    pages = { link = ".next" }
    [steps.cinemas.first.token]
    request = { url = "https://a.example/token" }
    take = { value = ".token" }
"#;

fn encoded(text: &str, one: impl Fn(u8) -> String) -> String {
    text.bytes().map(one).collect()
}

fn percent(text: &str) -> String {
    encoded(text, |byte| format!("%{byte:02x}"))
}

fn hex(text: &str) -> String {
    encoded(text, |byte| format!("{byte:02X}"))
}

/// A conversation that has its token and a cookie.
fn begun() -> Talk {
    let mut talk = Talk::of(&source(HEAD, STEP));
    let token = json!({ "token": "s3cr3t-abc" }).to_string();
    let cookie = [("set-cookie", "sid=c00kie-xyz; Path=/")];
    talk.hears("token", answer(200, &cookie, token)).unwrap();
    talk
}

fn hidden() -> Vec<String> {
    let values = [SECRET, "s3cr3t-abc", "c00kie-xyz"];
    let each = |value: &str| {
        [
            value.to_owned(),
            percent(value),
            hex(value),
            value.replace('/', "%2F"),
        ]
    };
    values.into_iter().flat_map(each).collect()
}

#[test]
fn an_address_that_says_a_secret_again_is_not_shown() {
    for said in hidden() {
        let mut talk = begun();
        let location = format!("/x?again={said}&ok=1");
        talk.hears("rows", answer(302, &[("location", &location)], ""))
            .unwrap();
        let asked = talk.asked();
        assert_eq!(
            asked.request.shown_url(),
            "https://a.example/x?again=***&ok=1",
            "{said}"
        );
        assert_ne!(asked.request.url.as_str(), asked.request.shown_url());
        for shown in [format!("{asked:?}"), format!("{:?}", talk.conversation)] {
            assert!(!shown.contains(&said), "{said}: {shown}");
        }
    }
}

#[test]
fn an_error_that_says_a_secret_again_does_not_show_it() {
    for said in ["s3cr3t-abc", "c00kie-xyz", "S3CR3T-ABC"] {
        let mut talk = begun();
        let link = format!("https://{said}.example/");
        talk.hears("rows", page(&["1"], json!({ "next": link })))
            .unwrap();
        let problem = talk.conversation.next().unwrap_err();
        assert!(problem.message.contains("***.example"), "{problem:?}");
        assert!(
            !problem
                .message
                .to_lowercase()
                .contains(&said.to_lowercase()),
            "{problem:?}"
        );
    }
}

/// The answer to a request for a token is not kept unless the token is known.
#[test]
fn an_answer_whose_token_was_not_found_is_withheld() {
    let mut talk = Talk::of(&source(HEAD, STEP));
    let learnt = talk.conversation.learnt();
    let body = json!({ "tok": "s3cr3t-abc" });
    talk.hears("token", ok(body)).unwrap_err();
    assert!(learnt.is_withheld());
    let mut talk = begun();
    let learnt = talk.conversation.learnt();
    assert!(!learnt.is_withheld());
    talk.hears("rows", ok(json!({ "nothing": 1 }))).unwrap_err();
    assert!(!learnt.is_withheld());
    assert_eq!(learnt.values(), ["c00kie-xyz", "s3cr3t-abc"]);
}

/// A token that is used again is known in the next conversation as well.
#[test]
fn a_token_that_was_kept_is_hidden_as_well() {
    let step = STEP.replace("take =", "cache = \"1h\"\n    take =");
    let (source, memory) = (source(HEAD, &step), Arc::<Memory>::default());
    let mut talk = Talk::begin(&source, &memory, json!({}));
    talk.hears("token", ok(json!({ "token": "s3cr3t-abc" })))
        .unwrap();
    let mut next = Talk::begin(&source, &memory, json!({}));
    next.hears("rows", answer(302, &[("location", "/s3cr3t-abc")], ""))
        .unwrap();
    assert_eq!(next.asked().request.shown_url(), "https://a.example/***");
    assert!(!format!("{memory:?}").contains("s3cr3t-abc"));
}
