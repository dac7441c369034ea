//! What a script works out in place of a picture, where a form asks for it.
use crate::form::Form;
use anyhow::{Context as _, Result};
use sha2::{Digest, Sha256};

/// None if the page asks for no work.
pub fn of(page: &str, form: &Form) -> Result<Option<String>> {
    let Some((_, rest)) = page.split_once("data-bits=\"") else { return Ok(None) };
    let bits = rest.split_once('"').and_then(|(bits, _)| bits.parse().ok());
    let bits = bits.context("the page does not say how much work")?;
    let token = form.fields.iter().find(|(field, _)| field == "captcha");
    let (_, token) = token.context("no captcha in the form")?;
    Ok(Some(solve(token, bits)))
}
fn solve(token: &str, bits: u32) -> String {
    for nonce in 0_u64.. {
        let hash =
            Sha256::new().chain_update(token).chain_update(b":").chain_update(nonce.to_string()).finalize();
        let mut zeros = 0;
        for byte in hash {
            zeros += byte.leading_zeros();
            if byte != 0 {
                break;
            }
        }
        if zeros >= bits {
            return nonce.to_string();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::forms;

    #[test]
    fn work_is_done_where_a_form_asks_for_it() {
        let page =
            r#"<form action="/login/sms"><div data-bits="9"></div><input name="captcha" value="t"></form>"#;
        let work = of(page, &forms(page)[0]).unwrap().unwrap();
        let hash = Sha256::digest(format!("t:{work}"));
        assert!(hash[0] == 0 && hash[1] < 128);
        let plain = r#"<form action="/login"><input name="login-name"></form>"#;
        assert_eq!(of(plain, &forms(plain)[0]).unwrap(), None);
    }
}
