//! Read through a cache of one second; every node follows a change within that.
use super::{
    model::{Policies, Section},
    store,
};
use crate::staff::PolicyEditor;
use db::Db;
use kernel::{Error, Event, Id, Result, id::mark};
use serde_json::json;
use std::{
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
        let rows = self.db.read(store::list).await?;
        let mut policies = Policies::default();
        for (key, value) in rows {
            policies.read_row(&key, &value)?;
        }
        let policies = Arc::new(policies);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some((began, Arc::clone(&policies)));
        Ok(policies)
    }
    fn fresh(&self) -> Option<Arc<Policies>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, policies)| Arc::clone(policies))
    }
    /// Replaces a section. Errors: `setting.out_of_bounds`.
    pub async fn change<S: Section>(&self, editor: &PolicyEditor, section: S) -> Result<()> {
        section.check()?;
        let value =
            serde_json::to_string(&section).map_err(|e| Error::internal("setting.json").because(e))?;
        let (now, editor) = (self.db.clock().now(), editor.clone());
        self.db
            .write(move |tx| {
                editor.recheck_in(tx)?;
                let before = store::find(tx, S::KEY)?;
                store::upsert(tx, S::KEY, &value, now)?;
                tx.changed::<mark::Request>("setting", Id::from_i64(1));
                let detail = json!({ "key": S::KEY, "before": before, "after": value });
                Ok(((), vec![Event::done(editor.actor(), "setting.changed").with(detail)]))
            })
            .await?;
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}
