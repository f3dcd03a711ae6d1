//! Packing: from seats and prices to stored columns, which are packed codes, counters and content
//! hashes.
//!
//! Pure: takes rows, gives columns. The inverse is the view `seat_record`.
//!
//! A snapshot indexes the codes of the source, not their meaning, so mapping a code later corrects
//! the past (invariant 6).

use compact_str::CompactString;
use rust_decimal::Decimal;
use schema::{
    finish::Counts,
    seat::{Layout, Tariff},
};
use source_language::{
    rows::{Price, Seat, SeatStatus},
    storable::Unstorable,
};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// The largest index that fits a nibble.
const MAX_NIBBLE: u8 = 15;

/// Packs code indexes: two in a byte, the first in the low half, or one in a byte if any index is
/// above 15.
///
/// ```
/// use agent::pack::pack;
///
/// assert_eq!(pack(&[1, 2, 15]), [0x21, 0x0f]);
/// assert_eq!(pack(&[1, 2, 16]), [1, 2, 16]);
/// ```
#[must_use]
pub fn pack(indexes: &[u8]) -> Vec<u8> {
    if indexes.iter().any(|&index| index > MAX_NIBBLE) {
        return indexes.to_vec();
    }
    indexes
        .chunks(2)
        .map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 4))
        .collect()
}

/// Unpacks the code indexes of `seat_count` seats; `None` if `packed` has another number of
/// indexes.
#[must_use]
pub fn unpack(packed: &[u8], seat_count: usize) -> Option<Vec<u8>> {
    if packed.len() == seat_count {
        return Some(packed.to_vec());
    }
    if packed.len() != seat_count.div_ceil(2) {
        return None;
    }
    let nibbles = packed.iter().flat_map(|byte| [byte & 0xf, byte >> 4]);
    Some(nibbles.take(seat_count).collect())
}

/// Returns the 128-bit hash of packed seats.
#[must_use]
pub fn state_hash(packed: &[u8]) -> Uuid {
    Uuid::from_u128(xxh3_128(packed))
}

/// Counts seats by the status of their codes in the database, where operators may map codes that
/// the definition does not map.
#[must_use]
pub fn count(statuses: impl Iterator<Item = Option<SeatStatus>>) -> Counts {
    let mut counts = Counts::default();
    for status in statuses {
        let counter = match status {
            Some(SeatStatus::Available) => &mut counts.available,
            Some(SeatStatus::Sold) => &mut counts.sold,
            Some(SeatStatus::Held) => &mut counts.held,
            Some(SeatStatus::Blocked) => &mut counts.blocked,
            Some(SeatStatus::Broken) => &mut counts.broken,
            Some(SeatStatus::House) => &mut counts.house,
            Some(SeatStatus::Unknown) => &mut counts.unknown,
            None => &mut counts.unmapped,
        };
        *counter += 1;
    }
    counts
}

/// Returns the 128-bit hash of a layout: of everything about its seats that does not change from
/// snapshot to snapshot.
#[must_use]
pub fn layout_hash(seats: &[Seat]) -> Uuid {
    let mut content = Content::with_capacity(seats.len() * 48);
    for seat in seats {
        content.coordinate(seat.x);
        content.coordinate(seat.y);
        for text in [
            &seat.key,
            &seat.row,
            &seat.number,
            &seat.area,
            &seat.kind,
            &seat.group,
        ] {
            content.text(text);
        }
    }
    content.hash()
}

/// Turns seats into the columns of a layout.
#[must_use]
pub fn layout(seats: &[Seat]) -> Layout {
    let text = |value: fn(&Seat) -> &CompactString| {
        let texts = seats.iter().map(value);
        texts.map(CompactString::to_string).collect()
    };
    Layout {
        x: seats.iter().map(|seat| seat.x).collect(),
        y: seats.iter().map(|seat| seat.y).collect(),
        seat_key: text(|seat| &seat.key),
        row_label: text(|seat| &seat.row),
        seat_number: text(|seat| &seat.number),
        area: text(|seat| &seat.area),
        kind: text(|seat| &seat.kind),
        seat_group: text(|seat| &seat.group),
    }
}

/// Turns prices into a tariff and its hash; `None` if there are none. Their order does not matter,
/// nor do repetitions.
///
/// # Errors
///
/// [`Unstorable::MixedCurrencies`].
pub fn tariff(prices: &[Price]) -> Result<Option<(Uuid, Tariff)>, Unstorable> {
    let mut prices: Vec<&Price> = prices.iter().collect();
    prices.sort();
    prices.dedup();
    let Some(first) = prices.first() else {
        return Ok(None);
    };
    if let Some(other) = prices.iter().find(|price| price.currency != first.currency) {
        return Err(Unstorable::MixedCurrencies {
            first: first.currency.clone(),
            second: other.currency.clone(),
        });
    }
    let tariff = Tariff {
        currency: first.currency.clone(),
        ticket: prices.iter().map(|price| price.ticket.clone()).collect(),
        area: prices.iter().map(|price| price.area.clone()).collect(),
        amount: prices
            .iter()
            .map(|price| normalized(price.amount))
            .collect(),
        amount_max: prices
            .iter()
            .map(|price| price.amount_max.map(normalized))
            .collect(),
        fee: prices
            .iter()
            .map(|price| price.fee.map(normalized))
            .collect(),
        tax_included: prices.iter().map(|price| price.tax_included).collect(),
    };
    let mut content = Content::with_capacity(prices.len() * 32);
    content.text(&tariff.currency);
    for column in [&tariff.ticket, &tariff.area, &tariff.amount] {
        for value in column {
            content.text(value);
        }
    }
    for column in [&tariff.amount_max, &tariff.fee] {
        for value in column {
            // No amount is written like this.
            content.text(value.as_deref().unwrap_or("-"));
        }
    }
    for value in &tariff.tax_included {
        content.number(value.map_or(-1, i32::from));
    }
    Ok(Some((content.hash(), tariff)))
}

/// Returns the text of an amount, the same for any number of trailing zeros.
fn normalized(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Bytes to hash. Each text is preceded by its length, so that `ab` and `c` differ from `a` and
/// `bc`.
struct Content(Vec<u8>);

impl Content {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn number(&mut self, number: i32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// An unknown coordinate is a number that no known one is.
    fn coordinate(&mut self, coordinate: Option<i32>) {
        self.number(coordinate.unwrap_or(i32::MIN));
    }

    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(&text.len().to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn hash(&self) -> Uuid {
        Uuid::from_u128(xxh3_128(&self.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn seat(key: &str, row: &str, status: Option<SeatStatus>) -> Seat {
        Seat {
            key: key.into(),
            row: row.into(),
            status,
            ..Seat::default()
        }
    }

    fn price(ticket: &str, amount: &str, currency: &str) -> Price {
        Price {
            ticket: ticket.to_owned(),
            area: String::new(),
            amount: amount.parse().unwrap(),
            currency: currency.to_owned(),
            amount_max: None,
            fee: None,
            tax_included: None,
        }
    }

    #[test]
    fn seats_are_counted_by_status_and_the_unmapped_apart() {
        let statuses = [Some(SeatStatus::Sold), Some(SeatStatus::Sold), None];
        let counts = count(statuses.into_iter());
        assert_eq!((counts.sold, counts.unmapped, counts.available), (2, 1, 0));
    }

    #[test]
    fn a_layout_does_not_depend_on_statuses() {
        let free = [seat("1", "A", Some(SeatStatus::Available))];
        let sold = [seat("1", "A", Some(SeatStatus::Sold))];
        assert_eq!(layout_hash(&free), layout_hash(&sold));
    }

    #[test]
    fn a_layout_differs_where_only_the_boundary_between_texts_does() {
        assert_ne!(
            layout_hash(&[seat("ab", "c", None)]),
            layout_hash(&[seat("a", "bc", None)])
        );
    }

    #[test]
    fn a_tariff_does_not_depend_on_the_order_of_its_prices() {
        let (adult, child) = (price("adult", "11.50", "EUR"), price("child", "7", "EUR"));
        let (one, tariff_one) = tariff(&[adult.clone(), child.clone()]).unwrap().unwrap();
        let (two, _) = tariff(&[child, price("adult", "11.5", "EUR"), adult])
            .unwrap()
            .unwrap();
        assert_eq!(one, two);
        assert_eq!(tariff_one.amount, ["11.5", "7"]);
        assert_eq!(tariff(&[]).unwrap(), None);
    }

    #[test]
    fn a_tariff_differs_where_only_a_fee_a_range_or_the_tax_does() {
        let bare = price("adult", "11.50", "EUR");
        let with = |edit: fn(&mut Price)| {
            let mut price = bare.clone();
            edit(&mut price);
            tariff(&[price]).unwrap().unwrap().0
        };
        let hashes = [
            with(|_| {}),
            with(|price| price.fee = Some(Decimal::ONE)),
            with(|price| price.amount_max = Some(Decimal::ONE)),
            with(|price| price.tax_included = Some(true)),
            with(|price| price.tax_included = Some(false)),
        ];
        let distinct: std::collections::HashSet<_> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len());
    }

    #[test]
    fn a_tariff_has_one_currency() {
        let mixed = tariff(&[price("adult", "1", "EUR"), price("child", "1", "USD")]);
        assert!(matches!(mixed, Err(Unstorable::MixedCurrencies { .. })));
    }

    proptest! {
        #[test]
        fn packed_indexes_are_unpacked_to_the_same(indexes in proptest::collection::vec(0_u8..=255, 0..300)) {
            prop_assert_eq!(unpack(&pack(&indexes), indexes.len()), Some(indexes));
        }

        #[test]
        fn nibbles_take_half_a_byte(indexes in proptest::collection::vec(0_u8..=MAX_NIBBLE, 0..300)) {
            let packed = pack(&indexes);
            prop_assert_eq!(packed.len(), indexes.len().div_ceil(2));
            prop_assert_eq!(unpack(&packed, indexes.len()), Some(indexes));
        }
    }
}
