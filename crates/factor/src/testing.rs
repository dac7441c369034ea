//! An account by its id alone, and a browser that looks at a page.
use db::Db;
use kernel::{Clock, Timestamp, id::AccountId};
use std::sync::Arc;
use web::{App, Ctx};

pub const ORIGIN: &str = "https://id.example";

/// On both engines, with a clock that the test moves.
pub async fn engines() -> Vec<Db> {
    db::testing::engines_at(Clock::fixed(Timestamp::from_millis(1_795_000_000_000))).await
}
pub async fn account(db: &Db) -> AccountId {
    let id: AccountId = db.draw();
    let now = db.clock().now();
    db.write_unaudited("test", move |tx| {
        tx.run(
            "INSERT INTO account (id, sub, owner_kind, state, login_name, name, phone_proven, email_proven, rev, created_at)
             VALUES ($1, $2, 'self_owned', 'active', $2, $3, FALSE, FALSE, 0, $4)",
            &[&id, &id.to_string(), &Vec::<u8>::new(), &now],
        )
    })
    .await
    .unwrap();
    id
}
pub fn ctx(db: &Db, base_url: &str, browser: u8) -> Ctx {
    let app = App::new(base_url, Arc::clone(db.keyring()), db.clock().clone(), db.rng().clone()).unwrap();
    Ctx {
        now: db.clock().now(),
        lang: web::Lang::En,
        request_id: "test".into(),
        address: [127, 0, 0, 1].into(),
        path: "/".into(),
        csrf: String::new(),
        browser: [browser; 32],
        wants_json: true,
        is_get: false,
        theme: web::context::Theme::Auto,
        text_size: web::context::TextSize::Standard,
        client: web::Client::default(),
        flash: None,
        app: Arc::new(app),
    }
}
