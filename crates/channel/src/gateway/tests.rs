use super::{
    aliyun, http::fixed_part, model::Reason, render, setup, setup::Values, signing::sha256, tencent, *,
};
use ::http::StatusCode;
use std::collections::BTreeMap;

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The request that Aliyun's documentation prints, and one of SendSms that its SDK signed.
#[test]
fn aliyun_signs_as_the_vectors_say() {
    let query = aliyun::canonical_query(&BTreeMap::from([
        ("RegionId", "cn-shanghai"),
        ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
    ]));
    let empty = sha256(b"");
    let header = |name, value: &str| (name, value.to_owned());
    let printed = aliyun::sign(
        "YourAccessKeyId",
        "YourAccessKeySecret",
        &query,
        &BTreeMap::from([
            header("host", "ecs.cn-shanghai.aliyuncs.com"),
            header("x-acs-action", "RunInstances"),
            header("x-acs-content-sha256", &empty),
            header("x-acs-date", "2023-10-26T10:22:32Z"),
            header("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            header("x-acs-version", "2014-05-26"),
        ]),
        b"",
    );
    assert_eq!(
        printed.string_to_sign,
        "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    );
    assert_eq!(
        printed.authorization,
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;\
         x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    );
    let query = aliyun::canonical_query(&BTreeMap::from([
        ("PhoneNumbers", "13800138000"),
        ("SignName", "符节测试"),
        ("TemplateCode", "SMS_000000001"),
        ("TemplateParam", "{\"code\":\"482913\"}"),
        ("OutId", "otp-0001"),
    ]));
    let sms = aliyun::sign(
        "testAccessKeyId",
        "testAccessKeySecret",
        &query,
        &BTreeMap::from([
            header("host", "dysmsapi.aliyuncs.com"),
            header("x-acs-action", "SendSms"),
            header("x-acs-version", "2017-05-25"),
            header("x-acs-date", "2026-11-21T10:00:00Z"),
            header("x-acs-signature-nonce", "0123456789abcdef0123456789abcdef"),
            header("x-acs-content-sha256", &empty),
        ]),
        b"",
    );
    assert!(sms.canonical_request.starts_with(
        "POST\n/\nOutId=otp-0001&PhoneNumbers=13800138000&SignName=%E7%AC%A6%E8%8A%82%E6%B5%8B%E8%AF%95\
         &TemplateCode=SMS_000000001&TemplateParam=%7B%22code%22%3A%22482913%22%7D\nhost:dysmsapi.aliyuncs.com\n"
    ));
    assert!(
        sms.authorization
            .ends_with("Signature=695bdb4464636cfb369bdf385bc3dabc7a3fe98a37d177857ae1d4c89aa29dc0")
    );
}

#[test]
fn tencent_signs_as_the_vectors_say() {
    let printed = tencent::sign(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        &tencent::Parts {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            content_type: "application/json; charset=utf-8",
            seconds: 1_551_113_065,
            body: r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#,
        },
    );
    assert_eq!(
        super::signing::hex(&printed.signing_key),
        "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1"
    );
    assert_eq!(
        printed.authorization,
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
         SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    );
    let sms = tencent::sign(
        "AKIDTESTTESTTESTTESTTESTTESTTEST",
        "testtesttesttesttesttesttesttest",
        &tencent::Parts {
            service: "sms",
            host: "sms.tencentcloudapi.com",
            content_type: "application/json",
            seconds: 1_795_255_200,
            body: r#"{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400000000","SignName":"符节测试","TemplateId":"1000001","TemplateParamSet":["482913","5"],"SessionContext":"otp-0001"}"#,
        },
    );
    assert_eq!(
        sms.string_to_sign,
        "TC3-HMAC-SHA256\n1795255200\n2026-11-21/sms/tc3_request\n04221443755b34bf50e80aa14c802fe23aa0ee5d9486e581a2b733113610073d"
    );
    assert!(
        sms.authorization
            .ends_with("Signature=d0079ff1f3837f55374f194d58a22befb7a41ae0a12a31851883f1684c090ce6")
    );
    assert!(
        sms.canonical_request.contains("content-type:application/json\nhost:sms.tencentcloudapi.com\n\n")
    );
}

fn generic(pairs: &[(&str, &str)]) -> Result<HttpWay, Vec<String>> {
    let mut typed = setup::blank(Provider::Http);
    typed.extend(values(&[("name", "G"), ("url", "https://sms.example.cn/send")]));
    typed.extend(values(pairs));
    match setup::parse(Provider::Http, &typed, None) {
        Ok((_, _, config)) => match config.way {
            Way::Http(way) => Ok(way),
            _ => panic!("another maker"),
        },
        Err(errors) => {
            Err(errors.iter().map(|e| format!("{}@{}", e.code, e.field.unwrap_or_default())).collect())
        }
    }
}
type HttpWay = super::model::HttpGateway;

#[test]
fn a_generic_request_is_put_together_escaped_and_signed() {
    let way = generic(&[
        ("url", "https://sms.example.cn/send?m={{ to_national | urlencode }}&t={{ text | urlencode }}"),
        ("headers", "X-Sign: {{ signature }}\nX-Time: {{ timestamp }}"),
        ("body", r#"{"content": {{ text | json }}, "id": "{{ id }}"}"#),
        ("secret", "k3y"),
        ("signed", "{{ timestamp }}.{{ body }}"),
    ])
    .unwrap();
    let mut letter = super::http::sample(BTreeMap::new());
    letter.text = "say \"hi\" & 再见".into();
    let call = way.request("符节", &letter).unwrap();
    assert_eq!(
        call.url.as_str(),
        "https://sms.example.cn/send?m=13800138000&t=%E3%80%90%E7%AC%A6%E8%8A%82%E3%80%91say%20%22hi%22%20%26%20%E5%86%8D%E8%A7%81"
    );
    let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["content"], "【符节】say \"hi\" & 再见");
    letter.values.insert("brand".into(), "港口".into());
    assert!(letter.signed_text("符节").starts_with("【符节】say"), "one signature");
    assert!(letter.signed_text("").starts_with("【港口】say"), "nobody is left to guess whose it is");
    (letter.text, *letter.values.get_mut("brand").unwrap()) = ("Your code".into(), "Harbour".into());
    assert_eq!(letter.signed_text(""), "[Harbour] Your code", "a text of 160 letters stays one");
    assert_eq!(letter.signed_text("Quay"), "【Quay】Your code", "as it is registered with the operator");
    // Recomputed by OpenSSL's command line from the same bytes.
    let signed = format!("1795255200.{}", std::str::from_utf8(&call.body).unwrap());
    let expected = super::signing::hex(&super::signing::hmac_sha256(b"k3y", signed.as_bytes()));
    assert_eq!(call.headers.get("x-sign").unwrap(), expected.as_str());
    assert_eq!(call.headers.get("content-type").unwrap(), "application/json");
}

#[test]
fn a_verdict_is_what_the_answer_says_not_its_status() {
    let way = generic(&[
        ("success_pointer", "/code"),
        ("success_value", "0"),
        ("id_pointer", "/data/id"),
        ("said_pointer", "/msg"),
    ])
    .unwrap();
    let verdict = |status: u16, body: &str| {
        way.verdict(StatusCode::from_u16(status).unwrap(), body.as_bytes()).map_err(|f| (f.reason, f.said))
    };
    assert_eq!(verdict(200, r#"{"code": 0, "data": {"id": "m-1"}}"#), Ok(Some("m-1".into())));
    assert_eq!(verdict(200, r#"{"code": "0"}"#), Ok(None));
    for (status, body, reason) in [
        (200, r#"{"code": 7, "msg": "no\nmoney"}"#, Reason::Other),
        (200, "<html>", Reason::Answer),
        (200, "{}", Reason::Answer),
        (200, "", Reason::Answer),
        (503, r#"{"code": 0}"#, Reason::Answer),
        (302, "", Reason::Answer),
        (401, "", Reason::Credentials),
        (429, "", Reason::TooOften),
    ] {
        assert_eq!(verdict(status, body).unwrap_err().0, reason, "{status} {body}");
    }
    let said = verdict(200, r#"{"code": 7, "msg": "no\nmoney"}"#).unwrap_err().1;
    assert!(said.contains("no money") && said.contains("/code=7"), "{said}");
}

#[test]
fn a_form_says_everything_that_is_wrong_with_it() {
    for (pairs, error) in [
        (&[("url", "https://{{ to }}.example.cn/")][..], "gateway.url@url"),
        (&[("url", "https://sms.example.cn")], "gateway.url@url"),
        (&[("url", "https://sms.example.cn{{ to }}/")], "gateway.url@url"),
        (&[("url", "gopher://sms.example.cn/")], "gateway.url@url"),
        (&[("body", "{{ nobody }}")], "gateway.template@body"),
        (
            &[("body", "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}")],
            "gateway.template@body",
        ),
        (&[("headers", "no colon")], "gateway.headers@headers"),
        (&[("headers", "X-A: {{ signature }}")], "gateway.template@headers"),
        (&[("signed", "{{ body }}")], "gateway.unsigned@secret"),
        (&[("success_pointer", "code")], "gateway.pointer@success_pointer"),
        (&[("daily_cap", "many")], "gateway.cap@daily_cap"),
        (&[("daily_cap", "0")], "gateway.cap@daily_cap"),
        (&[("sign", "【符节】")], "gateway.sign@sign"),
        (&[("alarm_to", "nobody")], "email.invalid@alarm_to"),
        (&[("name", " ")], "field.required@name"),
        (&[("method", "DELETE")], "field.unknown_value@method"),
    ] {
        let errors = generic(pairs).err().unwrap_or_default();
        assert!(errors.contains(&error.to_owned()), "{pairs:?}: {errors:?}");
    }
    let several = setup::parse(Provider::Smpp, &values(&[("port", "x")]), None).err().unwrap();
    let fields: Vec<&str> = several.iter().filter_map(|error| error.field).collect();
    assert_eq!(fields, ["name", "host", "port", "system_id", "password", "source"]);
    let fixed = |url| fixed_part(url).is_some();
    assert!(fixed("https://sms.example.cn/?a={{ b }}") && !fixed("https:///x") && !fixed(""));
}

#[test]
fn a_secret_is_never_shown_and_stays_when_left_blank() {
    for (provider, pairs, secret) in [
        (
            Provider::Aliyun,
            &[("access_key_id", "id"), ("access_key_secret", "s3cr3t")][..],
            "access_key_secret",
        ),
        (
            Provider::Tencent,
            &[("secret_id", "id"), ("secret_key", "s3cr3t"), ("sdk_app_id", "1400000000")],
            "secret_key",
        ),
        (
            Provider::Http,
            &[
                ("url", "https://sms.example.cn/send?m={{ to }}"),
                ("headers", "A: b\nC: d"),
                ("secret", "s3cr3t"),
            ],
            "secret",
        ),
        (
            Provider::Smpp,
            &[("host", "smsc.example.cn"), ("system_id", "id"), ("password", "s3cr3t"), ("source", "106900")],
            "password",
        ),
        (
            Provider::Smtp,
            &[("host", "mail.example.cn"), ("password", "s3cr3t"), ("from", "no-reply@example.cn")],
            "password",
        ),
    ] {
        let mut typed = setup::blank(provider);
        typed.extend(values(&[("name", "G")]));
        typed.extend(values(pairs));
        let (name, enabled, config) =
            setup::parse(provider, &typed, None).map_err(|e| format!("{e:?}")).unwrap();
        assert!(enabled);
        let shown_of = |name: &str, config: &Config| {
            let gateway = Gateway {
                id: kernel::Id::from_i64(1),
                name: name.to_owned(),
                kind: provider.kind(),
                provider,
                enabled,
                rev: 1,
                config: config.clone(),
            };
            setup::shown(&gateway).unwrap()
        };
        let mut shown = shown_of(&name, &config);
        assert!(!shown.values().any(|value| value.contains("s3cr3t")), "{provider}");
        assert!(!shown.contains_key(secret), "{provider}");
        shown.insert(secret.to_owned(), String::new());
        shown.insert("name".into(), "H".into());
        let (name, _, kept) =
            setup::parse(provider, &shown, Some(&config)).map_err(|e| format!("{e:?}")).unwrap();
        assert_eq!((name.as_str(), setup::secret(&kept)), ("H", Some("s3cr3t")), "{provider}");
        // As it travels through its sealed column.
        let stored = serde_json::to_string(&kept).unwrap();
        let read: Config = serde_json::from_str(&stored).unwrap();
        assert_eq!(shown_of("H", &read), shown_of("H", &kept));
        // Every field of the form is read and shown again.
        for field in setup::fields(provider).iter().filter(|field| field.name != secret) {
            assert!(shown_of("H", &kept).contains_key(field.name), "{provider} {}", field.name);
        }
        // Sent elsewhere only by whoever knows it; what stands beside it may change.
        let elsewhere = match provider {
            Provider::Aliyun | Provider::Tencent => ("endpoint", "https://evil.example"),
            Provider::Http => ("url", "https://evil.example/send"),
            Provider::Smpp | Provider::Smtp => ("host", "evil.example"),
        };
        shown.extend(values(&[elsewhere, ("daily_cap", "7")]));
        let refused = setup::parse(provider, &shown, Some(&config)).err().unwrap();
        let refused: Vec<_> = refused.iter().map(|error| (error.code, error.field)).collect();
        assert_eq!(refused, [("connector.secret_elsewhere", Some(secret))], "{provider}");
        shown.insert(secret.to_owned(), "an0ther".into());
        let (_, _, moved) =
            setup::parse(provider, &shown, Some(&config)).map_err(|e| format!("{e:?}")).unwrap();
        assert_eq!(setup::secret(&moved), Some("an0ther"));
    }
}

#[test]
fn a_text_costs_no_more_than_its_budget() {
    let none = BTreeMap::new();
    assert_eq!(render("{{ 'a\"b' | json }}", &none).unwrap(), "\"a\\\"b\"");
    for bad in [
        "{{ code }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{",
        "{% include 'x' %}",
    ] {
        assert!(render(bad, &none).is_err(), "{bad}");
    }
    let long = values(&[("text", &"x".repeat(40_000))]);
    assert!(render("{{ text }}{{ text }}", &long).is_err());
}
