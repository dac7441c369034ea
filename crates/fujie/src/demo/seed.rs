//! The plan becomes rows, through the same services that people use. Every id is drawn beforehand and written down, so
//! that a run which was cut off can be repeated: what exists is left as it is.
use super::{
    clients::address,
    file::{self, Account, DemoFile, Draft, Product},
    plan, telling,
};
use crate::{config::Config, wiring::Built};
use anyhow::{Context as _, Result};
use identity::{
    account::{self, Creation, NewManaged, NewSelfOwned},
    credential::{self, Password},
    realname::{self, Proof, RealNameLevel},
};
use kernel::{
    Actor, Event, Id, LoginName, Mobile, ResidentId, Timestamp, Uscc,
    id::{AccountId, OrganizationId, PersonId, ProductId, mark},
};
use organization::{
    Operator, Organizations,
    admission::NewAdmission,
    contract::{ContractType, NewContract},
    grant::Cell,
    guide::{About, Language},
    membership::{Appointment, Basis, Newcomer, Role, Terms},
    organization::NewOrganization,
    organization_type::Words,
    product,
};
use platform::{StaffRole, staff};
use std::{collections::HashMap, path::Path, sync::Arc};
use url::Url;

pub(super) struct Seed<'a> {
    pub(super) built: &'a Built,
    draft: Draft,
    now: Timestamp,
    people: HashMap<&'static str, AccountId>,
    organizations: HashMap<&'static str, OrganizationId>,
    products: HashMap<&'static str, ProductId>,
}

pub async fn run(
    config: &Config,
    built: &Built,
    draft: Draft,
    path: &Path,
    base_url: &Url,
) -> Result<DemoFile> {
    let now = built.db.clock().now();
    let mut seed = Seed {
        built,
        draft,
        now,
        people: HashMap::new(),
        organizations: HashMap::new(),
        products: HashMap::new(),
    };
    seed.draw()?;
    file::write(path, &seed.draft)?;
    tracing::info!(folder = %config.data_dir.display(), "filling in the demonstration");
    seed.add_people().await?;
    seed.add_organizations().await?;
    seed.add_memberships().await?;
    seed.add_products().await?;
    seed.add_contracts_and_admissions().await?;
    seed.add_grants().await?;
    let clients = seed.add_clients().await?;
    let machines = seed.add_machines().await?;
    let known =
        telling::Known { people: &seed.people, organizations: &seed.organizations, products: &seed.products };
    telling::add(built, &known, now).await?;
    Ok(DemoFile {
        base_url: base_url.origin().ascii_serialization(),
        accounts: seed.accounts(),
        clients,
        machines,
        products: plan::PRODUCTS
            .iter()
            .filter_map(|p| Some(Product { code: p.code.into(), id: seed.products.get(p.code)?.to_string() }))
            .collect(),
    })
}

impl Seed<'_> {
    fn id<T>(&mut self, name: &str) -> Result<Id<T>> {
        let db = &self.built.db;
        self.draft.id(name, || db.draw())
    }
    fn rooms(&self) -> &Organizations {
        &self.built.organizations
    }
    pub(super) fn organization(&self, key: &str) -> Result<OrganizationId> {
        self.organizations.get(key).copied().with_context(|| format!("the plan knows no organization {key}"))
    }
    fn person(&self, login_name: &str) -> Result<AccountId> {
        self.people.get(login_name).copied().with_context(|| format!("the plan knows no person {login_name}"))
    }
    pub(super) fn product(&self, code: &str) -> Result<ProductId> {
        self.products.get(code).copied().with_context(|| format!("the plan knows no product {code}"))
    }

    /// Every id and password, so that the draft is complete before the first row.
    fn draw(&mut self) -> Result<()> {
        for organization in &plan::ORGANIZATIONS {
            let id = self.id(&format!("organization {}", organization.key))?;
            self.organizations.insert(organization.key, id);
        }
        let rng = self.built.db.rng().clone();
        for person in &plan::PEOPLE {
            let id = self.id(&format!("account {}", person.login_name))?;
            self.people.insert(person.login_name, id);
            self.id::<mark::Person>(&format!("person {}", person.login_name))?;
            self.id::<mark::IdentityProof>(&format!("proof {}", person.login_name))?;
            self.draft.password(person.login_name, || plan::password(&rng));
        }
        for product in &plan::PRODUCTS {
            let id = self.id(&format!("product {}", product.code))?;
            self.products.insert(product.code, id);
        }
        for membership in &plan::MEMBERSHIPS {
            self.id::<mark::Membership>(&membership_name(membership))?;
        }
        for kind in &plan::CONTRACT_TYPES {
            self.id::<mark::ContractType>(&format!("contract type {}", kind.code))?;
        }
        for contract in &plan::CONTRACTS {
            self.id::<mark::Contract>(&format!("contract {}", contract.number))?;
        }
        for admission in &plan::ADMISSIONS {
            self.id::<mark::Admission>(&format!(
                "admission {} {}",
                admission.organization, admission.product
            ))?;
        }
        Ok(())
    }

    async fn add_people(&mut self) -> Result<()> {
        // Hashing takes most of the time of a first start: all at once, on the pool's threads.
        let mut hashing = Vec::new();
        for (index, person) in plan::PEOPLE.iter().enumerate() {
            let (identity, text) = (self.built.identity.clone(), self.password(person.login_name));
            let hash = tokio::spawn(async move {
                credential::service::hash(&identity, &Password::parse("password", &text)?).await
            });
            hashing.push((index, person, hash));
        }
        for (index, person, hash) in hashing {
            let hash = hash.await??;
            self.add_person(index, person, hash).await?;
        }
        Ok(())
    }
    async fn add_person(&mut self, index: usize, person: &'static plan::Person, hash: String) -> Result<()> {
        let (id, now) = (self.person(person.login_name)?, self.now);
        let login_name = LoginName::parse(person.login_name)?;
        let phone = Mobile::parse(&plan::phone(index))?;
        let owner = person.owner.map(|key| self.organization(key)).transpose()?;
        let document = ResidentId::parse(&plan::resident_id(index), account::model::today(now))?;
        let person_id: PersonId = self.id(&format!("person {}", person.login_name))?;
        let level: Option<RealNameLevel> = person.level.map(str::parse).transpose()?;
        let proof = level.map(|level| {
            self.id(&format!("proof {}", person.login_name)).map(|proof| Proof {
                id: proof,
                account: id,
                method: "demo".into(),
                provider: "demo".into(),
                level,
                proven_at: now,
                expires_at: Timestamp::FOREVER,
            })
        });
        let proof = proof.transpose()?;
        let role: Option<StaffRole> = person.staff.map(str::parse).transpose()?;
        let (keyring, sub) = (Arc::clone(self.built.db.keyring()), self.built.db.rng().short_token());
        self.built
            .db
            .write(move |tx| {
                let created = match owner {
                    Some(organization) => {
                        let new = NewManaged {
                            id,
                            sub: sub.clone(),
                            organization,
                            login_name: login_name.clone(),
                            name: person.name.into(),
                            phone: Some(phone.clone()),
                            document: None,
                            temporary_password_hash: Some(hash.clone()),
                            now,
                        };
                        account::service::create_managed_in(tx, &keyring, &new)?
                    }
                    None => {
                        let new = NewSelfOwned {
                            id,
                            sub: sub.clone(),
                            login_name: login_name.clone(),
                            name: person.name.into(),
                            phone: Some(phone.clone()),
                            document: None,
                            password_hash: hash.clone(),
                            now,
                        };
                        account::service::create_self_owned_in(tx, &keyring, &new)?
                    }
                };
                if created == Creation::Replayed {
                    return Ok(((), Vec::new()));
                }
                let actor = Actor::system();
                let mut events = vec![Event::done(&actor, "account.created").on("account", id)];
                if owner.is_some() {
                    // As if its holder had signed in before: own password, own phone.
                    credential::service::set_in(tx, id, &hash, false, now)?;
                    account::service::prove_phone_in(tx, id)?;
                }
                if let Some(proof) = &proof {
                    realname::service::prove_document_in(
                        tx,
                        &keyring,
                        id,
                        person_id,
                        &document,
                        person.name,
                        now,
                    )?;
                    realname::service::prove_in(tx, proof)?;
                    events.push(Event::done(&actor, "realname.proven").on("account", id));
                }
                if let Some(role) = role {
                    let shown = Some(phone.national().to_owned());
                    events.push(staff::service::appoint_in(tx, &actor, id, role, shown, now)?);
                }
                Ok(((), events))
            })
            .await?;
        Ok(())
    }

    async fn add_organizations(&self) -> Result<()> {
        let types = self.rooms().organization_types().await?;
        let manager = self.person("gumingzhe")?;
        for organization in &plan::ORGANIZATIONS {
            let kind = types.iter().find(|kind| kind.code == organization.type_code);
            let kind = kind.with_context(|| format!("no type {}", organization.type_code))?;
            let new = NewOrganization {
                id: self.organization(organization.key)?,
                type_id: kind.id,
                name: organization.name.into(),
                short_name: organization.short_name.into(),
                uscc: Some(Uscc::parse(&plan::uscc(organization))?),
                member_number: organization.member_number.map(str::to_owned),
                registration_number: None,
                head_name: Some(organization.head_name.into()),
                address: Some(organization.address.into()),
                account_manager: Some(manager),
            };
            self.rooms().create_organization(&Operator::installation(), new, self.now).await?;
        }
        Ok(())
    }

    async fn add_memberships(&mut self) -> Result<()> {
        for membership in &plan::MEMBERSHIPS {
            let role: Role = membership.role.parse()?;
            let appointment = Appointment {
                id: self.id(&membership_name(membership))?,
                newcomer: Newcomer::Existing(self.person(membership.login_name)?),
                role,
                basis: match role {
                    Role::LegalRepresentative => Basis::Proven,
                    Role::Administrator => Basis::Appointed,
                    Role::Agent => Basis::Created,
                },
                terms: Terms::default(),
            };
            let organization = self.organization(membership.organization)?;
            self.rooms().appoint(Operator::installation(), organization, appointment, self.now).await?;
        }
        Ok(())
    }

    async fn add_products(&self) -> Result<()> {
        let manager = self.person("sujingxing")?;
        for (index, product) in plan::PRODUCTS.iter().enumerate() {
            let new = product::Product {
                id: self.product(product.code)?,
                code: product.code.into(),
                name: Words::new(product.name_zh, product.name_en),
                summary: Words::new(product.summary_zh, product.summary_en),
                category: product.category.into(),
                icon: product.icon.into(),
                launch_url: Some(format!("{}/login", address(index))),
                audience: product.audience.parse()?,
                admission_class: product.admission_class.parse()?,
                grant_mode: product.grant_mode.parse()?,
                admission_editor: product.admission_editor.parse()?,
                minimum_level: product.minimum_level.parse()?,
                minimum_strength: 1,
                roles_allowed: vec![Role::LegalRepresentative, Role::Administrator, Role::Agent],
                network_zone: None,
                manager: Some(manager),
                state: product::ProductState::Active,
            };
            self.rooms().create_product(&Operator::installation(), new, self.now).await?;
        }
        self.add_guide("market-data").await
    }
    /// One product says of itself what it is; a second start finds it written.
    async fn add_guide(&self, code: &str) -> Result<()> {
        let (rooms, by, product) = (self.rooms(), Operator::installation(), self.product(code)?);
        let kept = rooms.guide(product).await?;
        if kept.published_at.is_some() {
            return Ok(());
        }
        let about = About::parse(
            "https://kb.demo.example/market-data",
            "市场服务部 021-5555 0100",
            "Market services, 021-5555 0100",
        );
        let about = about.map_err(|faults| anyhow::anyhow!("the plan's contact: {faults:?}"))?;
        rooms.set_product_about(&by, product, kept.rev, about, self.now).await?;
        for (language, text) in [(Language::Zh, plan::GUIDE_ZH), (Language::En, plan::GUIDE_EN)] {
            let rev = rooms.guide(product).await?.rev;
            rooms.save_guide(&by, product, rev, (language, text), self.now).await?;
        }
        let rev = rooms.guide(product).await?.rev;
        rooms.publish_guide(&by, product, rev, self.now).await?;
        Ok(())
    }

    async fn add_contracts_and_admissions(&mut self) -> Result<()> {
        let by = Operator::installation();
        for kind in &plan::CONTRACT_TYPES {
            let id = self.id(&format!("contract type {}", kind.code))?;
            let new =
                ContractType { id, code: kind.code.into(), name: Words::new(kind.name_zh, kind.name_en) };
            let products = kind.products.iter().map(|code| self.product(code)).collect::<Result<_>>()?;
            self.rooms().create_contract_type(&by, new, products).await?;
        }
        for contract in &plan::CONTRACTS {
            let new = NewContract {
                id: self.id(&format!("contract {}", contract.number))?,
                type_id: self.id(&format!("contract type {}", contract.contract_type))?,
                number: contract.number.into(),
                valid_from: self.now.plus_days(contract.from_day),
                valid_until: self.now.plus_days(contract.until_day),
            };
            let organization = self.organization(contract.organization)?;
            self.rooms().sign_contract(&by, organization, new, self.now).await?;
        }
        for admission in &plan::ADMISSIONS {
            let name = format!("admission {} {}", admission.organization, admission.product);
            let contract =
                admission.contract.map(|number| self.id(&format!("contract {number}"))).transpose()?;
            let new = NewAdmission {
                id: self.id(&name)?,
                product: self.product(admission.product)?,
                contract,
                valid_until: Timestamp::FOREVER,
                note: None,
            };
            let organization = self.organization(admission.organization)?;
            self.rooms().admit(by.clone(), organization, new, self.now).await?;
        }
        Ok(())
    }

    async fn add_grants(&mut self) -> Result<()> {
        for membership in &plan::MEMBERSHIPS {
            let organization = self.organization(membership.organization)?;
            let id = self.id(&membership_name(membership))?;
            for code in membership.grants {
                let cell = Cell { membership: id, product: self.product(code)? };
                let by = Operator::installation();
                self.rooms().grant(by, organization, cell, Timestamp::FOREVER, self.now).await?;
            }
        }
        Ok(())
    }

    /// The memberships first, then those without an organization.
    fn accounts(&mut self) -> Vec<Account> {
        let mut accounts = Vec::new();
        for membership in &plan::MEMBERSHIPS {
            let organization = plan::ORGANIZATIONS.iter().find(|o| o.key == membership.organization);
            let id = self.organizations.get(membership.organization).map(Id::to_string);
            accounts.extend(self.account(
                membership.key,
                membership.login_name,
                id,
                organization.map(|o| o.name),
            ));
        }
        for person in &plan::PEOPLE {
            let member = plan::MEMBERSHIPS.iter().any(|m| m.login_name == person.login_name);
            if !member {
                accounts.extend(self.account(
                    person.staff.unwrap_or("person"),
                    person.login_name,
                    None,
                    None,
                ));
            }
        }
        accounts
    }
    fn account(
        &mut self,
        key: &str,
        login_name: &str,
        organization_id: Option<String>,
        organization: Option<&str>,
    ) -> Option<Account> {
        let index = plan::PEOPLE.iter().position(|person| person.login_name == login_name)?;
        Some(Account {
            key: key.into(),
            login_name: login_name.into(),
            password: self.password(login_name),
            phone: plan::phone(index),
            organization_id,
            organization: organization.map(str::to_owned),
        })
    }
    fn password(&mut self, login_name: &str) -> String {
        let rng = self.built.db.rng().clone();
        self.draft.password(login_name, || plan::password(&rng))
    }
}

fn membership_name(membership: &plan::Membership) -> String {
    format!("membership {} {}", membership.organization, membership.login_name)
}
