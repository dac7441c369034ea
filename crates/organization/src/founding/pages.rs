//! `/me/found`: whoever is the head of an organization claims it, or registers it.
use super::model::ClaimInput;
use crate::Organizations;
use crate::application::own_pages::{Barrier, FormIds, applied, barrier, empty_letter, personal, upload_of};
use crate::organization_type::{Identifier, OrganizationType};
use askama::Template;
use axum::Extension;
use axum::extract::Multipart;
use axum::handler::Handler;
use identity::realname::{self, RealNameLevel};
use identity::session::SignedIn;
use kernel::id::ApplicationId;
use platform::document::{self, Received};
use web::{Ctx, FormErrors, Lang, Page, Policy, Result, Routes, html_status};

pub fn routes() -> Routes {
    Routes::new().get("/me/found", Policy::SignedIn, form).post(
        "/me/found",
        Policy::SignedIn,
        claim.layer(document::upload::limit()),
    )
}

struct TypeLine {
    id: String,
    name: String,
    /// 法定代表人, 负责人, 经营者 ..., and which number the type has.
    hint: String,
    chosen: bool,
}
#[derive(Template)]
#[template(path = "founding/claim.html")]
struct ClaimPage {
    page: Page,
    errors: FormErrors,
    ids: FormIds,
    barrier: Option<Barrier>,
    types: Vec<TypeLine>,
    /// The proven name and document of whoever claims.
    own_name: String,
    own_document: String,
    name: String,
    code: String,
    address: String,
    reason: String,
    most_megabytes: usize,
}
async fn form(ctx: Ctx, Extension(rooms): Extension<Organizations>, who: SignedIn) -> Result {
    render(&ctx, &rooms, &who, None, FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    received: Option<&Received>,
    errors: FormErrors,
) -> Result {
    let text = |name: &str| received.map(|received| received.text(name).to_owned()).unwrap_or_default();
    let types = rooms.organization_types().await?;
    let least = types.iter().map(|kind| kind.policy.head_level).min().unwrap_or(RealNameLevel::Primary);
    let known = realname::service::known(rooms.db(), who.account).await?;
    let page = personal(rooms, ctx, who, "organization-found-title").await?.with_errors(&errors);
    let wanted = if known.is_some() { least } else { least.max(RealNameLevel::Primary) };
    let mut barrier = barrier(ctx, who, wanted);
    if barrier.is_none() && known.is_none() {
        barrier = Some(Barrier {
            text: ctx.lang.ta("organization-apply-level", &[("level", &ctx.lang.t(wanted.key()))]),
            href: Some(("/me/real-name", ctx.lang.t("organization-nav-real-name"))),
        });
    }
    let chosen = text("type");
    let (own_name, own_document) = known.map(|known| (known.name, known.document_masked)).unwrap_or_default();
    let view = ClaimPage {
        ids: FormIds::new(ctx, rooms, received),
        barrier,
        types: types.iter().map(|kind| type_line(&page, kind, &chosen)).collect(),
        own_name,
        own_document,
        name: text("name"),
        code: text("code"),
        address: text("address"),
        reason: text("reason"),
        most_megabytes: document::MOST_BYTES >> 20,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn type_line(page: &Page, kind: &OrganizationType, chosen: &str) -> TypeLine {
    let en = page.ctx.lang == Lang::En;
    let number = |identifier: &Identifier| match identifier {
        Identifier::Uscc => "organization-identifier-code",
        Identifier::MemberNumber => "organization-identifier-member",
        Identifier::RegistrationNumber => "organization-identifier-registration",
    };
    let numbers: Vec<String> = kind.policy.identifiers.iter().map(|one| page.t(number(one))).collect();
    TypeLine {
        id: kind.id.to_string(),
        name: kind.name.of(en).to_owned(),
        hint: page.ta(
            "organization-found-type-hint",
            &[
                ("head", kind.policy.head_title.of(en)),
                ("numbers", &numbers.join(&page.t("organization-list-separator"))),
                ("level", &page.t(kind.policy.head_level.key())),
            ],
        ),
        chosen: kind.id.to_string() == chosen,
    }
}
async fn claim(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    form: Multipart,
) -> Result {
    let mut received = document::read(&ctx, form, "letter").await?;
    let mut errors = FormErrors::none();
    let id: ApplicationId = received.id(&ctx, "id")?;
    let head_name = match rooms.proven_name(&who, ctx.now).await {
        Ok(name) => name,
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            return render(&ctx, &rooms, &who, Some(&received), errors).await;
        }
    };
    let input = ClaimInput {
        type_id: received.text("type").to_owned(),
        name: received.text("name").to_owned(),
        code: received.text("code").to_owned(),
        address: received.text("address").to_owned(),
        reason: received.text("reason").to_owned(),
    };
    let types = rooms.organization_types().await?;
    let parsed = input.parse(id, &head_name, &types);
    let new = parsed.map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, ctx.lang)));
    let letter = upload_of(&ctx, &mut received).and_then(|letter| letter.ok_or_else(empty_letter));
    let letter = letter.and_then(|letter| document::kind_of("letter", &letter.bytes).map(|_| letter));
    let letter = match letter {
        Err(error) if error.field.is_none() => return Err(error.into()),
        other => errors.take(other, ctx.lang),
    };
    let (Ok(new), Some(letter)) = (new, letter) else {
        return render(&ctx, &rooms, &who, Some(&received), errors).await;
    };
    match rooms.claim_head(&who, new, &letter, ctx.now).await {
        Ok(requested) => Ok(applied(requested.id, requested.new)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, Some(&received), errors).await
        }
    }
}
