//! The rules of a `robots.txt`, as RFC 9309 says, within bounds of memory and time.
//!
//! Takes the bytes of a file, written by strangers; gives whether a path may be fetched.
//! All patterns of a file stand in one text, and matching one goes through the path once, so
//! a file of the largest size costs little more memory than its own bytes.

/// What is read of a file; the rest does not count. Google reads as much, and RFC 9309 asks
/// for no less.
pub const MAX_ROBOTS_BYTES: usize = 500 << 10;
/// Bytes that may be compared for one decision: about a twentieth of a second.
const MAX_COMPARED_BYTES: usize = 64 << 20;
/// The one path that every host lets everybody fetch.
const ROBOTS_PATH: &str = "/robots.txt";

/// The rules that a file has for one crawler.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RobotsRules {
    /// The patterns, one after the other, normalised.
    patterns: String,
    /// The most specific first; where two are equally specific, the one that allows.
    rules: Vec<Rule>,
    /// Seconds that the file asks to wait between two requests.
    pub crawl_delay: Option<f64>,
}

/// A rule: the place of its pattern, and whether it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    start: u32,
    end: u32,
    allows: bool,
}

/// The verdict of the rules about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The path may be fetched.
    Allowed,
    /// The path may not be fetched.
    Disallowed,
    /// The path is too long to be compared with this number of rules.
    TooLong,
}

/// The rules of the groups that name one crawler, as they are read.
#[derive(Default)]
struct Group {
    patterns: String,
    rules: Vec<Rule>,
    crawl_delay: Option<f64>,
}

impl RobotsRules {
    /// Reads the rules that `body` has for the crawler called `product`: those of the groups
    /// that name it, or else those for all.
    #[must_use]
    pub fn parse(product: &str, body: &[u8]) -> Self {
        let (mut ours, mut everybodys) = (Group::default(), Group::default());
        let (mut names_us, mut has_groups) = (false, false);
        // Whether the present group is for us or for all crawlers, and whether it may name more.
        let (mut is_ours, mut is_everybodys, mut is_naming) = (false, false, false);
        for line in lines(body) {
            let Some((key, value)) = key_and_value(&line) else {
                continue;
            };
            if key.eq_ignore_ascii_case("user-agent") {
                if !is_naming {
                    (is_ours, is_everybodys, is_naming) = (false, false, true);
                }
                has_groups = true;
                let token = value.split(|c: char| !(c.is_ascii_alphabetic() || "-_".contains(c)));
                let is_us = token
                    .take(1)
                    .any(|token| token.eq_ignore_ascii_case(product));
                is_ours |= is_us;
                names_us |= is_us;
                is_everybodys |= value.starts_with('*');
                continue;
            }
            let rule = key.to_ascii_lowercase();
            // What is not known, such as `sitemap`, ends no group.
            if !["allow", "disallow", "crawl-delay"].contains(&rule.as_str()) {
                continue;
            }
            is_naming = false;
            if is_ours {
                ours.take(&rule, value);
            }
            // A file without groups is meant for all.
            if is_everybodys || !has_groups {
                everybodys.take(&rule, value);
            }
        }
        let group = if names_us { ours } else { everybodys };
        group.sorted()
    }

    /// Decides whether `path`, with its query, may be fetched.
    #[must_use]
    pub fn verdict(&self, path: &str) -> Verdict {
        let mut normal = String::with_capacity(path.len());
        normalise(path, &mut normal);
        if normal == ROBOTS_PATH {
            return Verdict::Allowed;
        }
        let work = self.rules.len().saturating_mul(normal.len() + 1) + self.patterns.len();
        if work > MAX_COMPARED_BYTES {
            return Verdict::TooLong;
        }
        let matching = self.rules.iter().find(|rule| {
            let pattern = self.patterns.get(rule.start as usize..rule.end as usize);
            pattern.is_some_and(|pattern| matches(pattern, &normal))
        });
        match matching {
            Some(rule) if !rule.allows => Verdict::Disallowed,
            _ => Verdict::Allowed,
        }
    }

    /// How many bytes of memory they take, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.patterns.capacity() + self.rules.capacity() * size_of::<Rule>()
    }
}

impl Group {
    fn take(&mut self, rule: &str, value: &str) {
        match rule {
            "allow" => self.add(value, true),
            "disallow" => self.add(value, false),
            _ => {
                let delay = value.parse().ok().filter(|delay: &f64| delay.is_finite());
                self.crawl_delay = self.crawl_delay.or(delay);
            }
        }
    }

    fn add(&mut self, value: &str, allows: bool) {
        // An empty rule says nothing.
        if value.is_empty() {
            return;
        }
        let start = self.patterns.len();
        // Paths begin with a slash, so a pattern that forgot it means one.
        if !value.starts_with(['/', '*']) {
            self.patterns.push('/');
        }
        normalise(value, &mut self.patterns);
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(self.patterns.len()))
        else {
            return;
        };
        self.rules.push(Rule { start, end, allows });
    }

    fn sorted(mut self) -> RobotsRules {
        self.rules
            .sort_unstable_by_key(|rule| (std::cmp::Reverse(rule.end - rule.start), !rule.allows));
        self.rules.shrink_to_fit();
        self.patterns.shrink_to_fit();
        RobotsRules {
            patterns: self.patterns,
            rules: self.rules,
            crawl_delay: self.crawl_delay,
        }
    }
}

/// The lines of what counts of a file, without comments. A line that is cut off in the middle
/// would mean something else, so it is left out.
fn lines(body: &[u8]) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r' | 0);
    let whole = match body.get(..MAX_ROBOTS_BYTES) {
        Some(cut) if body.len() > MAX_ROBOTS_BYTES => {
            let end = cut.iter().rposition(is_end).unwrap_or(0);
            cut.get(..end).unwrap_or_default()
        }
        _ => body,
    };
    let whole = whole.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(whole);
    whole.split(move |byte| is_end(byte)).map(|line| {
        let comment = line.iter().position(|byte| *byte == b'#');
        let line = line.get(..comment.unwrap_or(line.len())).unwrap_or(line);
        String::from_utf8_lossy(line.trim_ascii())
    })
}

/// `key: value`; the colon may be missing, as in files of the wild.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line
        .split_once(':')
        .or_else(|| line.split_once(|c: char| c.is_ascii_whitespace()))?;
    Some((key.trim(), value.trim()))
}

/// Writes a path or a pattern in the one form in which they are compared: what an address
/// cannot hold is percent-encoded, and what need not be encoded is not.
fn normalise(text: &str, into: &mut String) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| Some(16 * digit(*bytes.get(at + 1)?)? + digit(*bytes.get(at + 2)?)?))
            .flatten();
        at += if escaped.is_some() { 3 } else { 1 };
        match escaped {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                into.push(char::from(byte));
            }
            Some(byte) => encode(byte, into),
            None if byte.is_ascii_graphic() && !b"\"<>`".contains(&byte) => {
                into.push(char::from(byte));
            }
            None => encode(byte, into),
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

fn encode(byte: u8, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    into.push('%');
    for digit in [byte >> 4, byte & 15] {
        into.push(char::from(DIGITS[usize::from(digit)]));
    }
}

/// Whether a path matches a pattern, in which `*` is any text and `$` at the end is the end.
/// Each part is looked for behind the one before: the first place that fits leaves most of
/// the path to those after it, so no other place has to be tried.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let Some((head, tail)) = pattern.split_once('*') else {
        return if to_the_end {
            path == pattern
        } else {
            path.starts_with(pattern)
        };
    };
    let Some(mut rest) = path.strip_prefix(head) else {
        return false;
    };
    let (middle, last) = tail.rsplit_once('*').unwrap_or(("", tail));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    if to_the_end {
        rest.ends_with(last)
    } else {
        last.is_empty() || rest.contains(last)
    }
}

#[cfg(test)]
mod tests;
