//! The policies of the installation: what is in force, a form for each section, and presets that show their changes first.
//! Every section describes its own values, so one page serves them all.
use super::{Desk, FOR_POLICIES};
use identity::staff::Staff;
use kernel::Error;
use platform::setting::{
    Member, NetworkPolicy, Policies, Preset, SectionInfo, Shape,
    service::{Seen, section},
};
use platform::staff::PolicyEditor;
use serde_json::{Map, Value};
use web::{
    Ctx, Fields, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash,
};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_POLICIES);
    Routes::new()
        .get("/desk/policies", staff, overview)
        .get("/desk/policies/{section}", staff, blank)
        .post("/desk/policies/{section}", staff, save)
        .get("/desk/policies/presets/{preset}", staff, preview)
        .post("/desk/policies/presets/{preset}", staff, apply)
}

const AREA: &str = "/desk/policies";

/// Key of a text about a value: `portal-policy-code-minutes`.
fn key(section: &str, rest: &[&str]) -> String {
    let mut key = format!("portal-policy-{section}");
    for piece in rest {
        key.push('-');
        key.push_str(piece);
    }
    key.replace('_', "-")
}
fn label(ctx: &Ctx, section: &str, member: &str) -> String {
    ctx.lang.t(&key(section, &[member]))
}
/// A value in words.
fn shown(ctx: &Ctx, section: &str, member: &Member, value: &Value) -> String {
    let option = |text: &str| ctx.lang.t(&key(section, &[member.name, text]));
    // A zero that means "without limit" says so.
    let none = key(section, &[member.name, "0"]);
    if value.as_i64() == Some(0) && ctx.lang.has(&none) {
        return ctx.lang.t(&none);
    }
    match value {
        Value::Bool(true) => ctx.lang.t("portal-policy-yes"),
        Value::Bool(false) => ctx.lang.t("portal-policy-no"),
        Value::String(text) if matches!(member.shape, Shape::Choice(_)) => option(text),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => ctx.lang.t("portal-policy-none"),
        Value::Array(list) => {
            let words: Vec<String> = list.iter().filter_map(Value::as_str).map(option).collect();
            words.join(&ctx.lang.t("portal-policy-and"))
        }
        other => other.to_string(),
    }
}

struct Fact {
    label: String,
    value: String,
    own: bool,
}
struct Card {
    key: &'static str,
    title: String,
    hint: String,
    facts: Vec<Fact>,
}
struct PresetLine {
    href: String,
    title: String,
    hint: String,
    changes: usize,
}
#[derive(askama::Template)]
#[template(path = "desk/policies.html")]
struct Overview {
    page: Page,
    presets: Vec<PresetLine>,
    cards: Vec<Card>,
}

/// Only for those who may change what they see. Error: `staff.role_required`.
fn editor(desk: &Desk) -> Result<PolicyEditor, web::Failure> {
    let editor = Staff::of(&desk.signed_in).and_then(|staff| staff.policy_editor());
    editor.ok_or_else(|| Error::forbidden("staff.role_required").into())
}
async fn seen(desk: &Desk) -> kernel::Result<Seen> {
    desk.organizations.identity().settings().seen().await
}

async fn overview(desk: Desk) -> web::Result {
    editor(&desk)?;
    let seen = seen(&desk).await?;
    let mut presets = Vec::new();
    for preset in Preset::ALL {
        let name = preset.as_str();
        presets.push(PresetLine {
            href: format!("/desk/policies/presets/{name}"),
            title: desk.t(&key("preset", &[name])),
            hint: desk.t(&key("preset", &[name, "hint"])),
            changes: preset.differences(&seen.policies)?.len(),
        });
    }
    let mut cards = Vec::new();
    for section in Policies::SECTIONS {
        let (values, defaults) = (section.values(&seen.policies)?, section.defaults()?);
        let fact = |member: &Member| {
            let value = values.get(member.name).unwrap_or(&Value::Null);
            Fact {
                label: label(&desk.ctx, section.key, member.name),
                value: shown(&desk.ctx, section.key, member, value),
                own: defaults.get(member.name) != Some(value),
            }
        };
        cards.push(Card {
            key: section.key,
            title: desk.t(&key(section.key, &[])),
            hint: desk.t(&key(section.key, &["hint"])),
            facts: section.members.iter().filter(|member| member.is_open()).map(fact).collect(),
        });
    }
    let page = desk.page(desk.t("portal-policies"), AREA).await?;
    Ok(html(Overview { page, presets, cards }))
}

struct Choice {
    value: &'static str,
    label: String,
    hint: String,
    chosen: bool,
}
/// One input of the form.
struct Input {
    name: &'static str,
    label: String,
    hint: String,
    /// What may be filled in, and the default.
    bounds: String,
    /// What somebody else saved meanwhile.
    now: String,
    kind: &'static str,
    value: String,
    most: i64,
    checked: bool,
    choices: Vec<Choice>,
}
#[derive(askama::Template)]
#[template(path = "desk/policy_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    key: &'static str,
    hint: String,
    rev: i64,
    inputs: Vec<Input>,
}

fn input(
    ctx: &Ctx,
    section: &'static SectionInfo,
    member: &Member,
    typed: &Map<String, Value>,
) -> kernel::Result<Input> {
    let defaults = section.defaults()?;
    let default = shown(ctx, section.key, member, defaults.get(member.name).unwrap_or(&Value::Null));
    let value = typed.get(member.name).unwrap_or(&Value::Null);
    let has = |option: &str| match value {
        Value::Array(list) => list.iter().any(|value| value == option),
        other => other == option,
    };
    let choice = |option: &&'static str| {
        let hint = key(section.key, &[member.name, option, "hint"]);
        Choice {
            value: option,
            label: ctx.lang.t(&key(section.key, &[member.name, option])),
            hint: if ctx.lang.has(&hint) { ctx.lang.t(&hint) } else { String::new() },
            chosen: has(option),
        }
    };
    let (kind, most, choices) = match member.shape {
        Shape::Number { most, .. } => ("number", most, Vec::new()),
        Shape::Flag => ("flag", 0, Vec::new()),
        Shape::Choice(options) => ("choice", 0, options.iter().map(choice).collect()),
        Shape::Several(options) => ("several", 0, options.iter().map(choice).collect()),
        Shape::Text { most } => ("text", i64::try_from(most).unwrap_or(i64::MAX), Vec::new()),
    };
    let bounds = match member.shape {
        Shape::Number { least, .. } => ctx.lang.ta(
            "portal-policy-bounds",
            &[("least", &least.to_string()), ("most", &most.to_string()), ("default", &default)],
        ),
        _ => ctx.lang.ta("portal-policy-default", &[("default", &default)]),
    };
    Ok(Input {
        name: member.name,
        label: label(ctx, section.key, member.name),
        hint: ctx.lang.t(&key(section.key, &[member.name, "hint"])),
        bounds,
        now: String::new(),
        kind,
        value: match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        },
        most,
        checked: *value == Value::Bool(true),
        choices,
    })
}
async fn show(
    desk: &Desk,
    section: &'static SectionInfo,
    typed: Option<Map<String, Value>>,
    errors: FormErrors,
) -> web::Result {
    let seen = seen(desk).await?;
    let current = section.values(&seen.policies)?;
    let retyped = typed.is_some();
    let typed = typed.unwrap_or_else(|| current.clone());
    let mut inputs = Vec::new();
    let mut labels = Vec::new();
    for member in section.members.iter().filter(|member| member.is_open()) {
        let mut input = input(&desk.ctx, section, member, &typed)?;
        let now = current.get(member.name).unwrap_or(&Value::Null);
        if retyped && typed.get(member.name) != Some(now) {
            input.now = shown(&desk.ctx, section.key, member, now);
        }
        labels.push((member.name, input.label.clone()));
        inputs.push(input);
    }
    let errors = errors.labelled(desk.ctx.lang, &labels);
    let page = Blank {
        page: desk.page(desk.t(&key(section.key, &[])), AREA).await?.with_errors(&errors),
        errors,
        key: section.key,
        hint: desk.t(&key(section.key, &["hint"])),
        rev: seen.rev(section.key),
        inputs,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(desk: Desk, Path(name): Path<String>) -> web::Result {
    editor(&desk)?;
    let section = section(&name)?;
    desk.must_be_fresh(&format!("{AREA}/{}", section.key)).await?;
    show(&desk, section, None, FormErrors::none()).await
}
/// What was typed, as the values of the section; text that is no number stays text, and the check says so at its field.
fn values(
    section: &SectionInfo,
    current: &Map<String, Value>,
    fields: &[(String, String)],
) -> Map<String, Value> {
    let typed = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
    let value = |member: &Member| match member.shape {
        _ if !member.is_open() => current.get(member.name).cloned().unwrap_or(Value::Null),
        Shape::Flag => Value::Bool(typed(member.name) == Some("yes")),
        Shape::Number { .. } => {
            let text = kernel::text::normalize(typed(member.name).unwrap_or_default());
            text.parse::<i64>().map_or(Value::String(text), Value::from)
        }
        Shape::Choice(_) | Shape::Text { .. } => Value::from(typed(member.name).unwrap_or_default()),
        Shape::Several(_) => {
            let name = format!("{}[]", member.name);
            fields
                .iter()
                .filter(|(field, _)| *field == name)
                .map(|(_, value)| Value::from(value.as_str()))
                .collect()
        }
    };
    section.members.iter().map(|member| (member.name.to_owned(), value(member))).collect()
}
async fn save(desk: Desk, Path(name): Path<String>, Form(fields): Form<Fields>) -> web::Result {
    let editor = editor(&desk)?;
    let section = section(&name)?;
    desk.must_be_fresh(&format!("{AREA}/{}", section.key)).await?;
    let settings = desk.organizations.identity().settings();
    let typed = values(section, &section.values(&*settings.policies().await?)?, &fields.0);
    let rev = fields.0.iter().find(|(name, _)| name == "rev").and_then(|(_, rev)| rev.parse().ok());
    let saved = match zones_stay(&desk, section, &typed).await {
        Ok(()) => settings.edit(&editor, section.key, rev.unwrap_or(-1), typed.clone()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(changed) => {
            let (tone, text) =
                if changed { ("ok", "portal-policy-saved") } else { ("info", "portal-policy-unchanged") };
            Ok(with_flash(see_other(&format!("{AREA}#{}", section.key)), tone, text, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, section, Some(typed), errors).await
        }
    }
}

/// A zone that products or types of organizations name is not taken away under them: they would open for nobody, and nobody
/// would be told. Error `setting.zone_in_use` at `zones`.
async fn zones_stay(desk: &Desk, section: &SectionInfo, typed: &Map<String, Value>) -> kernel::Result<()> {
    let Some(Value::String(zones)) = typed.get("zones").filter(|_| section.key == "network") else {
        return Ok(());
    };
    let after = NetworkPolicy { zones: zones.clone() }.names();
    // What cannot be read is refused as such.
    if after.is_empty() && !zones.trim().is_empty() {
        return Ok(());
    }
    let before = desk.organizations.identity().settings().policies().await?.network.names();
    let needed = desk.organizations.zones_needed().await?;
    let gone: Vec<&str> = before
        .iter()
        .map(String::as_str)
        .filter(|zone| needed.contains(*zone) && !after.iter().any(|kept| kept == zone))
        .collect();
    match gone.as_slice() {
        [] => Ok(()),
        gone => {
            let named = gone.join(&desk.t("organization-list-separator"));
            Err(Error::invalid("setting.zone_in_use").at("zones").arg("zones", named))
        }
    }
}

struct Change {
    section: String,
    label: String,
    before: String,
    after: String,
}
#[derive(askama::Template)]
#[template(path = "desk/policy_preset.html")]
struct Preview {
    page: Page,
    errors: FormErrors,
    name: &'static str,
    hint: String,
    stamp: String,
    changes: Vec<Change>,
}
async fn show_preset(desk: &Desk, preset: Preset, errors: FormErrors) -> web::Result {
    let seen = seen(desk).await?;
    let change = |difference: platform::setting::preset::Difference| Change {
        section: desk.t(&key(difference.section, &[])),
        label: label(&desk.ctx, difference.section, difference.member.name),
        before: shown(&desk.ctx, difference.section, &difference.member, &difference.before),
        after: shown(&desk.ctx, difference.section, &difference.member, &difference.after),
    };
    let name = preset.as_str();
    let page = Preview {
        page: desk.page(desk.t(&key("preset", &[name])), AREA).await?.with_errors(&errors),
        errors,
        name,
        hint: desk.t(&key("preset", &[name, "hint"])),
        stamp: seen.stamp(),
        changes: preset.differences(&seen.policies)?.into_iter().map(change).collect(),
    };
    Ok(html_status(page.errors.status(), page))
}
fn preset(name: &str) -> kernel::Result<Preset> {
    Preset::parse(name).ok_or_else(|| Error::not_found("page.unknown"))
}
async fn preview(desk: Desk, Path(name): Path<String>) -> web::Result {
    editor(&desk)?;
    let preset = preset(&name)?;
    desk.must_be_fresh(&format!("{AREA}/presets/{}", preset.as_str())).await?;
    show_preset(&desk, preset, FormErrors::none()).await
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Applied {
    stamp: String,
}
async fn apply(desk: Desk, Path(name): Path<String>, Form(applied): Form<Applied>) -> web::Result {
    let editor = editor(&desk)?;
    let preset = preset(&name)?;
    desk.must_be_fresh(&format!("{AREA}/presets/{}", preset.as_str())).await?;
    match desk.organizations.identity().settings().apply(&editor, preset, &applied.stamp).await {
        Ok(changed) => {
            let (tone, text) =
                if changed { ("ok", "portal-policy-applied") } else { ("info", "portal-policy-unchanged") };
            Ok(with_flash(see_other(AREA), tone, text, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show_preset(&desk, preset, errors).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_words_in_both_languages() {
        let mut missing = Vec::new();
        for lang in web::Lang::ALL {
            let mut want = |key: String| {
                if !lang.has(&key) {
                    missing.push(format!("{}: {key}", lang.tag()));
                }
            };
            for section in Policies::SECTIONS {
                want(key(section.key, &[]));
                want(key(section.key, &["hint"]));
                for member in section.members.iter().filter(|member| member.is_open()) {
                    want(key(section.key, &[member.name]));
                    want(key(section.key, &[member.name, "hint"]));
                    if let Shape::Choice(options) | Shape::Several(options) = member.shape {
                        for option in options {
                            want(key(section.key, &[member.name, option]));
                        }
                    }
                }
            }
            for preset in Preset::ALL {
                want(key("preset", &[preset.as_str()]));
                want(key("preset", &[preset.as_str(), "hint"]));
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
    #[test]
    fn typed_text_becomes_the_values_of_the_section() {
        let section = section("password").unwrap();
        let current = section.defaults().unwrap();
        let fields = [("minimum_length", " １２ "), ("strength", "strong"), ("letters_and_digits", "yes")];
        let fields: Vec<(String, String)> = fields.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        let values = values(section, &current, &fields);
        assert_eq!(values.get("minimum_length"), Some(&Value::from(12)));
        assert_eq!(values.get("strength"), Some(&Value::from("strong")));
        assert_eq!(values.get("letters_and_digits"), Some(&Value::Bool(true)));
        assert_eq!(values.get("lanes"), current.get("lanes"), "what has one value alone is not asked");
        assert_eq!(section.set(&mut Policies::default(), values).unwrap_err().code, "setting.out_of_bounds");
    }
}
