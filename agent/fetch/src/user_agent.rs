//! The user agent of requests.

/// Returns the value of the header `User-Agent`: the program, its version and the contact.
#[must_use]
pub fn user_agent(contact: &str) -> String {
    let name = concat!("Fullhouse/", env!("CARGO_PKG_VERSION"));
    if contact.is_empty() {
        name.to_owned()
    } else {
        format!("{name} (+{contact})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_says_who_asks() {
        assert!(user_agent("").starts_with("Fullhouse/"));
        assert!(user_agent("ops@example.org").ends_with("(+ops@example.org)"));
    }
}
