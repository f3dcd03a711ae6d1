//! Members of an object that have the same name.

use std::{borrow::Cow, collections::HashMap};

use foldhash::fast::RandomState;

use super::Node;

/// Objects of so many members are compared one by one, which is faster than a table.
const FEW: usize = 12;

type Member<'a> = (Cow<'a, str>, Node<'a>);

/// Leaves one member for each name: the last one, in the place of the first. That is what jq
/// and nearly every reader of JSON make of such an object, and so do paths.
pub(in crate::extract) fn last_of_each(members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    let is_repeated = |(at, (name, _)): (usize, &Member<'_>)| {
        let before = members.get(..at).unwrap_or_default();
        before.iter().any(|(known, _)| known == name)
    };
    if members.len() <= FEW && !members.iter().enumerate().any(is_repeated) {
        return members;
    }
    let mut places: HashMap<Cow<'_, str>, usize, RandomState> =
        HashMap::with_capacity_and_hasher(members.len(), RandomState::default());
    let mut kept: Vec<Member<'_>> = Vec::with_capacity(members.len());
    for (name, value) in members {
        if let Some(place) = places.get(&name) {
            if let Some((_, known)) = kept.get_mut(*place) {
                *known = value;
            }
        } else {
            places.insert(name.clone(), kept.len());
            kept.push((name, value));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        for filler in [0, 30] {
            let number =
                |name: String, number: usize| (Cow::from(name), Node::Number(number.into()));
            let mut members = vec![number("a".to_owned(), 1), number("b".to_owned(), 2)];
            members.extend((0..filler).map(|at| number(format!("n{at}"), at)));
            members.push(number("a".to_owned(), 3));
            let kept = last_of_each(members);
            assert_eq!(kept.len(), filler + 2);
            assert_eq!(kept[0], number("a".to_owned(), 3));
            assert_eq!(kept[1], number("b".to_owned(), 2));
        }
    }
}
