//! A session: bound once, kept alive, made again when it breaks. A task owns the connection; letters ask it by a channel.
use super::{
    super::model::{Failure, Gateway, Reason},
    SmppGateway,
    pdu::{self, Delivered, Pdu},
    refused,
};
use crate::{Tools, delivery};
use db::Db;
use platform::connector::ConnectorId;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Mutex, Semaphore, mpsc, oneshot},
    time::{Instant, timeout},
};

const ENQUIRE_EVERY: Duration = Duration::from_secs(30);
/// A link that says nothing for so long after it was asked is dead.
const SILENCE: Duration = Duration::from_secs(10);
/// Requests without an answer at a time; operators refuse more.
const WINDOW: usize = 10;
/// After a request a dead link shows sooner.
const ENQUIRE_SOON: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Sessions by gateway. A changed gateway gets a new one; the old ends when its last user lets go.
#[derive(Default)]
pub struct Sessions(std::sync::Mutex<HashMap<ConnectorId, (i64, Arc<Slot>)>>);
struct Slot {
    settings: SmppGateway,
    connector: ConnectorId,
    live: Mutex<Option<Session>>,
}
impl Sessions {
    /// Those of gateways that are gone, changed or switched off are unbound.
    pub fn keep(&self, gateways: &[Gateway]) {
        let mut slots = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        slots.retain(|id, (rev, _)| gateways.iter().any(|g| g.id == *id && g.rev == *rev && g.enabled));
    }
    pub async fn session(
        &self,
        tools: &Tools,
        settings: &SmppGateway,
        gateway: &Gateway,
    ) -> Result<Session, Failure> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match slots.get(&gateway.id) {
                Some((rev, slot)) if *rev == gateway.rev => Arc::clone(slot),
                _ => {
                    let slot = Arc::new(Slot {
                        settings: settings.clone(),
                        connector: gateway.id,
                        live: Mutex::new(None),
                    });
                    slots.insert(gateway.id, (gateway.rev, Arc::clone(&slot)));
                    slot
                }
            }
        };
        slot.session(tools).await
    }
}
impl Slot {
    /// The live session, or a new one.
    async fn session(self: &Arc<Self>, tools: &Tools) -> Result<Session, Failure> {
        let mut live = self.live.lock().await;
        if let Some(session) = live.as_ref().filter(|session| !session.requests.is_closed()) {
            return Ok(session.clone());
        }
        let (session, link) = bind(tools, &self.settings).await?;
        let task = Task { link, db: tools.db.clone(), connector: self.connector };
        let (slot, tools) = (Arc::downgrade(self), tools.clone());
        tokio::spawn(async move {
            task.run().await;
            again(slot, tools).await;
        });
        *live = Some(session.clone());
        Ok(session)
    }
}
/// Binds again while the gateway is in use, since receipts come by the session too.
fn again(slot: Weak<Slot>, tools: Tools) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let mut pause = Duration::from_secs(1);
        loop {
            tokio::time::sleep(pause).await;
            let Some(slot) = slot.upgrade() else { return };
            match slot.session(&tools).await {
                Ok(_) => return,
                Err(failure) => {
                    tracing::info!(
                        said = failure.said,
                        reason = failure.reason.as_str(),
                        "SMPP does not bind"
                    );
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    })
}

struct Request {
    id: u32,
    body: Vec<u8>,
    answer: oneshot::Sender<Pdu>,
}
#[derive(Clone)]
pub struct Session {
    requests: mpsc::Sender<Request>,
    window: Arc<Semaphore>,
    patience: Duration,
}
impl Session {
    pub async fn request(&self, id: u32, body: Vec<u8>) -> Result<Pdu, Failure> {
        let broken = || Failure::new(Reason::Unreachable, "the session ended");
        let (answer, answered) = oneshot::channel();
        let exchange = async {
            let _place = self.window.acquire().await.map_err(|_| broken())?;
            self.requests.send(Request { id, body, answer }).await.map_err(|_| broken())?;
            answered.await.map_err(|_| broken())
        };
        timeout(self.patience, exchange)
            .await
            .unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "no answer in time")))
    }
}

/// What the task of a session works on.
struct Link {
    stream: Box<dyn Stream>,
    requests: mpsc::Receiver<Request>,
    sequence: u32,
}

async fn bind(tools: &Tools, settings: &SmppGateway) -> Result<(Session, Link), Failure> {
    let unreachable = |error: std::io::Error| Failure::new(Reason::Unreachable, error.to_string());
    let bound = async {
        let addresses = tools.outbound.resolve(&settings.host, settings.port, !settings.tls).await?;
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut stream: Box<dyn Stream> = if settings.tls {
            let name = settings.host.clone().try_into();
            let name = name.map_err(|_| Failure::new(Reason::Unreachable, "no host name"))?;
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(tools.outbound.tls()));
            Box::new(connector.connect(name, stream).await.map_err(unreachable)?)
        } else {
            Box::new(stream)
        };
        let body = pdu::bind(&settings.system_id, &settings.password, &settings.system_type);
        let request = Pdu { id: pdu::BIND_TRANSCEIVER, status: 0, sequence: 1, body };
        stream.write_all(&request.encode()).await.map_err(unreachable)?;
        let answer = read(&mut stream).await.map_err(unreachable)?;
        if answer.id != pdu::BIND_TRANSCEIVER | pdu::RESPONSE || answer.status != 0 {
            return Err(refused(&answer));
        }
        Ok(stream)
    };
    let stream = timeout(tools.patience, bound)
        .await
        .unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "no answer in time")))?;
    let (sender, requests) = mpsc::channel(WINDOW);
    let session =
        Session { requests: sender, window: Arc::new(Semaphore::new(WINDOW)), patience: tools.patience };
    Ok((session, Link { stream, requests, sequence: 1 }))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Pdu> {
    let bad = || std::io::Error::new(std::io::ErrorKind::InvalidData, "no packet of SMPP");
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let length = usize::try_from(u32::from_be_bytes(head)).map_err(|_| bad())?;
    if !(16..=pdu::MOST_BYTES).contains(&length) {
        return Err(bad());
    }
    let mut packet = head.to_vec();
    packet.resize(length, 0);
    stream.read_exact(packet.get_mut(4..).ok_or_else(bad)?).await?;
    Pdu::decode(&packet).ok_or_else(bad)
}

struct Task {
    link: Link,
    db: Db,
    connector: ConnectorId,
}
impl Task {
    async fn run(self) {
        let Self { link: Link { stream, mut requests, mut sequence }, db, connector } = self;
        let (mut reading, mut writing) = tokio::io::split(stream);
        // Reading a packet cannot be given up halfway, so it has a task of its own.
        let (arrive, mut arrived) = mpsc::channel(WINDOW);
        let reader = tokio::spawn(async move {
            while let Ok(packet) = read(&mut reading).await {
                if arrive.send(packet).await.is_err() {
                    break;
                }
            }
        });
        let mut waiting: HashMap<u32, oneshot::Sender<Pdu>> = HashMap::new();
        let mut enquire_at = Instant::now() + ENQUIRE_EVERY;
        let mut dead_at: Option<Instant> = None;
        loop {
            let packet = tokio::select! {
                request = requests.recv() => {
                    sequence = sequence % 0x7FFF_FFFF + 1;
                    match request {
                        Some(Request { id, body, answer }) => {
                            waiting.retain(|_, answer| !answer.is_closed());
                            waiting.insert(sequence, answer);
                            enquire_at = enquire_at.min(Instant::now() + ENQUIRE_SOON);
                            Pdu { id, status: 0, sequence, body }
                        }
                        // Nobody uses this gateway any more.
                        None => {
                            let goodbye = Pdu { id: pdu::UNBIND, status: 0, sequence, body: Vec::new() };
                            let written = writing.write_all(&goodbye.encode()).await;
                            tracing::debug!(said = written.is_ok(), "SMPP session ended");
                            break;
                        }
                    }
                }
                packet = arrived.recv() => {
                    let Some(packet) = packet else { break };
                    (enquire_at, dead_at) = (Instant::now() + ENQUIRE_EVERY, None);
                    let over = packet.id == pdu::UNBIND;
                    let Some(answer) = answer(&db, connector, packet, &mut waiting).await else { continue };
                    if writing.write_all(&answer.encode()).await.is_err() || over {
                        break;
                    }
                    continue;
                }
                () = tokio::time::sleep_until(dead_at.unwrap_or(enquire_at)) => {
                    if dead_at.is_some() {
                        break;
                    }
                    dead_at = Some(Instant::now() + SILENCE);
                    sequence = sequence % 0x7FFF_FFFF + 1;
                    Pdu { id: pdu::ENQUIRE_LINK, status: 0, sequence, body: Vec::new() }
                }
            };
            if writing.write_all(&packet.encode()).await.is_err() {
                break;
            }
        }
        reader.abort();
    }
}
/// What is said back, if anything. A receipt is acknowledged once it is stored.
async fn answer(
    db: &Db,
    connector: ConnectorId,
    packet: Pdu,
    waiting: &mut HashMap<u32, oneshot::Sender<Pdu>>,
) -> Option<Pdu> {
    let Pdu { id, sequence, .. } = packet;
    if id & pdu::RESPONSE != 0 {
        let heard = waiting.remove(&sequence).is_none_or(|answer| answer.send(packet).is_ok());
        if !heard {
            tracing::debug!(sequence, "an answer came too late");
        }
        return None;
    }
    let (status, body) = match id {
        pdu::ENQUIRE_LINK | pdu::UNBIND => (0, Vec::new()),
        pdu::DELIVER_SM => {
            let receipt = Delivered::decode(&packet.body).and_then(|delivered| delivered.receipt());
            let stored = match receipt {
                Some(receipt) => delivery::service::receipt(db, connector, receipt).await,
                // Somebody answered a text; there is nobody to read it.
                None => Ok(()),
            };
            if let Err(error) = &stored {
                tracing::warn!(%error, "a receipt could not be stored");
            }
            (if stored.is_ok() { 0 } else { 0x08 }, vec![0])
        }
        _ => return Some(Pdu { id: pdu::GENERIC_NACK, status: 0x03, sequence, body: Vec::new() }),
    };
    Some(Pdu { id: id | pdu::RESPONSE, status, sequence, body })
}
