//! Overload is refused early and never slows whoever is inside.
use super::*;
use crate::{
    admission::Places,
    frame_with,
    serve::{Limits, serve},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

const PLACES: Places = Places { reading: 4, writing: 4, uploading: 2, programs: 2 };

/// Handlers that wait until they are let go.
fn waiting(places: Places) -> (Router, Arc<Notify>, Arc<AtomicUsize>) {
    let (go, inside) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let hold = {
        let (go, inside) = (Arc::clone(&go), Arc::clone(&inside));
        move || {
            let (go, inside) = (Arc::clone(&go), Arc::clone(&inside));
            async move {
                inside.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                "done"
            }
        }
    };
    let rooms = Routes::new()
        .get("/hold", Policy::Public, hold.clone())
        .post_blind("/hold", Policy::Public, hold.clone())
        .post_blind("/oauth2/token", Policy::Client, hold);
    (frame_with(rooms.into_router(), &app("http://127.0.0.1:8080"), Probes::default(), places), go, inside)
}
fn request(method: &str, path: &str, body: Body) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, "en")
        .body(body)
        .unwrap()
}
async fn until(inside: &AtomicUsize, count: usize) {
    let begun = Instant::now();
    while inside.load(Ordering::SeqCst) < count {
        assert!(begun.elapsed() < Duration::from_secs(5), "{} inside", inside.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_its_places_a_class_is_refused_at_once_and_the_others_are_not() {
    let (router, go, inside) = waiting(PLACES);
    let hold = |method: &'static str, path: &'static str| {
        let router = router.clone();
        tokio::spawn(async move { router.oneshot(request(method, path, Body::empty())).await.unwrap() })
    };
    let readers: Vec<_> = (0..4).map(|_| hold("GET", "/hold")).collect();
    until(&inside, 4).await;
    let begun = Instant::now();
    for _ in 0..200 {
        let refused = router.clone().oneshot(request("GET", "/hold", Body::empty())).await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers().get(header::RETRY_AFTER).unwrap(), "2");
        let page = refused.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(page.contains("<html lang=\"en\">") && page.contains("server.busy"), "{page}");
    }
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "a refusal costs next to nothing: {:?}",
        begun.elapsed()
    );
    // Writers and programs have places of their own; probes and files take none.
    let writers: Vec<_> = (0..4).map(|_| hold("POST", "/hold")).collect();
    let programs: Vec<_> = (0..2).map(|_| hold("POST", "/oauth2/token")).collect();
    until(&inside, 10).await;
    let refused = router.clone().oneshot(request("POST", "/oauth2/token", Body::empty())).await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    let probe = router.clone().oneshot(request("GET", "/healthz", Body::empty())).await.unwrap();
    assert_eq!(probe.status(), StatusCode::OK);
    go.notify_waiters();
    for task in readers.into_iter().chain(writers).chain(programs) {
        assert_eq!(task.await.unwrap().status(), StatusCode::OK, "whoever was inside is served");
    }
    // Their places are free again.
    let next = hold("GET", "/hold");
    until(&inside, 11).await;
    go.notify_waiters();
    assert_eq!(next.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_away_or_sends_slowly_holds_no_place() {
    let (router, go, inside) = waiting(PLACES);
    // Half-way through, the browser is closed.
    for _ in 0..20 {
        let task = tokio::spawn(router.clone().oneshot(request("GET", "/hold", Body::empty())));
        until(&inside, 1).await;
        task.abort();
        drop(task.await);
        inside.store(0, Ordering::SeqCst);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let standing = Arc::new(crate::Standing::new(app("http://127.0.0.1:8080")));
    let stop = async { drop(stopped.await) };
    tokio::spawn(serve(listener, None, router.clone(), standing, Limits::default(), stop));
    // Forms that never come to their end, more of them than there are places.
    let mut slow = Vec::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = "POST /hold HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-length: 100\r\n\r\na=";
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let quick = tokio::spawn(router.clone().oneshot(request("POST", "/hold", Body::from("a=b"))));
    until(&inside, 1).await;
    go.notify_waiters();
    assert_eq!(quick.await.unwrap().unwrap().status(), StatusCode::OK);
    // Bodies of unknown length wait in a class of their own.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /hold HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 16];
    let held = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut answer)).await;
    assert!(held.is_err(), "it is inside, in the class of uploads");
    drop(slow);
}

#[tokio::test]
async fn a_form_that_was_read_before_reaches_its_handler_whole() {
    let app = app("http://127.0.0.1:8080");
    let router = frame_with(routes().into_router(), &app, Probes::default(), PLACES);
    let mut posted = request("POST", "/oauth2/token", Body::from("name=lin"));
    posted.headers_mut().insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
    let answer = router.oneshot(posted).await.unwrap();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&text[..], b"lin false");
}
