//! Products, contracts, admissions and grants: both halves of the tally for everybody.
use super::{
    plan::{CONTRACT, DISCRETIONARY, Kind, PRODUCTS, Size, class},
    rows::Maker,
    store,
};
use db::{Param, Tx};
use kernel::{Result, Timestamp};

/// The product of the demonstration that decisions are asked for.
#[derive(Clone, Copy)]
pub struct Asked {
    pub product: i64,
}

impl Maker {
    pub fn insert_products(&self, tx: &mut Tx<'_>, asked: Asked) -> Result<()> {
        struct Row {
            id: i64,
            code: String,
            zh: String,
            en: String,
            class: &'static str,
        }
        let row = |n: u64| Row {
            id: self.ids.of(Kind::Product, n),
            code: format!("scale-{n:02}"),
            zh: format!("规模产品{n:02}"),
            en: format!("Scale {n:02}"),
            class: class(n),
        };
        let rows: Vec<Row> = (0..PRODUCTS).map(row).collect();
        store::insert(tx, store::PRODUCT, &rows, |row, out| {
            let values: [&dyn Param; 17] = [
                &row.id,
                &row.code,
                &row.zh,
                &row.en,
                &"",
                &"",
                &"scale",
                &"box",
                &"organization",
                &row.class,
                &"explicit",
                &"account_manager",
                &"unverified",
                &1i64,
                &"legal_representative administrator agent",
                &"active",
                &self.now,
            ];
            out.extend(values);
        })?;
        let types = [self.ids.of(Kind::ContractType, 0)];
        store::insert(tx, store::CONTRACT_TYPE, &types, |id, out| {
            let values: [&dyn Param; 4] = [id, &"scale", &"规模合同", &"Scale contract"];
            out.extend(values);
        })?;
        let under: Vec<i64> = std::iter::once(asked.product)
            .chain((0..PRODUCTS).filter(|n| class(*n) == CONTRACT).map(|n| self.ids.of(Kind::Product, n)))
            .collect();
        store::insert(tx, store::CONTRACT_TYPE_PRODUCT, &under, |product, out| {
            let values: [&dyn Param; 2] = [&types[0], product];
            out.extend(values);
        })
    }
    /// A contract for each organization, and admissions to the asked product and to half of those that need one; the first
    /// organizations are admitted to all.
    pub fn insert_admissions(&self, tx: &mut Tx<'_>, organizations: &[u64], asked: Asked) -> Result<()> {
        struct Contract {
            id: i64,
            organization: i64,
            number: String,
        }
        let contract = |n: &u64| Contract {
            id: self.ids.of(Kind::Contract, *n),
            organization: self.ids.of(Kind::Organization, *n),
            number: format!("GM-{n:06}"),
        };
        let (kind, year) = (self.ids.of(Kind::ContractType, 0), self.now.plus_days(365));
        let contracts: Vec<Contract> = organizations.iter().map(contract).collect();
        store::insert(tx, store::CONTRACT, &contracts, |row, out| {
            let values: [&dyn Param; 8] =
                [&row.id, &row.organization, &kind, &row.number, &self.now, &year, &"active", &self.now];
            out.extend(values);
        })?;
        struct Admission {
            id: i64,
            organization: i64,
            product: i64,
            basis: &'static str,
            contract: Option<i64>,
            until: Timestamp,
        }
        let mut rows = Vec::new();
        for n in organizations.iter().copied() {
            let mut admit = |product: u64, id: i64, class: &'static str| {
                let contract = (class == CONTRACT).then(|| self.ids.of(Kind::Contract, n));
                rows.push(Admission {
                    id: self.ids.of(Kind::Admission, n * (PRODUCTS + 1) + product),
                    organization: self.ids.of(Kind::Organization, n),
                    product: id,
                    basis: class,
                    contract,
                    until: if contract.is_some() { Timestamp::FOREVER } else { year },
                });
            };
            admit(PRODUCTS, asked.product, CONTRACT);
            for product in 0..PRODUCTS {
                let class = class(product);
                let all = n < 3 || (product + n) % 2 == 0;
                if all && (class == CONTRACT || class == DISCRETIONARY) {
                    admit(product, self.ids.of(Kind::Product, product), class);
                }
            }
        }
        store::insert(tx, store::ADMISSION, &rows, |row, out| {
            let values: [&dyn Param; 9] = [
                &row.id,
                &row.organization,
                &row.product,
                &row.basis,
                &row.contract,
                &"active",
                &self.now,
                &row.until,
                &self.now,
            ];
            out.extend(values);
        })
    }
    /// Of these memberships; the first is for the asked product.
    pub fn insert_grants(
        &self,
        tx: &mut Tx<'_>,
        size: Size,
        memberships: &[u64],
        asked: Asked,
    ) -> Result<()> {
        struct Grant(i64, i64, i64);
        let mut rows = Vec::new();
        for number in memberships.iter().copied() {
            for turn in 0..size.grants_of(number) {
                let product = match turn {
                    0 => asked.product,
                    turn => self.ids.of(Kind::Product, (number * 7 + turn) % PRODUCTS),
                };
                let id = self.ids.of(Kind::Grant, number * (PRODUCTS + 1) + turn);
                rows.push(Grant(id, self.ids.of(Kind::Membership, number), product));
            }
        }
        store::insert(tx, store::GRANT, &rows, |row, out| {
            let values: [&dyn Param; 7] = [&row.0, &row.1, &row.2, &"active", &self.now, &FOREVER, &self.now];
            out.extend(values);
        })
    }
}
const FOREVER: Timestamp = Timestamp::FOREVER;
