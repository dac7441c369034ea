//! The audit chain. Each writing connection owns a lane: (lane, sequence, HMAC over the previous MAC and the bytes).
//! No row is shared, so nodes do not queue behind each other; a checkpoint of all heads is signed every minute.
use crate::{Db, tx::Tx, worker::Shared};
use kernel::{Error, Event, Id, Result, Timestamp, id::mark};
use std::collections::BTreeMap;

/// The head of a lane. Copied before a transaction and put back when it fails.
#[derive(Clone)]
pub(crate) struct Lane {
    id: i64,
    sequence: i64,
    mac: Vec<u8>,
}
impl Lane {
    pub(crate) fn open(shared: &Shared) -> Self {
        Self { id: shared.ids.draw::<kernel::id::mark::AuditEvent>().as_i64(), sequence: 0, mac: Vec::new() }
    }
    /// Appends the events of one transaction; the caller keeps the advanced head only after COMMIT.
    pub(crate) fn append(&mut self, tx: &mut Tx<'_>, shared: &Shared, events: Vec<Event>) -> Result<()> {
        let mut insert = tx.repeat(crate::sql!(
            "INSERT INTO audit_event (id, lane, sequence, at, actor_kind, actor_account_id, actor_client_id,
                acting_for_id, session_id, address, request_id, action, outcome, object_kind, object_id,
                organization_id, detail, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        ))?;
        for event in events {
            let row = Row {
                id: shared.ids.draw::<kernel::id::mark::AuditEvent>().as_i64(),
                lane: self.id,
                sequence: self.sequence + 1,
                at: shared.clock.now(),
                actor_kind: event.actor.kind.as_str().to_owned(),
                actor_account_id: event.actor.account.map(kernel::Id::as_i64),
                actor_client_id: event.actor.client.map(kernel::Id::as_i64),
                acting_for_id: event.actor.acting_for.map(kernel::Id::as_i64),
                session_id: event.actor.session.map(kernel::Id::as_i64),
                address: event.actor.address.map(|a| a.to_string()),
                request_id: event.actor.request_id,
                action: event.action.to_owned(),
                outcome: event.outcome.as_str().to_owned(),
                object_kind: event.object_kind.to_owned(),
                object_id: event.object_id,
                organization_id: event.organization.map(kernel::Id::as_i64),
                detail: if event.detail.is_null() { String::new() } else { event.detail.to_string() },
                mac: Vec::new(),
            };
            let mac = row.expected_mac(shared.keyring.as_ref(), &self.mac).to_vec();
            insert.run(&[
                &row.id,
                &row.lane,
                &row.sequence,
                &row.at,
                &row.actor_kind,
                &row.actor_account_id,
                &row.actor_client_id,
                &row.acting_for_id,
                &row.session_id,
                &row.address,
                &row.request_id,
                &row.action,
                &row.outcome,
                &row.object_kind,
                &row.object_id,
                &row.organization_id,
                &row.detail,
                &mac,
            ])?;
            self.sequence += 1;
            self.mac = mac;
        }
        Ok(())
    }
}

struct Row {
    id: i64,
    lane: i64,
    sequence: i64,
    at: Timestamp,
    actor_kind: String,
    actor_account_id: Option<i64>,
    actor_client_id: Option<i64>,
    acting_for_id: Option<i64>,
    session_id: Option<i64>,
    address: Option<String>,
    request_id: String,
    action: String,
    outcome: String,
    object_kind: String,
    object_id: Option<i64>,
    organization_id: Option<i64>,
    detail: String,
    mac: Vec<u8>,
}
crate::row!(Row {
    id,
    lane,
    sequence,
    at,
    actor_kind,
    actor_account_id,
    actor_client_id,
    acting_for_id,
    session_id,
    address,
    request_id,
    action,
    outcome,
    object_kind,
    object_id,
    organization_id,
    detail,
    mac
});
impl Row {
    fn expected_mac(&self, keyring: &crate::Keyring, previous: &[u8]) -> [u8; 32] {
        let number = |n: i64| n.to_be_bytes().to_vec();
        // An absent value and an empty one must not look alike.
        let optional = |n: Option<i64>| n.map_or_else(Vec::new, |n| n.to_be_bytes().to_vec());
        let address = self.address.as_deref().unwrap_or_default();
        keyring.audit_mac(&[
            previous,
            &number(self.id),
            &number(self.lane),
            &number(self.sequence),
            &number(self.at.as_millis()),
            self.actor_kind.as_bytes(),
            &optional(self.actor_account_id),
            &optional(self.actor_client_id),
            &optional(self.acting_for_id),
            &optional(self.session_id),
            address.as_bytes(),
            self.request_id.as_bytes(),
            self.action.as_bytes(),
            self.outcome.as_bytes(),
            self.object_kind.as_bytes(),
            &optional(self.object_id),
            &optional(self.organization_id),
            self.detail.as_bytes(),
        ])
    }
}

/// Signs a checkpoint of the heads that moved since the last one; another node may win, which is as good.
/// Answers the new sequence, or None when nothing moved.
pub async fn checkpoint(db: &Db) -> Result<Option<i64>> {
    let (now, keyring) = (db.clock().now(), db.keyring().clone());
    db.write_unaudited("audit checkpoint", move |tx| {
        let last: Option<(i64, Timestamp, Vec<u8>)> =
            tx.opt(crate::sql!("SELECT sequence, at, mac FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1"), &[])?;
        let (sequence, since, previous) = last.unwrap_or((0, Timestamp::from_millis(0), Vec::new()));
        // Ten minutes of overlap: clocks of nodes differ, and a transaction ends after its events' time.
        let since = Timestamp::from_millis(since.as_millis().saturating_sub(600_000));
        // Not by `lane` itself: its index would be read as a whole for the order.
        let heads: Vec<(i64, i64)> = tx.all(
            crate::sql!("SELECT lane + 0, MAX(sequence) FROM audit_event WHERE id >= $1 GROUP BY lane + 0 ORDER BY 1"),
            &[&Id::<mark::AuditEvent>::earliest(since)],
        )?;
        let heads: Vec<String> = heads.into_iter().map(|(lane, head)| format!("{lane}:{head}")).collect();
        let heads = heads.join(" ");
        let newest: Option<Option<String>> =
            tx.opt(crate::sql!("SELECT heads FROM audit_checkpoint WHERE sequence = $1"), &[&sequence])?;
        if heads.is_empty() || newest.flatten().as_deref() == Some(heads.as_str()) {
            return Ok(None);
        }
        let next = sequence + 1;
        let mac = checkpoint_mac(&keyring, &previous, next, now, &heads).to_vec();
        tx.run(
            crate::sql!("INSERT INTO audit_checkpoint (sequence, at, heads, mac) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"),
            &[&next, &now, &heads, &mac],
        )?;
        Ok(Some(next))
    })
    .await
}
fn checkpoint_mac(
    keyring: &crate::Keyring,
    previous: &[u8],
    sequence: i64,
    at: Timestamp,
    heads: &str,
) -> [u8; 32] {
    keyring.audit_mac(&[
        b"checkpoint",
        previous,
        &sequence.to_be_bytes(),
        &at.as_millis().to_be_bytes(),
        heads.as_bytes(),
    ])
}

/// What `verify` found. No faults: every event is as it was written, and every lane reaches its checkpoints.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub lanes: usize,
    pub events: u64,
    pub checkpoints: u64,
    pub faults: Vec<String>,
}

/// Walks all lanes in parallel, and the chain of checkpoints.
pub async fn verify(db: &Db) -> Result<Report> {
    let mut report = Report::default();
    let wanted = verify_checkpoints(db, &mut report).await?;
    let lanes: Vec<i64> =
        db.read(|tx| tx.all(crate::sql!("SELECT DISTINCT lane FROM audit_event"), &[])).await?;
    report.lanes = lanes.len();
    let mut walks = tokio::task::JoinSet::new();
    for lane in lanes {
        let db = db.clone();
        walks.spawn(async move { verify_lane(&db, lane).await });
    }
    let mut reached: BTreeMap<i64, i64> = BTreeMap::new();
    while let Some(walk) = walks.join_next().await {
        let (lane, last, events, fault) = walk.map_err(|e| Error::internal("db.panic").because(e))??;
        report.events += events;
        report.faults.extend(fault);
        reached.insert(lane, last);
    }
    for (lane, head) in wanted {
        let last = reached.get(&lane).copied().unwrap_or(0);
        if last < head {
            report.faults.push(format!("lane {lane} ends at {last}, a checkpoint saw {head}"));
        }
    }
    report.faults.sort();
    Ok(report)
}

async fn verify_checkpoints(db: &Db, report: &mut Report) -> Result<BTreeMap<i64, i64>> {
    let rows: Vec<(i64, Timestamp, String, Vec<u8>)> = db
        .read(|tx| {
            tx.all(
                crate::sql!("SELECT sequence, at, heads, mac FROM audit_checkpoint ORDER BY sequence"),
                &[],
            )
        })
        .await?;
    let (mut previous, mut wanted) = (Vec::new(), BTreeMap::new());
    for (position, (sequence, at, heads, mac)) in rows.into_iter().enumerate() {
        report.checkpoints += 1;
        let expected = checkpoint_mac(db.keyring(), &previous, sequence, at, &heads);
        if sequence != position as i64 + 1 || !kernel::secret::equal(&expected, &mac) {
            report.faults.push(format!("checkpoint {sequence} was altered, or one before it is missing"));
        }
        for head in heads.split(' ') {
            if let Some((lane, head)) =
                head.split_once(':').and_then(|(l, h)| Some((l.parse().ok()?, h.parse().ok()?)))
            {
                let entry = wanted.entry(lane).or_insert(0i64);
                *entry = (*entry).max(head);
            }
        }
        previous = mac;
    }
    Ok(wanted)
}

async fn verify_lane(db: &Db, lane: i64) -> Result<(i64, i64, u64, Option<String>)> {
    let (mut last, mut previous, mut events) = (0i64, Vec::new(), 0u64);
    loop {
        let page: Vec<Row> = db
            .read(move |tx| {
                tx.all(
                    crate::sql!(
                        "SELECT id, lane, sequence, at, actor_kind, actor_account_id, actor_client_id, acting_for_id, session_id,
                            address, request_id, action, outcome, object_kind, object_id, organization_id, detail, mac
                         FROM audit_event WHERE lane = $1 AND sequence > $2 ORDER BY sequence LIMIT 1000"
                    ),
                    &[&lane, &last],
                )
            })
            .await?;
        if page.is_empty() {
            return Ok((lane, last, events, None));
        }
        for row in page {
            if row.sequence != last + 1 {
                return Ok((lane, last, events, Some(format!("lane {lane}: event {} is missing", last + 1))));
            }
            if !kernel::secret::equal(&row.expected_mac(db.keyring(), &previous), &row.mac) {
                return Ok((
                    lane,
                    last,
                    events,
                    Some(format!("lane {lane}: event {} was altered", row.sequence)),
                ));
            }
            (last, previous, events) = (row.sequence, row.mac, events + 1);
        }
    }
}
