//! Finds definitions that call themselves with ever more filters in hand.
//!
//! `def f(g): f(g | 1);` holds a filter in a filter in a filter: such a chain is as deep as
//! the calls, costs no stack until it is dropped, and then more than there is. A definition
//! that takes values (`$x`) or nothing may call itself.

use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    path::Part,
};

/// Returns the name of a definition in `text` that takes filters and calls itself.
pub(super) fn of_filters(text: &str) -> Option<String> {
    let term = jaq_core::load::parse(text, |parser| parser.term())?;
    in_term(&term)
}

fn in_term(term: &Term<&str>) -> Option<String> {
    let own = definitions(term).iter().find(|definition| {
        let takes_filters = definition.args.iter().any(|arg| !arg.starts_with('$'));
        takes_filters && calls(&definition.body, definition.name)
    });
    let own = own.map(|definition| definition.name.to_owned());
    own.or_else(|| parts(term).into_iter().find_map(in_term))
}

fn calls(term: &Term<&str>, name: &str) -> bool {
    matches!(term, Term::Call(called, _) if *called == name)
        || parts(term).into_iter().any(|part| calls(part, name))
}

fn definitions<'t, 's>(term: &'t Term<&'s str>) -> &'t [Def<&'s str>] {
    match term {
        Term::Def(definitions, _) => definitions,
        _ => &[],
    }
}

/// Returns the terms of which a term is made.
fn parts<'t, 's>(term: &'t Term<&'s str>) -> Vec<&'t Term<&'s str>> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => Vec::new(),
        Term::Str(_, parts) => {
            let terms = parts.iter().filter_map(|part| match part {
                StrPart::Term(term) => Some(term),
                StrPart::Str(_) | StrPart::Char(_) => None,
            });
            terms.collect()
        }
        Term::Arr(inner) => inner.as_deref().into_iter().collect(),
        Term::Neg(inner) | Term::Label(_, inner) => vec![inner],
        Term::Obj(entries) => {
            let entries = entries.iter();
            entries
                .flat_map(|(key, item)| [key].into_iter().chain(item))
                .collect()
        }
        Term::BinOp(left, op, right) => {
            let mut terms: Vec<_> = vec![&**left, &**right];
            if let BinaryOp::Pipe(Some(pattern)) = op {
                in_pattern(pattern, &mut terms);
            }
            terms
        }
        Term::Fold(_, over, pattern, steps) => {
            let mut terms: Vec<_> = [&**over].into_iter().chain(steps).collect();
            in_pattern(pattern, &mut terms);
            terms
        }
        Term::TryCatch(tried, caught) => [&**tried].into_iter().chain(caught.as_deref()).collect(),
        Term::IfThenElse(cases, otherwise) => {
            let cases = cases.iter().flat_map(|(test, then)| [test, then]);
            cases.chain(otherwise.as_deref()).collect()
        }
        Term::Def(definitions, then) => {
            let bodies = definitions.iter().map(|definition| &definition.body);
            bodies.chain([&**then]).collect()
        }
        Term::Call(_, args) => args.iter().collect(),
        Term::Path(from, path) => {
            let steps = path.0.iter().flat_map(|(part, _)| match part {
                Part::Index(index) => [Some(index), None],
                Part::Range(start, end) => [start.as_ref(), end.as_ref()],
            });
            [&**from].into_iter().chain(steps.flatten()).collect()
        }
    }
}

fn in_pattern<'t, 's>(pattern: &'t Pattern<&'s str>, terms: &mut Vec<&'t Term<&'s str>>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(patterns) => patterns
            .iter()
            .for_each(|pattern| in_pattern(pattern, terms)),
        Pattern::Obj(entries) => entries.iter().for_each(|(key, pattern)| {
            terms.push(key);
            in_pattern(pattern, terms);
        }),
    }
}
