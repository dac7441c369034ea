//! Public documents: asked of the server, and of a bare handler that says the same bytes under the same headers.
use crate::{
    http::Connection,
    round::{Step, Worker, Workers},
};
use anyhow::{Result, ensure};
use axum::{Router, routing::get};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

/// Where a document lies, and a word that it holds.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    path: &'static str,
    holds: &'static str,
}
pub const KEY_SET: Document = Document { path: "/oauth2/jwks", holds: "\"keys\"" };
pub const DISCOVERY: Document =
    Document { path: "/.well-known/openid-configuration", holds: "token_endpoint" };

impl Document {
    pub fn workers(self, authority: &str, connections: usize) -> Workers {
        let worker =
            |_| Box::new(Reader { server: Connection::new(authority), document: self }) as Box<dyn Worker>;
        (0..connections).map(worker).collect()
    }
}

struct Reader {
    server: Connection,
    document: Document,
}
impl Worker for Reader {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let Document { path, holds } = self.document;
            let reply = self.server.get(path).await?.expect(StatusCode::OK)?;
            ensure!(reply.text()?.contains(holds), "{path}: another document");
            Ok(true)
        })
    }
}

/// What a server said once.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}
/// Both documents as the server serves them.
pub async fn served(authority: &str) -> Result<Vec<Served>> {
    let mut server = Connection::new(authority);
    let mut all = Vec::new();
    for document in [KEY_SET, DISCOVERY] {
        let reply = server.get(document.path).await?.expect(StatusCode::OK)?;
        let mut headers = Vec::new();
        for (name, value) in &reply.headers {
            // What every server adds by itself.
            if *name != header::DATE && *name != header::CONTENT_LENGTH {
                headers.push((name.to_string(), value.to_str()?.to_owned()));
            }
        }
        all.push(Served { path: document.path.to_owned(), headers, body: reply.text()?.to_owned() });
    }
    Ok(all)
}

/// A handler for each, and one that says `ok`. What they say lives as long as the process, so that nothing is copied.
pub fn router(served: Vec<Served>) -> Result<Router> {
    let mut router = Router::new().route("/", get(|| async { "ok" }));
    for Served { path, headers, body } in served {
        let mut head = HeaderMap::new();
        for (name, value) in headers {
            head.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_static(value.leak()));
        }
        let body = Bytes::from_static(body.leak().as_bytes());
        let handler = move || {
            let answer = (head.clone(), body.clone());
            async move { answer }
        };
        router = router.route(&path, get(handler));
    }
    Ok(router)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_served_again_is_the_same() {
        let serve = async |documents: Vec<Served>| -> String {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let authority = listener.local_addr().unwrap().to_string();
            let router = router(documents).unwrap();
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            authority
        };
        let document = |document: Document| Served {
            path: document.path.to_owned(),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("x-request-id".to_owned(), "1".to_owned()),
            ],
            body: format!("{{\"{}\":1}}", document.holds.trim_matches('"')),
        };
        let first = serve(vec![document(KEY_SET), document(DISCOVERY)]).await;
        let told = served(&first).await.unwrap();
        assert_eq!(told, [document(KEY_SET), document(DISCOVERY)]);
        let second = serve(told).await;
        assert_eq!(served(&second).await.unwrap(), served(&first).await.unwrap());
        let mut worker = DISCOVERY.workers(&second, 1).pop().unwrap();
        assert!(worker.once().await.unwrap());
    }
}
