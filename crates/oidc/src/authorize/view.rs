//! Names and words of the consent page.
use super::service::Survey;
use crate::OpenId;
use identity::session::SignedIn;
use kernel::{Result, id::ProductId};
use organization::decision::Space;
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
/// The spaces of a survey under the names by which the person knows them.
pub async fn spaces(
    openid: &OpenId,
    signed_in: &SignedIn,
    survey: &Survey,
    lang: Lang,
) -> Result<Vec<SpaceView>> {
    let memberships = openid.organizations().memberships(signed_in.account).await?;
    let named = survey.spaces.iter().filter_map(|found| match found.space {
        Space::Personal => Some(SpaceView {
            space: found.space,
            name: lang.t("oidc-consent-space-personal"),
            role: signed_in.name.clone(),
        }),
        Space::Organization(id) => {
            let membership = memberships.iter().find(|membership| membership.organization == id)?;
            let role = membership.policy.role_label(membership.role).of(lang == Lang::En).to_owned();
            Some(SpaceView { space: found.space, name: membership.organization_name.clone(), role })
        }
    });
    Ok(named.collect())
}

/// The sentence of a decision's code, one of `organization`'s: `organization-decision-grant-missing`.
pub fn reason(lang: Lang, code: &str) -> String {
    lang.t(&format!("organization-{}", code.replace(['.', '_'], "-")))
}
