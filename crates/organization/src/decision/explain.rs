//! Why somebody may or may not use a product, and who can mend it: for the page in a space and for the sign-in flow.
use super::model::{Decision, LayerKind, Means, Mender, SessionFacts, Space};
use super::service::{InSpace, Named};
use crate::Organizations;
use crate::application::Application;
use crate::organization_type::Words;
use crate::product::{Product, ProductState};
use crate::refusal::Refused;
use identity::session::SignedIn;
use kernel::{Error, Result, Timestamp, id::AccountId, id::OrganizationId, id::ProductId};
use std::collections::BTreeSet;

/// Other spaces that a page names, before the link to all of them.
const ELSEWHERE: usize = 3;
/// Administrators that a page names.
const NAMED: usize = 4;

/// Somebody to turn to.
#[derive(Clone, Debug)]
pub struct Contact {
    pub name: String,
    /// In the words of the organization's type; None for platform staff.
    pub role: Option<Words>,
    /// Only numbers that staff show to organizations.
    pub phone: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Explanation {
    pub product: Product,
    pub space: Space,
    pub decision: Decision,
    /// The organization of the space, as its member knows it.
    pub named: Option<Named>,
    pub account_manager: Option<Contact>,
    pub product_manager: Option<Contact>,
    /// Those who can grant and decide, for the account that asks.
    pub administrators: Vec<Contact>,
    /// Some of the other spaces of the account in which the product opens now.
    pub elsewhere: Vec<(Space, String)>,
    pub more_elsewhere: bool,
    /// The newest request for this product.
    pub application: Option<Application>,
    /// Where the person stands in the network.
    pub zones: Vec<String>,
}

impl SessionFacts {
    pub fn of(signed_in: &SignedIn) -> Self {
        Self {
            strength: signed_in.strength,
            card: signed_in.methods.iter().any(|method| method == "sc"),
            zones: Vec::new(),
        }
    }
}

impl Organizations {
    /// Error `product.unknown` for drafts too, and `organization.unknown` for an organization that is not the account's.
    pub async fn explain(
        &self,
        signed_in: &SignedIn,
        space: Space,
        product: ProductId,
        now: Timestamp,
    ) -> Result<Explanation> {
        let product = self.product(product).await?;
        if product.state == ProductState::Draft {
            return Err(Error::not_found("product.unknown"));
        }
        let facts = self.session_facts(signed_in).await?;
        let found = self
            .decide_one(signed_in.account, &facts, space, product.id, now)
            .await?
            .filter(|found| space == Space::Personal || found.membership.is_some())
            .ok_or_else(|| Error::not_found("organization.unknown"))?;
        let application = match space.organization() {
            Some(id) => self.latest_application(signed_in.account, id, product.id).await?,
            None => None,
        };
        let mut explanation = Explanation {
            product,
            space,
            decision: found.decision,
            named: found.named,
            account_manager: None,
            product_manager: None,
            administrators: Vec::new(),
            elsewhere: Vec::new(),
            more_elsewhere: false,
            application,
            zones: facts.zones.clone(),
        };
        if !explanation.decision.allow {
            self.look_elsewhere(&mut explanation, signed_in, &facts, now).await?;
            self.name_menders(&mut explanation, signed_in.account, now).await?;
        }
        Ok(explanation)
    }
    /// Notes that the refusal was shown; its number, unless the account was shown too many.
    pub async fn note_explained(
        &self,
        signed_in: &SignedIn,
        explanation: &Explanation,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let session = SessionFacts { zones: explanation.zones.clone(), ..SessionFacts::of(signed_in) };
        let refused = Refused {
            account: signed_in.account,
            space: explanation.space,
            product: explanation.product.id,
            session: &session,
            decision: &explanation.decision,
        };
        self.note_refusal(&signed_in.actor, refused, now).await
    }

    async fn look_elsewhere(
        &self,
        explanation: &mut Explanation,
        signed_in: &SignedIn,
        facts: &SessionFacts,
        now: Timestamp,
    ) -> Result<()> {
        // What lacks the person or the product lacks in every space.
        let everywhere = [LayerKind::Account, LayerKind::Product, LayerKind::RealName, LayerKind::Strength];
        if everywhere.into_iter().any(|kind| explanation.decision.is_missing(kind)) {
            return Ok(());
        }
        let (product, space) = (explanation.product.id, explanation.space);
        let (open, more) =
            self.decide_elsewhere(signed_in.account, facts, product, space, ELSEWHERE, now).await?;
        let name = |there: InSpace| match there.named {
            Some(named) => (there.space, named.name),
            None => (there.space, signed_in.name.clone()),
        };
        explanation.elsewhere = open.into_iter().map(name).collect();
        explanation.more_elsewhere = more;
        Ok(())
    }

    /// Names are looked up only where somebody has to be asked.
    async fn name_menders(
        &self,
        explanation: &mut Explanation,
        asking: AccountId,
        now: Timestamp,
    ) -> Result<()> {
        let needs = |mender: Mender| explanation.decision.remedies.iter().any(|remedy| remedy.who == mender);
        if needs(Mender::ProductManager)
            && let Some(manager) = explanation.product.manager
        {
            explanation.product_manager = self.staff_contact(manager).await?;
        }
        let (Some(id), Some(named)) = (explanation.space.organization(), explanation.named.clone()) else {
            return Ok(());
        };
        let organization = self.organization(id).await?;
        if let Some(manager) = organization.account_manager {
            explanation.account_manager = self.staff_contact(manager).await?;
        }
        let asks = explanation.decision.remedies.iter().any(|remedy| remedy.how == Means::AskAgent);
        if needs(Mender::Administrators) && !asks {
            explanation.administrators = self.able(id, &named, asking, now).await?;
        }
        Ok(())
    }
    /// Nobody approves at the own level: an administrator's request goes to the legal representative.
    async fn able(
        &self,
        organization: OrganizationId,
        named: &Named,
        asking: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Contact>> {
        let Some(role) = named.role else { return Ok(Vec::new()) };
        let mut able = self.administrators(organization, now).await?;
        able.retain(|row| row.account != asking && row.role.may_grant_to(role));
        able.truncate(NAMED);
        let people = self.people(able.iter().map(|row| row.account)).await?;
        let contact = |row: &crate::membership::MemberRow| Contact {
            name: people.name(row.account).to_owned(),
            role: Some(named.policy.role_label(row.role).clone()),
            phone: None,
        };
        Ok(able.iter().map(contact).collect())
    }
    /// What the session brings to a decision: its strength, and the network zones from which it comes.
    pub async fn session_facts(&self, signed_in: &SignedIn) -> Result<SessionFacts> {
        let policies = self.identity().settings().policies().await?;
        let zones = signed_in.actor.address.map(|address| policies.network.zones_of(address));
        Ok(SessionFacts { zones: zones.unwrap_or_default(), ..SessionFacts::of(signed_in) })
    }
    /// Zones that a product or a type of organizations names: without them, these would open for nobody.
    pub async fn zones_needed(&self) -> Result<BTreeSet<String>> {
        let products = self.products(true).await?;
        let live = products.into_iter().filter(|product| product.state != ProductState::Withdrawn);
        let mut needed: BTreeSet<String> = live.filter_map(|product| product.network_zone).collect();
        for kind in self.organization_types().await? {
            needed.extend(kind.policy.network_zones);
        }
        Ok(needed)
    }
    /// Name and shown number of a member of the platform's staff.
    pub async fn staff_contact(&self, account: AccountId) -> Result<Option<Contact>> {
        let staff = platform::staff::service::find(self.db(), account).await?;
        let people = self.people([account]).await?;
        let Some(card) = people.card(account) else { return Ok(None) };
        Ok(Some(Contact {
            name: card.name.clone(),
            role: None,
            phone: staff.and_then(|staff| staff.phone_shown),
        }))
    }
}
