//! What a new installation starts with: the three types of organization that Fujie was made for. They are rows, so an
//! installation changes them as it likes.
use anyhow::Result;
use kernel::id::OrganizationTypeId;
use organization::{
    Operator, Organizations,
    organization_type::{
        Identifier, MaterialRule, OrganizationType, Registration, RoleLabels, TypePolicy, Words,
    },
};

/// Code of the members of an exchange: their administrators do no business, and there is one of them.
pub const EXCHANGE_MEMBER: &str = "exchange_member";
/// Code of importers, exporters and forwarders.
pub const CUSTOMS_ENTERPRISE: &str = "customs_enterprise";
/// Code of the enterprises of a public-service platform: the legal representative appoints administrators and agents.
pub const PUBLIC_SERVICE: &str = "public_service";

/// Makes the types if there are none at all. A second start reads once and is done.
pub async fn ensure_types(organizations: &Organizations) -> Result<(), kernel::Error> {
    if !organizations.organization_types().await?.is_empty() {
        return Ok(());
    }
    let now = organizations.db().clock().now();
    for kind in types(|| organizations.db().draw()) {
        let made = organizations.create_organization_type(&Operator::installation(), kind, now).await;
        // Another node that starts at the same moment made it.
        match made {
            Err(error) if error.code == "organization_type.code_taken" => {}
            other => other?,
        }
    }
    Ok(())
}

/// Headings of the catalog, if there are none at all.
pub async fn ensure_categories(organizations: &Organizations) -> Result<(), kernel::Error> {
    if !organizations.categories().await?.is_empty() {
        return Ok(());
    }
    let (by, now) = (Operator::installation(), organizations.db().clock().now());
    for (code, zh, en) in [
        ("market", "交易与行情", "Trading and data"),
        ("customs", "通关服务", "Customs"),
        ("public", "政务服务", "Public services"),
        ("support", "技术服务", "Support"),
    ] {
        let name = Words::new(zh, en);
        match organizations.create_category(&by, organizations.db().draw(), code, &name, now).await {
            // Another node that starts at the same moment made it.
            Err(error) if error.code == "category.code_taken" => {}
            other => other?,
        }
    }
    Ok(())
}

fn types(mut draw: impl FnMut() -> OrganizationTypeId) -> Vec<OrganizationType> {
    let labels = |administrator: (&str, &str), agent: (&str, &str)| RoleLabels {
        legal_representative: Words::new("法定代表人", "Legal representative"),
        administrator: Words::new(administrator.0, administrator.1),
        agent: Words::new(agent.0, agent.1),
    };
    vec![
        OrganizationType {
            id: draw(),
            code: EXCHANGE_MEMBER.to_owned(),
            name: Words::new("交易所会员单位", "Exchange member"),
            policy: TypePolicy {
                registration: Registration::Platform,
                materials: vec![
                    MaterialRule::new("business-licence", "营业执照", "Business licence", false),
                    MaterialRule::new("operating-permit", "经营许可证", "Operating permit", true),
                ],
                identifiers: vec![Identifier::Uscc, Identifier::MemberNumber],
                administrators: 1,
                administrators_do_business: false,
                role_labels: labels(("机构管理员", "Administrator"), ("普通用户", "User")),
                ..TypePolicy::default()
            },
        },
        OrganizationType {
            id: draw(),
            code: CUSTOMS_ENTERPRISE.to_owned(),
            name: Words::new("进出口企业", "Import and export enterprise"),
            policy: TypePolicy {
                registration: Registration::Platform,
                materials: vec![MaterialRule::new("business-licence", "营业执照", "Business licence", false)],
                identifiers: vec![Identifier::Uscc],
                administrators: 3,
                administrators_do_business: true,
                role_labels: labels(("管理员", "Administrator"), ("操作员", "Operator")),
                ..TypePolicy::default()
            },
        },
        OrganizationType {
            id: draw(),
            code: PUBLIC_SERVICE.to_owned(),
            name: Words::new("办事企业", "Enterprise of the public-service platform"),
            policy: TypePolicy {
                registration: Registration::Head,
                materials: vec![MaterialRule::new("business-licence", "营业执照", "Business licence", false)],
                identifiers: vec![Identifier::Uscc],
                administrators: 5,
                administrators_do_business: true,
                role_labels: labels(("管理员", "Administrator"), ("经办人", "Agent")),
                ..TypePolicy::default()
            },
        },
    ]
}
