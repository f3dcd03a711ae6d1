//! Which parts of a script are no code: comments, strings, templates, regular expressions.
//!
//! A scan, not a parser: it goes through the text once and never back.

use std::ops::Range;

/// A part of a text that is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inert {
    /// Where it is, with its signs.
    pub(super) at: Range<usize>,
    /// It is a string in quotes, which may be the name of a member.
    pub(super) is_string: bool,
}

/// Templates that stand inside of each other at most; what is deeper counts as text.
const MAX_DEPTH: usize = 64;

/// Returns the inert parts of `text` in their order: of a page those of its scripts and its
/// comments, of a script those of all.
pub(super) fn inert(text: &str) -> Vec<Inert> {
    let mut found = Vec::new();
    let mut at = 0;
    if find(text, 0, "<script").is_none() {
        let start = text.trim_start();
        return if start.starts_with('<') && !start.starts_with("<!--") {
            comments(text, 0..text.len(), &mut found);
            found
        } else {
            Scanner::new(text, 0, text.len()).run(&mut found);
            found
        };
    }
    while let Some(opens) = find(text, at, "<script") {
        let hidden = comments(text, at..opens, &mut found);
        // A comment that is open here hides the element.
        if hidden > opens {
            at = hidden;
            continue;
        }
        let Some(starts) = text.get(opens..).and_then(|rest| rest.find('>')) else {
            return found;
        };
        let starts = opens + starts + 1;
        let ends = find(text, starts, "</script").unwrap_or(text.len());
        Scanner::new(text, starts, ends).run(&mut found);
        at = ends;
    }
    comments(text, at..text.len(), &mut found);
    found
}

/// Notes the comments of a page that begin in `part`; returns where the last of them ends.
fn comments(text: &str, part: Range<usize>, found: &mut Vec<Inert>) -> usize {
    let mut at = part.start;
    while let Some(opens) = text.get(at..part.end).and_then(|rest| rest.find("<!--")) {
        let opens = at + opens;
        let inside = text.get(opens + 4..).unwrap_or_default();
        let closes = inside
            .find("-->")
            .map_or(text.len(), |end| opens + 4 + end + 3);
        found.push(Inert {
            at: opens..closes,
            is_string: false,
        });
        at = closes;
        if at >= part.end {
            break;
        }
    }
    at
}

/// Finds a tag, in small or capital letters.
fn find(text: &str, from: usize, tag: &str) -> Option<usize> {
    let mut at = from;
    loop {
        at += text.get(at..)?.find('<')?;
        let here = text.as_bytes().get(at..at + tag.len());
        if here.is_some_and(|here| here.eq_ignore_ascii_case(tag.as_bytes())) {
            return Some(at);
        }
        at += 1;
    }
}

/// Goes through a script.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    end: usize,
    /// The token before, which decides between a division and a regular expression.
    last: Last,
    /// Braces that are open, for each template that code stands in.
    templates: Vec<usize>,
    /// Bytes that may still be looked at in vain for the end of an expression.
    vain: usize,
}

/// The kind of token before a slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// A value ends here: a slash divides.
    Value,
    /// A value may begin here: a slash begins an expression.
    Operator,
}

/// Words after which a value may begin.
const OPERATORS: [&str; 13] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "do",
    "else",
    "void",
    "delete",
    "throw",
    "new",
    "instanceof",
    "yield",
];

impl<'t> Scanner<'t> {
    fn new(text: &'t str, at: usize, end: usize) -> Self {
        Self {
            text: text.as_bytes(),
            at,
            end,
            last: Last::Operator,
            templates: Vec::new(),
            vain: 4 * (end - at),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end {
            self.text.get(at).copied()
        } else {
            None
        }
    }

    fn run(mut self, found: &mut Vec<Inert>) {
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            let mut note = |scanner: &Self, is_string| {
                found.push(Inert {
                    at: start..scanner.at,
                    is_string,
                });
            };
            match (byte, self.peek(1)) {
                (b'/', Some(b'/')) => {
                    self.line();
                    note(&self, false);
                }
                (b'/', Some(b'*')) => {
                    self.comment();
                    note(&self, false);
                }
                (b'<', Some(b'!')) if self.text.get(start..start + 4) == Some(b"<!--") => {
                    self.line();
                    note(&self, false);
                }
                (b'/', _) if self.last == Last::Operator && self.expression() => {
                    note(&self, false);
                    self.last = Last::Value;
                }
                (b'"' | b'\'', _) => {
                    self.string(byte);
                    note(&self, true);
                    self.last = Last::Value;
                }
                (b'`', _) => {
                    self.at += 1;
                    self.template();
                    note(&self, false);
                    self.last = Last::Value;
                }
                (b'}', _) if self.templates.last() == Some(&0) => {
                    // The rest of the template that this code stands in.
                    self.templates.pop();
                    self.at += 1;
                    self.template();
                    note(&self, false);
                    self.last = Last::Value;
                }
                _ => self.code(byte),
            }
        }
    }

    /// Passes one sign or word of code.
    fn code(&mut self, byte: u8) {
        match byte {
            b'{' => self.brace(1),
            b'}' => self.brace(-1),
            _ => {}
        }
        let is_word =
            |byte: u8| byte.is_ascii_alphanumeric() || b"_$".contains(&byte) || byte >= 128;
        if !is_word(byte) {
            if !byte.is_ascii_whitespace() {
                let is_end = b")]".contains(&byte);
                self.last = if is_end { Last::Value } else { Last::Operator };
            }
            self.at += 1;
            return;
        }
        let start = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        let is_operator = OPERATORS.iter().any(|known| known.as_bytes() == word);
        self.last = if is_operator {
            Last::Operator
        } else {
            Last::Value
        };
    }

    fn brace(&mut self, by: isize) {
        if let Some(open) = self.templates.last_mut() {
            *open = open.saturating_add_signed(by);
        }
    }

    fn line(&mut self) {
        while self
            .peek(0)
            .is_some_and(|byte| byte != b'\n' && byte != b'\r')
        {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        self.at += 2;
        while self.at < self.end && (self.peek(0), self.peek(1)) != (Some(b'*'), Some(b'/')) {
            self.at += 1;
        }
        self.at = (self.at + 2).min(self.end);
    }

    /// Passes a string; one that does not end on its line is no string, but code.
    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'\n' => return,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
        self.at = self.at.min(self.end);
    }

    /// Passes the text of a template up to its end, or to code that stands in it.
    fn template(&mut self) {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => {
                    self.at += 1;
                    return;
                }
                (b'$', Some(b'{')) if self.templates.len() < MAX_DEPTH => {
                    self.at += 2;
                    self.templates.push(0);
                    self.last = Last::Operator;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.end);
    }

    /// Passes a regular expression, if one begins here: it ends on its line.
    fn expression(&mut self) -> bool {
        let mut at = self.at + 1;
        let mut is_in_class = false;
        while at < self.end && at - self.at < self.vain {
            match self.text.get(at) {
                None | Some(b'\n') => break,
                Some(b'\\') => at += 1,
                Some(b'[') => is_in_class = true,
                Some(b']') => is_in_class = false,
                Some(b'/') if !is_in_class => {
                    self.at = at + 1;
                    return true;
                }
                Some(_) => {}
            }
            at += 1;
        }
        self.vain = self.vain.saturating_sub(at - self.at);
        false
    }
}
