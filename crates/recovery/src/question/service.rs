//! Setting, removing, and comparing answers.
use super::{
    model::{Answers, Chosen, Question},
    store,
};
use db::{Db, Keyring, Tx};
use identity::{
    Identity, SignedIn, account,
    credential::model::Parameters,
    notice::{self, Kind, Notice},
};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};

const QUESTIONS: &str = "security_question.questions";

/// What an account has set.
#[derive(Clone, Debug)]
pub struct Stored {
    pub questions: Vec<Question>,
    /// The slow hash of the answers.
    pub answers: String,
    pub set_at: Timestamp,
}

pub fn find_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Option<Stored>> {
    let Some(row) = store::find(tx, account)? else { return Ok(None) };
    let text = keyring.open(QUESTIONS, account.as_i64(), &row.questions)?;
    let questions = serde_json::from_str(&text).map_err(json)?;
    Ok(Some(Stored { questions, answers: row.answers, set_at: row.set_at }))
}
pub async fn find(db: &Db, account: AccountId) -> Result<Option<Stored>> {
    let keyring = std::sync::Arc::clone(db.keyring());
    db.read_few(move |tx| find_in(tx, &keyring, account)).await
}
/// Since when the account has questions; for the security center.
pub async fn set_at(db: &Db, account: AccountId) -> Result<Option<Timestamp>> {
    db.read_one(move |statement| store::find_set_at(statement, account)).await
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("question.json").because(error)
}

/// Sets or replaces all three; the holder is told on every proven channel. The page has asked for a fresh proof before.
pub async fn set(identity: &Identity, signed_in: &SignedIn, chosen: Chosen, now: Timestamp) -> Result<()> {
    let policies = identity.settings().policies().await?;
    let (account, keyring) = (signed_in.account, identity.db().keyring());
    let secret = chosen.answers.secret(keyring, account)?;
    let answers = identity.passwords().hash(&secret, Parameters::from(&policies.password)).await?;
    let text = serde_json::to_string(&chosen.questions).map_err(json)?;
    let row =
        store::Row { questions: keyring.seal(QUESTIONS, account.as_i64(), &text), answers, set_at: now };
    let (identity2, actor) = (identity.clone(), signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            store::upsert(tx, account, &row)?;
            notice::tell_all_in(tx, &identity2, account, &Notice::new(Kind::QuestionsSet), now)?;
            Ok(((), vec![Event::done(&actor, "questions.set").on("account", account)]))
        })
        .await
}
/// False if there was nothing to remove.
pub async fn remove(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<bool> {
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            if store::delete(tx, account)? == 0 {
                return Ok((false, Vec::new()));
            }
            notice::tell_all_in(tx, &identity2, account, &Notice::new(Kind::QuestionsRemoved), now)?;
            Ok((true, vec![Event::done(&actor, "questions.removed").on("account", account)]))
        })
        .await
}
/// As part of closing an account; the caller commits the event.
pub fn forget_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete(tx, account).map(drop)
}
/// What a comparison said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    Wrong,
    /// The same answers under today's parameters where they were stored under others: see [`renew_in`].
    Right {
        renewed: Option<String>,
    },
}
/// Whether the answers are these: one slow hash, whether or not there is something to compare with. `name` stands for what was
/// typed: for the same one the hash of nobody's answers costs the same each time.
pub async fn verify(
    identity: &Identity,
    (name, account): (&[u8; 32], AccountId),
    answers: &Answers,
    stored: Option<&str>,
) -> Result<Compared> {
    let policies = identity.settings().policies().await?;
    let parameters = Parameters::from(&policies.password);
    let secret = answers.secret(identity.db().keyring(), account)?;
    // Asked for everybody, questions or none.
    let in_use = identity.hashes_in_use("security_question", store::sample).await?;
    let key = identity.db().keyring().mac("question.stand_in", &[name]);
    let costs = (parameters, in_use.stand_in(&key, parameters));
    if let Some(stored) = stored {
        identity.met_hash("security_question", stored);
    }
    let verdict = identity.passwords().verify_or(&secret, stored, costs).await?;
    if !verdict.matches {
        return Ok(Compared::Wrong);
    }
    let renewed = match verdict.outdated {
        true => Some(identity.passwords().hash(&secret, parameters).await?),
        false => None,
    };
    Ok(Compared::Right { renewed })
}
/// The same answers hashed anew, unless they were changed meanwhile; no event, as nothing changed for anybody.
pub fn renew_in(tx: &mut Tx<'_>, account: AccountId, old: &str, new: &str) -> Result<()> {
    store::update_answers(tx, account, old, new).map(drop)
}
