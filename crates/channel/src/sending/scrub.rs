//! Gateways repeat what they were given: what they say is kept, shown and logged without it.
use crate::gateway::{Failure, Letter, Way, model::Taken};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};

/// Shorter ones stand in any text.
const LEAST: usize = 4;
/// Characters of an id that are kept.
const MOST_ID: usize = 200;

/// Without the gateway's secrets in any spelling and, where it refused, without what the message said and to whom. Ids of
/// messages may look like codes and are left alone.
pub(super) fn scrubbed(taken: Taken, way: &Way, letter: &Letter) -> Taken {
    let secrets = || way.secrets().into_iter().flat_map(spellings);
    match taken {
        Ok(id) => Ok(id.map(|id| without(&id.chars().take(MOST_ID).collect::<String>(), secrets()))),
        Err(failure) => {
            let message = [letter.text.as_str(), &letter.to, letter.national()];
            let private = message.into_iter().chain(letter.code.as_deref()).map(one_line);
            Err(Failure { said: without(&failure.said, secrets().chain(private)), ..failure })
        }
    }
}
fn without(said: &str, private: impl Iterator<Item = String>) -> String {
    let mut private: Vec<String> = private.filter(|text| text.chars().count() >= LEAST).collect();
    // One that lies inside another comes after it.
    private.sort_by_key(|text| std::cmp::Reverse(text.len()));
    private.iter().fold(said.to_owned(), |said, text| replaced(&said, text))
}
fn replaced(said: &str, private: &str) -> String {
    let (mut kept, mut rest) = (String::new(), said);
    while let Some(first) = rest.chars().next() {
        let met = met(rest, private);
        kept.push(if met.is_some() { '…' } else { first });
        rest = rest.get(met.unwrap_or(first.len_utf8())..).unwrap_or_default();
    }
    kept
}
/// How far the text begins with what is private, escaped in any way. It was cut somewhere: what its end leaves of it counts.
fn met(text: &str, private: &str) -> Option<usize> {
    if text.starts_with(private) {
        return Some(private.len());
    }
    let mut rest = text;
    for (n, c) in private.chars().enumerate() {
        let cut = rest.is_empty() || (rest.len() < 6 && rest.starts_with(['%', '\\']));
        match past(rest, c) {
            Some(after) => rest = after,
            None if cut && n >= LEAST => return Some(text.len()),
            None => return None,
        }
    }
    Some(text.len() - rest.len())
}
/// What follows this character, which an address or JSON may have escaped.
fn past(text: &str, c: char) -> Option<&str> {
    let mut bytes = [0; 4];
    let percent = c.encode_utf8(&mut bytes).bytes().try_fold(text, |rest, byte| {
        let (escape, after) = rest.strip_prefix('%')?.split_at_checked(2)?;
        (u8::from_str_radix(escape, 16) == Ok(byte)).then_some(after)
    });
    let unicode = || {
        let (escape, after) = text.strip_prefix("\\u")?.split_at_checked(4)?;
        (u32::from_str_radix(escape, 16) == Ok(c.into())).then_some(after)
    };
    let plus = || text.strip_prefix('+').filter(|_| c == ' ');
    let backslash = || text.strip_prefix('\\')?.strip_prefix(c);
    percent.or_else(unicode).or_else(backslash).or_else(plus).or_else(|| text.strip_prefix(c))
}
/// As [`Failure::new`] keeps what was said.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
/// As it is, in hexadecimal, and in base64 wherever in the encoded text it lies (`user:password`).
fn spellings(secret: &str) -> Vec<String> {
    let hex = HEXLOWER.encode(secret.as_bytes());
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex];
    for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
        for before in 0..3_usize {
            let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
            // The characters that nothing but the secret decides.
            let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            all.extend(encoding.encode(&bytes).get(start..end).map(str::to_owned));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Provider, Reason, http::sample, setup};
    use data_encoding::{BASE64, BASE64URL};
    use std::collections::BTreeMap;

    fn way(provider: Provider, pairs: &[(&str, &str)]) -> Way {
        let mut typed = setup::blank(provider);
        typed.insert("name".into(), "G".into());
        typed.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        setup::parse(provider, &typed, None).map_err(|errors| format!("{errors:?}")).unwrap().2.way
    }
    fn said(way: &Way, words: &str) -> String {
        let failure = Failure::new(Reason::Credentials, words);
        scrubbed(Err(failure), way, &sample(BTreeMap::new())).unwrap_err().said
    }
    const SECRET: &str = "s3/c+r=t&\"x y*~9";

    #[test]
    fn no_gateway_gives_its_own_secret_away() {
        let ways = [
            way(Provider::Aliyun, &[("access_key_id", "LTAI0000"), ("access_key_secret", SECRET)]),
            way(Provider::Tencent, &[("secret_id", "AKID"), ("secret_key", SECRET), ("sdk_app_id", "14")]),
            way(Provider::Http, &[("url", "https://sms.example.cn/send"), ("secret", SECRET)]),
            way(
                Provider::Smtp,
                &[("host", "mail.example.cn"), ("password", SECRET), ("from", "a@example.cn")],
            ),
        ];
        let basic = BASE64.encode(format!("user:{SECRET}").as_bytes());
        let plain = BASE64.encode(format!("\0user01\0{SECRET}").as_bytes());
        for way in &ways {
            for echo in [
                SECRET.to_owned(),
                serde_json::json!({ "key": SECRET }).to_string(),
                "s3%2Fc%2Br%3Dt%26%22x%20y%2A~9".to_owned(),
                "s3%2fc%2br%3dt%26%22x%20y*~9".to_owned(),
                "s3%2Fc%2Br%3Dt%26%22x+y*%7E9".to_owned(),
                "s3\\/c+r=t\\u0026\\\"x y*~9".to_owned(),
                BASE64.encode(SECRET.as_bytes()),
                BASE64URL.encode(SECRET.as_bytes()),
                HEXLOWER.encode(SECRET.as_bytes()),
                basic.clone(),
                plain.clone(),
            ] {
                let words = format!("wrong key <{echo}> for LTAI0000");
                let kept = said(way, &words);
                assert!(kept.starts_with("wrong key <") && kept.ends_with("> for LTAI0000"), "{kept}");
                let inner = echo.get(8..echo.len() - 6).unwrap();
                assert!(!kept.contains(inner) && kept.contains('…'), "{echo}: {kept}");
            }
        }
        let smpp = way(
            Provider::Smpp,
            &[("host", "smsc.example.cn"), ("system_id", "id"), ("password", "s3cr3t"), ("source", "106900")],
        );
        assert_eq!(said(&smpp, "ESME_RINVPASWD s3cr3t"), "ESME_RINVPASWD …");
    }
    #[test]
    fn tokens_in_headers_and_addresses_are_secrets_too() {
        let way = way(
            Provider::Http,
            &[
                ("url", "https://sms.example.cn/send?token=t0k3n-in-url&m={{ to_national }}"),
                (
                    "headers",
                    "Authorization: Bearer abcdef012345\nX-Time: {{ timestamp }}\nAccept: application/json",
                ),
            ],
        );
        let kept = said(&way, "no such token t0k3n-in-url, Bearer abcdef012345; want application/json");
        assert_eq!(kept, "no such token …, Bearer …; want application/json");
    }
    #[test]
    fn what_is_cut_amid_a_secret_gives_no_half_away() {
        let way = way(Provider::Http, &[("url", "https://sms.example.cn/send"), ("secret", SECRET)]);
        let kept = said(&way, &format!("{}{SECRET}", "x".repeat(192)));
        assert_eq!(kept, format!("{}…", "x".repeat(192)));
        let kept = said(&way, &format!("{}s3%2Fc%2Br%3Dt", "x".repeat(187)));
        assert_eq!(kept, format!("{}…", "x".repeat(187)));
    }
    #[test]
    fn neither_text_nor_number_nor_code_is_kept_and_ids_stay() {
        let way = way(Provider::Http, &[("url", "https://sms.example.cn/send"), ("secret", SECRET)]);
        let mut letter = sample(BTreeMap::new());
        letter.text = "first line\nsecond line".into();
        let failure = Failure::new(Reason::Other, "no: first line\nsecond line to +8613800138000 (123456)");
        assert_eq!(scrubbed(Err(failure), &way, &letter).unwrap_err().said, "no: … to … (…)");
        let id = |text: &str| scrubbed(Ok(Some(text.to_owned())), &way, &letter).unwrap().unwrap();
        assert_eq!(id("20261123456789"), "20261123456789");
        assert_eq!(id(&format!("250 {SECRET} ok")), "250 … ok");
        assert_eq!(id(&"7".repeat(999)).len(), MOST_ID);
    }
}
