//! Clients in tests: keys that sign what a client would, and what it never should; servers that ask for tokens.
use crate::{
    client::{
        Algorithm, AuthMethod, Client, GrantType, NewClient, Profile, Settings,
        service::{Registered, create_client},
    },
    house::{Answer, CALLBACK, House, ISSUER, VERIFIER},
    jose::Jwk,
    keys::model::{SigningKey, Stored, generate},
    machine::{self, NewMachine},
    token::{
        handle::{self, Handle},
        store::{self, NewToken, Standing, TokenKind},
    },
};
use aws_lc_rs::hmac;
use axum::body::Body;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::{Request, StatusCode, header};
use kernel::{Secret, Timestamp, TokenHash};
use organization::Operator;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

pub struct Key(SigningKey);
impl Key {
    pub fn new(algorithm: Algorithm) -> Self {
        let made = generate(algorithm).unwrap();
        let stored = Stored {
            kid: made.kid,
            algorithm,
            private_key: Secret::new(made.private_key.expose()),
            public_jwk: made.public_jwk,
            signs_from: Timestamp::from_millis(0),
            signs_until: Timestamp::FOREVER,
            believed_until: Timestamp::FOREVER,
            published_until: Timestamp::FOREVER,
        };
        Self(SigningKey::decode(&stored).unwrap())
    }
    /// The same key for another algorithm, which its public half does not deny.
    pub fn used_as(mut self, algorithm: Algorithm) -> Self {
        self.0.public_jwk.as_object_mut().unwrap().remove("alg");
        self.0.algorithm = algorithm;
        self
    }
    pub fn kid(&self) -> &str {
        &self.0.kid
    }
    pub fn public(&self) -> Value {
        self.0.public_jwk.clone()
    }
    /// A key set with this key.
    pub fn set(&self) -> String {
        json!({ "keys": [self.public()] }).to_string()
    }
    pub fn thumbprint(&self) -> String {
        Jwk::parse(&self.0.public_jwk).unwrap().thumbprint()
    }
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        self.0.sign_with_header(&header.to_string(), claims.to_string().as_bytes()).unwrap()
    }
    /// With the header of a client assertion.
    pub fn assertion(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.0.algorithm.as_str(), "kid": self.0.kid, "typ": "JWT" });
        self.signed(&header, claims)
    }
    /// With the header of a DPoP proof.
    pub fn proof(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.0.algorithm.as_str(), "jwk": self.public(), "typ": "dpop+jwt" });
        self.signed(&header, claims)
    }
}

/// A client with settings of its own in a [`House`], as its server would act: it authenticates by its method, proves its key
/// if it has one, and knows the nonce that it was given last.
pub struct Caller<'h> {
    pub house: &'h House,
    pub client: Arc<Client>,
    pub secret: Option<String>,
    /// Signs assertions.
    pub key: Option<Key>,
    /// Signs proofs.
    pub dpop: Option<Key>,
    nonce: Mutex<Option<String>>,
    count: AtomicU64,
}
impl<'h> Caller<'h> {
    pub async fn new(house: &'h House, settings: Settings) -> Self {
        let new = NewClient {
            id: house.db.draw(),
            product: house.client.product,
            name: "Server".into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            skip_consent: true,
            id_token_algorithm: Algorithm::Es256,
            settings,
        };
        let made = create_client(&house.db, &Operator::installation(), new).await.unwrap();
        Self::of(house, made).await
    }
    /// A program of the house's organization.
    pub async fn machine(house: &'h House, settings: Settings) -> Self {
        let new = NewMachine {
            id: house.db.draw(),
            product: house.client.product,
            name: "程序".into(),
            owner: Some(house.organization),
            settings,
            algorithm: Algorithm::Es256,
        };
        let made = machine::service::create(&house.db, &Operator::installation(), new).await.unwrap();
        Self::of(house, made).await
    }
    async fn of(house: &'h House, made: Registered) -> Self {
        Self {
            client: house.openid.clients().find(&made.client_id).await.unwrap().unwrap(),
            secret: made.secret.map(|secret| secret.expose().to_owned()),
            key: None,
            dpop: None,
            nonce: Mutex::new(None),
            count: AtomicU64::new(0),
            house,
        }
    }
    pub fn with_key(self, key: Key) -> Self {
        Self { key: Some(key), ..self }
    }
    pub fn with_dpop(self) -> Self {
        Self { dpop: Some(Key::new(Algorithm::Es256)), ..self }
    }
    fn now(&self) -> i64 {
        self.house.db.clock().now().as_seconds()
    }
    fn next(&self) -> String {
        format!("id-{}", self.count.fetch_add(1, Ordering::Relaxed))
    }
    /// The claims of an assertion that is in order.
    pub fn assertion_claims(&self) -> Value {
        let id = &self.client.client_id;
        json!({ "iss": id, "sub": id, "aud": ISSUER, "jti": self.next(), "exp": self.now() + 60, "iat": self.now() })
    }
    /// The claims of a proof that is in order.
    pub fn proof_claims(&self, method: &str, path: &str, token: Option<&str>) -> Value {
        let mut claims =
            json!({ "jti": self.next(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.now() });
        if let Some(nonce) = self.nonce.lock().unwrap().clone() {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = token {
            let hash = BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes()));
            claims["ath"] = json!(hash);
        }
        claims
    }
    /// The members by which the method says who it is.
    pub fn credentials(&self) -> Vec<(String, String)> {
        let id = ("client_id".to_owned(), self.client.client_id.clone());
        let secret = || self.secret.clone().unwrap();
        let asserted = |text: String| {
            vec![
                (
                    "client_assertion_type".into(),
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into(),
                ),
                ("client_assertion".to_owned(), text),
            ]
        };
        match self.client.settings.auth_method {
            AuthMethod::None => vec![id],
            AuthMethod::SecretPost => vec![id, ("client_secret".into(), secret())],
            AuthMethod::SecretBasic => Vec::new(),
            AuthMethod::SecretJwt => asserted(hs256(&secret(), &self.assertion_claims())),
            AuthMethod::PrivateKeyJwt => {
                asserted(self.key.as_ref().unwrap().assertion(&self.assertion_claims()))
            }
        }
    }
    /// As it is sent, with a proof if one is given.
    pub async fn send(&self, path: &str, body: &str, proof: Option<&str>) -> Answer {
        let mut request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if self.client.settings.auth_method == AuthMethod::SecretBasic {
            let pair = format!("{}:{}", self.client.client_id, self.secret.as_ref().unwrap());
            let value = BASE64.encode(pair.as_bytes());
            request = request.header(header::AUTHORIZATION, format!("Basic {value}"));
        }
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        let answer = self.house.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        self.learn(&answer);
        answer
    }
    fn learn(&self, answer: &Answer) {
        if let Some(nonce) = answer.headers.get("dpop-nonce") {
            *self.nonce.lock().unwrap() = Some(nonce.to_str().unwrap().to_owned());
        }
    }
    /// A request with the client's credentials; once more, with the same, if it has to learn a nonce.
    pub async fn ask(&self, path: &str, members: &[(&str, &str)]) -> Answer {
        let credentials = self.credentials();
        for again in [true, false] {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(members).extend_pairs(&credentials);
            let claims = self.proof_claims("POST", path, None);
            let proof = self.dpop.as_ref().map(|key| key.proof(&claims));
            let answer = self.send(path, &form.finish(), proof.as_deref()).await;
            if !again || !answer.body.contains("use_dpop_nonce") {
                return answer;
            }
        }
        unreachable!("the second answer is returned")
    }
    /// The members of an authorization request.
    pub fn request(&self, scope: &str) -> Vec<(&'static str, String)> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER));
        vec![
            ("response_type", "code".into()),
            ("client_id", self.client.client_id.clone()),
            ("redirect_uri", CALLBACK.into()),
            ("scope", scope.into()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".into()),
        ]
    }
    /// A code for the person of the house, through a pushed request where the client must.
    pub async fn code(&self, scope: &str, more: &[(&'static str, &str)]) -> String {
        let mut members = self.request(scope);
        members.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        if self.client.settings.demands().par {
            let pushed: Vec<(&str, &str)> =
                members.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = self.ask("/oauth2/par", &pushed).await;
            let uri =
                answer.json()["request_uri"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
            members = vec![("client_id", self.client.client_id.clone()), ("request_uri", uri)];
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let answer = self.house.get(&format!("/oauth2/authorize?{query}"), true).await;
        answer.query("code").unwrap_or_else(|| panic!("no code: {answer:?}"))
    }
    pub async fn exchange(&self, code: &str) -> Answer {
        let members = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.ask("/oauth2/token", &members).await
    }
    /// Tokens of the person.
    pub async fn tokens(&self, scope: &str) -> Value {
        let answer = self.exchange(&self.code(scope, &[]).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    }
    pub async fn refresh(&self, token: &str) -> Answer {
        self.ask("/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
    /// Somebody else renews the token at this moment: the row of the old one is held, the next one is written and not yet
    /// committed. Comes back while it is so; with the next one.
    pub async fn renewal_on_its_way(&self, token: &str) -> (tokio::task::JoinHandle<()>, String) {
        let (id, next) = handle::draw(&self.house.db);
        let hash = TokenHash::of(&next);
        let (db, client, handle) = (self.house.db.clone(), self.client.id, Handle::of(token).unwrap());
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let now = db.clock().now();
        let renewal = tokio::spawn(async move {
            db.write_unaudited("a renewal on its way", move |tx| {
                let found = store::find_refresh(tx, &handle, client)?.unwrap();
                assert!(store::use_refresh(tx, found.id, now)?);
                let standing = Standing {
                    family: found.family,
                    client,
                    account: Some(found.account),
                    session: Some(found.session),
                    organization: found.organization,
                    membership: found.membership,
                    zones: found.zones.clone(),
                    claims: None,
                };
                let next = NewToken {
                    id,
                    hash: hash.clone(),
                    kind: TokenKind::Refresh,
                    scope: found.scope,
                    resources: found.resources,
                    jkt: None,
                    now,
                    expires_at: found.ends_at,
                    ends_at: Some(found.ends_at),
                };
                store::insert(tx, &next, &standing)?;
                begun.send(()).unwrap();
                // Long enough for the other side to come to the row that is held.
                std::thread::sleep(std::time::Duration::from_millis(400));
                Ok(())
            })
            .await
            .unwrap();
        });
        begins.recv().await.unwrap();
        (renewal, next)
    }
    /// What introspection says of a token.
    pub async fn introspect(&self, token: &str) -> Value {
        let answer = self.ask("/oauth2/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    }
    /// Userinfo, with a proof if the client has a key for that.
    pub async fn userinfo(&self, token: &str) -> Answer {
        for again in [true, false] {
            let mut request = Request::get("/oauth2/userinfo").header(header::HOST, "127.0.0.1:8080");
            request = match &self.dpop {
                None => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
                Some(key) => request
                    .header(header::AUTHORIZATION, format!("DPoP {token}"))
                    .header("dpop", key.proof(&self.proof_claims("GET", "/oauth2/userinfo", Some(token)))),
            };
            let answer = self.house.send(request.body(Body::empty()).unwrap()).await;
            self.learn(&answer);
            if !again || !answer.body.contains("use_dpop_nonce") {
                return answer;
            }
        }
        unreachable!("the second answer is returned")
    }
}

/// A message under a shared secret.
pub fn hs256(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(hmac::sign(&key, signed.as_bytes()).as_ref()))
}

/// May refresh.
pub fn refreshing() -> Settings {
    Settings {
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..Settings::default()
    }
}
/// The strictest profile, with the key that it is registered with.
pub fn fapi() -> (Settings, Key) {
    let key = Key::new(Algorithm::Es256);
    let settings = Settings {
        profile: Profile::Fapi2,
        auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(key.set()),
        ..refreshing()
    };
    (settings, key)
}
