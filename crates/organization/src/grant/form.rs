//! What forms of grants send: a matrix of checkboxes with what it showed, or a line a grant with a date of its own; and what
//! the page that shows a plan carries on to the one that applies it.
use super::model::{Cell, Change, Planned, Step, Wish};
use crate::membership::end;
use kernel::{
    Error, Result, Timestamp,
    clock::Zone,
    id::{MembershipId, ProductId},
};
use std::collections::{BTreeMap, BTreeSet};
use web::Fields;

pub(super) const ROWS: usize = 20;
pub(super) const COLUMNS: usize = 80;
/// No page shows more cells at once.
const MOST_CHANGES: usize = ROWS * COLUMNS;
/// Lines of a page that lists grants one by one.
pub(super) const LINES: usize = 200;

/// The members of a form by their names.
pub(super) struct Sent<'a>(BTreeMap<&'a str, &'a str>);
impl<'a> Sent<'a> {
    pub(super) fn of(fields: &'a Fields) -> Self {
        Self(fields.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }
    pub(super) fn value(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }
    fn list(&self, letter: &str, most: usize) -> Vec<&'a str> {
        (0..most).map_while(|at| self.0.get(format!("{letter}{at}").as_str()).copied()).collect()
    }
    /// Rows `r0…` and columns `c0…`.
    fn axes(&self) -> Result<(Vec<MembershipId>, Vec<ProductId>)> {
        let rows = self
            .list("r", LINES)
            .into_iter()
            .map(|id| id.parse().map_err(|_| Error::not_found("membership.unknown")));
        let columns = self
            .list("c", LINES)
            .into_iter()
            .map(|id| id.parse().map_err(|_| Error::not_found("product.unknown")));
        Ok((rows.collect::<Result<_>>()?, columns.collect::<Result<_>>()?))
    }
    /// A matrix: ticks `g0.0…`, and `was`: one digit per cell, `1` where the form showed a tick, `-` where it had no box.
    /// `do` is `give` or `end`: the product `bulk` for everybody on the page, whatever is ticked.
    pub(super) fn matrix(&self) -> Result<Vec<Wish>> {
        let (rows, columns) = self.axes()?;
        let was = self.value("was").as_bytes();
        if rows.is_empty() || was.len() != rows.len() * columns.len() {
            return Err(broken());
        }
        let bulk = match self.value("do") {
            "" | "save" => None,
            "give" => Some((self.bulk()?, true)),
            "end" => Some((self.bulk()?, false)),
            _ => return Err(Error::invalid("field.unknown_value").at("do")),
        };
        let mut wishes = Vec::new();
        for (at_row, membership) in rows.iter().enumerate() {
            for (at_column, product) in columns.iter().enumerate() {
                let cell = Cell { membership: *membership, product: *product };
                let shown = match was.get(at_row * columns.len() + at_column) {
                    Some(b'1') => Some(true),
                    Some(b'0') => Some(false),
                    Some(b'-') => None,
                    _ => return Err(broken()),
                };
                let ticked = self.0.contains_key(format!("g{at_row}.{at_column}").as_str());
                let (shown, wanted) = match (shown, bulk.filter(|(id, _)| id == product)) {
                    (shown, Some((_, wanted))) => (shown.unwrap_or(false), wanted),
                    (Some(shown), None) => (shown, ticked),
                    (None, None) => continue,
                };
                wishes.push(Wish { cell, shown, seen: None, wanted, until: None });
            }
        }
        // What was neither shown as other nor wanted otherwise says nothing.
        wishes.retain(Wish::changes);
        Ok(wishes)
    }
    fn bulk(&self) -> Result<ProductId> {
        self.value("bulk").parse().map_err(|_| Error::invalid("grant.bulk").at("bulk"))
    }
    /// Lines: `k0` is membership, product, whether it was shown as granted and until when; tick `g0`, last day `u0`. The
    /// second value names the lines whose date is none.
    pub(super) fn lines(&self, zone: &Zone, now: Timestamp) -> Result<(Vec<Wish>, BTreeSet<Cell>)> {
        let (mut wishes, mut bad) = (Vec::new(), BTreeSet::new());
        for (at, key) in self.list("k", LINES).into_iter().enumerate() {
            let mut parts = key.split('.');
            let mut part = || parts.next().unwrap_or_default();
            let membership = part().parse().map_err(|_| Error::not_found("membership.unknown"))?;
            let product = part().parse().map_err(|_| Error::not_found("product.unknown"))?;
            let cell = Cell { membership, product };
            let seen: Option<Timestamp> = match part() {
                "-" => None,
                until => Some(until.parse().map(Timestamp::from_millis).map_err(|_| broken())?),
            };
            let wanted = self.0.contains_key(format!("g{at}").as_str());
            let typed = self.value(&format!("u{at}"));
            let unchanged = seen.is_some_and(|until| typed == day(until, zone));
            let until = if !wanted || unchanged {
                None
            } else if let Ok(until) = end("until", typed, zone, now) {
                Some(until)
            } else {
                bad.insert(cell);
                continue;
            };
            wishes.push(Wish { cell, shown: seen.is_some(), seen, wanted, until });
        }
        wishes.retain(Wish::changes);
        Ok((wishes, bad))
    }
    /// What [`carried`] wrote: the changes that were shown, the end for all filled in.
    pub(super) fn changes(&self, common: Timestamp) -> Result<Vec<Change>> {
        let (rows, columns) = self.axes()?;
        let mut changes = Vec::new();
        for word in self.value("steps").split_whitespace() {
            let mut parts = word.split('.');
            let mut part = || parts.next().unwrap_or_default();
            let row: usize = part().parse().map_err(|_| broken())?;
            let column: usize = part().parse().map_err(|_| broken())?;
            let (Some(membership), Some(product)) = (rows.get(row), columns.get(column)) else {
                return Err(broken());
            };
            let step = part();
            let (kind, rest) = step.split_at_checked(1).ok_or_else(broken)?;
            let grant = || rest.parse().map_err(|_| broken());
            let millis = |text: &str| text.parse().map(Timestamp::from_millis).map_err(|_| broken());
            let step = match kind {
                "g" if rest.is_empty() => Step::Give { until: Some(common) },
                "g" => Step::Give { until: Some(millis(rest)?) },
                "m" => Step::Move { grant: grant()?, before: millis(part())?, until: millis(part())? },
                "e" => Step::End { grant: grant()?, before: millis(part())? },
                _ => return Err(broken()),
            };
            changes.push(Change { cell: Cell { membership: *membership, product: *product }, step });
        }
        let cells: BTreeSet<Cell> = changes.iter().map(|change| change.cell).collect();
        if cells.len() < changes.len() || changes.len() > MOST_CHANGES { Err(broken()) } else { Ok(changes) }
    }
}
fn broken() -> Error {
    Error::invalid("grant.form")
}
/// The last day as a date field has it; empty without an end.
pub(super) fn day(until: Timestamp, zone: &Zone) -> String {
    if until == Timestamp::FOREVER { String::new() } else { until.last_day(zone) }
}

/// Hidden fields of the page that shows a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    pub rows: Vec<MembershipId>,
    pub columns: Vec<ProductId>,
    pub steps: String,
    /// Something is given until the end for all.
    pub asks_until: bool,
}
pub(super) fn carried(changes: &[Planned]) -> Carried {
    let mut carried = Carried::default();
    let mut steps = Vec::with_capacity(changes.len());
    for Planned { change: Change { cell, step }, .. } in changes {
        let row = place(&mut carried.rows, cell.membership);
        let column = place(&mut carried.columns, cell.product);
        let step = match step {
            Step::Give { until: None } => {
                carried.asks_until = true;
                "g".to_owned()
            }
            Step::Give { until: Some(until) } => format!("g{}", until.as_millis()),
            Step::Move { grant, before, until } => {
                format!("m{grant}.{}.{}", before.as_millis(), until.as_millis())
            }
            Step::End { grant, before } => format!("e{grant}.{}", before.as_millis()),
        };
        steps.push(format!("{row}.{column}.{step}"));
    }
    carried.steps = steps.join(" ");
    carried
}
fn place<T: PartialEq>(list: &mut Vec<T>, wanted: T) -> usize {
    list.iter().position(|known| *known == wanted).unwrap_or_else(|| {
        list.push(wanted);
        list.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::Role;
    use kernel::Id;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
    fn id(n: i64) -> String {
        Id::<()>::from_i64(n).to_string()
    }
    #[test]
    fn a_matrix_says_what_changed_and_a_button_takes_a_whole_column() {
        let (a, b, x, y) = (id(1), id(2), id(8), id(9));
        let base = [("r0", a.as_str()), ("r1", &b), ("c0", &x), ("c1", &y), ("was", "10-0"), ("g0.0", "1")];
        let sent = fields(&base);
        assert!(Sent::of(&sent).matrix().unwrap().is_empty(), "as it was shown");
        let mut ticked = base.to_vec();
        ticked.push(("g1.1", "1"));
        let sent = fields(&ticked);
        let wishes = Sent::of(&sent).matrix().unwrap();
        assert_eq!(wishes.len(), 1);
        assert!(wishes[0].wanted && !wishes[0].shown);
        let mut bulk = base.to_vec();
        bulk.extend([("do", "give"), ("bulk", x.as_str())]);
        let sent = fields(&bulk);
        let wishes = Sent::of(&sent).matrix().unwrap();
        assert_eq!(wishes.len(), 1, "the one without a box is asked for, so that the plan says why not");
        let short = fields(&[("r0", a.as_str()), ("c0", &x), ("was", "10")]);
        assert_eq!(Sent::of(&short).matrix().unwrap_err().code, "grant.form");
    }
    #[test]
    fn a_line_changes_its_date_alone_or_says_that_it_is_none() {
        let zone = Zone::default();
        let (now, until) = (zone.start_of("2027-01-01").unwrap(), zone.end_of("2027-06-30").unwrap());
        let line = |shown: &str, ticked: bool, date: &str| {
            let key = format!("{}.{}.{shown}", id(1), id(8));
            let mut pairs = vec![("k0", key.as_str()), ("u0", date)];
            if ticked {
                pairs.push(("g0", "1"));
            }
            let sent = fields(&pairs);
            Sent::of(&sent).lines(&zone, now).unwrap()
        };
        let shown = until.as_millis().to_string();
        assert!(line(&shown, true, "2027-06-30").0.is_empty());
        assert_eq!(line(&shown, true, "").0[0].until, Some(Timestamp::FOREVER));
        assert!(!line(&shown, false, "nonsense").0[0].wanted, "who takes it away types no date");
        assert_eq!(line("-", true, "2027-06-30").0[0].until, Some(until));
        assert_eq!(line("-", true, "2026-06-30").1.len(), 1);
        assert!(line("-", false, "2026-06-30").0.is_empty());
    }
    #[test]
    fn what_is_carried_comes_back_as_it_went() {
        let cell = |m, p| Cell { membership: Id::from_i64(m), product: Id::from_i64(p) };
        let at = Timestamp::from_millis(1_800_000_000_000);
        let all = [
            Change { cell: cell(1, 8), step: Step::Give { until: None } },
            Change { cell: cell(2, 8), step: Step::Give { until: Some(at) } },
            Change {
                cell: cell(1, 9),
                step: Step::Move { grant: Id::from_i64(5), before: Timestamp::FOREVER, until: at },
            },
            Change { cell: cell(2, 9), step: Step::End { grant: Id::from_i64(6), before: at } },
        ];
        let planned: Vec<Planned> = all
            .iter()
            .map(|change| Planned {
                change: *change,
                account: Id::from_i64(3),
                role: Role::Agent,
                before: None,
                refused: None,
            })
            .collect();
        let carried = carried(&planned);
        assert!(carried.asks_until);
        let mut pairs: Vec<(String, String)> = vec![("steps".into(), carried.steps.clone())];
        pairs.extend(carried.rows.iter().enumerate().map(|(at, id)| (format!("r{at}"), id.to_string())));
        pairs.extend(carried.columns.iter().enumerate().map(|(at, id)| (format!("c{at}"), id.to_string())));
        let sent = Fields(pairs);
        let back = Sent::of(&sent).changes(Timestamp::FOREVER).unwrap();
        assert_eq!(back[0].step, Step::Give { until: Some(Timestamp::FOREVER) });
        assert_eq!(back[1..], all[1..]);
        let twice =
            Fields(vec![("r0".into(), id(1)), ("c0".into(), id(8)), ("steps".into(), "0.0.g 0.0.g".into())]);
        assert_eq!(Sent::of(&twice).changes(at).unwrap_err().code, "grant.form");
    }
}
