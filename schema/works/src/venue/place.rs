//! Places: distances, and keys that near places share.

use std::f64::consts::TAU;

/// Mean radius of the earth in metres (IUGG 1980).
const EARTH_RADIUS_METRES: f64 = 6_371_008.8;

/// Side of a cell of the grid in metres: two places in it or in neighbouring cells share a key.
const CELL_METRES: f64 = 2_100.0;

/// A place on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

impl Location {
    /// Returns the distance in metres on a great circle, by the haversine formula (Sinnott,
    /// "Virtues of the Haversine", 1984); the earth as a sphere is right within 0.6 %.
    #[must_use]
    pub fn distance_metres(self, other: Self) -> f64 {
        let (one, two) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = (other.longitude - self.longitude).to_radians();
        let half_up = ((two - one) / 2.0).sin();
        let half_across = (across / 2.0).sin();
        // In this order, so that the result does not depend on which place comes first.
        let share = half_up.mul_add(half_up, one.cos() * two.cos() * half_across * half_across);
        2.0 * EARTH_RADIUS_METRES * share.clamp(0.0, 1.0).sqrt().asin()
    }

    /// Returns four keys: the corners of the cell in which it is. Places of at most 2 km apart
    /// share one.
    ///
    /// A row of corners has a width of its own for its cells, as meridians converge.
    #[must_use]
    pub fn keys(self) -> Vec<String> {
        let row = (self.latitude.to_radians() * EARTH_RADIUS_METRES / CELL_METRES).floor();
        [row, row + 1.0]
            .into_iter()
            .flat_map(|row| {
                // Its shortest parallel, so that no cell is narrower anywhere than its side.
                let northmost = (row.abs() + 1.0) * CELL_METRES / EARTH_RADIUS_METRES;
                let around = TAU * EARTH_RADIUS_METRES * northmost.min(TAU / 4.0).cos();
                let cells = (around / CELL_METRES).floor().max(1.0);
                let column = ((self.longitude + 180.0) / 360.0 * cells).floor();
                [column, column + 1.0]
                    .map(|column| format!("p:{row:.0}:{:.0}", column.rem_euclid(cells)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_map() {
        let at = |latitude, longitude| Location {
            latitude,
            longitude,
        };
        // A minute of latitude is 1,853 m on this sphere.
        let minute = at(51.0, 0.0).distance_metres(at(51.0 + 1.0 / 60.0, 0.0));
        assert!((minute - 1_853.2).abs() < 0.1, "{minute}");
        // Paris to London, 343.5 km.
        let far = at(48.8566, 2.3522).distance_metres(at(51.5074, -0.1278));
        assert!((far - 343_556.0).abs() < 500.0, "{far}");
        let across = at(10.0, 179.999).distance_metres(at(10.0, -179.999));
        assert!(across < 250.0, "{across}");
    }
}
