use crate::membership::Role;
use crate::organization_type::Words;
use identity::realname::RealNameLevel;
use kernel::{
    Error, Result,
    id::{AccountId, OrganizationId, ProductId},
};

db::text_enum! {
    pub enum ProductState {
        Draft = "draft",
        Active = "active",
        Suspended = "suspended",
        Withdrawn = "withdrawn",
    }
}
impl ProductState {
    /// Where it may go from here. What was withdrawn begins again as a draft.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Active, Self::Withdrawn],
            Self::Active => &[Self::Suspended, Self::Withdrawn],
            Self::Suspended => &[Self::Active, Self::Withdrawn],
            Self::Withdrawn => &[Self::Draft],
        }
    }
}
db::text_enum! {
    pub enum Audience {
        Person = "person",
        Organization = "organization",
        Both = "both",
    }
}
db::text_enum! {
    pub enum AdmissionClass {
        Open = "open",
        Contract = "contract",
        Membership = "membership",
        Discretionary = "discretionary",
    }
}
db::text_enum! {
    pub enum GrantMode {
        /// Each member is granted the product.
        Explicit = "explicit",
        /// Whoever has an allowed role in an admitted organization does business without a grant.
        EveryAgent = "every_agent",
    }
}
db::text_enum! {
    pub enum AdmissionEditor {
        AccountManager = "account_manager",
        ProductManager = "product_manager",
        OrganizationAdministrator = "organization_administrator",
    }
}

#[derive(Clone, Debug)]
pub struct Product {
    pub id: ProductId,
    pub code: String,
    pub name: Words,
    pub summary: Words,
    pub category: String,
    pub icon: String,
    pub launch_url: Option<String>,
    pub audience: Audience,
    pub admission_class: AdmissionClass,
    pub grant_mode: GrantMode,
    pub admission_editor: AdmissionEditor,
    pub minimum_level: RealNameLevel,
    pub minimum_strength: i64,
    pub roles_allowed: Vec<Role>,
    pub network_zone: Option<String>,
    pub manager: Option<AccountId>,
    pub state: ProductState,
}
impl Product {
    /// `icon` names a picture of the sprite; anything else would be an empty glyph.
    pub fn icon_name(&self) -> &str {
        if self.icon.is_empty() { "grid" } else { &self.icon }
    }
    /// Where a click leads. It names the organization in whose space it happened, which the product puts into its request
    /// as the scope `organization:{id}`, so that nobody chooses a second time.
    pub fn launch_address(&self, organization: Option<OrganizationId>) -> Option<String> {
        let url = self.launch_url.as_ref()?;
        Some(organization.map_or_else(|| url.clone(), |organization| for_organization(url, organization)))
    }
}

/// An address of a product that names the organization for which it is opened.
pub fn for_organization(url: &str, organization: OrganizationId) -> String {
    let (page, fragment) = url.split_once('#').map_or((url, String::new()), |(p, f)| (p, format!("#{f}")));
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}organization={organization}{fragment}")
}

/// `roles_allowed` is stored as words with blanks between them.
pub fn parse_roles(text: &str) -> Result<Vec<Role>> {
    text.split_whitespace()
        .map(|word| word.parse().map_err(|_| Error::internal("product.roles_allowed")))
        .collect()
}
pub fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

/// Only web addresses launch a product: a `javascript:` link on the catalog would run in our own origin.
pub fn launch_url(text: &str) -> Result<String> {
    let text = kernel::text::line("launch_url", text, 500)?;
    let web = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match web {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace) => {
            Ok(text)
        }
        _ => Err(Error::invalid("product.launch_url").at("launch_url")),
    }
}

/// Lower-case words for programs: `market-data`.
pub fn code(text: &str) -> Result<String> {
    let text = kernel::text::line("code", text, 40)?;
    let good = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if good { Ok(text) } else { Err(Error::invalid("product.code").at("code")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Id;

    #[test]
    fn a_click_in_an_organizations_space_names_the_organization() {
        let id: OrganizationId = Id::from_i64(7);
        let address = |url: &str, organization| {
            let mut product = sample();
            product.launch_url = Some(url.into());
            product.launch_address(organization).unwrap()
        };
        assert_eq!(address("https://rp.test/login", None), "https://rp.test/login");
        assert_eq!(
            address("https://rp.test/login", Some(id)),
            format!("https://rp.test/login?organization={id}")
        );
        assert_eq!(
            address("https://rp.test/?a=1#top", Some(id)),
            format!("https://rp.test/?a=1&organization={id}#top")
        );
    }
    fn sample() -> Product {
        Product {
            id: Id::from_i64(1),
            code: "p".into(),
            name: Words::new("产品", "Product"),
            summary: Words::new("", ""),
            category: String::new(),
            icon: String::new(),
            launch_url: None,
            audience: Audience::Both,
            admission_class: AdmissionClass::Open,
            grant_mode: GrantMode::Explicit,
            admission_editor: AdmissionEditor::AccountManager,
            minimum_level: RealNameLevel::Unverified,
            minimum_strength: 1,
            roles_allowed: Vec::new(),
            network_zone: None,
            manager: None,
            state: ProductState::Active,
        }
    }
}
