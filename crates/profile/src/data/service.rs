//! Counting first, then gathering. Secrets (hashes, keys, tokens) are not personal data and stay; everything else that names
//! the account comes: `tables.rs` says of each table where it stands in the file, or why it does not.
use super::store;
use crate::{
    address,
    history::model::{ACTIONS, address as address_of},
    me::Me,
};
use identity::{
    account::own,
    notice::{self, Kind, Notice},
    realname, session,
};
use kernel::{Error, Event, Result, Timestamp, id::OrganizationId};
use oidc::OpenId;
use platform::{
    audit::{self, model::Before},
    counter::{self, Limit},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Downloads of one account a day.
const A_DAY: Limit = Limit { scope: "data.download", most: 10, seconds: 86_400 };
const MESSAGES: i64 = 10_000;
const EVENTS: i64 = 1000;
const SESSIONS: i64 = 1000;
const HISTORY: i64 = 10_000;

/// Times as they stand in the file.
fn time(at: Timestamp) -> Value {
    Value::String(at.rfc3339())
}
fn some_time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}
fn space(organization: OrganizationId) -> Value {
    if organization.as_i64() == 0 { Value::Null } else { json!(organization) }
}
fn too_many(minutes: i64) -> Error {
    Error::too_many("data.too_many").arg("minutes", minutes.to_string())
}

/// The file. Audited, counted, and told to the holder. Error: `data.too_many`.
pub(crate) async fn take(me: &Me, openid: &OpenId) -> Result<Value> {
    let key = me.who.account.as_i64().to_be_bytes();
    // Gathering reads much: whoever has had the file today is refused before it. What counts is the hit below.
    let had = counter::service::peek(me.identity.db(), A_DAY, key.to_vec(), me.ctx.now).await?;
    if had.exhausted() {
        return Err(too_many(had.minutes_left(me.ctx.now)));
    }
    let file = gather(me, openid).await?;
    let (identity, who, lang, now) = (me.identity.clone(), me.who.clone(), me.ctx.lang, me.ctx.now);
    me.identity
        .db()
        .write(move |tx| {
            let hit = counter::service::hit_in(tx, A_DAY, &key, now)?;
            if !hit.allowed() {
                return Err(too_many(hit.minutes_left(now)));
            }
            let told = Notice::new(Kind::DataTaken).in_language(lang);
            notice::tell_in(tx, &identity, who.account, &told, now)?;
            let event = Event::done(&who.actor, "account.data_taken").on("account", who.account);
            Ok(((), vec![event]))
        })
        .await?;
    Ok(file)
}
/// The file as it stands; also what the test of completeness looks at.
pub(super) async fn gather(me: &Me, openid: &OpenId) -> Result<Value> {
    let mut file = json!({ "made_at": time(me.ctx.now) });
    for part in [who(me).await?, sign_in(me).await?, told(me).await?, business(me, openid).await?] {
        if let (Some(file), Value::Object(part)) = (file.as_object_mut(), part) {
            file.extend(part);
        }
    }
    Ok(file)
}

async fn who(me: &Me) -> Result<Value> {
    let (db, account) = (me.identity.db(), me.who.account);
    let (own, keyring) = (me.own().await?, Arc::clone(db.keyring()));
    let (acceptances, verification) = db
        .read(move |tx| {
            Ok((own::acceptances_in(tx, account)?, verification::record::of_in(tx, &keyring, account)?))
        })
        .await?;
    let known = realname::service::known(db, account).await?;
    let proofs = realname::service::records_of(db, account).await?;
    Ok(json!({
        "account": {
            "id": account, "subject": own.sub, "login_name": own.login_name, "name": own.name,
            "name_proven": own.name_proven, "phone": own.phone, "phone_proven": own.phone_proven,
            "phone_proven_at": some_time(own.phone_proven_at), "email": own.email,
            "email_proven": own.email_proven, "employer": own.employer,
            "owner": own.owner.organization(), "created_at": time(own.created_at),
            "closing_due": some_time(own.closing_due), "staff_role": me.who.staff,
        },
        "real_name": {
            "level": me.who.level,
            "person": known.map(|known| json!({
                "name": known.name, "document_type": known.document_type.as_str(), "document": known.document_masked,
            })),
            "proofs": proofs.iter().map(|proof| json!({
                "method": proof.method, "provider": proof.provider, "level": proof.level,
                "proven_at": time(proof.proven_at), "expires_at": time(proof.expires_at),
                "revoked_at": some_time(proof.revoked_at),
            })).collect::<Vec<_>>(),
        },
        "verification": verification,
        "accepted": acceptances.iter().map(|(document, version, at)| json!({
            "document": document, "version": version, "at": time(*at),
        })).collect::<Vec<_>>(),
        "addresses": address::service::list(db, account).await?.iter().map(|address| json!({
            "content": address.content, "default": address.is_default, "created_at": time(address.created_at),
        })).collect::<Vec<_>>(),
    }))
}

async fn sign_in(me: &Me) -> Result<Value> {
    let (db, account) = (me.identity.db(), me.who.account);
    let own = me.own().await?;
    let factors = factor::summary(db, account).await?;
    let passkeys = factor::passkey::service::list(db, account).await?;
    let authenticators = factor::totp::service::list(db, account).await?;
    let linked = identity::external::service::linked(&me.identity, account).await?;
    let questions = recovery::question::service::set_at(db, account).await?;
    let keyring = Arc::clone(db.keyring());
    let (sessions, devices, former, merges, history) = db
        .read(move |tx| {
            Ok((
                store::list_sessions(tx, account, SESSIONS)?,
                store::list_devices(tx, account, SESSIONS)?,
                store::list_former_logins(tx, account)?,
                store::list_merges(tx, account)?,
                legacy::history_of_in(tx, &keyring, account, HISTORY)?,
            ))
        })
        .await?;
    let seen = |seen: &store::Seen| {
        let device = session::Device::of(seen.user_agent.as_deref().unwrap_or_default());
        json!({
            "browser": device.browser, "system": device.system, "address": seen.address, "methods": seen.methods,
            "since": time(seen.begun_at), "last_seen_at": time(seen.last_at), "ended_at": some_time(seen.ended_at),
            "trusted_until": some_time(seen.trusted_until),
        })
    };
    Ok(json!({
        "sign_in": {
            "password_set_at": some_time(own.password_set_at), "recovery_codes_left": factors.recovery_codes_left,
            "security_questions_set_at": some_time(questions),
            "passkeys": passkeys.iter().map(|key| json!({
                "name": key.name, "added_at": time(key.created_at), "last_used_at": some_time(key.last_used_at),
            })).collect::<Vec<_>>(),
            "authenticators": authenticators.iter().map(|app| json!({
                "name": app.name, "added_at": time(app.created_at), "last_used_at": some_time(app.last_used_at),
            })).collect::<Vec<_>>(),
            "linked": linked.iter().map(|linked| json!({
                "provider": linked.provider, "name": linked.name, "display_name": linked.display_name,
                "linked_at": time(linked.linked_at), "last_used_at": some_time(linked.last_used_at),
            })).collect::<Vec<_>>(),
            "former_logins": former.iter().map(|former| json!({
                "login_name": former.login_name, "taken_over_at": time(former.created_at),
                "last_used_at": some_time(former.used_at), "ended_at": some_time(former.ended_at),
            })).collect::<Vec<_>>(),
            "merged_from_earlier_systems": merges.iter().map(|(how, at)| json!({
                "how": how, "at": time(*at),
            })).collect::<Vec<_>>(),
            "recorded_by_earlier_systems": history.iter().map(|(login_name, line)| json!({
                "login_name": login_name, "at": time(line.at), "kind": line.kind, "text": line.text,
            })).collect::<Vec<_>>(),
        },
        "sessions": sessions.iter().map(seen).collect::<Vec<_>>(),
        "devices": devices.iter().map(seen).collect::<Vec<_>>(),
    }))
}

async fn told(me: &Me) -> Result<Value> {
    let (db, account) = (me.identity.db(), me.who.account);
    let reader = (me.ctx.lang, &me.ctx.app.zone);
    let messages = notice::service::list(&me.identity, account, reader, false, None, MESSAGES).await?;
    let wishes = notice::service::wishes(&me.identity, account).await?;
    let events = audit::service::concerning(db, account, ACTIONS, Before::NEWEST, EVENTS).await?;
    let language = db.read_few(move |tx| store::find_language(tx, account)).await?;
    Ok(json!({
        "reminders": wishes.reminders.iter().map(|reminder| json!({
            "group": reminder.group, "channel": reminder.channel, "on": reminder.on,
        })).collect::<Vec<_>>(),
        "reminder_language": language,
        "messages": messages.iter().map(|message| json!({
            "kind": message.kind, "title": message.title, "text": message.text, "at": time(message.at),
            "read": message.read,
        })).collect::<Vec<_>>(),
        "events": events.iter().map(|event| json!({
            "action": event.action, "outcome": event.outcome, "at": time(event.at), "address": address_of(event, account),
        })).collect::<Vec<_>>(),
    }))
}

/// What the account does in organizations and at products.
async fn business(me: &Me, openid: &OpenId) -> Result<Value> {
    let (db, account) = (me.identity.db(), me.who.account);
    let keyring = Arc::clone(db.keyring());
    let (mut record, uses, names, refusals, at_hand, favourites, visits) = db
        .read(move |tx| {
            Ok((
                organization::record::of_in(tx, &keyring, account)?,
                store::list_product_uses(tx, account)?,
                store::list_pairwise(tx, account)?,
                store::list_refusals(tx, account, HISTORY)?,
                store::list_at_hand(tx, account)?,
                store::list_favourites(tx, account)?,
                store::list_visits(tx, account)?,
            ))
        })
        .await?;
    let entries = feed::entry::service::all_of(db, account).await?;
    let more = json!({
        "consents": openid.consents(account).await?.iter().map(|consent| json!({
            "application": consent.client_name, "organization": consent.organization, "scope": consent.scope,
            "at": time(consent.at), "connected_until": consent.away_until.map(time),
        })).collect::<Vec<_>>(),
        "products_used": uses.iter().map(|used| json!({
            "product": used.code, "name": used.name, "organization": space(used.organization), "at": time(used.at),
        })).collect::<Vec<_>>(),
        "names_at_products": names.iter().map(|(sector, subject)| json!({
            "sector": sector, "subject": subject,
        })).collect::<Vec<_>>(),
        "refusals": refusals.iter().map(|refused| json!({
            "number": refused.number, "product": refused.code, "name": refused.name,
            "organization": refused.organization, "reason": refused.reason, "times": refused.times,
            "at": time(refused.first_at), "last_at": time(refused.last_at),
        })).collect::<Vec<_>>(),
        "products_at_hand": at_hand.iter().map(|kept| json!({
            "product": kept.code, "organization": space(kept.organization), "shortcut": kept.place.is_some(),
            "opened_at": kept.opened_at.map(time),
        })).collect::<Vec<_>>(),
        "favourites": favourites.iter().map(|(name, at)| json!({ "name": name, "at": time(*at) })).collect::<Vec<_>>(),
        "spaces_visited": visits.iter().map(|(organization, at)| json!({
            "organization": organization, "at": time(*at),
        })).collect::<Vec<_>>(),
        "entries_of_products": entries.iter().map(|entry| json!({
            "kind": entry.kind, "product": entry.product, "number": entry.external_id, "state": entry.state,
            "state_label": entry.state_label, "title": entry.content.title, "text": entry.content.text,
            "occurred_at": time(entry.occurred_at), "updated_at": time(entry.updated_at),
        })).collect::<Vec<_>>(),
    });
    if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
        record.extend(more);
    }
    Ok(record)
}
