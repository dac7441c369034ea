//! Names and words of the consent page.
use crate::OpenId;
use identity::session::SignedIn;
use kernel::{Result, id::ProductId};
use organization::decision::{InSpace, Space};
use web::Lang;

pub struct ProductView {
    pub name: String,
    pub icon: String,
}
pub async fn product(openid: &OpenId, id: ProductId, lang: Lang) -> Result<ProductView> {
    let product = openid.organizations().product(id).await?;
    Ok(ProductView {
        name: product.name.of(lang == Lang::En).to_owned(),
        icon: product.icon_name().to_owned(),
    })
}

pub struct SpaceView {
    pub space: Space,
    pub name: String,
    pub role: String,
}
/// A space under the name by which the person knows it; what was found with the decision, and no further look-up.
pub fn space(signed_in: &SignedIn, found: &InSpace, lang: Lang) -> SpaceView {
    match &found.named {
        None => SpaceView {
            space: found.space,
            name: lang.t("oidc-consent-space-personal"),
            role: signed_in.name.clone(),
        },
        Some(named) => SpaceView {
            space: found.space,
            name: named.name.clone(),
            role: named.role_label().map(|role| role.of(lang == Lang::En).to_owned()).unwrap_or_default(),
        },
    }
}

/// The sentence of a decision's code, one of `organization`'s: `organization-decision-grant-missing`.
pub fn reason(lang: Lang, code: &str) -> String {
    lang.t(&format!("organization-{}", code.replace(['.', '_'], "-")))
}
