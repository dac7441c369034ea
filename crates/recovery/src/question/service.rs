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
    db.read(move |tx| find_in(tx, &keyring, account)).await
}
/// Since when the account has questions; for the security center.
pub async fn set_at(db: &Db, account: AccountId) -> Result<Option<Timestamp>> {
    db.read_one(move |statement| store::find_set_at(statement, account)).await
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("question.json").because(error)
}

/// Sets or replaces all three; the holder is told. The page has asked for a fresh proof before.
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
            notice::tell_in(tx, &identity2, account, &Notice::new(Kind::QuestionsSet), now)?;
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
            notice::tell_in(tx, &identity2, account, &Notice::new(Kind::QuestionsRemoved), now)?;
            Ok((true, vec![Event::done(&actor, "questions.removed").on("account", account)]))
        })
        .await
}
/// As part of closing an account; the caller commits the event.
pub fn forget_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete(tx, account).map(drop)
}
/// Whether the answers are these: one slow hash, whether or not there is something to compare with.
pub async fn verify(
    identity: &Identity,
    account: AccountId,
    answers: &Answers,
    stored: Option<&str>,
) -> Result<bool> {
    let policies = identity.settings().policies().await?;
    let secret = answers.secret(identity.db().keyring(), account)?;
    let verdict = identity.passwords().verify(&secret, stored, Parameters::from(&policies.password)).await?;
    Ok(verdict.matches)
}
