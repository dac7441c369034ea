//! `/org/{organization}/development`: the products that are entrusted to an organization, each with the clients that its
//! developers keep.
use crate::clients::state_words;
use ::organization::{
    Organizations,
    developer::{Developed, Developer},
    product::ProductState,
    shell,
};
use axum::Extension;
use identity::session::SignedIn;
use kernel::id::ProductId;
use oidc::{OpenId, client::Client};
use web::{Ctx, Lang, Page, Policy, Routes, html};

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/development", Policy::Member, list)
}

struct Line {
    href: String,
    name: String,
    client_id: String,
    redirect_uris: Vec<String>,
    state: &'static str,
    tone: &'static str,
}
struct Group {
    id: ProductId,
    name: String,
    icon: String,
    /// People find it in the catalog.
    open: bool,
    clients: Vec<Line>,
}
#[derive(askama::Template)]
#[template(path = "org/development.html")]
struct List {
    page: Page,
    home: String,
    here: String,
    /// Who may name developers.
    administers: bool,
    groups: Vec<Group>,
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: Developer,
) -> web::Result {
    let organization = by.organization();
    let (products, clients) = (rooms.developed(&by).await?, openid.kept_clients(&by).await?);
    let frame = shell::of(&rooms, &ctx, &who, organization).await?;
    let page = Page::new(&ctx, ctx.lang.t("organization-nav-development")).with_shell(frame);
    let home = format!("/org/{organization}/");
    let here = format!("{home}development");
    let groups = products.iter().map(|product| group(&page, &here, product, &clients)).collect();
    Ok(html(List { administers: by.role().administers(), groups, home, here, page }))
}
fn group(page: &Page, here: &str, product: &Developed, clients: &[Client]) -> Group {
    let line = |client: &Client| {
        let (state, tone) = state_words(client);
        Line {
            href: format!("{here}/{}/clients/{}", product.id, client.id),
            name: client.name.clone(),
            client_id: client.client_id.clone(),
            redirect_uris: client.redirect_uris.lines().map(str::to_owned).collect(),
            state,
            tone,
        }
    };
    Group {
        id: product.id,
        name: product.name.of(page.ctx.lang == Lang::En).to_owned(),
        icon: if product.icon.is_empty() { "grid".to_owned() } else { product.icon.clone() },
        open: product.state == ProductState::Active,
        clients: clients.iter().filter(|client| client.product == product.id).map(line).collect(),
    }
}
