use crate::membership::Role;
use crate::organization_type::{BothAt, Words};
use identity::realname::RealNameLevel;
use kernel::{
    Error, Result,
    id::{AccountId, OrganizationId, ProductId},
};
use url::Url;

/// Of an address whose Chinese characters are written as bytes.
const MOST_ADDRESS: usize = 2000;

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

/// Only web addresses launch a product: a `javascript:` link on the catalog would run in our own origin, and a name before
/// the host would make one site pass for another. In normal form, so that a header can carry what was typed in Chinese.
pub fn launch_url(text: &str) -> Result<String> {
    let refused = || Error::invalid("product.launch_url").at("launch_url");
    let text = kernel::text::line("launch_url", text, MOST_ADDRESS)?;
    // The parser would mend what lacks its slashes or has blanks; people should see what they typed wrong.
    let scheme = text.get(..8).unwrap_or(&text).to_ascii_lowercase();
    let whole = scheme.starts_with("https://") || scheme.starts_with("http://");
    if !whole || text.contains(|c: char| c.is_whitespace() || c == '\\') || text.contains(":///") {
        return Err(refused());
    }
    let url = Url::parse(&text).map_err(|_| refused())?;
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && url.as_str().len() <= MOST_ADDRESS { Ok(url.into()) } else { Err(refused()) }
}

/// As forms call the fields of a summary, and how long it may be.
pub const SUMMARIES: BothAt = ("summary_zh", "summary_en");
pub const LONGEST_SUMMARY: (usize, usize) = (200, 300);

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
    #[test]
    fn m52_an_address_is_a_web_address_that_a_header_can_carry() {
        for (typed, kept) in [
            ("https://rp.test/login", "https://rp.test/login"),
            (" HTTPS://RP.test ", "https://rp.test/"),
            ("http://127.0.0.1:8090/a?b=c#d", "http://127.0.0.1:8090/a?b=c#d"),
            ("https://rp.test/产品", "https://rp.test/%E4%BA%A7%E5%93%81"),
        ] {
            assert_eq!(launch_url(typed).unwrap(), kept);
        }
        let named = launch_url("https://平台.test/?q=行情").unwrap();
        assert!(named.starts_with("https://xn--") && named.is_ascii(), "{named}");
        let long = format!("https://rp.test/{}", "字".repeat(480));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//rp.test/",
            "/login",
            "rp.test",
            "https:rp.test",
            "https:///rp.test",
            "https://",
            "https://?x",
            "https://rp.test:port/",
            "https://bank.test@evil.test/",
            "https://:x@evil.test/",
            "https://rp.test\\@evil.test/",
            "https://a b.test/",
            "https://rp.test/a b",
            long.as_str(),
        ] {
            assert_eq!(launch_url(bad).unwrap_err().code, "product.launch_url", "{bad}");
        }
        assert_eq!(launch_url("").unwrap_err().code, "field.required");
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
