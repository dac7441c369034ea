//! The assembled program without sockets: its router, its store, people and organizations for one sequence.
use super::oracle::{Account, Owner, Place, Standing};
use anyhow::{Context as _, Result, bail};
use axum::body::Body;
use fujie::config::{Config, Flags};
use fujie::wiring::{self, Built};
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use identity::account::{self, NewSelfOwned};
use identity::realname::{self, Proof, RealNameLevel};
use identity::session::NewSession;
use kernel::id::{AccountId, OrganizationId, OrganizationTypeId, ProductId, mark};
use kernel::{Actor, Event, Id, LoginName, Mobile, ResidentId, Timestamp, Uscc};
use legacy::Legacy;
use organization::Operator;
use organization::application::ApplicationKind;
use organization::membership::{Appointment, Basis, Newcomer, Role, Terms};
use organization::organization::NewOrganization;
use organization::organization_type::{Identifier, OrganizationType, TypePolicy, Words};
use organization::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState};
use platform::StaffRole;
use platform::setting::{ApplicationPolicy, PasswordPolicy};
use platform::staff::PolicyEditor;
use roster::Roster;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::Engine;
use testkit::database::Database;
use tower::ServiceExt as _;

pub const ORIGIN: &str = "http://127.0.0.1:8080";
/// Every login name and every name of a person or firm in the model begins with this, so that an answer can be searched.
pub const MARK: &str = "zq";
/// The mark, a letter for the kind, and a number in letters: names of people have no digits.
pub fn word(kind: char, number: u64) -> String {
    let digit = |digit: u8| char::from(b'a' + digit - b'0');
    format!("{MARK}{kind}{}", number.to_string().bytes().map(digit).collect::<String>())
}

/// What a type says, as the oracle needs it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub administrators: usize,
    pub do_business: bool,
    pub two_steps: bool,
}
pub const KINDS: [Kind; 3] = [
    Kind { administrators: 1, do_business: false, two_steps: false },
    Kind { administrators: 2, do_business: true, two_steps: false },
    Kind { administrators: 3, do_business: true, two_steps: true },
];
/// Roles that each product may be granted to.
pub const PRODUCTS: usize = 2;

pub struct World {
    pub built: Built,
    pub roster: Roster,
    pub legacy: Legacy,
    pub types: Vec<OrganizationTypeId>,
    pub products: Vec<ProductId>,
    /// Two account managers, the system administrator, an auditor.
    pub staff: Vec<(AccountId, String)>,
    database: Option<Database>,
    _folder: tempfile::TempDir,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub json: bool,
    pub text: String,
}

/// A browser that is signed in: cookie and what form tokens are made of.
#[derive(Clone, Debug)]
pub struct Session {
    cookie: String,
    csrf: String,
    browser: [u8; 32],
}

/// Eight digits: a word of them is not met by chance in a token or a hash.
static NUMBER: AtomicU64 = AtomicU64::new(10_000_000);
/// Of nobody else in this run: numbers of phones, documents and codes are made of it.
pub fn number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

impl World {
    pub async fn open(engine: Engine) -> Result<Self> {
        // Shared memory where there is some: whether the disk keeps what it was given is another test's affair.
        let shared = std::path::Path::new("/dev/shm");
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("fujie-model-");
        let folder = if shared.is_dir() { builder.tempdir_in(shared)? } else { builder.tempdir()? };
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Database::postgres(None)?),
        };
        let flags = Flags {
            config: None,
            data_dir: Some(folder.path().join("data")),
            database_url: database.as_ref().map(Database::url),
        };
        let config = Config::resolve(&flags, None, &|_| None)?;
        let built = wiring::build(&config, &url::Url::parse(ORIGIN)?, true).await?;
        let rooms = &built.organizations;
        let settings = built.identity.settings();
        let editor = PolicyEditor::command_line();
        // Cheap hashes and no limits a day: this test is about everything else.
        settings.change(&editor, PasswordPolicy { memory_kib: 64, passes: 1, ..Default::default() }).await?;
        let policy = ApplicationPolicy {
            open_per_person: 100,
            per_person_day: 100,
            per_organization_day: 1000,
            ..Default::default()
        };
        settings.change(&editor, policy).await?;
        let mut world = Self {
            roster: Roster::new(rooms.clone()),
            legacy: Legacy::new(rooms.clone()),
            types: Vec::new(),
            products: Vec::new(),
            staff: Vec::new(),
            database,
            _folder: folder,
            built,
        };
        world.furnish().await?;
        Ok(world)
    }
    pub fn db(&self) -> &db::Db {
        &self.built.db
    }
    fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub async fn close(self) {
        self.built.close().await;
        drop(self.database);
    }
    async fn furnish(&mut self) -> Result<()> {
        let rooms = self.built.organizations.clone();
        for (place, kind) in KINDS.iter().enumerate() {
            let two = if kind.two_steps { vec![ApplicationKind::AgentAuthorization] } else { Vec::new() };
            let policy = TypePolicy {
                identifiers: vec![Identifier::Uscc, Identifier::MemberNumber],
                administrators: u32::try_from(kind.administrators)?,
                administrators_do_business: kind.do_business,
                head_level: RealNameLevel::Primary,
                approved_by_two: two,
                ..TypePolicy::default()
            };
            let id = self.db().draw();
            let name = Words::new("类型", "Type");
            let new = OrganizationType { id, code: format!("model_{place}"), name, policy };
            rooms.create_organization_type(&Operator::installation(), new, self.now()).await?;
            self.types.push(id);
        }
        let classes = [AdmissionClass::Open, AdmissionClass::Membership];
        for (place, class) in classes.into_iter().enumerate() {
            let new = Product {
                id: self.db().draw(),
                code: format!("model-{place}"),
                name: Words::new("产品", "Product"),
                summary: Words::new("产品", "Product"),
                category: "market".into(),
                icon: "chart".into(),
                launch_url: None,
                audience: Audience::Organization,
                admission_class: class,
                grant_mode: GrantMode::Explicit,
                admission_editor: AdmissionEditor::AccountManager,
                minimum_level: RealNameLevel::Unverified,
                minimum_strength: 1,
                roles_allowed: vec![Role::Agent, Role::Administrator],
                network_zone: None,
                manager: None,
                state: ProductState::Active,
            };
            self.products.push(rooms.create_product(&Operator::installation(), new, self.now()).await?);
        }
        let roles = [
            StaffRole::AccountManager,
            StaffRole::AccountManager,
            StaffRole::SystemAdministrator,
            StaffRole::Auditor,
        ];
        for role in roles {
            let made = self.people(1, false).await?.remove(0);
            let id = made.id;
            let now = self.now();
            self.db()
                .write(move |tx| {
                    let appointed =
                        platform::staff::service::appoint_in(tx, &Actor::system(), id, role, None, now)?;
                    Ok(((), vec![appointed]))
                })
                .await?;
            self.staff.push((id, made.login));
        }
        Ok(())
    }
    /// Accounts that people own; with a proven phone, document and real-name level where that is asked for.
    pub async fn people(&self, count: usize, proven: bool) -> Result<Vec<Account>> {
        let (db, now) = (self.db(), self.now());
        let mut made = Vec::new();
        let mut people = Vec::new();
        for _ in 0..count {
            let n = number();
            let login = word('p', n);
            let phone = format!("139{n:08}");
            let document = resident(n);
            let new = NewSelfOwned {
                id: db.draw(),
                sub: db.rng().short_token(),
                login_name: LoginName::parse(&login)?,
                name: login.clone(),
                phone: if proven { Some(Mobile::parse(&phone)?) } else { None },
                document: None,
                password_hash: "none".into(),
                now,
            };
            let parsed = ResidentId::parse(&document, account::model::today(now))
                .map_err(|error| anyhow::anyhow!("{document}: {error}"))?;
            made.push(Account {
                id: new.id,
                login,
                owner: Owner::Themselves,
                standing: Standing::Active,
                phone: proven.then_some(phone),
                document,
                proven,
                staff: None,
                factor: false,
                has_password: true,
                session: None,
                signed_in: false,
            });
            people.push((new, parsed, db.draw::<mark::Person>(), db.draw::<mark::IdentityProof>()));
        }
        let keyring = Arc::clone(db.keyring());
        db.write(move |tx| {
            let mut events = Vec::new();
            for (new, document, person, proof) in &people {
                account::service::create_self_owned_in(tx, &keyring, new)?;
                if proven {
                    let name = new.name.as_str();
                    realname::service::prove_document_in(tx, &keyring, new.id, *person, document, name, now)?;
                    let proof = Proof {
                        id: *proof,
                        account: new.id,
                        method: "id_document".into(),
                        provider: "test".into(),
                        level: RealNameLevel::Primary,
                        proven_at: now,
                        expires_at: now.plus_days(365),
                    };
                    realname::service::prove_in(tx, &proof)?;
                }
                events.push(Event::done(&Actor::system(), "account.created").on("account", new.id));
            }
            Ok(((), events))
        })
        .await?;
        Ok(made)
    }
    pub async fn organization(&self, kind: usize, manager: usize) -> Result<Place> {
        let n = number();
        let name = word('o', n);
        let uscc = code(n);
        let new = NewOrganization {
            id: self.db().draw(),
            type_id: self.types[kind],
            name: name.clone(),
            short_name: name.clone(),
            uscc: Some(Uscc::parse(&uscc)?),
            // The second product is for members of the exchange.
            member_number: (kind == 0).then(|| format!("M{n}")),
            registration_number: None,
            head_name: Some(word('h', n)),
            address: None,
            account_manager: Some(self.staff[manager].0),
        };
        let rooms = &self.built.organizations;
        let id = rooms.create_organization(&Operator::installation(), new, self.now()).await?;
        Ok(Place {
            id,
            kind: KINDS[kind],
            short_name: name.clone(),
            name,
            head_name: word('h', n),
            address: String::new(),
            uscc,
            member_number: if kind == 0 { format!("M{n}") } else { String::new() },
            suspended: false,
            manager,
            extra: false,
            admitted: [true, kind == 0],
            received: 0,
        })
    }
    pub async fn join(&self, place: OrganizationId, role: Role, account: AccountId) -> Result<()> {
        let appointment = Appointment {
            id: self.db().draw(),
            newcomer: Newcomer::Existing(account),
            role,
            basis: Basis::Appointed,
            terms: Terms::default(),
        };
        let rooms = &self.built.organizations;
        rooms.appoint(Operator::installation(), place, appointment, self.now()).await?;
        Ok(())
    }
    /// As if the person had signed in a moment ago, with a password that is not temporary.
    pub async fn sign_in(&self, account: AccountId, second: bool) -> Result<Session> {
        let (db, now) = (self.db(), self.now());
        let token = db.rng().token();
        let new = NewSession {
            id: db.draw(),
            token: token.clone(),
            account,
            methods: if second { vec!["pwd", "otp"] } else { vec!["pwd"] },
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            now,
            expires_at: now.plus_days(1),
        };
        db.write_unaudited("a test signs in", move |tx| {
            identity::credential::service::set_in(tx, account, "none", false, now)?;
            identity::session::service::begin_in(tx, &new, None)
        })
        .await?;
        let app = &self.built.app;
        let cookie = web::cookie::set_session(app, &token, None);
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
        let browser: [u8; 32] = Sha256::new().chain_update(b"browser").chain_update(&token).finalize().into();
        let mac = app.keyring.mac("web.csrf", &[browser.as_slice()]);
        let csrf = data_encoding::BASE64URL_NOPAD.encode(&mac);
        Ok(Session { cookie, csrf, browser })
    }
    /// The hidden id of a create form.
    pub fn form_id<T>(&self, session: &Session, id: Id<T>) -> String {
        let kind = std::any::type_name::<T>();
        let parts = [kind.as_bytes(), session.browser.as_slice(), &id.as_i64().to_be_bytes()];
        let mac = self.built.app.keyring.mac("web.form_id", &parts);
        format!("{id}.{}", data_encoding::BASE64URL_NOPAD.encode(&mac))
    }
    fn request(session: Option<&Session>, method: &str, path: &str) -> http::request::Builder {
        let own = session.map(|session| session.cookie.as_str()).unwrap_or("nobody=here");
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::COOKIE, format!("{own}; fujie-lang=en"))
            .header(header::ACCEPT, "application/json")
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
    }
    pub async fn get(&self, session: Option<&Session>, path: &str) -> Result<Answer> {
        self.send(Self::request(session, "GET", path).body(Body::empty())?).await
    }
    /// `written_on`: the organization on whose page the form was written.
    pub async fn post(
        &self,
        session: &Session,
        (path, written_on): (&str, Option<OrganizationId>),
        members: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf", &token(session, written_on));
        body.extend_pairs(members);
        let request = Self::request(Some(session), "POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.finish()))?).await
    }
    pub async fn post_file(
        &self,
        session: &Session,
        (path, written_on): (&str, Option<OrganizationId>),
        members: &[(&str, &str)],
        (field, file): (&str, &[u8]),
    ) -> Result<Answer> {
        const LINE: &str = "model-test-boundary";
        let mut body = Vec::new();
        let csrf = token(session, written_on);
        for (name, value) in [("csrf", csrf.as_str())].iter().chain(members) {
            body.extend_from_slice(
                format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        body.extend_from_slice(
            format!(
                "--{LINE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"file\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{LINE}--\r\n").as_bytes());
        let request = Self::request(Some(session), "POST", path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={LINE}"));
        self.send(request.body(Body::from(body))?).await
    }
    async fn send(&self, request: Request<Body>) -> Result<Answer> {
        let what = format!("{} {}", request.method(), request.uri());
        let response: Response<Body> = self.built.router.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let location = text(header::LOCATION).to_owned();
        let json = text(header::CONTENT_TYPE).contains("json");
        let bytes = response.into_body().collect().await.with_context(|| what.clone())?.to_bytes();
        if status >= 500 {
            bail!("{what} was answered with {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(Answer { status, location, json, text: String::from_utf8_lossy(&bytes).into_owned() })
    }
}
fn token(session: &Session, written_on: Option<OrganizationId>) -> String {
    match written_on {
        Some(organization) => format!("{}~{organization}", session.csrf),
        None => session.csrf.clone(),
    }
}

/// A number that is well formed and belongs to nobody.
fn resident(n: u64) -> String {
    let (serial, rest) = (n % 999, n / 999);
    let (day, rest) = (rest % 28, rest / 28);
    let (month, year) = (rest % 12, rest / 12);
    let body = format!("110101{}{:02}{:02}{serial:03}", 1950 + year % 50, month + 1, day + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    format!("{body}{check}")
}
fn code(n: u64) -> String {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut body = b"91350211".to_vec();
    let mut rest = n;
    for _ in 0..9 {
        body.push(ALPHABET[(rest % 10) as usize]);
        rest /= 10;
    }
    let mut weight = 1;
    let mut sum = 0;
    for byte in &body {
        let value = ALPHABET.iter().position(|one| one == byte).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    body.push(ALPHABET[(31 - sum % 31) % 31]);
    String::from_utf8_lossy(&body).into_owned()
}
