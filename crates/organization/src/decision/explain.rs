//! Why somebody may or may not use a product, and who can mend it: for the page in a space and for the sign-in flow.
use super::model::{Decision, Means, Mender, SessionFacts, Space};
use crate::Organizations;
use crate::application::Application;
use crate::membership::Membership;
use crate::organization_type::Words;
use crate::product::{Product, ProductState};
use identity::session::SignedIn;
use kernel::{Error, Result, Timestamp, id::AccountId, id::ProductId};

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
    /// The member's standing in the space's organization.
    pub membership: Option<Membership>,
    pub account_manager: Option<Contact>,
    pub product_manager: Option<Contact>,
    /// Those who can grant and decide, for the account that asks.
    pub administrators: Vec<Contact>,
    /// Other spaces of the account in which the product opens.
    pub elsewhere: Vec<(Space, String)>,
    /// The newest request for this product.
    pub application: Option<Application>,
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
        let facts = SessionFacts::of(signed_in);
        let spaces = self.decide_spaces(signed_in.account, &facts, product.id, now).await?;
        let memberships = self.memberships(signed_in.account).await?;
        let decision = spaces
            .iter()
            .find(|there| there.space == space)
            .map(|there| there.decision.clone())
            .ok_or_else(|| Error::not_found("organization.unknown"))?;
        let membership = space
            .organization()
            .and_then(|id| memberships.iter().find(|membership| membership.organization == id))
            .cloned();
        let elsewhere = spaces
            .iter()
            .filter(|there| there.space != space && there.decision.allow)
            .filter_map(|there| match there.space {
                Space::Personal => Some((there.space, signed_in.name.clone())),
                Space::Organization(id) => memberships
                    .iter()
                    .find(|membership| membership.organization == id)
                    .map(|membership| (there.space, membership.organization_name.clone())),
            })
            .collect();
        let application = match space.organization() {
            Some(id) => self.latest_application(signed_in.account, id, product.id).await?,
            None => None,
        };
        let mut explanation = Explanation {
            product,
            space,
            decision,
            membership,
            account_manager: None,
            product_manager: None,
            administrators: Vec::new(),
            elsewhere,
            application,
        };
        self.name_menders(&mut explanation, signed_in.account, now).await?;
        Ok(explanation)
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
        let Some(membership) = explanation.membership.clone() else { return Ok(()) };
        let organization = self.organization(membership.organization).await?;
        if let Some(manager) = organization.account_manager {
            explanation.account_manager = self.staff_contact(manager).await?;
        }
        let asks = explanation.decision.remedies.iter().any(|remedy| remedy.how == Means::AskAgent);
        if needs(Mender::Administrators) && !asks {
            // Nobody approves at the own level: an administrator's request goes to the legal representative.
            let able: Vec<_> = self
                .administrators(membership.organization, now)
                .await?
                .into_iter()
                .filter(|row| row.account != asking && row.role.may_grant_to(membership.role))
                .collect();
            let people = self.people(able.iter().map(|row| row.account)).await?;
            explanation.administrators = able
                .iter()
                .map(|row| Contact {
                    name: people.name(row.account).to_owned(),
                    role: Some(membership.policy.role_label(row.role).clone()),
                    phone: None,
                })
                .collect();
        }
        Ok(())
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
