//! Seeds: every part of the world has its own generator, found by its numbers alone.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Returns a number that depends on every part and looks random.
///
/// The same parts give the same number, on any machine and in any version of the program.
#[must_use]
pub fn mix(parts: &[u64]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for part in parts {
        state = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    state
}

/// Returns the generator of the thing that `parts` name.
#[must_use]
pub fn generator(parts: &[u64]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(mix(parts))
}

/// Returns a number in `0.0..1.0` that depends on every part.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
pub fn fraction(parts: &[u64]) -> f64 {
    (mix(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns an index below `count` that depends on every part; 0 if `count` is 0.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the remainder is below a usize"
)]
pub fn index(parts: &[u64], count: usize) -> usize {
    if count == 0 {
        return 0;
    }
    (mix(parts) % count as u64) as usize
}
