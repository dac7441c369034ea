//! People and policies that the demonstration lacks, written while the server is down: many accounts with proven numbers,
//! and limits wide enough for one source to stand for all of them.
use anyhow::{Context as _, Result, anyhow};
use db::{Db, Keyring, Options};
use identity::account::{self, NewSelfOwned};
use kernel::{LoginName, Mobile, Rng};
use platform::{
    Settings,
    setting::{CaptchaPolicy, CaptchaStrategy, CodePolicy, PasswordPolicy, RecoveryPolicy, SignInPolicy},
    staff::PolicyEditor,
};
use std::{path::Path, sync::Arc};

/// Enough for every number to rest between two codes.
pub const PEOPLE: usize = 60_000;
/// Enough for sign-in besides the hash.
pub const FEW: usize = 1_200;
/// So many are written in one transaction.
const SLICE: usize = 500;
/// What everybody's password is.
pub const PASSWORD: &str = "walnut kettle parade 41";

/// Parameters of the hash that everybody has, and of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// The policy's default.
    Usual,
    /// Next to nothing: what is left is everything besides.
    Free,
}

pub fn login_name(number: usize) -> String {
    format!("walker{number:05}")
}
pub fn phone(number: usize) -> String {
    format!("177{number:08}")
}

fn plain(error: kernel::Error) -> anyhow::Error {
    anyhow!("{error}")
}
/// `folder` is where the server was started.
pub async fn prepare(folder: &Path, database_url: Option<&str>, people: usize, hash: Hash) -> Result<()> {
    let data = folder.join("data");
    let keyring = Keyring::open_or_create(&data.join("keyring"), &Rng::System).map_err(plain)?;
    let url = match database_url {
        Some(url) => url.to_owned(),
        None => format!("sqlite:{}", data.join("fujie.db").display()),
    };
    let db = Db::open(Options::new(url, Arc::new(keyring))).map_err(plain)?;
    let filled = fill(&db, people, hash).await.map_err(plain);
    db.close().await;
    filled.context("people and policies could not be written")
}
async fn fill(db: &Db, people: usize, hash: Hash) -> kernel::Result<()> {
    let (settings, editor) = (Settings::new(db.clone()), PolicyEditor::command_line());
    let password = match hash {
        Hash::Usual => PasswordPolicy::default(),
        Hash::Free => PasswordPolicy { memory_kib: 8, passes: 1, ..PasswordPolicy::default() },
    };
    settings.change(&editor, password.clone()).await?;
    let captcha =
        CaptchaPolicy { strategy: CaptchaStrategy::Never, work_bits: 8, ..CaptchaPolicy::default() };
    settings.change(&editor, captcha).await?;
    let sign_in = SignInPolicy {
        wrong_passwords: 100,
        wrong_from_strangers: 100_000,
        wrong_from_source: 1_000_000,
        ..SignInPolicy::default()
    };
    settings.change(&editor, sign_in).await?;
    let code = CodePolicy {
        resend_seconds: 10,
        per_phone_hour: 100,
        per_phone_day: 200,
        per_address_hour: 100_000,
        ..CodePolicy::default()
    };
    settings.change(&editor, code).await?;
    let recovery = RecoveryPolicy { begun_per_source_hour: 10_000, ..RecoveryPolicy::default() };
    settings.change(&editor, recovery).await?;
    // One salt for all: how long a comparison takes does not depend on it.
    let pool = identity::credential::PasswordPool::new(1, 1, Rng::System)?;
    let text = identity::credential::Password::parse("password", PASSWORD)?;
    let parameters = identity::credential::model::Parameters::from(&password);
    let stored = pool.hash(&text, parameters).await?;
    let now = db.clock().now();
    let mut number = 0;
    while number < people {
        let mut slice = Vec::new();
        for place in number..(number + SLICE).min(people) {
            slice.push(NewSelfOwned {
                id: db.draw(),
                sub: db.rng().short_token(),
                login_name: LoginName::parse(&login_name(place))?,
                name: "行路人".into(),
                phone: Some(Mobile::parse(&phone(place))?),
                document: None,
                password_hash: stored.clone(),
                now,
            });
        }
        number += slice.len();
        let keyring = Arc::clone(db.keyring());
        db.write_unaudited("people of the bench", move |tx| {
            for new in &slice {
                account::service::create_self_owned_in(tx, &keyring, new)?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
