//! A person opens the sign-in page, types name and password, and is signed in; each time with the own browser, which the
//! account knows from the second time on.
use super::World;
use crate::{
    http::{Browser, Cookies},
    round::{Step, Worker, Workers},
    server::Account,
};
use anyhow::Context as _;
use std::{collections::HashMap, iter::Cycle};

struct SignIn {
    browser: Browser,
    people: Cycle<std::vec::IntoIter<Account>>,
    /// Of each person.
    browsers: HashMap<String, Cookies>,
}

/// Every worker goes through all accounts, each beginning with another; of many, each has its own.
pub fn workers(world: &World) -> Workers {
    let accounts: Vec<Account> = world.accounts().into_iter().cloned().collect();
    let worker = |index: usize| {
        let mut own = accounts.clone();
        if own.len() > 100 * world.connections {
            own = own.into_iter().skip(index).step_by(world.connections).collect();
        } else {
            own.rotate_left(index % accounts.len().max(1));
        }
        let people = own.into_iter().cycle();
        let browser = Browser::new(&world.authority);
        Box::new(SignIn { browser, people, browsers: HashMap::new() }) as Box<dyn Worker>
    };
    (0..world.connections).map(worker).collect()
}

impl Worker for SignIn {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let person = self.people.next().context("the demonstration has no accounts")?;
            self.browser.cookies = self.browsers.get(&person.login_name).cloned().unwrap_or_default();
            self.browser.sign_in(&person.login_name, &person.password).await?;
            self.browsers.insert(person.login_name, self.browser.cookies.known_browser());
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{
        Router,
        body::Bytes,
        http::{HeaderMap, StatusCode},
        response::{IntoResponse, Response},
        routing::get,
    };

    /// A sign-in of the same outer form: cookie, hidden token, 303 with the session's cookie.
    async fn stub() -> String {
        let page = || async {
            let body = r#"<form action="/login" method="post"><input type="hidden" name="csrf" value="t0k">
                <input name="login-name"><input name="login-password" type="password"></form>"#;
            ([("set-cookie", "fujie-1-pre=p; Path=/")], body)
        };
        let answer = |headers: HeaderMap, body: Bytes| async move {
            let cookie = headers.get("cookie").and_then(|line| line.to_str().ok()).unwrap_or_default();
            let good =
                cookie == "fujie-1-pre=p" && body.ends_with(b"csrf=t0k&login-name=a&login-password=right");
            let cookies = [("set-cookie", "fujie-1=s; Path=/"), ("location", "/me")];
            let answer: Response = if good {
                (StatusCode::SEE_OTHER, cookies).into_response()
            } else {
                StatusCode::OK.into_response()
            };
            answer
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let router = Router::new().route("/login", get(page).post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        authority
    }

    #[tokio::test]
    async fn signs_in_with_token_and_cookie_and_notices_a_refusal() {
        let mut browser = Browser::new(&stub().await);
        for _ in 0..2 {
            browser.forget();
            browser.sign_in("a", "right").await.unwrap();
            assert!(browser.cookies.signed_in());
        }
        browser.forget();
        let refused = browser.sign_in("a", "wrong").await.unwrap_err().to_string();
        assert!(refused.contains("303 See Other was expected"), "{refused}");
    }
}
