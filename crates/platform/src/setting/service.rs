//! Read through a cache of one second; every node follows a change within that.
use super::{
    model::Policies,
    preset::{Preset, differences},
    section::{Section, SectionInfo, json},
    store,
};
use crate::staff::PolicyEditor;
use db::{Db, Tx};
use kernel::{Error, Event, Id, Result, Timestamp, id::mark};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

const FRESH: Duration = Duration::from_millis(900);

/// When reading began, and what was read.
type Cached = Option<(Instant, Arc<Policies>)>;

#[derive(Clone)]
pub struct Settings {
    db: Db,
    cached: Arc<RwLock<Cached>>,
}

/// The policies with how often each section was changed, so that nobody overwrites what they have not seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub policies: Policies,
    revs: BTreeMap<String, i64>,
}
impl Seen {
    pub fn rev(&self, key: &str) -> i64 {
        self.revs.get(key).copied().unwrap_or(0)
    }
    /// Of all sections together: `captcha.0-password.3-…`.
    pub fn stamp(&self) -> String {
        let rev = |section: &SectionInfo| format!("{}.{}", section.key, self.rev(section.key));
        Policies::SECTIONS.iter().map(rev).collect::<Vec<_>>().join("-")
    }
}

impl Settings {
    pub fn new(db: Db) -> Self {
        Self { db, cached: Arc::default() }
    }
    /// The policies in force. A row that cannot be read is an error, never a silent default.
    pub async fn policies(&self) -> Result<Arc<Policies>> {
        if let Some(policies) = self.fresh() {
            return Ok(policies);
        }
        let began = Instant::now();
        let policies = Arc::new(self.seen().await?.policies);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some((began, Arc::clone(&policies)));
        Ok(policies)
    }
    fn fresh(&self) -> Option<Arc<Policies>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, policies)| Arc::clone(policies))
    }
    fn forget(&self) {
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
    /// As stored now, for whoever is about to change it.
    pub async fn seen(&self) -> Result<Seen> {
        self.db.read(seen_in).await
    }
    /// Replaces a section, whatever it was. Errors: those of [`Section::check`].
    pub async fn change<S: Section>(&self, editor: &PolicyEditor, section: S) -> Result<()> {
        section.check()?;
        let value = serde_json::to_string(&section).map_err(json)?;
        let (now, editor) = (self.db.clock().now(), editor.clone());
        self.db
            .write(move |tx| {
                editor.recheck_in(tx)?;
                let before = store::find(tx, S::KEY)?;
                store::upsert(tx, S::KEY, &value, now)?;
                tx.changed::<mark::Request>("setting", Id::from_i64(1));
                let detail = serde_json::json!({ "key": S::KEY, "before": before, "after": value });
                Ok(((), vec![Event::done(editor.actor(), "setting.changed").with(detail)]))
            })
            .await?;
        self.forget();
        Ok(())
    }
    /// Replaces the section `key` as it was seen. False if nothing differs.
    /// Errors: those of the section; `setting.changed_meanwhile`.
    pub async fn edit(
        &self,
        editor: &PolicyEditor,
        key: &'static str,
        rev: i64,
        values: Map<String, Value>,
    ) -> Result<bool> {
        let section = section(key)?;
        let (now, editor) = (self.db.clock().now(), editor.clone());
        let changed = self
            .db
            .write(move |tx| {
                editor.recheck_in(tx)?;
                let seen = seen_in(tx)?;
                if seen.rev(key) != rev {
                    return Err(Error::conflict("setting.changed_meanwhile"));
                }
                let mut next = seen.policies.clone();
                section.set(&mut next, values.clone())?;
                next.check()?;
                let events = replace_in(tx, &editor, &seen, &next, now)?;
                Ok((!events.is_empty(), events))
            })
            .await?;
        self.forget();
        Ok(changed)
    }
    /// Applies a preset to what was seen. False if nothing differs. Error: `setting.changed_meanwhile`.
    pub async fn apply(&self, editor: &PolicyEditor, preset: Preset, stamp: &str) -> Result<bool> {
        let (now, editor, stamp) = (self.db.clock().now(), editor.clone(), stamp.to_owned());
        let changed = self
            .db
            .write(move |tx| {
                editor.recheck_in(tx)?;
                let seen = seen_in(tx)?;
                if seen.stamp() != stamp {
                    return Err(Error::conflict("setting.changed_meanwhile"));
                }
                let next = preset.applied(&seen.policies);
                next.check()?;
                let mut events = replace_in(tx, &editor, &seen, &next, now)?;
                if events.is_empty() {
                    return Ok((false, events));
                }
                let detail = serde_json::json!({ "preset": preset.as_str() });
                events.push(Event::done(editor.actor(), "setting.preset_applied").with(detail));
                Ok((true, events))
            })
            .await?;
        self.forget();
        Ok(changed)
    }
}

/// The section of that name. Error: `page.unknown`.
pub fn section(key: &str) -> Result<&'static SectionInfo> {
    let found = Policies::SECTIONS.iter().find(|section| section.key == key);
    found.ok_or_else(|| Error::not_found("page.unknown"))
}
fn seen_in(tx: &mut Tx<'_>) -> Result<Seen> {
    let mut seen = Seen { policies: Policies::default(), revs: BTreeMap::new() };
    for (key, value, rev) in store::list(tx)? {
        seen.policies.read_row(&key, &value)?;
        seen.revs.insert(key, rev);
    }
    Ok(seen)
}
/// Writes the sections that differ, each as it was seen, with an event that names the values that changed.
fn replace_in(
    tx: &mut Tx<'_>,
    editor: &PolicyEditor,
    seen: &Seen,
    next: &Policies,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for section in Policies::SECTIONS {
        let (before, after) = (section.values(&seen.policies)?, section.values(next)?);
        let changes = differences(section, &before, &after);
        if changes.is_empty() {
            continue;
        }
        let value = serde_json::to_string(&after).map_err(json)?;
        let written = match seen.revs.get(section.key) {
            Some(rev) => store::update(tx, section.key, &value, *rev, now)?,
            None => store::insert(tx, section.key, &value, now)?,
        };
        if !written {
            return Err(Error::conflict("setting.changed_meanwhile"));
        }
        let pick = |of: &dyn Fn(&super::preset::Difference) -> Value| -> Map<String, Value> {
            changes.iter().map(|change| (change.member.name.to_owned(), of(change))).collect()
        };
        let detail = serde_json::json!({
            "key": section.key,
            "before": pick(&|change| change.before.clone()),
            "after": pick(&|change| change.after.clone()),
        });
        events.push(Event::done(editor.actor(), "setting.changed").with(detail));
    }
    if !events.is_empty() {
        tx.changed::<mark::Request>("setting", Id::from_i64(1));
    }
    Ok(events)
}
