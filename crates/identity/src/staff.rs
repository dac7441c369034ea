//! Platform staff as values: holding one proves that the signed-in account has the role. A change re-checks it inside
//! its transaction by `recheck_in`.
use crate::{
    Identity,
    session::SignedIn,
    stepup::service::{Demand, demand_factor},
};
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use db::Tx;
use http::request::Parts;
use kernel::{Actor, Error, Result, id::AccountId};
use platform::StaffRole;
use platform::{setting::SecondFactorDemand, staff::PolicyEditor};
use web::{Ctx, Failure};

/// Any staff member, whatever the role: pages of the desk.
#[derive(Clone, Debug)]
pub struct Staff {
    signed_in: SignedIn,
    role: StaffRole,
}
impl Staff {
    /// None if the account is not staff.
    pub fn of(signed_in: &SignedIn) -> Option<Self> {
        signed_in.staff.map(|role| Self { signed_in: signed_in.clone(), role })
    }
    pub fn role(&self) -> StaffRole {
        self.role
    }
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }
    pub fn account(&self) -> AccountId {
        self.signed_in.account
    }
    pub fn actor(&self) -> &Actor {
        &self.signed_in.actor
    }
    pub fn recheck_in(&self, tx: &mut Tx<'_>) -> Result<()> {
        platform::staff::service::require_in(tx, self.account(), &[self.role])
    }
    /// For system and security administrators.
    pub fn policy_editor(&self) -> Option<PolicyEditor> {
        PolicyEditor::of(self.role, self.account(), self.actor())
    }
}

macro_rules! roles { ($($(#[$meta:meta])* $name:ident),* $(,)?) => { $(
    $(#[$meta])*
    #[derive(Clone, Debug)]
    pub struct $name(Staff);
    impl $name {
        /// None for any other role.
        pub fn of(signed_in: &SignedIn) -> Option<Self> {
            Staff::of(signed_in).filter(|staff| staff.role == StaffRole::$name).map(Self)
        }
        pub fn staff(&self) -> &Staff {
            &self.0
        }
        pub fn signed_in(&self) -> &SignedIn {
            &self.0.signed_in
        }
        pub fn account(&self) -> AccountId {
            self.0.account()
        }
        pub fn actor(&self) -> &Actor {
            self.0.actor()
        }
        /// Inside the transaction of a change. Error: `staff.role_required`.
        pub fn recheck_in(&self, tx: &mut Tx<'_>) -> Result<()> {
            self.0.recheck_in(tx)
        }
    }
    impl<S: Send + Sync> FromRequestParts<S> for $name {
        type Rejection = Response;
        async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Response> {
            let signed_in = SignedIn::from_request_parts(parts, state).await?;
            let staff = Self::of(&signed_in).ok_or_else(refused)?;
            require_strength(parts, state, &signed_in).await?;
            Ok(staff)
        }
    }
)* } }
roles!(
    /// 客户经理.
    AccountManager,
    /// 产品经理.
    ProductManager,
    SystemAdministrator,
    SecurityAdministrator,
    Auditor,
);

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Response> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let staff = Self::of(&signed_in).ok_or_else(refused)?;
        require_strength(parts, state, &signed_in).await?;
        Ok(staff)
    }
}
/// Where the policy asks staff for a second factor: who has one proves it, who has none sets one up first. SMS is none.
pub async fn require_strength<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    signed_in: &SignedIn,
) -> std::result::Result<(), Response> {
    if signed_in.proved_factor() {
        return Ok(());
    }
    let failed = |error: Error| Failure::from(error).into_response();
    let identity = Identity::of(&parts.extensions).map_err(failed)?;
    let policies = identity.settings().policies().await.map_err(failed)?;
    if policies.second_factor.staff == SecondFactorDemand::Optional {
        return Ok(());
    }
    let ctx = Ctx::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
    let demand = Demand {
        error: "staff.second_factor_required",
        told: "identity-staff-second-wanted",
        home: "/desk".to_owned(),
    };
    demand_factor(&identity, &ctx, signed_in, &demand).await.map_err(IntoResponse::into_response)
}
fn refused() -> Response {
    Failure::from(Error::forbidden("staff.role_required")).into_response()
}
