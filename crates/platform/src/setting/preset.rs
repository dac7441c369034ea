//! Sets of values that a standard asks for. A preset names what it changes and leaves everything else as it is.
use super::{
    model::{CaptchaStrategy, Policies, SecondFactorDemand},
    section::{Member, SectionInfo},
};
use kernel::Result;
use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// NIST SP 800-63B-4: length, lists and limits in place of character classes and periodic change.
    Nist,
    /// GB/T 22239-2019, level 3, 8.1.4.1.
    Dengbao3,
}
/// One value that a preset would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub section: &'static str,
    pub member: Member,
    pub before: Value,
    pub after: Value,
}

impl Preset {
    pub const ALL: [Self; 2] = [Self::Nist, Self::Dengbao3];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nist => "nist",
            Self::Dengbao3 => "dengbao3",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }
    /// The policies as they would be.
    pub fn applied(self, policies: &Policies) -> Policies {
        let mut next = policies.clone();
        match self {
            Self::Nist => nist(&mut next),
            Self::Dengbao3 => dengbao3(&mut next),
        }
        next
    }
    pub fn differences(self, policies: &Policies) -> Result<Vec<Difference>> {
        let next = self.applied(policies);
        let mut found = Vec::new();
        for section in Policies::SECTIONS {
            let (before, after) = (section.values(policies)?, section.values(&next)?);
            found.extend(differences(section, &before, &after));
        }
        Ok(found)
    }
}
/// The members whose values differ.
pub fn differences(
    section: &SectionInfo,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<Difference> {
    let value = |map: &Map<String, Value>, name: &str| map.get(name).cloned().unwrap_or(Value::Null);
    section
        .members
        .iter()
        .map(|member| Difference {
            section: section.key,
            member: *member,
            before: value(before, member.name),
            after: value(after, member.name),
        })
        .filter(|difference| difference.before != difference.after)
        .collect()
}

fn nist(next: &mut Policies) {
    let password = &mut next.password;
    password.minimum_length = 8;
    password.classes = 1;
    password.letters_and_digits = false;
    password.history = 0;
    (password.max_age_days, password.staff_max_age_days) = (0, 0);
    password.strength = 2;
    next.captcha.strategy = CaptchaStrategy::AfterFailures;
    (next.session.idle_minutes, next.session.absolute_minutes) = (60, 12 * 60);
    (next.session.staff_idle_minutes, next.session.staff_absolute_minutes) = (30, 12 * 60);
    (next.sign_in.wrong_passwords, next.sign_in.window_minutes) = (10, 15);
}
fn dengbao3(next: &mut Policies) {
    let password = &mut next.password;
    password.minimum_length = password.minimum_length.max(10);
    password.classes = 3;
    password.history = 5;
    (password.max_age_days, password.staff_max_age_days) = (180, 90);
    password.strength = password.strength.max(2);
    next.captcha.strategy = CaptchaStrategy::Always;
    (next.session.idle_minutes, next.session.absolute_minutes) = (30, 12 * 60);
    (next.session.staff_idle_minutes, next.session.staff_absolute_minutes) = (15, 8 * 60);
    (next.sign_in.wrong_passwords, next.sign_in.window_minutes) = (5, 15);
    // Two kinds of proof for whoever administers, the platform or an organization.
    next.second_factor.staff = SecondFactorDemand::Required;
    next.second_factor.administrators = SecondFactorDemand::Required;
}
