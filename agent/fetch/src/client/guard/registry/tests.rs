#![allow(clippy::unwrap_used)]

use super::*;

/// A row's prefix, then the address before it, its first, its last, and the one after;
/// `+` marks those that may be asked. Written from the registries, not from the table.
const ROWS: &str = include_str!("rows.txt");

#[test]
fn each_row_of_the_registries_is_judged_at_its_edges() {
    for line in ROWS.lines() {
        let (prefix, edges) = line.split_once(' ').unwrap();
        for edge in edges.split(' ').filter(|edge| *edge != "none") {
            let address: IpAddr = edge[1..].parse().unwrap();
            assert_eq!(
                is_global(address),
                edge.starts_with('+'),
                "{edge} of {prefix}"
            );
        }
    }
}

#[test]
fn the_table_has_the_rows_of_the_registries() {
    let v4 = V4
        .iter()
        .map(|(first, length, ..)| format!("{first}/{length}"));
    let v6 = V6
        .iter()
        .map(|(first, length, ..)| format!("{first}/{length}"));
    let parse = |row: String| {
        let (first, length) = row.split_once('/').unwrap();
        let first: IpAddr = first.parse().unwrap();
        (first, length.parse::<u32>().unwrap())
    };
    let mut table: Vec<_> = v4.chain(v6).map(parse).collect();
    let rows = ROWS
        .lines()
        .map(|line| line.split_once(' ').unwrap().0.to_owned());
    let mut written: Vec<_> = rows.map(parse).collect();
    table.sort_unstable();
    written.sort_unstable();
    assert_eq!(table, written);
}

#[test]
fn an_ipv4_address_inside_another_is_no_way_around() {
    for refused in [
        // Mapped, compatible, translated: refused whatever they hold.
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:0:127.0.0.1",
        "::ffff:0:8.8.8.8",
        // Translation of a network's own.
        "64:ff9b:1::7f00:1",
        "64:ff9b:1::808:808",
        // 6to4 of 127.0.0.1, 10.0.0.1 and 8.8.8.8; Teredo by way of 8.8.8.8.
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:808:808::1",
        "2001:0:808:808::1",
        // The well-known prefix of NAT64 in front of addresses that are not global.
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::192.88.99.1",
        // Reserved space.
        "1::1",
        "4000::1",
        "e000::1",
        "fe00::1",
    ] {
        assert!(!is_global(refused.parse().unwrap()), "{refused}");
    }
    for asked in [
        "64:ff9b::8.8.8.8",
        "2606:4700::1111",
        "2a00:1450::1",
        "1.1.1.1",
    ] {
        assert!(is_global(asked.parse().unwrap()), "{asked}");
    }
}
