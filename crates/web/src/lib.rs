//! The edge: routes with policies, forms, pages, cookies, headers, errors, languages, static files, the accept loop.
//! Rooms above write handlers against this crate; nothing here knows an account.
pub mod admission;
pub mod app;
pub mod assets;
pub mod client;
pub mod context;
pub mod cookie;
mod embedded;
pub mod flash;
pub mod form;
mod frame;
mod help;
pub mod i18n;
pub mod outbound;
pub mod page;
mod preferences;
pub mod probe;
pub mod problem;
pub mod response;
pub mod routes;
pub mod serve;
pub mod standing;
mod summary;
#[cfg(test)]
mod tests;
pub mod tls;
pub mod urlencoded;

pub use app::{App, Brand, Network};
pub use client::Client;
pub use context::{Ctx, Peer};
pub use flash::{Flash, with_flash};
pub use form::{BareForm, Form, FormErrors, Json, Path, Query, json_within};
pub use frame::{frame, frame_with};
pub use i18n::Lang;
pub use outbound::{Answer, Call, Outbound, OutboundError, OutboundOptions};
pub use page::{NavGroup, NavItem, Page, Shell, SpaceBadge, SpaceKind, SpaceLink, initial};
pub use probe::Probes;
pub use problem::{Failure, Problem};
pub use response::{
    Result, html, html_status, in_flow, json, keep_browser, local_path, see_other, with_cookie,
};
pub use routes::{Policy, RouteInfo, Routes};
pub use serve::serve;
pub use standing::Standing;
pub use urlencoded::Fields;
