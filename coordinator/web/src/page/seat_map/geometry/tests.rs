use super::*;

/// A layout of seats with row, number, position and group.
fn layout(seats: &[(&str, &str, Option<(i32, i32)>, &str)]) -> SeatLayout {
    let text = |of: &dyn Fn(usize) -> String| (0..seats.len()).map(of).collect::<Vec<_>>();
    SeatLayout {
        layout_id: 1,
        x: seats.iter().map(|seat| seat.2.map(|(x, _)| x)).collect(),
        y: seats.iter().map(|seat| seat.2.map(|(_, y)| y)).collect(),
        seat_key: text(&|n| n.to_string()),
        row_label: text(&|n| seats[n].0.to_owned()),
        seat_number: text(&|n| seats[n].1.to_owned()),
        area: text(&|_| String::new()),
        kind: text(&|_| String::new()),
        seat_group: text(&|n| seats[n].3.to_owned()),
    }
}

#[test]
fn an_aisle_stays_and_the_unit_of_the_source_does_not_matter() {
    for unit in [1, 30] {
        let at = |x: i32, y: i32| Some((100 + x * unit, 7 + y * unit));
        let plan = plan(&layout(&[
            ("A", "1", at(0, 0), ""),
            ("A", "2", at(1, 0), ""),
            ("A", "3", at(3, 0), ""),
            ("B", "1", at(0, 1), ""),
            ("B", "2", at(1, 1), ""),
            ("C", "1", at(0, 3), ""),
        ]));
        assert_eq!(
            plan.places,
            [
                (0.0, 0.0),
                (1.0, 0.0),
                (3.0, 0.0),
                (0.0, 1.0),
                (1.0, 1.0),
                (0.0, 3.0)
            ]
        );
        assert_eq!((plan.columns, plan.rows), (4.0, 4.0));
        let labels: Vec<_> = plan.labels.iter().map(|row| row.left.as_str()).collect();
        assert_eq!(labels, ["A", "B", "C"]);
    }
}

#[test]
fn seats_without_positions_stand_in_a_grid_by_row_and_number() {
    let plan = plan(&layout(&[
        ("AA", "1", None, ""),
        ("B", "2", None, ""),
        ("B", "5", None, ""),
        ("A", "1", None, ""),
        ("A", "x", None, ""),
    ]));
    assert_eq!(
        plan.places,
        [(1.0, 2.0), (2.0, 1.0), (5.0, 1.0), (0.0, 0.0), (1.0, 0.0)]
    );
    assert_eq!(plan.rows, 3.0);
}

#[test]
fn a_seat_without_a_position_stands_below_those_that_have_one() {
    let plan = plan(&layout(&[
        ("A", "1", Some((0, 0)), ""),
        ("A", "2", Some((1, 0)), ""),
        ("W", "1", None, ""),
    ]));
    assert_eq!(plan.places[2], (0.0, 2.0));
}

#[test]
fn a_stray_position_does_not_shrink_the_others() {
    let plan = plan(&layout(&[
        ("A", "1", Some((0, 0)), ""),
        ("A", "2", Some((1, 0)), ""),
        ("B", "1", Some((0, 1)), ""),
        ("Z", "1", Some((i32::MAX, i32::MIN)), ""),
    ]));
    assert!(plan.columns < 6.0 && plan.rows < 6.0, "{plan:?}");
}

#[test]
fn a_curved_row_is_one_row() {
    let seats: Vec<(&str, &str, Option<(i32, i32)>, &str)> = (0..20)
        .map(|n| {
            let (row, label) = if n < 10 { (0, "A") } else { (30, "B") };
            let x = n % 10;
            (label, "1", Some((x * 30, row + (x - 5) * (x - 5))), "")
        })
        .collect();
    let plan = plan(&layout(&seats));
    assert_eq!(plan.labels.len(), 2);
    assert!(plan.rows < 3.0, "{}", plan.rows);
}

#[test]
fn neighbours_of_a_group_are_joined() {
    let plan = plan(&layout(&[
        ("A", "1", Some((0, 0)), "g"),
        ("A", "2", Some((1, 0)), "g"),
        ("A", "3", Some((2, 0)), ""),
        ("A", "4", Some((5, 0)), "h"),
        ("B", "4", Some((5, 1)), "h"),
    ]));
    assert_eq!(plan.joints(), [[0, 1]]);
}
