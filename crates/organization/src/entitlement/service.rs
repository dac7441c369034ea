//! Asking: from memory where that is sure to be fresh, else in the database; and the worker that keeps the index up.
use super::index::Index;
use super::loading::{Again, Changed, Loading, MOST_AGAIN};
use super::organizations::Product;
use super::store;
use crate::Organizations;
use crate::decision::{
    Decision, LayerKind, LayerState, MachineFacts, SessionFacts, Space, decide_members_in, decide_persons_in,
};
use db::Db;
use kernel::{
    Error, Result, Timestamp,
    id::{MembershipId, OrganizationId, ProductId},
};
use std::collections::{BTreeSet, HashMap};
use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;
use tokio::sync::Notify;

/// The index is believed only while the change log was read this recently.
const MOST_AGE: Duration = Duration::from_millis(900);
/// How long a failed read waits before it is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// Accounts that changed since the index was read; beyond it, or a sixteenth of all, it is read anew.
const MOST_CHANGED: usize = 50_000;

/// Whether an account may use the product, by the subject that products know it by.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub subject: &'a str,
    pub space: Space,
}

/// Strength of sign-in and network are judged at sign-in alone and left out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Permit,
    Refuse(Box<Decision>),
    /// There is no such account, no such organization, or the one is no member of the other: whoever asks about somebody
    /// outside learns nothing of the organization, not even whether it is there.
    Stranger,
}
impl Answer {
    /// What a decision says without strength and network.
    pub fn of(mut decision: Decision) -> Self {
        if decision.layers.iter().any(|layer| layer.code == "decision.membership_missing") {
            return Self::Stranger;
        }
        let by_session = |kind: LayerKind| matches!(kind, LayerKind::Strength | LayerKind::Network);
        decision.layers.retain(|layer| !by_session(layer.kind));
        decision.remedies.retain(|remedy| !by_session(remedy.layer));
        decision.allow = decision.layers.iter().all(|layer| layer.state == LayerState::Met);
        if decision.allow { Self::Permit } else { Self::Refuse(Box::new(decision)) }
    }
    pub const fn permits(&self) -> bool {
        matches!(self, Self::Permit)
    }
}

/// What the index holds, for whoever runs the installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub organizations: usize,
    pub accounts: usize,
    pub grants: usize,
    /// Accounts that changed since it was read.
    pub changed: usize,
    pub bytes: usize,
    /// Questions that memory answered, and that the database did.
    pub answered: u64,
    pub asked: u64,
}

/// The index of one node. Cheap to clone.
#[derive(Clone)]
pub struct Entitlements(Arc<Inner>);
struct Inner {
    db: Db,
    index: RwLock<Option<Index>>,
    /// Changes that were heard of and are not in the index yet. Rises before the change is acknowledged.
    unread: AtomicU64,
    heard: Mutex<Vec<Changed>>,
    wake: Notify,
    working: AtomicBool,
    answered: AtomicU64,
    asked: AtomicU64,
}

impl Entitlements {
    pub(crate) fn new(db: Db) -> Self {
        let inner = Arc::new(Inner {
            db,
            index: RwLock::default(),
            unread: AtomicU64::new(0),
            heard: Mutex::default(),
            wake: Notify::new(),
            working: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            asked: AtomicU64::new(0),
        });
        let listening = Arc::downgrade(&inner);
        inner.db.on_change(move |change| {
            if let Some(changed) = Changed::of(&change.topic, change.key)
                && let Some(inner) = listening.upgrade()
                && inner.working.load(Ordering::Acquire)
            {
                inner.unread.fetch_add(1, Ordering::AcqRel);
                inner.heard.lock().unwrap_or_else(PoisonError::into_inner).push(changed);
                inner.wake.notify_one();
            }
        });
        Self(inner)
    }

    /// From memory, or None where only the database can say.
    pub(super) fn recall(
        &self,
        product: ProductId,
        questions: &[Question<'_>],
        now: Timestamp,
    ) -> Option<Vec<Option<Answer>>> {
        self.ask(|index| index.answers(product.as_i64(), questions, now))
    }
    /// As [`Self::recall`], of programs.
    pub(crate) fn recall_machines(
        &self,
        machines: &[(MachineFacts, ProductId)],
        session: &SessionFacts,
        now: Timestamp,
    ) -> Option<Vec<Option<Decision>>> {
        self.ask(|index| index.machines(machines, session, now)).flatten()
    }
    fn recall_code(&self, product: ProductId) -> Option<Arc<str>> {
        let code = |(_, product): (u32, &Product)| Arc::clone(&product.code);
        self.ask(|index| index.organizations.find_product(product.as_i64()).map(code)).flatten()
    }
    /// None unless the index is sure to be fresh.
    fn ask<T>(&self, question: impl FnOnce(&Index) -> T) -> Option<T> {
        if self.0.db.change_age().is_none_or(|age| age > MOST_AGE) {
            return None;
        }
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        let index = index.as_ref()?;
        (self.0.unread.load(Ordering::Acquire) == 0).then(|| question(index))
    }
    pub fn size(&self) -> Size {
        let (answered, asked) =
            (self.0.answered.load(Ordering::Relaxed), self.0.asked.load(Ordering::Relaxed));
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = index.as_ref() else { return Size { answered, asked, ..Size::default() } };
        Size {
            organizations: index.organizations.len(),
            accounts: index.accounts.len(),
            grants: index.accounts.grants(),
            changed: index.accounts.changed(),
            bytes: index.accounts.bytes() + index.organizations.bytes() + index.terms.bytes(),
            answered,
            asked,
        }
    }
    /// Whether questions are answered from memory at this moment.
    pub fn is_ready(&self) -> bool {
        self.0.db.change_age().is_some_and(|age| age <= MOST_AGE)
            && self.0.index.read().unwrap_or_else(PoisonError::into_inner).is_some()
            && self.0.unread.load(Ordering::Acquire) == 0
    }

    /// Reads the index and keeps it up, until the process ends.
    pub async fn work(self) {
        // From here on everything is heard; what was committed before is seen by the reads that follow.
        self.0.working.store(true, Ordering::Release);
        let mut loading = Some(Loading::new());
        loop {
            // Until the first poll nobody knows from which change on this node hears of others'.
            if self.0.db.change_age().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            if let Err(error) = self.round(&mut loading).await {
                tracing::warn!(%error, "the index of entitlements waits for the database");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    /// One page of an index on its way, and whatever changed meanwhile; without either it waits for a change.
    async fn round(&self, loading: &mut Option<Loading>) -> Result<()> {
        let done = match loading {
            Some(loading) => loading.step(&self.0.db).await?,
            None => {
                if self.0.unread.load(Ordering::Acquire) == 0 {
                    self.0.wake.notified().await;
                }
                false
            }
        };
        self.catch_up(loading.as_mut()).await?;
        if done && let Some(finished) = loading.take() {
            match self.install(finished).await {
                Ok(true) => {}
                Ok(false) => *loading = Some(Loading::new()),
                Err(error) => {
                    *loading = Some(Loading::new());
                    return Err(error);
                }
            }
        }
        if loading.is_none() && self.is_worn() {
            *loading = Some(Loading::new());
        }
        Ok(())
    }
    fn is_worn(&self) -> bool {
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        index
            .as_ref()
            .is_none_or(|index| index.accounts.changed() > MOST_CHANGED.max(index.accounts.len() / 16))
    }
    /// Reads again what was heard of. What cannot be read stays unread, and the database answers.
    async fn catch_up(&self, mut loading: Option<&mut Loading>) -> Result<()> {
        loop {
            let batch: Vec<Changed> = {
                let mut heard = self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
                let most = heard.len().min(MOST_AGAIN);
                heard.drain(..most).collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            if let Some(loading) = loading.as_deref_mut() {
                loading.touched.extend(batch.iter().copied());
            }
            let applied = if self.0.index.read().unwrap_or_else(PoisonError::into_inner).is_some() {
                self.read_again(batch.clone()).await
            } else {
                Ok(())
            };
            if let Err(error) = applied {
                self.0.heard.lock().unwrap_or_else(PoisonError::into_inner).splice(..0, batch);
                return Err(error);
            }
            self.0.unread.fetch_sub(batch.len() as u64, Ordering::AcqRel);
        }
    }
    async fn read_again(&self, batch: Vec<Changed>) -> Result<()> {
        let again = Again::read(&self.0.db, batch).await?;
        let now = self.0.db.clock().now();
        let mut index = self.0.index.write().unwrap_or_else(PoisonError::into_inner);
        match index.as_mut() {
            Some(index) => again.apply(index, now),
            None => Ok(()),
        }
    }
    /// Puts a new index in the place of the old one. False if it could not be finished.
    async fn install(&self, finished: Loading) -> Result<bool> {
        let finish = tokio::task::spawn_blocking(move || finished.finish());
        let finished = finish.await.map_err(|_| Error::internal("entitlement.panic"))?;
        let Some((mut index, touched)) = finished else { return Ok(false) };
        let touched: Vec<Changed> = touched.into_iter().collect();
        for batch in touched.chunks(MOST_AGAIN) {
            let again = Again::read(&self.0.db, batch.to_vec()).await?;
            again.apply(&mut index, self.0.db.clock().now())?;
        }
        // What was heard of since is unread until the next round, so nobody is answered from this index before.
        let old = self.0.index.write().unwrap_or_else(PoisonError::into_inner).replace(index);
        drop(old);
        let size = self.size();
        tracing::info!(
            accounts = size.accounts,
            organizations = size.organizations,
            grants = size.grants,
            bytes = size.bytes,
            "the index of entitlements is read"
        );
        Ok(true)
    }
}

impl Organizations {
    /// May these use the product, now? In the order of the questions.
    pub async fn may_use(
        &self,
        product: ProductId,
        questions: &[Question<'_>],
        now: Timestamp,
    ) -> Result<Vec<Answer>> {
        let inner = &self.entitlements().0;
        let recalled = self.entitlements().recall(product, questions, now);
        let mut answers = recalled.unwrap_or_else(|| questions.iter().map(|_| None).collect());
        let open = answers.iter().filter(|answer| answer.is_none()).count();
        inner.answered.fetch_add((questions.len() - open) as u64, Ordering::Relaxed);
        if open > 0 {
            inner.asked.fetch_add(open as u64, Ordering::Relaxed);
            let wanted = questions
                .iter()
                .zip(&answers)
                .filter(|(_, answer)| answer.is_none())
                .map(|(question, _)| question);
            let mut found = self.look_up(product, wanted, now).await?.into_iter();
            for answer in answers.iter_mut().filter(|answer| answer.is_none()) {
                *answer = found.next();
            }
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Answer::Stranger)).collect())
    }
    /// In the database: one statement for the personal space and one for all organizations, however many there are.
    pub(super) async fn look_up<'a>(
        &self,
        product: ProductId,
        questions: impl Iterator<Item = &'a Question<'a>>,
        now: Timestamp,
    ) -> Result<Vec<Answer>> {
        let (mut persons, mut members) = (BTreeSet::new(), BTreeSet::new());
        let (mut organizations, mut order) = (BTreeSet::new(), Vec::new());
        for question in questions {
            let subject = question.subject.to_owned();
            order.push((question.space, subject.clone()));
            match question.space {
                Space::Personal => drop(persons.insert(subject)),
                Space::Organization(id) => {
                    organizations.insert(id);
                    members.insert(subject);
                }
            }
        }
        let persons: Vec<String> = persons.into_iter().collect();
        let members: Vec<String> = members.into_iter().collect();
        let organizations: Vec<OrganizationId> = organizations.into_iter().collect();
        let found = self
            .db()
            .read(move |tx| {
                let mut found = HashMap::new();
                for (subject, decision) in decide_persons_in(tx, &persons, product, now)? {
                    found.insert((Space::Personal, subject), Answer::of(decision));
                }
                for (id, subject, decision) in decide_members_in(tx, &members, &organizations, product, now)?
                {
                    found.insert((Space::Organization(id), subject), Answer::of(decision));
                }
                Ok(found)
            })
            .await?;
        Ok(order.iter().map(|key| found.get(key).cloned().unwrap_or(Answer::Stranger)).collect())
    }
    /// The code of a product. Error: `product.unknown`.
    pub async fn product_code(&self, product: ProductId) -> Result<Arc<str>> {
        if let Some(code) = self.entitlements().recall_code(product) {
            return Ok(code);
        }
        let code = self.db().read(move |tx| store::find_code(tx, product.as_i64())).await?;
        code.map(Into::into).ok_or_else(|| Error::not_found("product.unknown"))
    }
    /// Live members of an organization after one of them: membership and subject. None of an organization that the product
    /// has no business with: neither admitted nor granted, and nobody came to it on its behalf.
    pub async fn subjects(
        &self,
        organization: OrganizationId,
        product: ProductId,
        after: Option<MembershipId>,
        most: i64,
    ) -> Result<Vec<(MembershipId, String)>> {
        let after = after.map_or(0, MembershipId::as_i64);
        let (organization, product) = (organization.as_i64(), product.as_i64());
        let rows =
            self.db().read(move |tx| store::members_of(tx, organization, product, after, most)).await?;
        Ok(rows.into_iter().map(|(id, sub)| (MembershipId::from_i64(id), sub)).collect())
    }
}
