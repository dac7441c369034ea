//! The edge as a browser and an attacker meet it.
mod admission;
mod forms;
mod language;
mod pages;
mod serving;

use crate::{App, Ctx, Form, Policy, Probes, Routes, frame, with_flash};
use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kernel::{Clock, Error, Rng, Timestamp};
use std::sync::Arc;
use tower::ServiceExt;

fn app(base_url: &str) -> Arc<App> {
    let rng = Rng::seeded(7);
    let keyring = Arc::new(db::Keyring::ephemeral(&rng).unwrap());
    Arc::new(
        App::new(base_url, keyring, Clock::fixed(Timestamp::from_millis(1_800_000_000_000)), rng).unwrap(),
    )
}

#[derive(serde::Deserialize, Debug)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    age: Option<u32>,
    #[serde(default)]
    agreed: bool,
    #[serde(default, rename = "grants[]")]
    grants: Vec<String>,
}

/// What handlers of a room look like.
fn routes() -> Routes {
    Routes::new()
        .get("/show", Policy::Public, async |ctx: Ctx| page(&ctx, "<p>shown</p>"))
        .get("/login", Policy::Public, async |ctx: Ctx| page(&ctx, "<p>sign in</p>"))
        .get("/org/{organization}/show", Policy::Member, async |ctx: Ctx| page(&ctx, "<p>shown</p>"))
        .post("/org/{organization}/save", Policy::Member, async |Form(typed): Form<Typed>| typed.name)
        .get("/break", Policy::Public, async || -> Response { panic!("a bug with a secret in it") })
        .get("/refuse", Policy::Member, async || -> crate::Result {
            Err(Error::forbidden("form.id_stale").into())
        })
        .get("/busy", Policy::Public, async || -> crate::Result { Err(Error::overloaded("db.busy").into()) })
        .post("/save", Policy::Public, async |Form(typed): Form<Typed>| -> crate::Result {
            let text = format!("{} {:?} {} {:?}", typed.name, typed.age, typed.agreed, typed.grants);
            Ok(with_flash(([("x-typed", "yes")], text).into_response(), "ok", "web-copied", &[]))
        })
        .post_blind(
            "/oauth2/token",
            Policy::Client,
            async |headers: http::HeaderMap, crate::BareForm(typed): crate::BareForm<Typed>| {
                format!("{} {}", typed.name, headers.contains_key(header::COOKIE))
            },
        )
        .merge(
            Routes::new()
                .post_blind("/oauth2/par", Policy::Client, async || "pushed")
                .get_blind("/oauth2/who", Policy::Client, async || "somebody")
                .post_blind("/oauth2/who", Policy::Client, async || "somebody")
                .for_any_origin(),
        )
        .post("/api/v1/save", Policy::Client, async |crate::Json(typed): crate::Json<Typed>| typed.name)
}
fn page(ctx: &Ctx, text: &str) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], format!("{text}{}", ctx.csrf)).into_response()
}
fn router(app: &Arc<App>) -> Router {
    frame(routes().into_router(), app, Probes::default())
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}
impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }
    fn code(&self) -> &str {
        let text = self.text.split_once(r#"id="error-code">"#).unwrap().1;
        text.split_once('<').unwrap().0
    }
}
async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}
fn get(path: &str) -> http::request::Builder {
    Request::get(path).header("host", "id.example")
}
fn post(path: &str) -> http::request::Builder {
    Request::post(path)
        .header("host", "id.example")
        .header("origin", "https://id.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_page_of_another_site_reads_what_is_meant_for_it_and_nothing_else() {
    let router = router(&app("https://id.example"));
    let asked = |method: &str, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "id.example")
            .header("origin", "https://page.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,dpop")
            .body(Body::empty())
            .unwrap()
    };
    let before = send(&router, asked("OPTIONS", "/oauth2/par")).await;
    assert!(before.status.is_success(), "{}", before.status);
    assert_eq!(before.header("access-control-allow-origin"), "*");
    assert_eq!(before.header("access-control-allow-credentials"), "");
    for name in ["authorization", "content-type", "dpop"] {
        assert!(before.header("access-control-allow-headers").contains(name), "{name}");
    }
    for (method, path) in [("POST", "/oauth2/par"), ("GET", "/oauth2/who"), ("POST", "/oauth2/who")] {
        let answer = send(&router, asked(method, path)).await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (StatusCode::OK, "*"),
            "{path}"
        );
        assert!(answer.header("access-control-expose-headers").contains("dpop-nonce"), "{path}");
    }
    for (method, path) in
        [("OPTIONS", "/show"), ("GET", "/show"), ("OPTIONS", "/save"), ("POST", "/oauth2/token")]
    {
        let answer = send(&router, asked(method, path)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
