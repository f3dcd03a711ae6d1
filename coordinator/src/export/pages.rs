//! The showtimes that a reader goes through, some at a time.

/// Showtimes, some at a time.
#[derive(Debug)]
pub(super) struct Pages {
    showtimes: Vec<i32>,
    size: usize,
    next: usize,
}

impl Pages {
    /// All of these, `size` at a time.
    pub(super) fn of(showtimes: Vec<i32>, size: usize) -> Self {
        Self {
            showtimes,
            size,
            next: 0,
        }
    }

    /// The next of them; `None` after the last.
    pub(super) fn next(&mut self) -> Option<&[i32]> {
        let rest = self.showtimes.get(self.next..).unwrap_or_default();
        let page = &rest[..rest.len().min(self.size)];
        self.next += page.len();
        (!page.is_empty()).then_some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_showtime_is_in_one_page() {
        let mut pages = Pages::of(vec![1, 2, 3, 4, 5], 2);
        let mut found = Vec::new();
        while let Some(page) = pages.next() {
            found.push(page.to_vec());
        }
        assert_eq!(found, [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(Pages::of(Vec::new(), 2).next(), None);
    }
}
