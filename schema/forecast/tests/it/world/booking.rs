//! Bookings: who goes out, when they book, and what they choose.

use super::{
    Minute, World,
    city::{Household, urge},
    random::Random,
    weekday,
};

struct Intent {
    household: usize,
    booked: Minute,
    /// The film that it waits for, if it does.
    film: Option<usize>,
}

/// What staying at home is worth.
const HOME: f64 = 1.2;

impl World {
    /// All bookings for one day in one city, in the order in which they come.
    pub(crate) fn book(&mut self, random: &mut Random, city: usize, day: i64) {
        let shows = self.of_day.get(&(city, day)).cloned().unwrap_or_default();
        let Some(first_listed) = shows.iter().map(|show| self.shows[*show].listed).min() else {
            return;
        };
        let usual_listed = shows
            .iter()
            .map(|show| self.shows[*show].listed)
            .max()
            .unwrap_or(first_listed);
        let mut intents = self.intents(random, city, day);
        for intent in &mut intents {
            // Some book as soon as the programme is out; fans when presales open.
            let open = if intent.film.is_some() {
                first_listed
            } else {
                usual_listed
            };
            if intent.booked < open {
                intent.booked = open + 30 + i64::try_from(random.below(2_000)).unwrap();
            }
        }
        intents.sort_by_key(|intent| intent.booked);
        for intent in intents {
            self.choose(random, city, &shows, &intent);
        }
        let recent = &mut self.cities[city].recent;
        for count in recent.iter_mut() {
            *count *= 0.8;
        }
        for show in shows {
            let show = &self.shows[show];
            self.cities[city].recent[show.film] += f64::from(show.sold);
            self.films[show.film].seen_today += f64::from(show.sold);
        }
    }

    fn intents(&self, random: &mut Random, city: usize, day: i64) -> Vec<Intent> {
        let house = &self.cities[city];
        let mood = self.mood[usize::try_from(day).unwrap()][house.territory];
        let local = (0.06 * random.normal()).exp();
        let urges = [
            urge(mood, day, false) * local,
            urge(mood, day, true) * local,
        ];
        let free = usize::from(weekday(day) >= 5 || mood.is_holiday);
        let opening = self
            .films
            .iter()
            .position(|film| film.fans > 0.0 && (film.release..film.release + 3).contains(&day));
        let mut intents = Vec::new();
        for (key, household) in house.households.iter().enumerate() {
            let is_family = household.size > 2;
            if let Some(film) = opening
                && random.chance(self.films[film].fans * urges[usize::from(is_family)])
            {
                #[allow(clippy::cast_possible_truncation)]
                let lead = random.exponential(7.0 * 1_440.0) as Minute;
                intents.push(Intent {
                    household: key,
                    booked: day * 1_440 + 1_100 - lead,
                    film: Some(film),
                });
            }
            if random.chance(household.rate * urges[usize::from(is_family)]) {
                #[allow(clippy::cast_possible_truncation)]
                let wish = household.hour[free] as Minute;
                let booked = day * 1_440 + wish - lead(random, household);
                intents.push(Intent {
                    household: key,
                    booked,
                    film: None,
                });
            }
        }
        intents
    }

    fn choose(&mut self, random: &mut Random, city: usize, shows: &[usize], intent: &Intent) {
        let house = &self.cities[city];
        let household = &house.households[intent.household];
        let mut weights: Vec<(usize, f64)> = Vec::with_capacity(shows.len());
        let mut total = if intent.film.is_some() {
            0.2
        } else {
            HOME.exp()
        };
        for &place in shows {
            let show = &self.shows[place];
            let is_open = show.listed <= intent.booked && show.starts > intent.booked;
            let is_known = household.seen >> show.film & 1 == 1;
            let is_full = show.sold + household.size > house.screens[show.screen];
            if !is_open || is_known || is_full || intent.film.is_some_and(|film| film != show.film)
            {
                continue;
            }
            let weight = self.utility(household, house.territory, place).exp();
            total += weight;
            weights.push((place, weight));
        }
        let mut drawn = random.unit() * total;
        for (place, weight) in weights {
            drawn -= weight;
            if drawn < 0.0 {
                let size = household.size;
                let show = &mut self.shows[place];
                show.sold += size;
                show.bookings
                    .extend(std::iter::repeat_n(intent.booked, usize::from(size)));
                self.cities[city].households[intent.household].seen |= 1 << self.shows[place].film;
                return;
            }
        }
    }

    fn utility(&self, household: &Household, territory: usize, place: usize) -> f64 {
        let show = &self.shows[place];
        let film = &self.films[show.film];
        let mood = self.mood[usize::try_from(show.day).unwrap()][territory];
        let free = usize::from(weekday(show.day) >= 5 || mood.is_holiday);
        #[allow(clippy::cast_precision_loss)]
        let off = (show.starts - show.day * 1_440) as f64 - household.hour[free];
        let premium = if show.screen == 0 {
            household.likes_premium
        } else {
            0.0
        };
        film.pull(territory, show.day) + household.taste[film.kind] + premium
            - (off / 110.0).powi(2)
    }
}

/// Minutes between the booking and the time that suits: walk-ups, planners of a few days, and few
/// that plan long before.
#[allow(clippy::cast_possible_truncation)]
fn lead(random: &mut Random, household: &Household) -> Minute {
    let draw = random.unit();
    let walk_up = 0.65 - 0.35 * household.planner;
    let lead = if draw < walk_up {
        random.exponential(80.0) + 15.0
    } else if draw < walk_up + 0.30 {
        random.exponential(1_500.0) + 120.0
    } else {
        random.exponential(6_000.0) + 600.0
    };
    lead as Minute
}
