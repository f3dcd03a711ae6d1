//! Inputs from which to begin: all that ships, with the answers that were written for it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};
use source_language::source::{
    conversation::{Next, Purpose},
    shipped::SHIPPED,
};
use source_tools::reference::example;

use super::{
    case::{self, Case, Known, body},
    talk::{DIVIDER, response},
};

/// The variable that names the folder into which [`write()`] writes.
pub const FOLDER: &str = "FULLHOUSE_SEEDS";

/// An input by its name.
pub type Seed = (String, Vec<u8>);

/// Returns all definitions.
#[must_use]
pub fn definition() -> Vec<Seed> {
    let shipped = SHIPPED
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()));
    let examples = example::all().into_iter();
    let examples =
        examples.filter_map(|example| Some((example.name.clone(), example.whole().ok()?)));
    let all = shipped.chain(examples);
    all.map(|(name, text)| (name, text.into_bytes())).collect()
}

/// Returns expressions of all kinds, including some that do not end.
#[must_use]
pub fn expression() -> Vec<Seed> {
    let expressions = EXPRESSIONS.iter().enumerate();
    let seed = |(index, text): (usize, &&str)| {
        let body = r#"{"list": [3, "x", [1, {"a": null}]], "text": "A1,B2", "json": "[1.5]"}"#;
        (index.to_string(), format!("{text}\n{body}").into_bytes())
    };
    expressions.map(seed).collect()
}

/// Returns files of rules with all that they may say.
#[must_use]
pub fn robots() -> Vec<Seed> {
    let files = [
        "cinemas\nUser-agent: *\nDisallow: /*a*b$\nAllow: /c\nCrawl-delay: 5",
        "a?b=c\nUser-agent: fullhouse\nDisallow:\n\nUser-agent: *\nDisallow: /",
        "%C3%A9\nuser-agent: *\ndisallow /\u{e9}\nsitemap: https://example.org",
    ];
    numbered(files.map(|file| file.as_bytes().to_vec()))
}

/// Returns packed bodies: of each kind the shortest, and the window that is too large.
#[must_use]
pub fn unpack() -> Vec<Seed> {
    let gzip = [
        0, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let (brotli, large) = ([1, 0x0b, 0, 0x80, b'a', 3], [1, 0x11, 0x1e, 0, 0, 0]);
    let deflate = [2, 0x78, 0x9c, 3, 0, 0, 0, 0, 1];
    numbered([
        gzip.to_vec(),
        brotli.to_vec(),
        large.to_vec(),
        deflate.to_vec(),
    ])
}

/// Returns two pages of each kind of walk.
#[must_use]
pub fn paging() -> Vec<Seed> {
    let pages = br#"{"items":[{"id":"1"}],"pages":2,"total":2,"next":"b","more":true}"#;
    let last = br#"{"items":[{"id":"2"}],"pages":2,"total":2,"more":false}"#;
    numbered([0, 1, 2, 3, 4, 5].map(|walk| [&[walk], &pages[..], &[DIVIDER], &last[..]].concat()))
}

fn numbered<const N: usize>(inputs: [Vec<u8>; N]) -> Vec<Seed> {
    let inputs = inputs.into_iter().enumerate();
    inputs
        .map(|(index, bytes)| (index.to_string(), bytes))
        .collect()
}

const EXPRESSIONS: [&str; 40] = [
    "[.list[] | tostring]",
    ".text | split(\",\")",
    "[.text | scan(\"[A-Z][0-9]\")]",
    ".text | [capture(\"(?<row>[A-Z])(?<no>[0-9])\"; \"g\") | .row + .no]",
    ".json | fromjson | map(tostring)",
    "[paths | tojson]",
    "to_entries | map(.key)",
    "with_entries(.value |= length) | keys",
    "[.list | sort, unique, reverse | tojson]",
    "[.list | indices(3), index(\"x\"), contains([3]) | tojson]",
    ".list |= map(tojson) | .list",
    ".list[1:] = [\"y\"] | [.list[] | tostring]",
    "del(.list[0], .text) | keys",
    "[getpath([\"list\", 2, 1]) | keys[]]",
    "[.list | group_by(type)[] | length | tostring]",
    "[limit(3; repeat(\"a\"))]",
    "[range(0; 10; 3) | tostring]",
    "[.. | strings]",
    "walk(if isnumber then tostring else . end) | .list[:1]",
    "[foreach .list[] as $x (0; . + 1; \"\\(.)\")]",
    "reduce .list[] as $x ([]; . + [$x | tojson])",
    "[label $out | .list[] | if . == \"x\" then break $out else tostring end]",
    "try error(\"a\") catch [.]",
    "[.text | @base64 | @base64d, (tobytes | length | tostring)]",
    "[.text | explode | implode]",
    "[[[1, 2], [3]] | transpose | tojson]",
    "[$given | keys[]]",
    "def f: if . < 5 then . + 1 | f else . end; [0 | f | tostring]",
    "def f: f; f",
    "def f: [f]; f",
    "def f: try f catch f; f",
    "repeat(.)",
    "[range(1e12)]",
    "reduce range(1000) as $n (.text; . + .)",
    "reduce range(1000) as $n (.list; [., .])",
    "reduce range(1000) as $n (.list; [.])",
    "reduce range(1000) as $n (10; . * .)",
    "last(range(1e12))",
    "[combinations]",
    "until(false; .)",
];

/// Returns amounts as places write them, for each currency and way of reading.
#[must_use]
pub fn money() -> Vec<Seed> {
    let texts = AMOUNTS.iter().enumerate();
    let all = texts.flat_map(|(index, text)| {
        (0..20_u8).map(move |way| {
            let whole = [&[way], text.as_bytes()].concat();
            (format!("{index}-{way}"), whole)
        })
    });
    all.collect()
}

const AMOUNTS: [&str; 24] = [
    "12.50",
    "12,50",
    ",89 €",
    ".95",
    "14.99 €",
    "-£5.00",
    "(5.00)",
    "5.00-",
    "Rp 75.000,50",
    "1\u{a0}234,50 €",
    "CHF 1’234.50",
    "₹1,23,456",
    "Rs.500",
    "S/.15.00",
    "12,- kr.",
    "50p",
    "5k",
    "20 %",
    "£5 - £7",
    "12\n500",
    "１２．５０",
    "1e3",
    "5½",
    "",
];

/// Returns all answers.
#[must_use]
pub fn extract() -> Vec<Seed> {
    let of_case = |case: &'static Case| {
        let bodies = case.bodies().into_iter().enumerate();
        bodies.map(|(index, body)| {
            let whole = [case.name.as_bytes(), b"\n", &body].concat();
            (
                format!("{}.{index}", case.name.replace(['/', ':'], "-")),
                whole,
            )
        })
    };
    case::all().iter().flat_map(of_case).collect()
}

/// Returns all conversations.
#[must_use]
pub fn conversation() -> Vec<Seed> {
    let name = |case: &Case| case.name.replace(['/', ':'], "-");
    case::all()
        .iter()
        .map(|case| (name(case), case.talk()))
        .collect()
}

/// Writes seeds where the environment says, if it does.
///
/// # Panics
///
/// If that cannot be written to.
pub fn write(seeds: impl FnOnce() -> Vec<Seed>) {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let write = |file: &Path, bytes: &[u8]| fs::write(file, bytes);
    for (name, bytes) in seeds() {
        let file = folder.join(name);
        write(&file, &bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

impl Case {
    /// Returns what a true answer to `first` gives.
    pub(crate) fn taken(&self, first: &str) -> Map<String, Value> {
        let Known::Bodies(folder) = &self.known else {
            return Map::new();
        };
        let body = body(folder, &format!("{}.{first}", self.step)).unwrap_or_default();
        let taken = self
            .source
            .take(&self.step, first, &self.params, &case::answer(&body));
        taken.unwrap_or_default()
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        match &self.known {
            Known::Example(run) => {
                let talks = run.exchange.iter();
                talks.map(|talk| talk.body.clone().into_bytes()).collect()
            }
            Known::Bodies(folder) => {
                let words = self.source.definition().steps.get(&self.step);
                let firsts = words.into_iter().flat_map(|words| words.first.keys());
                let firsts = firsts.map(|first| format!("{}.{first}", self.step));
                let own = [self.step.clone(), format!("{}.page2", self.step)];
                let names = firsts.chain(own);
                names.filter_map(|name| body(folder, &name)).collect()
            }
        }
    }

    /// Holds the conversation with true answers, and writes it down.
    fn talk(&self) -> Vec<u8> {
        let mut answers = Vec::new();
        if let Ok(mut conversation) = self.begin() {
            let mut at = 0;
            while let Ok(Next::Send(asked)) = conversation.next() {
                let Some(answer) = self.written(&asked.purpose, &mut at) else {
                    break;
                };
                let result = conversation.answer(&response(&answer));
                answers.push(answer);
                if result.is_err() {
                    break;
                }
            }
        }
        let head = format!("{}\n", self.name).into_bytes();
        [head, answers.join(&DIVIDER)].concat()
    }

    /// Returns the true answer to a request as it is written; `at` counts them.
    fn written(&self, purpose: &Purpose, at: &mut usize) -> Option<Vec<u8>> {
        let Known::Bodies(folder) = &self.known else {
            return self.of_example(purpose, at);
        };
        let name = match purpose {
            Purpose::Robots => return Some(b"404\n\n".to_vec()),
            Purpose::First { name, .. } => format!("{}.{name}", self.step),
            Purpose::Own { page: 0 } => self.step.clone(),
            Purpose::Own { page } => format!("{}.page{}", self.step, page + 1),
        };
        *at += 1;
        Some([b"200\n\n".as_slice(), &body(folder, &name)?].concat())
    }

    fn of_example(&self, purpose: &Purpose, at: &mut usize) -> Option<Vec<u8>> {
        let Known::Example(run) = &self.known else {
            return None;
        };
        let talk = run.exchange.get(*at)?;
        let of_robots = |request: &String| request.ends_with("/robots.txt");
        if *purpose == Purpose::Robots && !talk.request.as_ref().is_some_and(of_robots) {
            return Some(b"404\n\n".to_vec());
        }
        *at += 1;
        let mut text = format!("{}\n", talk.status);
        for (name, value) in &talk.answers {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for value in values.iter().filter_map(Value::as_str) {
                text.extend([name.as_str(), ": ", value, "\n"]);
            }
        }
        Some(format!("{text}\n{}", talk.body).into_bytes())
    }
}
