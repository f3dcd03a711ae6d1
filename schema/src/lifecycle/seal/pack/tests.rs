#![allow(clippy::unwrap_used)]
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn snapshot(job_id: i64, seats: &[u8], seat_count: u16) -> StoredSnapshot {
    StoredSnapshot {
        observed_at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(job_id),
        job_id,
        layout_id: 3,
        seat_count,
        seats: seats.to_vec(),
    }
}

/// What happens between two snapshots.
#[derive(Debug, Clone)]
enum Step {
    /// Some bytes become others.
    Change(Vec<(Index, u8)>),
    /// Another layout, or another way of packing.
    Rebuild(StoredSnapshot),
}

/// Any state: an odd number of seats, half a byte or a whole byte for each.
fn any_state() -> impl Strategy<Value = StoredSnapshot> {
    (1_u16..400, any::<bool>(), any::<i32>()).prop_flat_map(|(seat_count, is_wide, layout_id)| {
        let halves = usize::from(seat_count).div_ceil(2);
        let bytes = if is_wide {
            usize::from(seat_count)
        } else {
            halves
        };
        vec(any::<u8>(), bytes).prop_map(move |seats| StoredSnapshot {
            observed_at: DateTime::UNIX_EPOCH,
            job_id: 0,
            layout_id,
            seat_count,
            seats,
        })
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec((any::<Index>(), any::<u8>()), 0..6).prop_map(Step::Change),
        1 => vec((any::<Index>(), any::<u8>()), 100..300).prop_map(Step::Change),
        1 => any_state().prop_map(Step::Rebuild),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<StoredSnapshot>> {
    let step = (any_step(), 0_i64..1_000_000_000_000, any::<i64>());
    (any_state(), any::<i64>(), vec(step, 0..40)).prop_map(|(first, job_id, steps)| {
        let mut history = vec![StoredSnapshot { job_id, ..first }];
        for (step, micros, job_id) in steps {
            let before = history.last().unwrap().clone();
            let mut next = match step {
                Step::Rebuild(state) => state,
                Step::Change(changes) => {
                    let mut next = before.clone();
                    for (position, byte) in changes {
                        let at = position.index(next.seats.len());
                        next.seats[at] = byte;
                    }
                    next
                }
            };
            next.observed_at = before.observed_at + TimeDelta::microseconds(micros);
            next.job_id = job_id;
            history.push(next);
        }
        history
    })
}

proptest! {
    #[test]
    fn what_was_packed_is_unpacked(history in any_history()) {
        let data = pack(&history).unwrap();
        prop_assert_eq!(unpack(history[0].observed_at, history.len(), &data), Some(history));
    }

    #[test]
    fn no_bytes_make_it_panic(data in vec(any::<u8>(), 0..200), count in 0_usize..20) {
        let _ = unpack(DateTime::UNIX_EPOCH, count, &data);
    }
}

#[test]
fn a_change_of_two_seats_takes_three_bytes() {
    let seats = [0; 100];
    let mut sold = seats;
    sold[40] = 0x11;
    let one = pack(&[snapshot(1, &seats, 200)]).unwrap().len();
    let two = pack(&[snapshot(1, &seats, 200), snapshot(2, &sold, 200)])
        .unwrap()
        .len();
    // A time and a job of a byte each, the number of changes, and the change.
    assert_eq!(two - one, 2 + 1 + 2);
}

#[test]
fn a_state_that_is_all_new_is_not_longer_than_a_whole_one() {
    let whole = pack(&[snapshot(1, &[0; 50], 100)]).unwrap().len();
    let both = pack(&[snapshot(1, &[0; 50], 100), snapshot(2, &[0x11; 50], 100)]).unwrap();
    assert!(both.len() - whole <= 2 + 2 + WHOLE_BYTES + 50);
    let unpacked = unpack(snapshot(1, &[], 0).observed_at, 2, &both).unwrap();
    assert_eq!(unpacked[1].seats, [0x11; 50]);
}

#[test]
fn what_cannot_be_read_again_is_refused() {
    assert_eq!(pack(&[]), Err(PackError::Empty));
    let backwards = [snapshot(2, &[0], 2), snapshot(1, &[0], 2)];
    assert_eq!(pack(&backwards), Err(PackError::OutOfOrder));
    let misfit = PackError::Misfit {
        seat_count: 5,
        bytes: 4,
    };
    assert_eq!(pack(&[snapshot(1, &[0; 4], 5)]), Err(misfit));
}
