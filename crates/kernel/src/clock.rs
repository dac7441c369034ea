//! Time: `i64` milliseconds UTC. `now` is read once per request and passed down; intervals are half-open.
use jiff::{civil::Date, tz::TimeZone};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// For "no end": later than any date that a form accepts.
    pub const FOREVER: Self = Self(i64::MAX);
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// NumericDate of RFC 7519: whole seconds.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }
    /// `2026-07-14T01:12:00.000Z`.
    pub fn rfc3339(self) -> String {
        self.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
    /// As programs write a moment: `2026-07-14T09:12:00+08:00`. None for anything else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        if text.len() > 40 || !text.is_ascii() {
            return None;
        }
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }
    /// `2026-07-14 09:12` in the platform's zone, as pages show it.
    pub fn local_minute(self, zone: &Zone) -> String {
        self.to_jiff().to_zoned(zone.0.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
    /// `2026-07-14` in the platform's zone.
    pub fn local_date(self, zone: &Zone) -> String {
        self.to_jiff().to_zoned(zone.0.clone()).strftime("%Y-%m-%d").to_string()
    }
    /// The last day that an exclusive end still includes, for "valid to".
    pub fn last_day(self, zone: &Zone) -> String {
        Self(self.0 - 1).local_date(zone)
    }
    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.rfc3339())
    }
}

/// The platform's time zone, in which business dates begin and end. Default Asia/Shanghai.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);
impl Zone {
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }
    /// A business date "from" begins at its own midnight. None for text that is no date of the years 1900 to 9998.
    pub fn start_of(&self, date: &str) -> Option<Timestamp> {
        self.midnight(parse_date(date)?)
    }
    /// A business date "valid to" includes its day: the exclusive end is the next midnight.
    pub fn end_of(&self, date: &str) -> Option<Timestamp> {
        self.midnight(parse_date(date)?.tomorrow().ok()?)
    }
    /// `2026-07-14 09:12`, or a day, which then is its beginning.
    pub fn minute_of(&self, text: &str) -> Option<Timestamp> {
        let Some((date, time)) = text.split_once(' ') else { return self.start_of(text) };
        let (hour, minute) = time.split_once(':')?;
        let shaped = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let digits = |part: &str| shaped(part).then(|| part.parse::<i8>().ok()).flatten();
        let (hour, minute) = (digits(hour)?, digits(minute)?);
        let there = (0..24).contains(&hour) && (0..60).contains(&minute);
        let at = parse_date(date).filter(|_| there)?.at(hour, minute, 0, 0);
        Some(Timestamp(at.to_zoned(self.0.clone()).ok()?.timestamp().as_millisecond()))
    }
    fn midnight(&self, date: Date) -> Option<Timestamp> {
        let zoned = date.to_zoned(self.0.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    }
}
impl Default for Zone {
    fn default() -> Self {
        Self::named("Asia/Shanghai").unwrap_or(Self(TimeZone::UTC))
    }
}
fn parse_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date: Date = shape.then(|| text.parse().ok()).flatten()?;
    (1900..=9998).contains(&date.year()).then_some(date)
}

/// The only source of "now".
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Shared, so that a test can move it.
    Fixed(Arc<AtomicI64>),
}
impl Clock {
    pub fn fixed(now: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(now.0)))
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Self::Fixed(millis) => Timestamp(millis.load(Ordering::Relaxed)),
        }
    }
    /// Moves a fixed clock; the system's clock goes its own way.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Self::Fixed(millis) = self {
            millis.fetch_add(seconds * 1000, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_date_includes_its_day_in_shanghai() {
        let zone = Zone::default();
        let end = zone.end_of("2026-07-31").unwrap();
        assert_eq!(end.rfc3339(), "2026-07-31T16:00:00.000Z");
        assert_eq!(end.last_day(&zone), "2026-07-31");
        assert_eq!(zone.start_of("2026-07-31").unwrap().local_minute(&zone), "2026-07-31 00:00");
    }
    #[test]
    fn moments_of_programs_are_read_whatever_their_offset() {
        let at = Timestamp::parse_rfc3339("2026-07-14T09:12:00+08:00").unwrap();
        assert_eq!(at.rfc3339(), "2026-07-14T01:12:00.000Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-07-14T01:12:00.000Z"), Some(at));
        for text in ["", "2026-07-14", "2026-07-14T09:12:00", "now", "1783991520", "2026-02-30T00:00:00Z"] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }
    #[test]
    fn minutes_are_those_of_the_zone() {
        let zone = Zone::default();
        for text in ["2017-03-05 14:30", "2017-03-05 00:00", "2017-12-31 23:59"] {
            assert_eq!(zone.minute_of(text).unwrap().local_minute(&zone), text);
        }
        assert_eq!(zone.minute_of("2017-03-05"), zone.start_of("2017-03-05"));
        for text in
            ["", "2017-03-05 24:00", "2017-03-05 1:00", "2017-03-05 +1:00", "2017-02-29 10:00", "soon 10:00"]
        {
            assert_eq!(zone.minute_of(text), None, "{text}");
        }
    }
    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "2026-02-30", "2026-7-1", "20260701xx", "1899-12-31", "9999-12-31", "2026-07-01T00:00"]
        {
            assert!(Zone::default().end_of(text).is_none(), "{text}");
        }
    }
}
