use super::{Call, Outbound, OutboundError, OutboundOptions, guard::is_public};
use axum::{Router, body::Body, response::Redirect, routing::get};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};
use url::Url;

fn outbound(allow: &[&str]) -> Outbound {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::new(OutboundOptions { allow, roots: Vec::new() }).unwrap()
}
fn call(url: &str) -> Call {
    Call::get(Url::parse(url).unwrap()).within(Duration::from_millis(500))
}
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[test]
fn addresses_of_the_own_network_are_not_public() {
    let own = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.9.9.9 \
        169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 \
        198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 \
        ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::7f00:1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 \
        2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 4000::1 fc00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1";
    for text in own.split_whitespace() {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
    let public = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 \
        192.167.1.1 198.17.1.1 198.20.0.1 223.255.255.255 ::ffff:8.8.8.8 64:ff9b::808:808 2400:3200::1 2606:4700::1111 \
        2001:200::1 2a00::1";
    for text in public.split_whitespace() {
        assert!(is_public(text.parse().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn what_must_not_be_reached_is_refused_however_it_is_written() {
    let guarded = outbound(&[]);
    for url in [
        "http://127.0.0.1:8080/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data/",
        // Public, but not encrypted.
        "http://1.1.1.1/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "https://user:geheim@1.1.1.1/",
        "https://1.1.1.1:25/",
        "https://1.1.1.1:22/",
    ] {
        let outcome = guarded.send(call(url)).await;
        assert!(matches!(outcome, Err(OutboundError::Refused(_))), "{url}: {outcome:?}");
    }
    assert!(matches!(guarded.resolve("localhost", 25, false).await, Err(OutboundError::Refused(_))));
    let opened = outbound(&["127.0.0.0/8", "::1"]);
    assert!(!opened.resolve("localhost", 2775, true).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_opened_network_is_reached_and_nothing_is_followed() {
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/away", get(|| async { Redirect::to("http://169.254.169.254/") }));
    let address = serve(router).await;
    let opened = outbound(&["127.0.0.0/8", "::1"]);
    let answer = opened.send(call(&format!("http://localhost:{}/", address.port()))).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, b"hello".as_slice()));
    let answer = opened.send(call(&format!("http://{address}/away"))).await.unwrap();
    assert_eq!(answer.status.as_u16(), 303);
}

#[tokio::test]
async fn time_and_size_are_limited() {
    let router = Router::new()
        .route("/hang", get(|| async { std::future::pending::<&str>().await }))
        .route("/drip", get(|| async { Body::from_stream(futures_util::stream::unfold((), drip)) }))
        .route("/large", get(|| async { vec![b'x'; 300 * 1024] }));
    let address = serve(router).await;
    let opened = outbound(&["127.0.0.0/8"]);
    for (path, error) in [
        ("hang", OutboundError::Timeout),
        ("drip", OutboundError::Timeout),
        ("large", OutboundError::TooLarge),
    ] {
        let outcome = opened.send(call(&format!("http://{address}/{path}"))).await;
        assert_eq!(outcome.unwrap_err(), error, "{path}");
    }
    let closed = opened.send(call("http://127.0.0.1:9999/?secret=geheim")).await.unwrap_err();
    let OutboundError::Failed(words) = closed else { panic!("{closed:?}") };
    assert!(!words.contains("geheim") && !words.contains("9999"), "{words}");
}
async fn drip(_: ()) -> Option<(Result<&'static str, std::io::Error>, ())> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Some((Ok("x"), ()))
}

#[tokio::test]
async fn an_authority_of_the_operator_is_trusted_and_no_other() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = [0; 4096];
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                if stream.read(&mut request).await.is_ok() && stream.write_all(answer).await.is_ok() {
                    stream.shutdown().await.ok();
                }
            }
        }
    });
    let url = format!("https://localhost:{port}/");
    let stranger = outbound(&["127.0.0.0/8", "::1"]).send(call(&url)).await;
    assert!(matches!(stranger, Err(OutboundError::Failed(_))), "{stranger:?}");
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let trusting = Outbound::new(OutboundOptions { allow, roots: vec![made.cert.der().clone()] }).unwrap();
    assert_eq!(&trusting.send(call(&url)).await.unwrap().body[..], b"ok");
}
