//! What an appointment says beside the role: from when until when, for what, and why.
use crate::organization::Faults;
use kernel::{Error, Result, Timestamp, clock::Zone, text};

pub const SCOPE_MAX: usize = 200;
pub const REASON_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// None: from the moment of the appointment.
    pub from: Option<Timestamp>,
    pub until: Timestamp,
    /// For what: shown to the member and to whoever reads the page.
    pub scope: Option<String>,
    pub reason: Option<String>,
}
impl Default for Terms {
    /// From now on, without an end.
    fn default() -> Self {
        Self { from: None, until: Timestamp::FOREVER, scope: None, reason: None }
    }
}

/// As typed: business dates, of which the last one includes its day.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct TermsInput {
    pub from: String,
    pub until: String,
    pub scope: String,
    pub reason: String,
}
impl TermsInput {
    /// All faults at once, each at its field.
    pub fn parse(&self, zone: &Zone, now: Timestamp) -> Result<Terms, Vec<Error>> {
        let mut faults = Faults::default();
        let from = faults.take(start(&self.from, zone, now));
        let until = faults.take(end("until", &self.until, zone, now));
        let scope = faults.take(text::optional_line("scope", &self.scope, SCOPE_MAX));
        let reason = faults.take(text::optional_line("reason", &self.reason, REASON_MAX));
        if let (Some(Some(from)), Some(until)) = (from, until)
            && until <= from
        {
            faults.0.push(Error::invalid("membership.period").at("until"));
        }
        match (from, until, scope, reason) {
            (Some(from), Some(until), Some(scope), Some(reason)) if faults.0.is_empty() => {
                Ok(Terms { from, until, scope, reason })
            }
            _ => Err(faults.0),
        }
    }
}
/// Nothing typed, or today: at once. A day before today cannot be a beginning any more.
fn start(typed: &str, zone: &Zone, now: Timestamp) -> Result<Option<Timestamp>> {
    let Some(typed) = text::optional_line("from", typed, 10)? else { return Ok(None) };
    let from = zone.start_of(&typed).ok_or_else(|| Error::invalid("membership.date").at("from"))?;
    if typed == now.local_date(zone) {
        return Ok(None);
    }
    if from < now {
        return Err(Error::invalid("membership.from_past").at("from"));
    }
    Ok(Some(from))
}
/// The exclusive end of a business date; nothing typed is no end. Errors: `membership.date`, `membership.until_past`.
pub fn end(field: &'static str, typed: &str, zone: &Zone, now: Timestamp) -> Result<Timestamp> {
    let Some(typed) = text::optional_line(field, typed, 10)? else { return Ok(Timestamp::FOREVER) };
    let until = zone.end_of(&typed).ok_or_else(|| Error::invalid("membership.date").at(field))?;
    if until <= now {
        return Err(Error::invalid("membership.until_past").at(field));
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Zone::default().start_of(text).unwrap().plus_seconds(10 * 3600)
    }
    fn parse(from: &str, until: &str) -> Result<Terms, Vec<&'static str>> {
        let input = TermsInput { from: from.into(), until: until.into(), ..TermsInput::default() };
        let parsed = input.parse(&Zone::default(), at("2026-07-14"));
        parsed.map_err(|faults| faults.into_iter().map(|fault| fault.code).collect())
    }
    #[test]
    fn the_last_day_is_included_and_today_is_now() {
        let terms = parse("2026-07-14", "2026-07-14").unwrap();
        assert_eq!(terms.from, None);
        assert_eq!(terms.until.last_day(&Zone::default()), "2026-07-14");
        assert!(terms.until > at("2026-07-14"));
        assert_eq!(parse("", "").unwrap(), Terms::default());
        let later = parse("2026-08-01", "2026-08-31").unwrap();
        assert_eq!(later.from, Zone::default().start_of("2026-08-01"));
    }
    #[test]
    fn what_is_no_period_is_refused_at_its_field() {
        assert_eq!(parse("2026-08-02", "2026-08-01").unwrap_err(), ["membership.period"]);
        assert_eq!(parse("2026-07-13", "").unwrap_err(), ["membership.from_past"]);
        assert_eq!(parse("", "2026-07-13").unwrap_err(), ["membership.until_past"]);
        assert_eq!(parse("14.7.2026", "31/12").unwrap_err(), ["membership.date", "membership.date"]);
        let long = TermsInput { scope: "字".repeat(201), ..TermsInput::default() };
        assert_eq!(long.parse(&Zone::default(), at("2026-07-14")).unwrap_err()[0].field, Some("scope"));
    }
}
