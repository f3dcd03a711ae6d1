#![allow(clippy::unwrap_used)]

use super::{
    curve::{Curve, NUMBERS},
    demand::{Demand, Evidence, Look, ShowtimeIds},
    *,
};

const NOW: DbTime = DbTime::from_micros(1_772_409_600_000_000);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const IDS: ShowtimeIds = ShowtimeIds {
    step_id: 1,
    film_id: 2,
    cinema_id: 3,
};

/// A showtime that starts in five hours and was looked at `ago`.
fn view(ago: Duration) -> TaskView {
    let starts_at = NOW + 5 * HOUR;
    TaskView {
        looked_at: Some(NOW.before(ago)),
        around_start: Some((starts_at.before(MINUTE), starts_at + MINUTE)),
        is_called_for: false,
        floor: 2 * HOUR,
    }
}

fn reason(view: TaskView, now: DbTime, worth: f32) -> Reason {
    match judge(Policy::Freshness, view, now, || worth) {
        Verdict::Compete { reason, .. } | Verdict::Sleep { reason, .. } => reason,
    }
}

#[test]
fn a_showtime_rests_and_then_competes_by_its_worth() {
    assert_eq!(reason(view(4 * MINUTE), NOW, 9.0), Reason::Rests);
    assert_eq!(reason(view(5 * MINUTE), NOW, 9.0), Reason::Worth);
    assert_eq!(reason(view(5 * MINUTE), NOW, 0.0), Reason::NotWorth);
    let urgency = |worth: f32| Urgency::Worth(Reverse(worth.into()));
    assert!(urgency(2.0) < urgency(0.5), "more worth comes first");
    assert!(Urgency::BeforeStart < Urgency::Owed && Urgency::Owed < urgency(1e9));
}

#[test]
fn what_is_owed_does_not_ask_for_its_worth() {
    let never = TaskView {
        looked_at: None,
        ..view(MINUTE)
    };
    let called = TaskView {
        is_called_for: true,
        ..view(MINUTE)
    };
    assert_eq!(reason(never, NOW, 0.0), Reason::NeverSeen);
    assert_eq!(reason(called, NOW, 0.0), Reason::Called);
    assert_eq!(reason(view(2 * HOUR), NOW, 0.0), Reason::Floor);
}

#[test]
fn the_looks_around_the_start_are_taken_however_little_is_sold() {
    let (last_before, first_after) = view(MINUTE).around_start.unwrap();
    let at = |looked_at| TaskView {
        looked_at: Some(looked_at),
        ..view(MINUTE)
    };
    let before = at(last_before.before(MINUTE));
    assert_eq!(reason(before, last_before, 0.0), Reason::LastBeforeStart);
    assert_eq!(reason(at(last_before), last_before, 0.0), Reason::Rests);
    assert_eq!(
        reason(at(last_before), first_after, 0.0),
        Reason::FirstAfterStart
    );
}

/// No sleep is longer than the time to the next look that is owed.
#[test]
fn nobody_sleeps_through_a_look_that_is_owed() {
    let mut now = NOW;
    loop {
        match judge(Policy::Freshness, view(Duration::ZERO), now, || 0.0) {
            Verdict::Sleep { until, .. } => {
                assert!(until > now && until <= NOW + 2 * HOUR);
                now = until;
            }
            Verdict::Compete { reason, .. } => {
                assert_eq!((now, reason), (NOW + 2 * HOUR, Reason::Floor));
                return;
            }
        }
    }
}

#[test]
fn a_floor_that_a_limit_cannot_pay_is_stretched() {
    assert_eq!(floor(10 * MINUTE, 10, 1.0), 10 * MINUTE);
    let stretched = floor(10 * MINUTE, 900, 1.0);
    assert_eq!(stretched, Duration::from_mins(100));
}

/// Looks each ten minutes for two hours that show `sales` each.
fn learnt(demand: &mut Demand, ids: ShowtimeIds, sales: i16) -> Evidence {
    let mut evidence = Evidence::default();
    for look in 0..=12 {
        let look = Look {
            before: (look > 0).then(|| NOW + 10 * MINUTE * (look - 1)),
            at: NOW + 10 * MINUTE * look,
            sold: sales * i16::try_from(look).unwrap(),
            seats: Some(200),
        };
        demand.learn(ids, NOW + 5 * HOUR, &mut evidence, look);
    }
    evidence
}

#[test]
fn a_showtime_that_sells_is_worth_more_than_one_that_does_not() {
    let mut demand = Demand::default();
    let hot = learnt(&mut demand, IDS, 5);
    let other = ShowtimeIds {
        film_id: 8,
        cinema_id: 9,
        ..IDS
    };
    let cold = learnt(&mut demand, other, 0);
    let (start, now) = (NOW + 5 * HOUR, NOW + 3 * HOUR);
    let worth = |ids, evidence| demand.worth(ids, evidence, start, now);
    assert!(worth(IDS, &hot) > 5.0 * worth(other, &cold));
    let unseen = Evidence::default();
    assert!(
        worth(IDS, &unseen) > worth(other, &unseen),
        "its film and cinema speak for a showtime that was never look"
    );
    let sold_out = Evidence { left: 0, ..hot };
    assert!(worth(IDS, &sold_out) <= 0.0, "no seat is left");
    assert!(
        demand.worth(IDS, &hot, start, start + HOUR) <= 0.0,
        "it is over"
    );
}

#[test]
fn a_curve_learns_its_hours_and_is_stored_without_loss() {
    let mut curve = Curve::default();
    let start = NOW + 24 * HOUR;
    for day in 0..30 {
        let at = |hour: u32| NOW + HOUR * (24 * day + hour);
        let starts_at = start + HOUR * (24 * day);
        curve.learn(starts_at, at(2), at(3), 0.0);
        curve.learn(starts_at, at(12), at(13), 6.0);
    }
    let night = curve.rate(start, NOW + 2 * HOUR + MINUTE);
    let noon = curve.rate(start, NOW + 12 * HOUR + MINUTE);
    assert!(noon > 3.0 * night, "{noon} {night}");
    let numbers = curve.numbers();
    assert_eq!(numbers.len(), NUMBERS);
    assert_eq!(Curve::of_numbers(&numbers), Some(curve));
    assert_eq!(Curve::of_numbers(&numbers[1..]), None);
}
