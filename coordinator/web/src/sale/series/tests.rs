use flate2::Compression;
use schema::reading::{
    seats::{CodeMeaning, SeatSnapshot},
    showtimes::ShowtimeFacts,
};

use super::*;
use crate::compression::compress;

/// A sequence of numbers that looks random and is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn layout(layout_id: i32, seats: usize) -> SeatLayout {
    let text = |of: &dyn Fn(usize) -> String| (0..seats).map(of).collect::<Vec<_>>();
    SeatLayout {
        layout_id,
        x: (0..seats).map(|n| i32::try_from(n % 45).ok()).collect(),
        y: (0..seats).map(|n| i32::try_from(n / 45).ok()).collect(),
        seat_key: text(&|n| format!("{:04}{:04}", n / 45, n % 45)),
        row_label: text(&|n| format!("R{}", n / 45)),
        seat_number: text(&|n| (n % 45 + 1).to_string()),
        area: text(&|_| String::new()),
        kind: text(&|_| "standard".to_owned()),
        seat_group: text(&|_| String::new()),
    }
}

fn code(code_index: i32, code: &str, status: Option<SeatStatus>) -> CodeMeaning {
    CodeMeaning {
        code_index,
        code: code.to_owned(),
        status,
    }
}

fn sale(layouts: Vec<SeatLayout>, snapshots: Vec<SeatSnapshot>) -> Sale {
    let at = DateTime::UNIX_EPOCH;
    Sale {
        showtime: ShowtimeFacts {
            showtime_id: 1,
            key: "1".to_owned(),
            source_id: 1,
            source: "chain".to_owned(),
            cinema_id: 1,
            cinema: "A cinema".to_owned(),
            city: None,
            territory: "FR".to_owned(),
            timezone: "Europe/Paris".to_owned(),
            auditorium: None,
            film_id: 1,
            film: "A film".to_owned(),
            starts_at: at,
            business_on: at.date_naive(),
            discovered_at: at,
            discovered_by: 1,
            changed_by: 1,
            seats: None,
            sold: None,
            job_id: None,
            observed_at: None,
            sold_out: None,
            status: "scheduled".to_owned(),
            now: at,
        },
        snapshots,
        layouts,
        codes: vec![
            code(0, "free", Some(SeatStatus::Available)),
            code(1, "sold", Some(SeatStatus::Sold)),
            code(2, "basket", Some(SeatStatus::Held)),
            code(3, "odd", None),
            code(200, "never seen", Some(SeatStatus::House)),
        ],
    }
}

fn snapshot(minute: i64, layout_id: i32, codes: &[u8], is_wide: bool) -> SeatSnapshot {
    let packed = if is_wide {
        codes.to_vec()
    } else {
        codes
            .chunks(2)
            .map(|pair| pair[0] | pair.get(1).copied().unwrap_or(0) << 4)
            .collect()
    };
    SeatSnapshot {
        observed_at: DateTime::from_timestamp(minute * 60, 0).unwrap(),
        job_id: 5_000_000 + minute * 37,
        layout_id,
        available: 0,
        sold: 0,
        held: 0,
        other: 0,
        packed,
    }
}

/// A sale in which about `per_step` of `seats` seats change their code at each step.
fn simulated(seats: usize, steps: i64, per_step: u64, numbers: &mut Numbers) -> Sale {
    let mut codes = vec![0u8; seats];
    let snapshots = (0..steps)
        .map(|minute| {
            for _ in 0..numbers.below(2 * per_step + 1) {
                let seat = usize::try_from(numbers.below(seats as u64)).unwrap();
                codes[seat] = u8::try_from(numbers.below(4)).unwrap();
            }
            snapshot(minute, 1, &codes, numbers.below(5) == 0)
        })
        .collect();
    sale(vec![layout(1, seats)], snapshots)
}

fn gzipped(text: &[u8]) -> usize {
    compress(text, Compression::default()).unwrap().len()
}

fn assert_rebuilt(sale: &Sale) {
    let series = Series::of(sale);
    let states = rebuild(&series);
    assert_eq!(states.len(), sale.snapshots.len());
    for (snapshot, (place, codes)) in sale.snapshots.iter().zip(&states) {
        assert_eq!(series.layouts[*place].layout_id, snapshot.layout_id);
        assert_eq!(*codes, sale.codes_of(snapshot));
    }
}

#[test]
fn the_changes_rebuild_every_snapshot_exactly() {
    let mut numbers = Numbers(0x5eed);
    for round in 0..60 {
        let seats = usize::try_from(1 + numbers.below(300)).unwrap();
        let per_step = 1 + numbers.below(1 + round * 8);
        assert_rebuilt(&simulated(seats, 30, per_step, &mut numbers));
    }
}

#[test]
fn another_layout_is_a_whole_state_of_its_own() {
    let snapshots = vec![
        snapshot(0, 1, &[0, 0, 0], false),
        snapshot(1, 1, &[0, 1, 0], false),
        snapshot(2, 2, &[0, 1, 0, 2], false),
        snapshot(3, 2, &[0, 1, 0, 1], true),
        snapshot(4, 1, &[1, 1, 1], false),
    ];
    let sale = sale(vec![layout(1, 3), layout(2, 4)], snapshots);
    let series = Series::of(&sale);
    assert_eq!(series.steps[1].changes, [1, 1]);
    assert_eq!(series.steps[2].layout, Some(1));
    assert_eq!(series.steps[3].layout, None);
    assert_eq!(series.steps[4].seats, Some(vec![1, 1, 1]));
    let named: Vec<u8> = series.codes.iter().map(|code| code.index).collect();
    assert_eq!(named, [0, 1, 2]);
    assert_rebuilt(&sale);
}

#[test]
fn a_hall_of_1350_seats_with_500_snapshots_is_sent_in_300_kilobytes() {
    // Every seat changes four times on average: it is held, sold, and now and then released.
    let usual = simulated(1_350, 500, 11, &mut Numbers(7));
    let text = serde_json::to_vec(&Series::of(&usual)).unwrap();
    println!("usual: {} bytes, {} sent", text.len(), gzipped(&text));
    assert!(text.len() <= 300_000, "{} bytes", text.len());
    assert!(gzipped(&text) <= 60_000, "{} bytes", gzipped(&text));

    // Four hundred changes at each look, as no auditorium sells.
    let wild = simulated(1_350, 500, 400, &mut Numbers(7));
    let text = serde_json::to_vec(&Series::of(&wild)).unwrap();
    println!("wild: {} bytes, {} sent", text.len(), gzipped(&text));
    assert!(gzipped(&text) <= 300_000, "{} bytes", gzipped(&text));
}
