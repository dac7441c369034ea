//! Fills an empty demonstration with people, organizations and grants, while the server is down.
use super::{
    names::{self, Names},
    plan::{self, Ids, Kind, Place, Size},
    products::Asked,
    rows::{Maker, Person, Term},
    store,
};
use crate::people::PASSWORD;
use anyhow::{Context as _, Result, anyhow};
use db::{Db, Param, Tx};
use identity::credential::{Password, PasswordPool, model::Parameters};
use kernel::{Actor, Event, Rng, id::OrganizationId, id::mark};
use platform::setting::PasswordPolicy;
use std::{sync::Arc, thread};

/// People of one transaction.
const SLICE: u64 = 50_000;
/// Terms of one transaction.
const TERMS: usize = 1_000_000;
const EVENTS: u64 = 2_000;

fn plain(error: kernel::Error) -> anyhow::Error {
    anyhow!("{error}")
}
/// `product` is the code of the product that decisions are asked for.
pub async fn fill(db: &Db, size: Size, product: &str) -> Result<Ids> {
    let ids = Ids::before(db.draw::<mark::Account>().as_i64());
    let type_id = store::organization_type(db).await.map_err(plain)?;
    let manager = store::account_manager(db).await.map_err(plain)?;
    let asked = store::product(db, product.to_owned()).await.map_err(plain)?;
    let asked = Asked { product: asked.with_context(|| format!("no product {product}"))? };
    let pool = PasswordPool::new(1, 1, Rng::System).map_err(plain)?;
    let text = Password::parse("password", PASSWORD).map_err(plain)?;
    let hash = pool.hash(&text, Parameters::from(&PasswordPolicy::default())).await.map_err(plain)?;
    let maker = Arc::new(Maker {
        ids,
        keyring: Arc::clone(db.keyring()),
        names: Names::new(),
        hash,
        now: db.clock().now().plus_days(-1),
    });
    store::prepare(db).await.map_err(plain)?;
    let load = Load { db, maker: &maker, size };
    load.organizations(type_id, manager).await?;
    load.people().await?;
    load.products(asked).await?;
    load.record().await?;
    store::finish(db).await.map_err(plain)?;
    Ok(ids)
}

struct Load<'a> {
    db: &'a Db,
    maker: &'a Arc<Maker>,
    size: Size,
}
impl Load<'_> {
    async fn write(
        &self,
        run: impl Fn(&Maker, &mut Tx<'_>) -> kernel::Result<()> + Send + 'static,
    ) -> Result<()> {
        let maker = Arc::clone(self.maker);
        self.db.write_unaudited("bench", move |tx| run(&maker, tx)).await.map_err(plain)
    }
    async fn organizations(&self, type_id: i64, manager: Option<i64>) -> Result<()> {
        for first in (0..self.size.organizations).step_by(SLICE as usize) {
            let last = (first + SLICE).min(self.size.organizations);
            self.write(move |maker, tx| {
                let rows: Vec<Firm> = (first..last).map(|n| Firm::of(maker, n, manager)).collect();
                store::insert(tx, store::ORGANIZATION, &rows, |row, out| {
                    let values: [&dyn Param; 12] = [
                        &row.id,
                        &type_id,
                        &row.name,
                        &row.name,
                        &row.short_name,
                        &row.uscc,
                        &row.member_number,
                        &row.head,
                        &row.manager,
                        &"active",
                        &1i64,
                        &maker.now,
                    ];
                    out.extend(values);
                })
            })
            .await?;
        }
        Ok(())
    }
    async fn people(&self) -> Result<()> {
        let mut terms: Vec<Term> = Vec::with_capacity(self.size.people as usize * 17);
        // The next slice is sealed while the last is written.
        let mut ready = self.made(0)?;
        let mut first = 0;
        while first < self.size.people {
            let (people, found, places) = ready;
            terms.extend(found);
            let writing = self.write(move |maker, tx| {
                maker.insert_people(tx, &people)?;
                maker.insert_memberships(tx, &places)
            });
            first += SLICE;
            let making = async { tokio::task::block_in_place(|| self.made(first)) };
            let (written, made) = tokio::join!(writing, making);
            written?;
            ready = made?;
            eprintln!("{} people", first.min(self.size.people));
        }
        let busy: Vec<Place> = self.size.busy_places().collect();
        self.write(move |maker, tx| maker.insert_memberships(tx, &busy)).await?;
        tokio::task::block_in_place(|| terms.sort_unstable());
        for some in terms.chunks(TERMS) {
            let some = some.to_vec();
            self.write(move |maker, tx| maker.insert_terms(tx, &some)).await?;
        }
        eprintln!("{} search terms", terms.len());
        Ok(())
    }
    /// A slice of people on every core.
    fn made(&self, first: u64) -> Result<(Vec<Person>, Vec<Term>, Vec<Place>)> {
        let last = (first + SLICE).min(self.size.people);
        let cores = thread::available_parallelism().map_or(2, usize::from) as u64;
        let part = SLICE.div_ceil(cores);
        let make = |from: u64, to: u64| {
            let (mut people, mut terms, mut places) = (Vec::new(), Vec::new(), Vec::new());
            for n in from..to.min(last) {
                let place = self.size.place(n);
                people.push(self.maker.person(place, &mut terms)?);
                if n != self.size.busy_person() {
                    places.push(place);
                }
            }
            kernel::Result::Ok((people, terms, places))
        };
        thread::scope(|scope| {
            let parts: Vec<_> = (0..cores)
                .map(|core| (first + core * part, first + (core + 1) * part))
                .map(|(from, to)| scope.spawn(move || make(from, to)))
                .collect();
            let (mut people, mut terms, mut places) = (Vec::new(), Vec::new(), Vec::new());
            for part in parts {
                let made =
                    part.join().map_err(|_| anyhow!("a thread that makes people ended"))?.map_err(plain)?;
                people.extend(made.0);
                terms.extend(made.1);
                places.extend(made.2);
            }
            Ok((people, terms, places))
        })
    }
    async fn products(&self, asked: Asked) -> Result<()> {
        self.write(move |maker, tx| maker.insert_products(tx, asked)).await?;
        let all: Vec<u64> = (0..self.size.organizations).collect();
        for some in all.chunks(10_000) {
            let some = some.to_vec();
            self.write(move |maker, tx| maker.insert_admissions(tx, &some, asked)).await?;
        }
        eprintln!("{} organizations with contracts and admissions", all.len());
        let all: Vec<u64> = (0..self.size.memberships()).collect();
        let size = self.size;
        for some in all.chunks(100_000) {
            let some = some.to_vec();
            self.write(move |maker, tx| maker.insert_grants(tx, size, &some, asked)).await?;
        }
        eprintln!("grants of {} memberships", all.len());
        Ok(())
    }
    /// The operation record of the special organizations, chained as every event is.
    async fn record(&self) -> Result<()> {
        let members = self.size.big() + 550;
        for first in (0..members).step_by(EVENTS as usize) {
            let (maker, size, last) = (Arc::clone(self.maker), self.size, (first + EVENTS).min(members));
            self.db
                .write(move |_| {
                    let event = |n: u64| {
                        let organization: OrganizationId =
                            maker.ids.id(Kind::Organization, size.place(n).organization);
                        Event::done(&Actor::system(), "membership.created")
                            .on("membership", maker.ids.id::<mark::Membership>(Kind::Membership, n))
                            .of(organization)
                    };
                    Ok(((), (first..last).map(event).collect()))
                })
                .await
                .map_err(plain)?;
        }
        Ok(())
    }
}

struct Firm {
    id: i64,
    name: String,
    short_name: String,
    uscc: String,
    member_number: Option<String>,
    head: String,
    manager: Option<i64>,
}
impl Firm {
    fn of(maker: &Maker, n: u64, manager: Option<i64>) -> Self {
        let (name, short_name) = maker.names.firm(n);
        let special = n <= plan::CONSOLE;
        Self {
            id: maker.ids.of(Kind::Organization, n),
            name,
            short_name,
            uscc: names::uscc(n),
            // Every other one is a member of the exchange.
            member_number: (special || n.is_multiple_of(2)).then(|| format!("S{n:06}")),
            head: maker.names.person(n),
            manager: manager.filter(|_| special || n.is_multiple_of(100)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::search::{EVERYBODY, Wanted, service as search};
    use kernel::id::AccountId;

    /// What the demonstration has before.
    async fn demonstration(db: &Db) {
        db.write_unaudited("test", |tx| {
            tx.run(
                "INSERT INTO organization_type (id, code, name_zh, name_en, policy, rev, created_at)
                 VALUES (1, 'x', '', '', '{}', 1, 0)",
                &[],
            )?;
            tx.run(
                "INSERT INTO organization (id, type_id, name, name_folded, short_name, state, rev, created_at)
                 VALUES (2, 1, '', '', '', 'active', 1, 0)",
                &[],
            )?;
            store::insert(tx, store::PRODUCT, &[3i64], |id, out| {
                let values: [&dyn Param; 17] = [
                    id,
                    &"asked",
                    &"",
                    &"",
                    &"",
                    &"",
                    &"",
                    &"",
                    &"both",
                    &"contract",
                    &"explicit",
                    &"",
                    &"unverified",
                    &1i64,
                    &"agent",
                    &"active",
                    &0i64,
                ];
                out.extend(values);
            })
        })
        .await
        .unwrap();
    }
    /// The columns are those of the rooms, and what is filled in is found as theirs is.
    #[tokio::test(flavor = "multi_thread")]
    async fn people_are_found_and_granted_on_both_engines() {
        let size = Size { people: 1500, organizations: 60, grants: 4000 };
        for db in db::testing::engines().await {
            demonstration(&db).await;
            let ids = fill(&db, size, "asked").await.unwrap();
            let keyring = Arc::clone(db.keyring());
            let names = Names::new();
            // Of the 500, an agent whose account is owned.
            let place = size.place(size.big() + 20);
            let (own, name) = (ids.of(Kind::Organization, place.organization), names.person(place.person));
            let account: AccountId = ids.id(Kind::Account, place.person);
            let number = names::phone(place.person);
            let tail = number.get(7..).unwrap().to_owned();
            assert!(place.managed && place.organization == plan::MATRIX);
            db.read(move |tx| {
                for typed in [name.as_str(), &tail, &number] {
                    let wanted = Wanted::parse(typed, kernel::Timestamp::from_millis(1_790_000_000_000));
                    for (scope, organization) in
                        [(EVERYBODY, None), (own, Some(OrganizationId::from_i64(own)))]
                    {
                        let terms = wanted.terms(&keyring, scope);
                        let below = AccountId::from_i64(i64::MAX);
                        let (found, _) = search::candidates_in(tx, scope, &terms, below, 1000)?;
                        let found = search::verified_in(tx, &keyring, &wanted, found, organization)?;
                        assert!(found.contains(&account), "{typed} in {scope}");
                    }
                }
                for (table, rows) in [
                    ("account", size.people),
                    ("membership", size.memberships()),
                    ("product_grant", size.grants),
                    ("audit_event", size.big() + 550),
                    ("contract", size.organizations),
                ] {
                    let count: i64 = tx.one(&format!("SELECT COUNT(*) FROM {table}"), &[])?;
                    assert_eq!(count as u64, rows, "{table}");
                }
                Ok(())
            })
            .await
            .unwrap();
        }
    }
}
