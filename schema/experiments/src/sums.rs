//! The sums of one metric over the users of one group: what SQL gives.
//!
//! The unit of every sum is the user, because users are what is assigned at random. So values are
//! first added up per user, then squared, multiplied and added up over users. Users who saw
//! several variations, and users whose conversion window is still open, are left out before.

/// Sums of one metric over the users of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    /// Users who were exposed, also those whose value is zero.
    pub users: u64,
    /// Sum of the value; the numerator, if the metric is a ratio.
    pub sum: f64,
    /// Sum of the squared value.
    pub sum_of_squares: f64,
    /// What the value is divided by, if the metric is a ratio of sums, such as seats per booking.
    pub denominator: Option<Denominator>,
    /// What is known of the users before their exposure, to reduce the variance.
    pub covariate: Option<Covariate>,
}

/// Sums of the denominator of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Denominator {
    /// Sum over users.
    pub sum: f64,
    /// Sum of squares.
    pub sum_of_squares: f64,
    /// Sum of products with the value.
    pub sum_of_products: f64,
}

/// Sums of a covariate: a number per user that the exposure cannot have changed.
///
/// The best covariate of a mean is the same metric before the exposure. That of a ratio is
/// `numerator - ratio * denominator` before the exposure, with one constant `ratio` for all groups,
/// such as that of all users before. Users without a past have one agreed number, such as zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covariate {
    /// Sum over users.
    pub sum: f64,
    /// Sum of squares.
    pub sum_of_squares: f64,
    /// Sum of products with the value.
    pub sum_of_products: f64,
    /// Sum of products with the denominator, if the metric is a ratio; else it is not read.
    pub sum_of_denominator_products: f64,
}

impl Sums {
    /// Sums of a mean per user.
    #[must_use]
    pub fn mean(users: u64, sum: f64, sum_of_squares: f64) -> Self {
        Self {
            users,
            sum,
            sum_of_squares,
            denominator: None,
            covariate: None,
        }
    }

    /// Sums of a share of users: a mean of zeros and ones.
    #[must_use]
    pub fn proportion(users: u64, converted: u64) -> Self {
        let converted = crate::real::real(converted);
        Self::mean(users, converted, converted)
    }

    /// The same sums as a ratio, with the sums of its denominator.
    #[must_use]
    pub fn over(self, denominator: Denominator) -> Self {
        Self {
            denominator: Some(denominator),
            ..self
        }
    }

    /// The same sums with those of a covariate.
    #[must_use]
    pub fn with_covariate(self, covariate: Covariate) -> Self {
        Self {
            covariate: Some(covariate),
            ..self
        }
    }

    /// Whether each user's value is zero or one, as far as sums say.
    #[must_use]
    #[allow(clippy::float_cmp)]
    pub fn is_proportion(&self) -> bool {
        self.denominator.is_none() && self.sum == self.sum_of_squares
    }
}
