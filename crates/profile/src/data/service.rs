//! Gathering. Secrets (hashes, keys, tokens) are not personal data and stay; everything else that names the account comes.
use crate::{address, history::model::ACTIONS, me::Me};
use identity::{
    account::own,
    notice::{self, Kind, Notice},
    realname, session,
};
use kernel::{Error, Event, Result, Timestamp};
use oidc::OpenId;
use platform::{
    audit::{self, model::Before},
    counter::{self, Limit},
};
use serde_json::{Value, json};

/// Downloads of one account a day.
const A_DAY: Limit = Limit { scope: "data.download", most: 10, seconds: 86_400 };
const MESSAGES: i64 = 10_000;
const EVENTS: i64 = 1000;

/// Times as they stand in the file.
fn time(at: Timestamp) -> Value {
    Value::String(at.rfc3339())
}
fn some_time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

/// The file. Audited, counted, and told to the holder. Error: `data.too_many`.
pub(crate) async fn take(me: &Me, openid: &OpenId) -> Result<Value> {
    let file = gather(me, openid).await?;
    let (identity, who, lang, now) = (me.identity.clone(), me.who.clone(), me.ctx.lang, me.ctx.now);
    me.identity
        .db()
        .write(move |tx| {
            let key = who.account.as_i64().to_be_bytes();
            let hit = counter::service::hit_in(tx, A_DAY, &key, now)?;
            if !hit.allowed() {
                return Err(
                    Error::too_many("data.too_many").arg("minutes", hit.minutes_left(now).to_string())
                );
            }
            let told = Notice::new(Kind::DataTaken).in_language(lang);
            notice::tell_in(tx, &identity, who.account, &told, now)?;
            let event = Event::done(&who.actor, "account.data_taken").on("account", who.account);
            Ok(((), vec![event]))
        })
        .await?;
    Ok(file)
}
async fn gather(me: &Me, openid: &OpenId) -> Result<Value> {
    let (db, account) = (me.identity.db(), me.who.account);
    let own = me.own().await?;
    let acceptances = db.read(move |tx| own::acceptances_in(tx, account)).await?;
    let known = realname::service::known(db, account).await?;
    let proofs = realname::service::records_of(db, account).await?;
    let sessions = session::service::list(&me.identity, &me.who, me.ctx.now).await?;
    let factors = factor::summary(db, account).await?;
    let passkeys = factor::passkey::service::list(db, account).await?;
    let authenticators = factor::totp::service::list(db, account).await?;
    let devices =
        identity::device::service::list(&me.identity, &me.ctx, &http::HeaderMap::new(), &me.who).await?;
    let linked = identity::external::service::linked(&me.identity, account).await?;
    let questions = recovery::question::service::set_at(db, account).await?;
    let reader = (me.ctx.lang, &me.ctx.app.zone);
    let messages = notice::service::list(&me.identity, account, reader, false, None, MESSAGES).await?;
    let wishes = notice::service::wishes(&me.identity, account).await?;
    let events = audit::service::concerning(db, account, ACTIONS, Before::NEWEST, EVENTS).await?;
    let memberships = me.memberships().await?;
    let mut applications = Vec::new();
    for shown in me.rooms.my_applications(account, None, 500).await? {
        let application = shown.application;
        applications.push(json!({
            "id": application.id, "kind": application.kind, "product": application.product,
            // Whether an organization that was only typed is here is not the applicant's to know.
            "organization": application.organization.filter(|_| !application.kind.waits()),
            "typed": shown.organization, "state": application.state, "reason": application.reason,
            "note": application.decision_note, "at": time(application.created_at),
            "decided_at": some_time(application.decided_at),
        }));
    }
    Ok(json!({
        "made_at": time(me.ctx.now),
        "account": {
            "id": account, "subject": own.sub, "login_name": own.login_name, "name": own.name,
            "name_proven": own.name_proven, "phone": own.phone, "phone_proven": own.phone_proven,
            "phone_proven_at": some_time(own.phone_proven_at), "email": own.email,
            "email_proven": own.email_proven, "employer": own.employer,
            "owner": own.owner.organization(), "created_at": time(own.created_at),
            "closing_due": some_time(own.closing_due),
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
        "accepted": acceptances.iter().map(|(document, version, at)| json!({
            "document": document, "version": version, "at": time(*at),
        })).collect::<Vec<_>>(),
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
        },
        "memberships": memberships.iter().map(|membership| json!({
            "organization": membership.organization, "name": membership.organization_name,
            "role": membership.role, "state": membership.state, "valid_from": time(membership.valid_from),
            "valid_until": (membership.valid_until != Timestamp::FOREVER).then(|| time(membership.valid_until)),
        })).collect::<Vec<_>>(),
        "applications": applications,
        "addresses": address::service::list(db, account).await?.iter().map(|address| json!({
            "content": address.content, "default": address.is_default, "created_at": time(address.created_at),
        })).collect::<Vec<_>>(),
        "consents": openid.consents(account).await?.iter().map(|consent| json!({
            "application": consent.client_name, "organization": consent.organization, "scope": consent.scope,
            "at": time(consent.at),
        })).collect::<Vec<_>>(),
        "sessions": sessions.iter().map(|session| json!({
            "browser": session.device.browser, "system": session.device.system, "address": session.address,
            "signed_in_at": time(session.begun_at), "last_seen_at": time(session.last_seen_at),
            "methods": session.methods,
        })).collect::<Vec<_>>(),
        "devices": devices.iter().map(|device| json!({
            "browser": device.device.browser, "system": device.device.system, "address": device.address,
            "known_since": time(device.created_at), "last_used_at": time(device.last_used_at),
        })).collect::<Vec<_>>(),
        "reminders": wishes.reminders.iter().map(|reminder| json!({
            "group": reminder.group, "channel": reminder.channel, "on": reminder.on,
        })).collect::<Vec<_>>(),
        "messages": messages.iter().map(|message| json!({
            "kind": message.kind, "title": message.title, "text": message.text, "at": time(message.at),
            "read": message.read,
        })).collect::<Vec<_>>(),
        "events": events.iter().map(|event| json!({
            "action": event.action, "outcome": event.outcome, "at": time(event.at), "address": event.address,
        })).collect::<Vec<_>>(),
    }))
}
