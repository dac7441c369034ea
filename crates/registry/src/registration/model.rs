//! An entry at a department and how it is typed.
use kernel::{
    Error, Id, Result, Timestamp,
    clock::Zone,
    id::{OrganizationId, mark},
    text,
};
use serde::{Deserialize, Serialize};

pub type RegistrationId = Id<mark::Registration>;

db::text_enum! {
    pub enum Source {
        /// Typed by an administrator.
        Own = "own",
        /// Taken over from a register.
        Registry = "registry",
    }
}
db::text_enum! {
    pub enum State {
        Live = "live",
        Ended = "ended",
    }
}

#[derive(Clone, Debug)]
pub struct Registration {
    pub id: RegistrationId,
    pub organization: OrganizationId,
    pub entry: Entry,
    pub source: Source,
    pub source_name: Option<String>,
    pub state: State,
    pub rev: i64,
    pub updated_at: Timestamp,
}
impl Registration {
    /// Days until the end, rounded up; None without an end. Negative once it is over.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        let end = self.entry.valid_until?;
        Some((end.as_millis() - now.as_millis() + 86_399_999).div_euclid(86_400_000))
    }
    /// Key and tone of its state.
    pub fn standing(&self, now: Timestamp) -> (&'static str, &'static str) {
        match self.entry.valid_until {
            _ if self.state == State::Ended => ("registry-registration-ended", ""),
            Some(end) if end <= now => ("registry-registration-expired", "bad"),
            Some(end) if end <= now.plus_days(crate::material::WARNING_DAYS) => {
                ("registry-registration-expiring", "wait")
            }
            _ => ("registry-registration-live", "ok"),
        }
    }
}

/// What stands in the department's book. The first three name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub department: String,
    pub kind: String,
    pub number: String,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
}
impl Entry {
    pub fn is_same(&self, other: &Self) -> bool {
        self.department == other.department && self.kind == other.kind && self.number == other.number
    }
}

/// As a form brings it; also what an application keeps sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub department: String,
    pub kind: String,
    pub number: String,
    pub valid_from: String,
    pub valid_until: String,
}
impl Typed {
    pub fn of(entry: &Entry, zone: &Zone) -> Self {
        Self {
            department: entry.department.clone(),
            kind: entry.kind.clone(),
            number: entry.number.clone(),
            valid_from: entry.valid_from.map(|from| from.local_date(zone)).unwrap_or_default(),
            valid_until: entry.valid_until.map(|until| until.last_day(zone)).unwrap_or_default(),
        }
    }
    /// `海关 报关备案 3501 (2026-01-01 – 2030-12-31)`.
    pub fn line(&self) -> String {
        let dates = match (self.valid_from.as_str(), self.valid_until.as_str()) {
            ("", "") => String::new(),
            ("", until) => format!(" (– {until})"),
            (from, "") => format!(" ({from} –)"),
            (from, until) => format!(" ({from} – {until})"),
        };
        format!("{} {} {}{dates}", self.department, self.kind, self.number)
    }
    /// All faults at once, each at its field.
    pub fn parse(&self, zone: &Zone) -> Result<Entry, Vec<Error>> {
        let mut faults = Vec::new();
        let mut noted = |error: Error| faults.push(error);
        let department = text::line("department", &self.department, 80).map_err(&mut noted).ok();
        let kind = text::line("kind", &self.kind, 80).map_err(&mut noted).ok();
        let number = text::line("number", &self.number, 60).map_err(&mut noted).ok();
        let date = |field: &'static str, typed: &str, parse: fn(&Zone, &str) -> Option<Timestamp>| match typed
            .trim()
        {
            "" => Ok(None),
            date => parse(zone, date).map(Some).ok_or_else(|| Error::invalid("field.date").at(field)),
        };
        let from = date("valid_from", &self.valid_from, Zone::start_of).map_err(&mut noted).ok();
        let until = date("valid_until", &self.valid_until, Zone::end_of).map_err(&mut noted).ok();
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until <= from
        {
            noted(Error::invalid("registration.period").at("valid_until"));
        }
        match (department, kind, number, from, until) {
            (Some(department), Some(kind), Some(number), Some(valid_from), Some(valid_until))
                if faults.is_empty() =>
            {
                Ok(Entry { department, kind, number, valid_from, valid_until })
            }
            _ => Err(faults),
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn m26_dates_include_their_day_and_every_fault_is_told() {
        let zone = Zone::default();
        let typed = Typed {
            department: "海关".into(),
            kind: "报关单位备案".into(),
            number: "3501-1".into(),
            valid_from: "2026-01-01".into(),
            valid_until: "2026-12-31".into(),
        };
        let entry = typed.parse(&zone).unwrap();
        assert_eq!(entry.valid_until.unwrap().rfc3339(), "2026-12-31T16:00:00.000Z");
        assert_eq!(Typed::of(&entry, &zone), typed);
        let faults = |typed: Typed| -> Vec<&'static str> {
            typed.parse(&zone).unwrap_err().into_iter().filter_map(|error| error.field).collect()
        };
        assert_eq!(faults(Typed::default()), ["department", "kind", "number"]);
        let bad = Typed { valid_from: "soon".into(), valid_until: "2026-02-30".into(), ..typed.clone() };
        assert_eq!(faults(bad), ["valid_from", "valid_until"]);
        assert_eq!(faults(Typed { valid_until: "2025-12-31".into(), ..typed }), ["valid_until"]);
    }
}
