//! The roles that a form offers to whoever appoints.
use super::model::{OrganizationAdministrator, Role};
use web::{Lang, Page};

pub struct RoleChoice {
    pub role: Role,
    pub label: String,
    pub hint: String,
    /// Below the own role; another is shown with the reason why it cannot be chosen.
    pub open: bool,
    pub chosen: bool,
}

/// Agents and administrators, in the words of the organization's type.
pub fn role_choices(
    page: &Page,
    lang: Lang,
    by: &OrganizationAdministrator,
    chosen: Option<Role>,
) -> Vec<RoleChoice> {
    let chosen = chosen.unwrap_or(Role::Agent);
    let choice = |role| {
        let open = by.role().may_touch(role);
        let hint = match (role, open) {
            (Role::Administrator, true) => "organization-role-administrator-hint",
            (Role::Administrator, false) => "organization-role-administrator-closed",
            _ => "organization-role-agent-hint",
        };
        RoleChoice {
            role,
            label: by.policy().role_label(role).of(lang == Lang::En).to_owned(),
            hint: page.t(hint),
            open,
            chosen: role == chosen && open,
        }
    };
    [Role::Agent, Role::Administrator].map(choice).into()
}
