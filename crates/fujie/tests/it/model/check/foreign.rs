//! Every answer is searched for what belongs to somebody else, and read to its end.
use super::super::call::Call;
use super::super::oracle::{Account, Staff};
use super::super::world::{Answer, MARK};
use super::Run;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;

impl Run<'_> {
    /// Names and login names in an answer belong to whoever reads it or to the organization that the page is of.
    pub(super) fn nothing_foreign(&self, by: usize, call: &Call, answer: &Answer) -> Result<()> {
        if answer.json || answer.status == 303 {
            return Ok(());
        }
        let oracle = &self.oracle;
        let staff = oracle.accounts[by].staff.is_some();
        let mut places: BTreeSet<usize> = oracle.portfolio(by).into_iter().collect();
        places
            .extend(oracle.members.iter().filter(|one| one.live() && one.account == by).map(|one| one.place));
        // What the own application or invitation names.
        places.extend(oracle.applications.iter().filter(|one| one.applicant == by).map(|one| one.place));
        let about = self.about(call);
        if matches!(call, Call::Answer { .. }) {
            places.extend(about);
        }
        let typed = format!("{call:?}");
        let mut allowed: BTreeSet<&str> =
            places.iter().map(|one| oracle.places[*one].short_name.as_str()).collect();
        let pages: Vec<usize> =
            if staff { places.iter().copied().collect() } else { about.into_iter().collect() };
        for place in pages.into_iter().filter(|place| places.contains(place)) {
            allowed.extend(self.known[place].iter().map(|one| oracle.accounts[*one].login.as_str()));
            allowed.insert(oracle.places[place].head_name.as_str());
            // Who looks after it is named to its members.
            let looks_after = |one: &&Account| match one.staff {
                Some(Staff::Manager(own)) => oracle.places[place].manager == own,
                Some(Staff::System) => true,
                Some(Staff::Auditor) | None => false,
            };
            allowed.extend(oracle.accounts.iter().filter(looks_after).map(|one| one.login.as_str()));
        }
        allowed.insert(oracle.accounts[by].login.as_str());
        if let Call::AskReplacement { comes, .. } = call {
            // Typed, and shown again.
            allowed.insert(oracle.accounts[oracle.members[*comes].account].login.as_str());
        }
        for token in tokens(&answer.text) {
            let ours = oracle.accounts.iter().any(|one| one.login == token)
                || oracle.places.iter().any(|one| one.short_name == token || one.head_name == token);
            // Staff see organizations of other sequences, too.
            let named = allowed.contains(token)
                || typed.contains(token)
                || (staff && !ours)
                || token.starts_with("zqh")
                    && places.iter().any(|one| token.get(3..) == oracle.places[*one].short_name.get(3..));
            if !named {
                let staff = self.world.staff.iter().any(|_| token.starts_with("zqp") && !ours);
                let at = answer.text.find(token).unwrap_or(0);
                let near = answer.text.get(at.saturating_sub(250)..).unwrap_or_default().chars().take(500);
                let near: String = near.collect();
                ensure!(staff, "{token} stands in an answer to {}: {near}", oracle.named(by));
            }
        }
        Ok(())
    }
    /// An export has exactly the members.
    pub(super) fn whole(&self, call: &Call, answer: &Answer) -> Result<()> {
        let Call::Export { place } = call else { return Ok(()) };
        let oracle = &self.oracle;
        let listed: BTreeSet<&str> = tokens(&answer.text).collect();
        let right: BTreeSet<&str> = oracle
            .members
            .iter()
            .filter(|one| one.live() && one.place == *place)
            .map(|one| oracle.accounts[one.account].login.as_str())
            .collect();
        ensure!(listed == right, "the export has {listed:?} and should have {right:?}");
        Ok(())
    }
}

/// Words of the model in a text: the mark, a letter, a number in letters.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(MARK).filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        rest.as_bytes().get(2).filter(|kind| kind.is_ascii_lowercase())?;
        let digits = rest.get(3..)?.bytes().take_while(|byte| matches!(byte, b'a'..=b'j')).count();
        rest.get(..3 + digits).filter(|_| digits == 8)
    })
}
