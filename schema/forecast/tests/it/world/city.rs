//! Cities: a cinema, the households around it, and the mood of their territory.

use forecast::{Territory, territory};

use super::{random::Random, weekday};

pub(crate) const TERRITORIES: usize = 3;
pub(crate) const CODES: [Territory; TERRITORIES] =
    [territory(*b"GB"), territory(*b"DE"), territory(*b"FR")];

pub(crate) struct Household {
    pub(crate) size: u16,
    pub(crate) taste: [f64; 3],
    /// Outings a day.
    pub(crate) rate: f64,
    /// Minute of the day that suits it on working and on free days.
    pub(crate) hour: [f64; 2],
    pub(crate) likes_premium: f64,
    /// Share of its outings that it plans.
    pub(crate) planner: f64,
    pub(crate) seen: u128,
}

pub(crate) struct City {
    pub(crate) territory: usize,
    pub(crate) households: Vec<Household>,
    /// Seats of each screen, the largest first; the first one of large cinemas is a premium screen.
    pub(crate) screens: Vec<u16>,
    /// Days before the Friday at which it lists its week.
    pub(crate) lists_ahead: i64,
    /// Admissions by film in the last days.
    pub(crate) recent: Vec<f64>,
}

/// What a territory is like on a day.
#[derive(Clone, Copy)]
pub(crate) struct Mood {
    pub(crate) outdoor: f64,
    pub(crate) unrecorded: f64,
    pub(crate) is_holiday: bool,
}

impl City {
    pub(crate) fn make(random: &mut Random, key: usize) -> Self {
        let people = 2_600.0 * (0.45 * random.normal()).exp();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (people, count) = (
            people as usize,
            (people / 600.0 + random.unit() * 2.0).clamp(2.0, 11.0) as usize,
        );
        let mut screens: Vec<u16> = (0..count)
            .map(|_| [60, 80, 110, 150, 210, 320][random.below(6)])
            .collect();
        screens.sort_unstable_by(|a, b| b.cmp(a));
        let family = 0.3 * random.normal();
        Self {
            territory: key % TERRITORIES,
            households: (0..people)
                .map(|_| Household::make(random, family))
                .collect(),
            screens,
            lists_ahead: [3, 3, 3, 10, 10, 17][random.below(6)],
            recent: vec![0.0; 128],
        }
    }
}

impl Household {
    fn make(random: &mut Random, family: f64) -> Self {
        let size = [1, 2, 2, 2, 3, 4][random.below(6)];
        let is_family = size > 2;
        Self {
            size,
            taste: [
                if is_family { 1.2 + family } else { -1.5 },
                0.4 * random.normal(),
                -0.8 + 0.9 * random.normal(),
            ],
            rate: 0.05 * (0.6 * random.normal()).exp(),
            hour: if is_family {
                [
                    1_020.0 + 60.0 * random.normal(),
                    880.0 + 120.0 * random.normal(),
                ]
            } else {
                [
                    1_180.0 + 60.0 * random.normal(),
                    1_140.0 + 150.0 * random.normal(),
                ]
            },
            likes_premium: 0.4 * random.normal(),
            planner: random.unit(),
            seen: 0,
        }
    }
}

/// How much more a household goes out on a day than on average.
pub(crate) fn urge(mood: Mood, day: i64, is_family: bool) -> f64 {
    const COUPLES: [f64; 7] = [0.6, 0.8, 0.7, 0.7, 1.3, 1.7, 1.2];
    const FAMILIES: [f64; 7] = [0.3, 0.4, 0.6, 0.3, 0.7, 1.8, 1.9];
    let week = if is_family { FAMILIES } else { COUPLES };
    let is_free = weekday(day) >= 5 || mood.is_holiday;
    let holiday = match (mood.is_holiday, is_family) {
        (false, _) => week[weekday(day)],
        (true, true) => 1.6_f64.max(week[weekday(day)]),
        (true, false) => 1.2_f64.max(week[weekday(day)]),
    };
    let weather = 1.0 - if is_free { 0.16 } else { 0.08 } * mood.outdoor.tanh();
    holiday * weather * mood.unrecorded
}

pub(crate) fn holidays(territory: usize) -> Vec<i64> {
    let shift = i64::try_from(territory).unwrap() * 7;
    let mut days = vec![10 + shift, 39, 60 + shift, 87];
    // A week of school holidays.
    days.extend(70 + shift..77 + shift);
    days
}

pub(crate) fn moods(random: &mut Random, days: i64) -> Vec<[Mood; TERRITORIES]> {
    let mut outdoor = [0.0; TERRITORIES];
    let mut hidden = [0.0; TERRITORIES];
    (0..days)
        .map(|day| {
            std::array::from_fn(|territory| {
                outdoor[territory] = 0.6 * outdoor[territory] + 0.8 * random.normal();
                hidden[territory] = 0.4 * hidden[territory] + 0.035 * random.normal();
                Mood {
                    outdoor: outdoor[territory],
                    unrecorded: hidden[territory].exp(),
                    is_holiday: holidays(territory).contains(&day),
                }
            })
        })
        .collect()
}
