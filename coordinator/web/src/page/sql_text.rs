//! Texts in the SQL that a page shows.

/// A text as SQL has it.
#[must_use]
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `prefix` and a condition on the client, where one is chosen.
#[must_use]
pub(super) fn of_client(prefix: &str, client: Option<&str>) -> String {
    client.map_or_else(String::new, |client| {
        format!("{prefix}client = {}", quoted(client))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_doubled() {
        assert_eq!(quoted("it's"), "'it''s'");
        assert_eq!(of_client(" AND ", Some("app")), " AND client = 'app'");
        assert_eq!(of_client(" AND ", None), "");
    }
}
