//! Asking and checking.
use super::{
    model::{Checked, Input, Purpose, Question, View, Way, is_work},
    store,
};
use crate::Identity;
use db::Tx;
use kernel::{Error, Result, Timestamp};
use platform::counter::{self, Limit};
use web::Ctx;

/// Wrong answers of one address; whoever guesses more is asked to wait.
const WRONG: Limit = Limit { scope: "captcha.wrong", most: 60, seconds: 600 };
/// Questions in words that one address is asked: nobody leafs through them for an easy one.
const ASKED: Limit = Limit { scope: "captcha.words", most: 120, seconds: 600 };
/// Pictures drawn for one address: drawing costs more than anything else that a stranger may ask for.
const DRAWN: Limit = Limit { scope: "captcha.picture", most: 300, seconds: 600 };

/// A fresh question for a form. It is not stored. Error: `captcha.too_many_asked` for another one in words.
pub async fn ask(identity: &Identity, ctx: &Ctx, purpose: Purpose, way: Way) -> Result<View> {
    let policies = identity.settings().policies().await?;
    if way == Way::Words {
        within(identity, ctx, ASKED).await?;
    }
    let question = Question { id: identity.db().draw(), purpose, way };
    Ok(view(identity, ctx, question, policies.captcha.work_bits))
}
/// The same question again, for a form whose other fields were wrong; a fresh one if it has expired.
pub async fn ask_again(identity: &Identity, ctx: &Ctx, purpose: Purpose, input: &Input) -> Result<View> {
    let policies = identity.settings().policies().await?;
    match Question::open(identity.db().keyring(), &ctx.browser, &input.token) {
        Some(question)
            if question.purpose == purpose
                && question.asked_at().plus_seconds(policies.captcha.minutes * 60) > ctx.now =>
        {
            Ok(view(identity, ctx, question, policies.captcha.work_bits))
        }
        other => ask(identity, ctx, purpose, other.map_or(Way::Picture, |question| question.way)).await,
    }
}
/// The picture of a question. Error: `captcha.too_many_asked`.
pub(super) async fn picture(identity: &Identity, ctx: &Ctx, question: &Question) -> Result<Vec<u8>> {
    within(identity, ctx, DRAWN).await?;
    let keyring = identity.db().keyring();
    super::picture::draw(&question.letters(keyring), &question.noise(keyring))
}
async fn within(identity: &Identity, ctx: &Ctx, limit: Limit) -> Result<()> {
    let key = identity.db().keyring().mac("counter.address", &[ctx.source().as_bytes()]);
    let hit = counter::service::hit(identity.db(), limit, key.to_vec(), ctx.now).await?;
    if hit.allowed() {
        Ok(())
    } else {
        let minutes = hit.minutes_left(ctx.now).to_string();
        Err(Error::too_many("captcha.too_many_asked").at("captcha-answer").arg("minutes", minutes))
    }
}
fn view(identity: &Identity, ctx: &Ctx, question: Question, bits: u32) -> View {
    let keyring = identity.db().keyring();
    let question_words = match question.way {
        Way::Picture => String::new(),
        Way::Words => question.riddle(keyring).words(ctx.lang),
    };
    View { token: question.token(keyring, &ctx.browser), way: question.way, question: question_words, bits }
}
/// Way of the question in the form, for asking the next in the same way.
pub fn way_of(identity: &Identity, ctx: &Ctx, input: &Input) -> Way {
    Question::open(identity.db().keyring(), &ctx.browser, &input.token).map_or(Way::Picture, |q| q.way)
}

/// An answer that was looked at and is not yet used up.
#[derive(Clone, Debug)]
pub struct Answered {
    question: Question,
    browser: [u8; 32],
    expires_at: Timestamp,
    now: Timestamp,
    right: bool,
    source: [u8; 32],
}
/// Looks at an answer without using it up; what needs no looking up is known at once.
pub async fn look(
    identity: &Identity,
    ctx: &Ctx,
    purpose: Purpose,
    input: &Input,
) -> Result<std::result::Result<Answered, Checked>> {
    if input.token.is_empty() || (input.answer.trim().is_empty() && input.work.is_empty()) {
        return Ok(Err(Checked::Missing));
    }
    let policies = identity.settings().policies().await?;
    let (db, browser, now) = (identity.db(), ctx.browser, ctx.now);
    let Some(question) =
        Question::open(db.keyring(), &browser, &input.token).filter(|question| question.purpose == purpose)
    else {
        return Ok(Err(Checked::Stale));
    };
    let expires_at = question.asked_at().plus_seconds(policies.captcha.minutes * 60);
    if expires_at <= now {
        return Ok(Err(Checked::Stale));
    }
    let worked = is_work(&input.token, &input.work, policies.captcha.work_bits);
    let right =
        worked || (input.answer.chars().count() <= 40 && question.is_answer(db.keyring(), &input.answer));
    let source = db.keyring().mac("counter.address", &[ctx.source().as_bytes()]);
    Ok(Ok(Answered { question, browser, expires_at, now, right, source }))
}
impl Answered {
    /// Uses the answer up, right or wrong, in the transaction that it opens; that one must commit. None: too many wrong ones
    /// came from this address.
    pub fn use_up_in(&self, tx: &mut Tx<'_>) -> Result<Option<Checked>> {
        if counter::service::peek_in(tx, WRONG, &self.source, self.now)?.exhausted() {
            return Ok(None);
        }
        if !store::insert_answered(tx, &self.question, &self.browser, self.expires_at, self.now)? {
            return Ok(Some(Checked::Stale));
        }
        if !self.right {
            counter::service::hit_in(tx, WRONG, &self.source, self.now)?;
        }
        Ok(Some(if self.right { Checked::Right } else { Checked::Wrong }))
    }
}
/// What to say after [`Answered::use_up_in`]; None if it was right.
pub fn refusal(checked: Option<Checked>) -> Option<Error> {
    match checked {
        Some(checked) => checked.error(),
        None => Some(Error::too_many("captcha.too_many")),
    }
}
/// Uses the answer up, right or wrong. Error: `captcha.too_many`.
pub async fn check(identity: &Identity, ctx: &Ctx, purpose: Purpose, input: &Input) -> Result<Checked> {
    let answered = match look(identity, ctx, purpose, input).await? {
        Ok(answered) => answered,
        Err(checked) => return Ok(checked),
    };
    let checked = identity.db().write_unaudited("captcha", move |tx| answered.use_up_in(tx)).await?;
    checked.ok_or_else(|| Error::too_many("captcha.too_many"))
}
