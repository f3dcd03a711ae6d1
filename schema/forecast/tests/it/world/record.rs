//! What sources and the fleet would have recorded of the world.

use forecast::{Count, Listing, Outcome, Recorded, Weather};

use super::{Minute, World, city::CODES, date, moment, random::Random};

/// Minute of the day at which seats are counted and forecasts are made.
pub(crate) const COUNTED_AT: Minute = 6 * 60;

impl World {
    pub(crate) fn record(&mut self, random: &mut Random) {
        self.history.holidays = Self::holidays();
        for (key, show) in self.shows.iter_mut().enumerate() {
            let showtime = i32::try_from(key).unwrap();
            let city = &self.cities[show.city];
            let film = &self.films[show.film];
            let listing = Listing {
                showtime,
                work: i32::try_from(show.film).unwrap(),
                cinema: i32::try_from(show.city).unwrap(),
                territory: CODES[city.territory],
                distributor: film.distributor,
                format: u8::from(show.screen == 0 && city.screens.len() > 4),
                released_on: Some(date(film.release)),
                starts_at: moment(show.starts),
                on: date(show.day),
                minute: u16::try_from(show.starts - show.day * 1_440).unwrap(),
                seats: Some(city.screens[show.screen]),
            };
            self.history
                .listings
                .push(Recorded::new(moment(show.listed), listing));
            show.bookings.sort_unstable();
            let mut at = (show.listed - COUNTED_AT).div_euclid(1_440) * 1_440 + 1_440 + COUNTED_AT;
            while at < show.starts {
                let sold = show.bookings.partition_point(|booked| *booked <= at);
                let count = Count {
                    showtime,
                    sold: u16::try_from(sold).unwrap(),
                };
                self.history.counts.push(Recorded::new(moment(at), count));
                at += 1_440;
            }
            let outcome = Outcome {
                showtime,
                admissions: show.sold,
            };
            self.history
                .outcomes
                .push(Recorded::new(moment(show.starts + 15), outcome));
        }
        self.record_weather(random);
    }

    /// Forecasts of the weather each morning, worse for days ahead, and what was measured.
    fn record_weather(&mut self, random: &mut Random) {
        for today in 0..self.scale.days {
            for territory in 0..CODES.len() {
                for ahead in -1..10 {
                    let Some(mood) = usize::try_from(today + ahead)
                        .ok()
                        .and_then(|day| self.mood.get(day))
                    else {
                        continue;
                    };
                    #[allow(clippy::cast_precision_loss)]
                    let doubt = 0.12 * (ahead + 1) as f64;
                    // Beyond a few days a forecast of the weather is drawn to the usual.
                    let trust = 1.0 / (1.0 + doubt * doubt);
                    let outdoor = trust * (mood[territory].outdoor + doubt * random.normal());
                    let day = Weather {
                        territory: CODES[territory],
                        on: date(today + ahead),
                        outdoor,
                    };
                    let at = moment(today * 1_440 + 5 * 60);
                    self.history.weather.push(Recorded::new(at, day));
                }
            }
        }
    }
}
