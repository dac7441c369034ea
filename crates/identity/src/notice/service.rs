//! Telling, reading, and what a holder wishes.
use super::{
    model::{Group, Kind, Message, MessageFilter, Notice, NoticeId, Reminder, Wishes, words},
    store,
};
use crate::{Identity, SignedIn, account};
use db::{Db, Keyring, Tx};
use kernel::{
    Error, Event, Result, Timestamp,
    clock::Zone,
    id::{AccountId, ProductId},
};
use platform::{Channel, outbox::model::OutboxId};
use serde_json::{Map, Value, json};
use web::Lang;

const ARGS: &str = "notice.args";
/// An SMS or mail that did not leave within this is not worth reading any more; the message in the box stays.
const FRESH_DAYS: i64 = 1;
const KEPT_DAYS: i64 = 2 * 365;

/// Tells the holder as they wish. What concerns security goes at least one way, whatever they wish.
pub fn tell_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    notice: &Notice,
    now: Timestamp,
) -> Result<()> {
    told(tx, identity, account, notice, false, now).map(drop)
}
/// Tells the holder by every proven channel: a password or a factor changed, the account closes.
pub fn tell_all_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    notice: &Notice,
    now: Timestamp,
) -> Result<()> {
    told(tx, identity, account, notice, true, now).map(drop)
}
/// Tells an address that no longer belongs to the account: whoever reads there learns that it was exchanged.
pub fn tell_old_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    channel: Channel,
    to: &str,
    notice: &Notice,
    now: Timestamp,
) -> Result<()> {
    let keyring = identity.db().keyring();
    let Some(contact) = account::service::contact_in(tx, keyring, account)? else { return Ok(()) };
    let lang = language_in(tx, account)?.or(notice.lang).unwrap_or(Lang::Zh);
    let args = with_common(notice, &contact.login_name, now);
    queue_in(tx, identity, notice.kind, &args, (channel, to, lang), now)
}
/// Tells a number that may belong to no account yet, by SMS until `expires_at`: an invitation, the link to a new account.
pub fn tell_number_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    (id, to, expires_at): (OutboxId, &str, Timestamp),
    notice: &Notice,
    now: Timestamp,
) -> Result<()> {
    let lang = notice.lang.unwrap_or(Lang::Zh);
    let (title, text, _) = words(notice.kind, &notice.args, lang, identity.zone());
    let message = platform::Message {
        id,
        channel: Channel::Sms,
        to: to.to_owned(),
        purpose: notice.kind.purpose(),
        lang: lang.tag(),
        text: text.clone(),
        code: None,
        subject: Some(title.clone()),
        args: vec![("title", title), ("notice", text)],
        expires_at,
    };
    identity.outbox().queue_in(tx, &message, now)
}
fn told(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    notice: &Notice,
    everywhere: bool,
    now: Timestamp,
) -> Result<Option<NoticeId>> {
    let keyring = identity.db().keyring();
    let Some(contact) = account::service::contact_in(tx, keyring, account)? else { return Ok(None) };
    let wishes = wishes_in(tx, account)?;
    let lang = wishes.lang.or(notice.lang).unwrap_or(Lang::Zh);
    let args = with_common(notice, &contact.login_name, now);
    let id: NoticeId = identity.db().draw();
    let sealed = keyring.seal(ARGS, id.as_i64(), &Value::Object(args.clone()).to_string());
    store::insert(tx, id, account, notice, &sealed, now)?;
    let group = notice.kind.group();
    let ways = [(Channel::Sms, &contact.phone), (Channel::Mail, &contact.email)];
    let proven: Vec<(Channel, &String)> =
        ways.into_iter().filter_map(|(channel, to)| to.as_ref().map(|to| (channel, to))).collect();
    let wished = proven.iter().any(|(channel, _)| wishes.on(group, *channel));
    let all = everywhere || (group == Group::Security && !wished);
    for (channel, to) in proven {
        if all || wishes.on(group, channel) {
            queue_in(tx, identity, notice.kind, &args, (channel, to, lang), now)?;
        }
    }
    Ok(Some(id))
}
/// As [`tell_in`], for what a product says; the message can be revised and withdrawn. None for an account that is gone.
pub fn tell_of_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    product: ProductId,
    notice: &Notice,
    now: Timestamp,
) -> Result<Option<NoticeId>> {
    let notice = Notice { product: Some(product), ..notice.clone() };
    told(tx, identity, account, &notice, false, now)
}
/// Other words in the box; nothing is sent again, and what was read stays read.
pub fn revise_in(tx: &mut Tx<'_>, identity: &Identity, id: NoticeId, notice: &Notice) -> Result<()> {
    let args = Value::Object(notice.args.clone()).to_string();
    store::update_args(tx, id, &identity.db().keyring().seal(ARGS, id.as_i64(), &args)).map(drop)
}
/// Out of the box: whoever sent it took it back.
pub fn withdraw_in(tx: &mut Tx<'_>, id: NoticeId) -> Result<()> {
    store::delete(tx, id).map(drop)
}
fn with_common(notice: &Notice, login_name: &str, now: Timestamp) -> Map<String, Value> {
    let mut args = notice.args.clone();
    args.insert("login_name".to_owned(), json!(login_name));
    args.entry("at").or_insert_with(|| json!({ "at": now.as_millis() }));
    args
}
fn queue_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    kind: Kind,
    args: &Map<String, Value>,
    (channel, to, lang): (Channel, &str, Lang),
    now: Timestamp,
) -> Result<()> {
    let (title, text, _) = words(kind, args, lang, identity.zone());
    let message = platform::Message {
        id: identity.db().draw(),
        channel,
        to: to.to_owned(),
        purpose: kind.purpose(),
        lang: lang.tag(),
        text: match channel {
            Channel::Sms => text.clone(),
            Channel::Mail => lang.ta("identity-notice-mail", &[("title", &title), ("text", &text)]),
        },
        code: None,
        subject: Some(title.clone()),
        args: vec![("title", title), ("notice", text)],
        expires_at: now.plus_days(FRESH_DAYS),
    };
    identity.outbox().queue_in(tx, &message, now)
}

/// The messages of an account in a language, newest first.
pub async fn list(
    identity: &Identity,
    account: AccountId,
    (lang, zone): (Lang, &Zone),
    unread: bool,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Message>> {
    let filter = MessageFilter { unread, ..MessageFilter::default() };
    list_where(identity, account, (lang, zone), filter, before, limit).await
}
/// As [`list`], by more than whether they were read.
pub async fn list_where(
    identity: &Identity,
    account: AccountId,
    (lang, zone): (Lang, &Zone),
    filter: MessageFilter,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Message>> {
    let rows = identity.db().read_few(move |tx| store::list(tx, account, filter, before, limit)).await?;
    let keyring = identity.db().keyring();
    rows.into_iter()
        // A kind that a newer release wrote has no words here.
        .filter(|row| row.kind.parse::<Kind>().is_ok())
        .map(|row| message(keyring, row, lang, zone))
        .collect()
}
fn message(keyring: &Keyring, row: store::Row, lang: Lang, zone: &Zone) -> Result<Message> {
    let kind: Kind = row.kind.parse()?;
    let args = keyring.open(ARGS, row.id.as_i64(), &row.args)?;
    let args: Map<String, Value> =
        serde_json::from_str(&args).map_err(|e| Error::internal("notice.json").because(e))?;
    let (title, text, href) = words(kind, &args, lang, zone);
    Ok(Message { id: row.id, kind, title, text, href, at: row.created_at, read: row.read_at.is_some() })
}
/// Products that sent messages which are still there.
pub async fn products(db: &Db, account: AccountId) -> Result<Vec<ProductId>> {
    db.read_few(move |tx| store::list_products(tx, account)).await
}
/// For the badge; counts to 99.
pub async fn unread(db: &Db, account: AccountId) -> Result<i64> {
    db.read_one(move |statement| store::count_unread(statement, account)).await
}
/// Marks one as read and says where it leads. Error: `notice.unknown`.
pub async fn open(
    identity: &Identity,
    signed_in: &SignedIn,
    id: NoticeId,
    now: Timestamp,
) -> Result<Option<String>> {
    let account = signed_in.account;
    let row = identity.db().read_few(move |tx| store::find(tx, account, id)).await?;
    let row = row.ok_or_else(|| Error::not_found("notice.unknown"))?;
    identity.db().exec("message read", move |s| store::mark_read(s, account, id, now)).await?;
    Ok(message(identity.db().keyring(), row, Lang::Zh, identity.zone())?.href)
}
/// Everything up to the newest that the page showed.
pub async fn read_all(
    identity: &Identity,
    signed_in: &SignedIn,
    up_to: NoticeId,
    now: Timestamp,
) -> Result<u64> {
    let account = signed_in.account;
    identity.db().exec("messages read", move |s| store::mark_all_read(s, account, up_to, now)).await
}

pub async fn wishes(identity: &Identity, account: AccountId) -> Result<Wishes> {
    identity.db().read_few(move |tx| wishes_in(tx, account)).await
}
fn wishes_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Wishes> {
    let reminders = store::list_reminders(tx, account)?
        .into_iter()
        .map(|(group, channel, on)| Reminder { group, channel, on })
        .collect();
    Ok(Wishes { reminders, lang: language_in(tx, account)? })
}
fn language_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Lang>> {
    Ok(store::find_language(tx, account)?.as_deref().and_then(Lang::from_tag))
}
/// Keeps what the holder wishes. Error `reminder.security_silent`: security must go at least one way.
pub async fn set_wishes(identity: &Identity, signed_in: &SignedIn, wishes: Wishes) -> Result<()> {
    let silent = |group| !Channel::ALL.iter().any(|channel| wishes.on(group, *channel));
    if silent(Group::Security) {
        return Err(Error::invalid("reminder.security_silent"));
    }
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            for reminder in &wishes.reminders {
                store::upsert_reminder(tx, account, reminder.group, reminder.channel, reminder.on)?;
            }
            if let Some(lang) = wishes.lang {
                store::upsert_language(tx, account, lang.tag())?;
            }
            let off: Vec<String> = wishes
                .reminders
                .iter()
                .filter(|reminder| !reminder.on)
                .map(|reminder| format!("{}.{}", reminder.group, reminder.channel))
                .collect();
            let event =
                Event::done(&actor, "reminder.changed").on("account", account).with(json!({ "off": off }));
            Ok(((), vec![event]))
        })
        .await
}

/// With an account go its messages and its wishes.
pub(crate) fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account)
}
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-KEPT_DAYS);
    db.exec("old messages", move |statement| store::delete_old(statement, before)).await.map(drop)
}
