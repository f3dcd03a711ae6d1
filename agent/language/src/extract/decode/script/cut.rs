//! Cuts a literal out of a script, and rewrites what JSON5 does not know.

/// Depth of values at most, the same as for JSON.
const MAX_DEPTH: usize = 128;

/// Goes through a script, one literal long.
pub(super) struct Cutter<'t> {
    rest: &'t str,
    literal: String,
}

impl<'t> Cutter<'t> {
    /// Returns the literal at the start of `text`, as JSON5.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(super) fn cut(text: &'t str) -> Result<String, String> {
        let mut cutter = Self {
            rest: text,
            literal: String::new(),
        };
        cutter.value(&[';', ',', ')', '}', ']'])?;
        // A text that continues is more than a literal, and would have to be run.
        match cutter.rest.trim_start().chars().next() {
            Some(sign @ ('+' | '.' | '?' | '|' | '&')) => {
                Err(format!("it is part of an expression with `{sign}`"))
            }
            _ => Ok(cutter.literal),
        }
    }

    /// Returns the literal that is all of `text`, as JSON5.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(super) fn cut_all(text: &'t str) -> Result<String, String> {
        let mut cutter = Self {
            rest: text,
            literal: String::new(),
        };
        cutter.value(&[])?;
        loop {
            cutter.rest = cutter.rest.trim_start();
            if cutter.rest.is_empty() {
                return Ok(cutter.literal);
            }
            if !cutter.rest.starts_with('/') {
                return Err("something stands behind the value".to_owned());
            }
            cutter.skip_comment()?;
        }
    }

    /// Copies one value up to its end, or to a sign of `ends` outside of brackets.
    fn value(&mut self, ends: &[char]) -> Result<(), String> {
        let mut open: Vec<char> = Vec::new();
        while let Some(c) = self.rest.chars().next() {
            if open.is_empty() && (ends.contains(&c) || c == '\n' && !self.literal.is_empty()) {
                return Ok(());
            }
            match c {
                '"' | '\'' => self.string(c)?,
                '`' => self.template()?,
                '/' if self.skip_comment()? => {}
                '{' | '[' | '(' => {
                    if open.len() == MAX_DEPTH {
                        return Err(format!("it is more than {MAX_DEPTH} levels deep"));
                    }
                    open.push(closing(c));
                    self.take(c);
                }
                '}' | ']' | ')' => {
                    if open.pop() != Some(c) {
                        return Err(format!("`{c}` closes what is not open"));
                    }
                    self.take(c);
                }
                '!' => self.flag()?,
                c if c.is_alphabetic() || c == '_' || c == '$' => self.word()?,
                c => self.take(c),
            }
            if open.is_empty() && self.literal.ends_with(['}', ']', '"', '\'']) {
                return Ok(());
            }
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err("the literal does not end".to_owned())
        }
    }

    fn take(&mut self, c: char) {
        self.literal.push(c);
        self.skip(c.len_utf8());
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Copies a string as it is.
    fn string(&mut self, quote: char) -> Result<(), String> {
        let mut escaped = true;
        for (at, c) in self.rest.char_indices() {
            if at > 0 && c == quote && !escaped {
                let (string, rest) = self.rest.split_at(at + 1);
                self.literal.push_str(string);
                self.rest = rest;
                return Ok(());
            }
            escaped = at > 0 && c == '\\' && !escaped;
        }
        Err("a string does not end".to_owned())
    }

    /// Copies a template string as a plain one; one that puts values in is refused.
    fn template(&mut self) -> Result<(), String> {
        self.skip(1);
        self.literal.push('"');
        let mut letters = self.rest.char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '`' => {
                    self.literal.push('"');
                    self.skip(at + 1);
                    return Ok(());
                }
                '$' if self.rest.get(at + 1..).is_some_and(|s| s.starts_with('{')) => {
                    return Err("a template string has values in it".to_owned());
                }
                '\\' => {
                    self.literal.push('\\');
                    self.literal.extend(letters.next().map(|(_, c)| c));
                }
                '"' => self.literal.push_str("\\\""),
                '\n' => self.literal.push_str("\\n"),
                '\r' => {}
                c => self.literal.push(c),
            }
        }
        Err("a template string does not end".to_owned())
    }

    /// Skips a comment, if one starts here.
    fn skip_comment(&mut self) -> Result<bool, String> {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.skip(end);
            return Ok(true);
        }
        let Some(comment) = self.rest.strip_prefix("/*") else {
            return Err("it has an expression in it".to_owned());
        };
        let (_, rest) = comment.split_once("*/").ok_or("a comment does not end")?;
        self.rest = rest;
        Ok(true)
    }

    /// Rewrites `!0` and `!1`, in which minified scripts write their flags.
    fn flag(&mut self) -> Result<(), String> {
        let word = match self.rest.get(..2) {
            Some("!0") => "true",
            Some("!1") => "false",
            _ => return Err("it has an expression in it".to_owned()),
        };
        self.literal.push_str(word);
        self.skip(2);
        Ok(())
    }

    /// Copies a word; `undefined` is null, `new Date(…)` is what stands in the brackets.
    fn word(&mut self) -> Result<(), String> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if rest.trim_start().starts_with(':') {
            self.literal.push_str(word);
            return Ok(());
        }
        match word {
            "undefined" => self.literal.push_str("null"),
            "new" => return self.date(),
            "true" | "false" | "null" | "NaN" | "Infinity" => self.literal.push_str(word),
            // The letter of a number such as 1e5 or 0xff.
            _ if self
                .literal
                .ends_with(|c: char| c.is_ascii_digit() || c == '.') =>
            {
                self.literal.push_str(word);
            }
            _ => return Err(format!("it has the expression `{word}` in it")),
        }
        Ok(())
    }

    /// Rewrites `Date(2026, 0, 23)` as `[2026, 0, 23]`, and `Date("…")` as the text.
    fn date(&mut self) -> Result<(), String> {
        let inside = self.rest.trim_start().strip_prefix("Date");
        let inside = inside.and_then(|rest| rest.trim_start().strip_prefix('('));
        let (inside, rest) = inside
            .and_then(|inside| inside.split_once(')'))
            .ok_or("only `new Date(…)` is read")?;
        let plain = |c: char| !['(', '{', '[', '`', '\\'].contains(&c);
        if !inside.chars().all(plain) {
            return Err("`new Date(…)` has an expression in it".to_owned());
        }
        let inside = inside.trim();
        let is_text = inside.starts_with(['"', '\'']);
        match (is_text, inside.is_empty()) {
            (true, _) => self.literal.push_str(inside),
            (false, true) => self.literal.push_str("null"),
            (false, false) => self.literal.extend(["[", inside, "]"]),
        }
        self.rest = rest;
        Ok(())
    }
}

fn closing(open: char) -> char {
    match open {
        '{' => '}',
        '[' => ']',
        _ => ')',
    }
}
