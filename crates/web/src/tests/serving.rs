use super::*;
use crate::Standing;
use crate::serve::{Limits, serve};
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

fn quick() -> Limits {
    Limits {
        connections: 8,
        header_time: Duration::from_millis(300),
        idle_time: Duration::from_millis(600),
        handshake_time: Duration::from_millis(300),
        drain_time: Duration::from_secs(5),
    }
}
const SAME: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
];

/// A server on a free port; dropping the sender begins the drain.
async fn start(
    tls: Option<crate::tls::Tls>,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slow = Routes::new().get("/slow", Policy::Public, async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "done"
    });
    let app = app(&format!("http://127.0.0.1:{}", address.port()));
    let same = Routes::new().get("/same", Policy::Public, async || (SAME, "the same"));
    let router = frame(routes().merge(slow).merge(same).into_router(), &app, Probes::default());
    let ready = Arc::new(AtomicBool::new(false));
    let at_hand = Arc::clone(&ready);
    let find = move || at_hand.fetch_not(Ordering::AcqRel).then(|| Bytes::from_static(b"the same"));
    let standing = Arc::new(Standing::new(app).with("/same", SAME, find));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, tls, router, standing, quick(), async { drop(stopped.await) }));
    (address, stop, server)
}
/// How long the server kept a connection open after these bytes.
async fn held(address: std::net::SocketAddr, bytes: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    stream.write_all(bytes).await.unwrap();
    let mut rest = Vec::new();
    drop(tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.unwrap());
    begun.elapsed()
}

#[tokio::test]
async fn silence_and_dripping_heads_are_cut_off() {
    let (address, _stop, _server) = start(None).await;
    for bytes in
        ["", "G", "GET /healthz HTTP/1.1\r\nhost: x\r\nx: ", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let time = held(address, bytes.as_bytes()).await;
        assert!(time < Duration::from_secs(3), "{bytes:?} held for {time:?}");
    }
    // One byte at a time does not help.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    for byte in b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-very-long-header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
#[tokio::test]
async fn an_idle_connection_ends_and_a_busy_one_does_not() {
    let (address, _stop, _server) = start(None).await;
    let request = format!("GET /slow HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8(answer).unwrap().ends_with("done"));
}
#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_end() {
    let (address, stop, server) = start(None).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET /slow HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stop);
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8(answer).unwrap().ends_with("done"));
    tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
#[tokio::test]
async fn connections_beyond_the_cap_wait_for_their_turn() {
    let (address, _stop, _server) = start(None).await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    let time = held(
        address,
        format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
    )
    .await;
    assert!(time < Duration::from_secs(3), "{time:?}");
}

mod over_tls {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

    fn write(folder: &std::path::Path) -> rustls_pki_types::CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
        cert.der().clone()
    }
    async fn connects(
        address: std::net::SocketAddr,
        trusted: rustls_pki_types::CertificateDer<'static>,
    ) -> bool {
        connects_with(address, trusted, rustls::ALL_VERSIONS, |_| true).await
    }
    /// By these versions, and by those suites alone whose name is taken.
    async fn connects_with(
        address: std::net::SocketAddr,
        trusted: rustls_pki_types::CertificateDer<'static>,
        versions: &[&'static rustls::SupportedProtocolVersion],
        takes: impl Fn(&str) -> bool,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(trusted).unwrap();
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| takes(&format!("{:?}", suite.suite())));
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
    }
    #[tokio::test]
    async fn a_changed_certificate_is_taken_into_use_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path());
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let tls = crate::tls::Tls::from_files(&cert, &key).unwrap();
        let (address, _stop, _server) = start(Some(tls.clone())).await;
        assert!(connects(address, first.clone()).await);
        assert!(!tls.reload().unwrap());
        let touch = |at: u64| {
            let time = std::time::UNIX_EPOCH + Duration::from_secs(at);
            std::fs::File::options().write(true).open(&cert).unwrap().set_modified(time).unwrap();
            std::fs::File::options().write(true).open(&key).unwrap().set_modified(time).unwrap();
        };
        let second = write(folder.path());
        touch(4_000_000_000);
        assert!(tls.reload().unwrap());
        assert!(connects(address, second.clone()).await);
        assert!(!connects(address, first).await);
        std::fs::write(&cert, "no certificate").unwrap();
        touch(4_000_000_001);
        assert!(tls.reload().is_err());
        assert!(connects(address, second).await);
        assert!(held(address, b"").await < Duration::from_secs(3));
    }
    #[tokio::test]
    async fn an_older_tls_is_spoken_with_the_recommended_suites_alone() {
        let folder = tempfile::tempdir().unwrap();
        let trusted = write(folder.path());
        let files = [folder.path().join("cert.pem"), folder.path().join("key.pem")];
        let tls = crate::tls::Tls::from_files(&files[0], &files[1]).unwrap();
        let (address, _stop, _server) = start(Some(tls)).await;
        let by = async |version, name: &'static str| {
            connects_with(address, trusted.clone(), &[version], |suite| suite.contains(name)).await
        };
        assert!(by(&rustls::version::TLS13, "CHACHA20").await);
        assert!(by(&rustls::version::TLS12, "AES_128_GCM").await);
        assert!(by(&rustls::version::TLS12, "AES_256_GCM").await);
        assert!(!by(&rustls::version::TLS12, "CHACHA20").await);
    }
    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let cert = std::fs::read(folder.path().join("cert.pem")).unwrap();
        write(folder.path());
        std::fs::write(folder.path().join("cert.pem"), cert).unwrap();
        assert!(
            crate::tls::Tls::from_files(folder.path().join("cert.pem"), folder.path().join("key.pem"))
                .is_err()
        );
    }
}

/// What is at hand every other time is the same from memory and from the route; only the route names the request.
#[tokio::test]
async fn what_stands_ready_is_said_as_the_route_says_it() {
    let (address, _stop, _server) = start(None).await;
    let ask = async |head: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let mut lines: Vec<String> = answer.lines().map(str::to_owned).collect();
        let named = lines.iter().position(|line| line.starts_with("x-request-id"));
        let routed = named.map(|place| lines.remove(place)).is_some();
        lines.retain(|line| !line.starts_with("date:"));
        lines.sort_unstable();
        (routed, lines)
    };
    let host = format!("host: {address}");
    let (first, from_route) = ask(&format!("GET /same HTTP/1.1\r\n{host}")).await;
    let (second, from_memory) = ask(&format!("GET /same HTTP/1.1\r\n{host}")).await;
    assert_eq!((first, second), (true, false));
    assert_eq!(from_memory, from_route);
    assert!(from_memory.contains(&"the same".to_owned()), "{from_memory:?}");
    // Whatever is no plain GET for this host is the route's, at hand or not.
    for head in [
        format!("GET /same?more HTTP/1.1\r\n{host}"),
        format!("HEAD /same HTTP/1.1\r\n{host}"),
        format!("DELETE /same HTTP/1.1\r\n{host}"),
        "GET /same HTTP/1.1\r\nhost: elsewhere.test".to_owned(),
        format!("GET /same HTTP/1.1\r\n{host}\r\nhost: elsewhere.test"),
        format!("GET /same/ HTTP/1.1\r\n{host}"),
    ] {
        for _ in 0..2 {
            let (routed, lines) = ask(&head).await;
            assert!(routed, "{head}: {lines:?}");
        }
    }
}
