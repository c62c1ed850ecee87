//! Times as people write them: `500ms` becomes a [`Duration`].

use std::time::Duration;

/// The time that a directive, an option or a key of `migrate.toml` names: a number and `ms`, `s`, `min` or `h`.
pub fn duration(value: &str) -> Option<Duration> {
    let unit_at = value.find(|c: char| !c.is_ascii_digit())?;
    let milliseconds = match &value[unit_at..] {
        "ms" => 1,
        "s" => 1000,
        "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return None,
    };
    let milliseconds = value[..unit_at].parse::<u64>().ok()?.checked_mul(milliseconds)?;
    // PostgreSQL keeps its timeouts in an int4 of milliseconds.
    (milliseconds <= i32::MAX.unsigned_abs().into()).then(|| Duration::from_millis(milliseconds))
}
