//! Expressions that are more than a path, run by jq.
//!
//! Filters that look beyond their input (clock, environment, standard input) or end the process are
//! not offered: an extraction is pure.
//!
//! jq has endless loops, and no thread can be stopped from outside without `unsafe`. So an
//! expression is counted from inside (`meter`): jaq asks for its terms through a type of ours that
//! counts each look, and values are a type of ours (`value`, `traits`, `arithmetic`) that counts
//! what is made, copied and compared. Ranges, regular expressions and JSON in texts are counted
//! before they begin (`functions`). All expressions of an answer share one budget. What exceeds it,
//! the depth of a value, or the stack ends by an unwinding that no `try` of jq catches; the job
//! fails as `malformed` and the pod goes on. Counting instead of a clock keeps extraction pure: the
//! same answer costs the same everywhere. A definition that takes filters and calls itself is
//! refused when it is compiled (`recursion`), because its chain of filters takes stack when it is
//! dropped.

mod arithmetic;
mod functions;
mod meter;
mod recursion;
mod traits;
mod value;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use jaq_core::{
    Compiler, Ctx, DataT, Lut, Vars,
    data::HasLut,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Num, Rc, Val};

use super::{given::Given, node::Node, text::without_nul};
use value::Metered;

/// A compiled expression.
pub(crate) struct Filter {
    text: String,
    /// Whether it uses the values that were handed down, which are converted only then.
    uses_given: bool,
    compiled: jaq_core::Filter<Jq>,
}

/// The kind of values and programs that are run here.
struct Jq;

/// The terms of a program, where each look counts.
#[derive(Clone, Copy)]
struct Terms<'a>(&'a Lut<Jq>);

impl DataT for Jq {
    type V<'a> = Metered;
    type Data<'a> = Terms<'a>;
}

impl<'a> HasLut<'a, Jq> for Terms<'a> {
    fn lut(&self) -> &'a Lut<Jq> {
        meter::step();
        self.0
    }
}

/// More outputs than any body has rows.
const MAX_OUTPUTS: usize = 200_000;
/// Levels of a value: twice as deep as the JSON reader goes, since an expression may put the
/// deepest into others.
const MAX_DEPTH: usize = 256;
/// Levels of a value that comes in or goes out: as deep as the JSON reader goes.
const MAX_BODY_DEPTH: usize = MAX_DEPTH / 2;
/// Nested signs and words of an expression at most: the recursion of the compiler is as deep, and
/// its stack is bounded.
const MAX_SIGNS: usize = 100;
/// Words that hold what follows them.
const HOLDERS: [&str; 9] = [
    "if", "elif", "try", "def", "reduce", "foreach", "label", "and", "or",
];

impl Filter {
    /// Compiles `text`.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        if signs(text) > MAX_SIGNS {
            let start: String = text.chars().take(60).collect();
            return Err(format!(
                "`{start}…` is too long: it has more than {MAX_SIGNS} brackets and operators"
            ));
        }
        if let Some(name) = recursion::of_filters(text) {
            return Err(format!(
                "`{text}` has a definition `{name}` that takes a filter and calls itself: let it \
                 take values (`$x`), or use `recurse`, `until` or `reduce`"
            ));
        }
        let arena = Arena::default();
        let modules = Loader::new(functions::definitions())
            .load(
                &arena,
                File {
                    code: text,
                    path: (),
                },
            )
            .map_err(|_| format!("`{text}` is not jq"))?;
        let compiled = Compiler::default()
            .with_funs(functions::functions())
            .with_global_vars(["$given"])
            .compile(modules)
            .map_err(|errors| {
                let names: Vec<&str> = errors
                    .iter()
                    .flat_map(|(_, undefined)| undefined.iter().map(|(name, _)| *name))
                    .collect();
                format!("`{text}` uses what does not exist: {}", names.join(", "))
            })?;
        Ok(Self {
            text: text.to_owned(),
            uses_given: text.contains("$given"),
            compiled,
        })
    }

    /// Returns all outputs for `input`; `$given` is what was handed down.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn run(
        &self,
        input: &Node<'_>,
        given: &Given<'_>,
    ) -> Result<Vec<Node<'static>>, String> {
        given.takes(input)?;
        let handed_down = if self.uses_given {
            given.in_jq()
        } else {
            Val::Null
        };
        let effort = given.effort();
        let (outputs, left) = self.within(effort, value(input), handed_down);
        given.takes_steps(effort - left);
        outputs
    }

    /// Returns all outputs and how many of the steps are left.
    fn within(
        &self,
        effort: usize,
        input: Val,
        given: Val,
    ) -> (Result<Vec<Node<'static>>, String>, usize) {
        let (outputs, left) = meter::within(effort, || self.outputs(input, given));
        let stopped = |stopped| Err(format!("`{}` {stopped}", self.text));
        (outputs.unwrap_or_else(stopped), left)
    }

    fn outputs(&self, input: Val, given: Val) -> Result<Vec<Node<'static>>, String> {
        let given = Metered::with_depth(given, MAX_BODY_DEPTH);
        let context = Ctx::<Jq>::new(Terms(&self.compiled.lut), Vars::new([given]));
        let input = Metered::with_depth(input, MAX_BODY_DEPTH);
        let mut outputs = Vec::new();
        for output in self.compiled.id.run((context, input)).map(unwrap_valr) {
            let output = output.map_err(|error| format!("`{}` fails: {error}", self.text))?;
            output.weigh();
            outputs.push(node(output.val(), 0)?);
            if outputs.len() > MAX_OUTPUTS {
                return Err(format!(
                    "`{}` gives more than {MAX_OUTPUTS} values",
                    self.text
                ));
            }
        }
        Ok(outputs)
    }
}

/// Counts what may stand inside of each other.
fn signs(text: &str) -> usize {
    let signs = text.chars().filter(|c| "([{|,+-*/%=<>;".contains(*c));
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    signs.count() + words.filter(|word| HOLDERS.contains(word)).count()
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// Returns a node as a value of jq.
pub(crate) fn value(node: &Node<'_>) -> Val {
    match node {
        Node::Null => Val::Null,
        Node::Bool(value) => Val::Bool(*value),
        Node::Number(number) => Val::Num(if let Some(integer) = number.as_i64() {
            Num::from_integral(integer)
        } else if let Some(integer) = number.as_u64() {
            Num::from_integral(integer)
        } else {
            Num::Float(number.as_f64().unwrap_or(f64::NAN))
        }),
        Node::Text(text) => Val::utf8_str(text.as_bytes().to_vec()),
        Node::List(items) => Val::Arr(Rc::new(items.iter().map(value).collect())),
        Node::Object(entries) => Val::obj(
            entries
                .iter()
                .map(|(key, item)| (Val::utf8_str(key.as_bytes().to_vec()), value(item)))
                .collect(),
        ),
        Node::Record(record) => Val::obj(
            record
                .members()
                .map(|(key, item)| (Val::utf8_str(key.as_bytes().to_vec()), value(item)))
                .collect(),
        ),
    }
}

fn node(value: &Val, depth: usize) -> Result<Node<'static>, String> {
    if depth > MAX_BODY_DEPTH {
        return Err(format!("a value is more than {MAX_BODY_DEPTH} levels deep"));
    }
    let own = |bytes: &[u8]| without_nul(String::from_utf8_lossy(bytes)).into_owned();
    let text = |bytes: &[u8]| Node::Text(Cow::Owned(own(bytes)));
    Ok(match value {
        Val::Null => Node::Null,
        Val::Bool(value) => Node::Bool(*value),
        Val::Num(number) => number
            .as_isize()
            .and_then(|integer| i64::try_from(integer).ok())
            .map(serde_json::Number::from)
            // Large and fractional numbers write themselves as JSON.
            .or_else(|| number.to_string().parse().ok())
            .map_or(Node::Null, Node::Number),
        Val::BStr(bytes) | Val::TStr(bytes) => text(bytes),
        Val::Arr(items) => Node::List(
            items
                .iter()
                .map(|item| node(item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Val::Obj(object) => {
            let entry = |(key, item): (&Val, &Val)| {
                let key = match key {
                    Val::BStr(bytes) | Val::TStr(bytes) => own(bytes),
                    other => other.to_string(),
                };
                Ok((Cow::Owned(key), node(item, depth + 1)?))
            };
            Node::Object(object.iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}
