//! Simulated users, and their sums as SQL would give them.

use experiments::{Covariate, Denominator, Sums};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What one user did.
#[derive(Clone, Copy)]
pub(crate) struct User {
    pub(crate) value: f64,
    pub(crate) denominator: f64,
    pub(crate) covariate: f64,
}

/// Users, drawn from a seed.
pub(crate) struct Users(ChaCha8Rng);

impl Users {
    pub(crate) fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.0.random::<f64>() < share
    }

    /// Skewed as revenue is, with the standard deviation of its mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.0.random::<f64>()).ln()
    }

    /// A user whose bookings follow a taste from before the experiment, and whose seats follow both.
    ///
    /// Values have a mean of 2.7 times `factor`, denominators one of 1.8.
    pub(crate) fn next(&mut self, factor: f64) -> User {
        let taste = self.exponential(1.0);
        let denominator = 1.0 + 0.5 * taste + self.exponential(0.3);
        let noise = 0.5 + self.0.random::<f64>();
        User {
            value: 1.5 * denominator * noise * factor,
            denominator,
            covariate: taste + 0.2 * self.0.random::<f64>(),
        }
    }
}

/// Running sums over users.
#[derive(Clone, Copy)]
pub(crate) struct Totals {
    users: u64,
    value: [f64; 2],
    denominator: [f64; 3],
    covariate: [f64; 4],
}

impl Totals {
    pub(crate) const EMPTY: Self = Self {
        users: 0,
        value: [0.0; 2],
        denominator: [0.0; 3],
        covariate: [0.0; 4],
    };

    pub(crate) fn add(&mut self, user: User) {
        let User {
            value,
            denominator,
            covariate,
        } = user;
        self.users += 1;
        for (sum, more) in self.value.iter_mut().zip([value, value * value]) {
            *sum += more;
        }
        let products = [denominator, denominator * denominator, denominator * value];
        for (sum, more) in self.denominator.iter_mut().zip(products) {
            *sum += more;
        }
        let products = [
            covariate,
            covariate * covariate,
            covariate * value,
            covariate * denominator,
        ];
        for (sum, more) in self.covariate.iter_mut().zip(products) {
            *sum += more;
        }
    }

    pub(crate) fn mean(&self) -> Sums {
        Sums::mean(self.users, self.value[0], self.value[1])
    }

    pub(crate) fn ratio(&self) -> Sums {
        let [sum, sum_of_squares, sum_of_products] = self.denominator;
        self.mean().over(Denominator {
            sum,
            sum_of_squares,
            sum_of_products,
        })
    }

    pub(crate) fn with_covariate(&self, sums: Sums) -> Sums {
        let [
            sum,
            sum_of_squares,
            sum_of_products,
            sum_of_denominator_products,
        ] = self.covariate;
        sums.with_covariate(Covariate {
            sum,
            sum_of_squares,
            sum_of_products,
            sum_of_denominator_products,
        })
    }
}

/// The sums of `size` users whose values are multiplied by `factor`.
pub(crate) fn group(users: &mut Users, size: u32, factor: f64) -> Totals {
    let mut totals = Totals::EMPTY;
    for _ in 0..size {
        totals.add(users.next(factor));
    }
    totals
}
