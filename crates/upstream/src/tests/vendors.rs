use super::{NOW, flow, query_of, stub::serve, upstreams};
use crate::{
    AlipayConfig, DingTalkConfig, Fault, Hidden, Query, WeChatConfig, alipay::tests::vectors, open, rsa2,
};
use axum::{
    Json, Router,
    extract::{Form, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// What the gateway answers, by method; `sign` over other bytes if told so.
#[derive(Clone)]
struct Gateway {
    platform: Arc<rsa2::Signer>,
    application: Arc<rsa2::Verifier>,
    answers: Arc<Mutex<BTreeMap<&'static str, Value>>>,
    tampered: Arc<Mutex<bool>>,
    asked: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}
async fn gateway(State(gateway): State<Gateway>, Form(form): Form<BTreeMap<String, String>>) -> String {
    let signed = gateway.application.verifies(&rsa2::content(&form), &form["sign"]);
    gateway.asked.lock().unwrap().push(form.clone());
    if !signed {
        return json!({ "error_response": { "code": "40002", "sub_code": "isv.invalid-signature" } })
            .to_string();
    }
    let answers = gateway.answers.lock().unwrap();
    let Some(answer) = answers.get(form["method"].as_str()) else {
        return json!({ "error_response": { "code": "40006", "sub_code": "isv.insufficient-isv-permissions" } })
            .to_string();
    };
    let text = answer.to_string();
    let sign = gateway.platform.sign(&text).unwrap();
    let text = if *gateway.tampered.lock().unwrap() { text.replacen("074a", "174a", 1) } else { text };
    format!(r#"{{"{}_response":{text},"sign":"{sign}"}}"#, form["method"].replace('.', "_"))
}
fn key() -> (String, String) {
    use aws_lc_rs::{
        encoding::{AsDer as _, Pkcs8V1Der},
        rsa::{KeyPair, KeySize},
        signature::KeyPair as _,
    };
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    (BASE64.encode(private.as_ref()), BASE64.encode(pair.public_key().as_der().unwrap().as_ref()))
}

#[tokio::test]
async fn alipay_signs_people_in_by_the_token_call_alone() {
    let vectors = vectors();
    let application = vectors["app_private_key_pkcs8_pem"].as_str().unwrap();
    let own = rsa2::Signer::parse(application).unwrap().public_key().unwrap();
    let (private, public) = key();
    let stub = Gateway {
        platform: Arc::new(rsa2::Signer::parse(&private).unwrap()),
        application: Arc::new(rsa2::Verifier::parse(&own).unwrap()),
        answers: Arc::default(),
        tampered: Arc::default(),
        asked: Arc::default(),
    };
    let base = serve(Router::new().route("/gateway.do", post(gateway)).with_state(stub.clone())).await;
    let config = |profile: bool, public_key: &str| {
        let config = AlipayConfig {
            app_id: "2021000000000001".into(),
            private_key: Hidden::new(application),
            public_key: public_key.into(),
            authorize: "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm".parse().unwrap(),
            gateway: format!("{base}/gateway.do").parse().unwrap(),
            profile,
        };
        open(&upstreams(), AlipayConfig::PROVIDER, &serde_json::to_string(&config).unwrap()).unwrap()
    };
    let set = |method: &'static str, answer: Value| drop(stub.answers.lock().unwrap().insert(method, answer));
    let token = |members: Value| {
        let mut token = json!({ "access_token": "authusrB", "expires_in": 1_296_000 });
        token.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        token
    };
    let back = Query::parse("auth_code=4b20&app_id=2021000000000001&scope=auth_base&state=s");
    const TOKEN: &str = "alipay.system.oauth.token";
    const SHARE: &str = "alipay.user.info.share";

    let alipay = config(false, &public);
    let url = alipay.authorize(&flow(false), NOW).await.unwrap();
    let query = query_of(&url);
    assert_eq!((query["app_id"].as_str(), query["scope"].as_str()), ("2021000000000001", "auth_base"));
    assert_eq!(query["redirect_uri"], flow(false).redirect_uri);

    set(TOKEN, token(json!({ "open_id": "074a1C" })));
    let person = alipay.exchange(&back, &flow(false), NOW).await.unwrap();
    assert_eq!(person.subject, "open_id 2021000000000001 074a1C");
    assert!(person.alt_subjects.is_empty() && person.certified.is_none());
    set(TOKEN, token(json!({ "user_id": "2088" })));
    let person = alipay.exchange(&back, &flow(false), NOW).await.unwrap();
    assert_eq!(person.subject, "user_id 2021000000000001 2088");
    set(TOKEN, token(json!({ "user_id": "2088", "open_id": "074a1C" })));
    let person = alipay.exchange(&back, &flow(false), NOW).await.unwrap();
    assert_eq!(person.alt_subjects, ["user_id 2021000000000001 2088"]);
    assert_eq!(stub.asked.lock().unwrap().len(), 3, "the profile is not asked for");

    // With a profile; without the permission for it people sign in as well.
    let alipay = config(true, &public);
    assert_eq!(query_of(&alipay.authorize(&flow(false), NOW).await.unwrap())["scope"], "auth_user");
    assert!(alipay.exchange(&back, &flow(false), NOW).await.unwrap().display_name.is_none());
    let profile = json!({
        "code": "10000", "msg": "Success", "open_id": "074a1C", "nick_name": "小林", "is_certified": "T", "cert_type": "0",
        "user_name": "林知远", "cert_no": "11010119900307747X", "mobile": "13800138000",
    });
    set(SHARE, profile.clone());
    let person = alipay.exchange(&back, &flow(false), NOW).await.unwrap();
    assert_eq!(person.display_name.as_deref(), Some("小林"));
    assert_eq!(person.certified.as_ref().unwrap().name, "林知远");
    assert_eq!(stub.asked.lock().unwrap().last().unwrap()["auth_token"], "authusrB");
    set(SHARE, json!({ "code": "10000", "open_id": "somebody else" }));
    let outcome = alipay.exchange(&back, &flow(false), NOW).await;
    assert_eq!(outcome, Err(Fault::Untrusted("profile of somebody else")));

    // What is not from Alipay, not for this application, or not an answer at all.
    let alipay = config(false, &public);
    *stub.tampered.lock().unwrap() = true;
    assert_eq!(alipay.exchange(&back, &flow(false), NOW).await, Err(Fault::Untrusted("signature")));
    *stub.tampered.lock().unwrap() = false;
    let (_, foreign) = key();
    let outcome = config(false, &foreign).exchange(&back, &flow(false), NOW).await;
    assert_eq!(outcome, Err(Fault::Untrusted("signature")));
    set(TOKEN, token(json!({})));
    assert!(matches!(alipay.exchange(&back, &flow(false), NOW).await, Err(Fault::Untrusted(_))));
    let other = Query::parse("auth_code=4b20&app_id=2021999999999999");
    assert_eq!(alipay.exchange(&other, &flow(false), NOW).await, Err(Fault::Untrusted("app_id")));
    assert_eq!(alipay.exchange(&Query::parse("state=s"), &flow(false), NOW).await, Err(Fault::Denied));
    stub.answers.lock().unwrap().clear();
    let refused = alipay.exchange(&back, &flow(false), NOW).await;
    assert_eq!(refused, Err(Fault::Refused("isv.insufficient-isv-permissions".into())));
    let findings = alipay.probe(NOW).await.unwrap();
    assert_eq!(findings[0].detail, "RSA 2048");
    assert!(!findings[1].good, "{findings:?}");
}

#[tokio::test]
async fn wechat_binds_the_union_and_knows_the_older_name() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let token = {
        let asked = Arc::clone(&asked);
        move |RawQuery(query): RawQuery| {
            let query = query.unwrap();
            asked.lock().unwrap().push(query.clone());
            async move {
                if !query.contains("secret=s3cr3t") {
                    return Json(
                        json!({ "errcode": 40125, "errmsg": "invalid appsecret, view more at s3cr3t" }),
                    );
                }
                match query.contains("code=bad") || query.contains("code=fujie-test") {
                    true => Json(json!({ "errcode": 40029, "errmsg": "invalid code" })),
                    false if query.contains("code=single") => {
                        Json(json!({ "access_token": "a", "openid": "o1" }))
                    }
                    false => Json(json!({ "access_token": "a", "openid": "o1", "unionid": "u1" })),
                }
            }
        }
    };
    let router = Router::new()
        .route("/sns/oauth2/access_token", get(token))
        .route("/sns/userinfo", get(|| async { Json(json!({ "nickname": "小林" })) }));
    let base = serve(router).await;
    let config = |secret: &str| {
        let config = WeChatConfig {
            app_id: "wx1".into(),
            secret: Hidden::new(secret),
            authorize: WeChatConfig::AUTHORIZE.parse().unwrap(),
            api: base.parse().unwrap(),
        };
        open(&upstreams(), WeChatConfig::PROVIDER, &serde_json::to_string(&config).unwrap()).unwrap()
    };
    let wechat = config("s3cr3t");
    let url = wechat.authorize(&flow(false), NOW).await.unwrap();
    assert!(url.as_str().starts_with("https://open.weixin.qq.com/connect/qrconnect?appid=wx1&"));
    assert_eq!(url.fragment(), Some("wechat_redirect"));
    let person = wechat.exchange(&Query::parse("code=c&state=s"), &flow(false), NOW).await.unwrap();
    assert_eq!(
        (person.subject.as_str(), person.alt_subjects),
        ("unionid wx1 u1", vec!["openid wx1 o1".to_owned()])
    );
    assert_eq!(person.display_name.as_deref(), Some("小林"));
    let person = wechat.exchange(&Query::parse("code=single"), &flow(false), NOW).await.unwrap();
    assert_eq!(person.subject, "openid wx1 o1");
    assert_eq!(wechat.exchange(&Query::parse("state=s"), &flow(false), NOW).await, Err(Fault::Denied));
    let refused = wechat.exchange(&Query::parse("code=bad"), &flow(false), NOW).await;
    assert_eq!(refused, Err(Fault::Refused("40029".into())));
    assert!(wechat.probe(NOW).await.unwrap()[0].good);
    let findings = config("wrong").probe(NOW).await.unwrap();
    assert!(!findings[0].good && findings[0].detail == "40125", "{findings:?}");
}

#[tokio::test]
async fn dingtalk_takes_either_name_of_the_code() {
    let token = |Json(body): Json<Value>| async move {
        match (body["clientSecret"].as_str(), body["code"].as_str()) {
            (Some("s3cr3t"), Some("c")) => {
                Json(json!({ "accessToken": "a1", "expireIn": 7200 })).into_response()
            }
            _ => (StatusCode::BAD_REQUEST, Json(json!({ "code": "invalidParameter.authCode.notFound" })))
                .into_response(),
        }
    };
    let me = |headers: HeaderMap| async move {
        match headers.get("x-acs-dingtalk-access-token").is_some_and(|value| value == "a1") {
            true => Json(json!({ "unionId": "u1", "openId": "o1", "nick": "小林", "mobile": "13800138000" }))
                .into_response(),
            false => StatusCode::FORBIDDEN.into_response(),
        }
    };
    let router = Router::new()
        .route("/v1.0/oauth2/userAccessToken", post(token))
        .route("/v1.0/contact/users/me", get(me));
    let config = DingTalkConfig {
        client_id: "ding1".into(),
        secret: Hidden::new("s3cr3t"),
        authorize: DingTalkConfig::AUTHORIZE.parse().unwrap(),
        api: serve(router).await.parse().unwrap(),
    };
    let config = serde_json::to_string(&config).unwrap();
    let dingtalk = open(&upstreams(), DingTalkConfig::PROVIDER, &config).unwrap();
    let query = query_of(&dingtalk.authorize(&flow(false), NOW).await.unwrap());
    assert_eq!((query["client_id"].as_str(), query["scope"].as_str()), ("ding1", "openid"));
    for raw in ["code=c", "authCode=c"] {
        let person = dingtalk.exchange(&Query::parse(raw), &flow(false), NOW).await.unwrap();
        assert_eq!(person.subject, "unionId ding1 u1");
        assert_eq!(person.phone.as_deref(), Some("13800138000"));
    }
    let refused = dingtalk.exchange(&Query::parse("code=x"), &flow(false), NOW).await;
    assert_eq!(refused, Err(Fault::Refused("invalidParameter.authCode.notFound".into())));
    assert_eq!(dingtalk.exchange(&Query::parse(""), &flow(false), NOW).await, Err(Fault::Denied));
    assert!(dingtalk.probe(NOW).await.unwrap()[0].good);
}
