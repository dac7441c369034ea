//! The demonstration as data: three fictional organizations, the people in them, products of every admission class.
//! Nothing here touches the database; `seed` turns it into rows. Every name and number is made up.
use kernel::{Rng, resident_id, uscc};

pub struct Organization {
    pub key: &'static str,
    pub type_code: &'static str,
    pub name: &'static str,
    pub short_name: &'static str,
    /// The first 17 characters; region 990000 belongs to nobody.
    pub uscc_stem: &'static str,
    pub member_number: Option<&'static str>,
    pub head_name: &'static str,
    pub address: &'static str,
}

/// Who signs in. A person without `owner` owns the account.
pub struct Person {
    pub login_name: &'static str,
    pub name: &'static str,
    pub owner: Option<&'static str>,
    /// Real-name level that the demonstration's proof gives; none leaves the account unverified.
    pub level: Option<&'static str>,
    pub staff: Option<&'static str>,
}

pub struct Membership {
    /// The word under which `demo.json` lists it.
    pub key: &'static str,
    pub login_name: &'static str,
    pub organization: &'static str,
    pub role: &'static str,
    pub grants: &'static [&'static str],
}

pub struct Product {
    pub code: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub summary_zh: &'static str,
    pub summary_en: &'static str,
    pub category: &'static str,
    pub icon: &'static str,
    pub audience: &'static str,
    pub admission_class: &'static str,
    pub grant_mode: &'static str,
    pub admission_editor: &'static str,
    pub minimum_level: &'static str,
    /// Whom the client leads past the consent page, because the platform itself runs it.
    pub skip_consent: bool,
}

pub struct ContractType {
    pub code: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub products: &'static [&'static str],
}
pub struct Contract {
    pub organization: &'static str,
    pub contract_type: &'static str,
    pub number: &'static str,
    /// Days from the first start of the demonstration.
    pub from_day: i64,
    pub until_day: i64,
}
pub struct Admission {
    pub organization: &'static str,
    pub product: &'static str,
    /// The number of the contract it rests on, for products of the contract class.
    pub contract: Option<&'static str>,
}
pub struct Machine {
    pub product: &'static str,
    pub organization: &'static str,
    pub name: &'static str,
}

pub const ORGANIZATIONS: [Organization; 3] = [
    Organization {
        key: "chengjiang",
        type_code: "exchange_member",
        name: "澄江证券股份有限公司",
        short_name: "澄江证券",
        uscc_stem: "91990000MA0X7Q4H2",
        member_number: Some("0427"),
        head_name: "林知远",
        address: "示例市星河区演示路 88 号",
    },
    Organization {
        key: "yuanfan",
        type_code: "customs_enterprise",
        name: "远帆国际货运代理有限公司",
        short_name: "远帆货代",
        uscc_stem: "91990000MA1Y8R5J3",
        member_number: None,
        head_name: "何见川",
        address: "示例市港口区样本路 9 号",
    },
    Organization {
        key: "qinglan",
        type_code: "public_service",
        name: "青岚里城市服务有限公司",
        short_name: "青岚里",
        uscc_stem: "91990000MA2B6T3K4",
        member_number: None,
        head_name: "温如初",
        address: "示例市云溪区虚构街 16 号",
    },
];

const fn person(login_name: &'static str, name: &'static str, level: Option<&'static str>) -> Person {
    Person { login_name, name, owner: None, level, staff: None }
}
const fn managed(login_name: &'static str, name: &'static str, owner: &'static str) -> Person {
    Person { login_name, name, owner: Some(owner), level: Some("primary"), staff: None }
}
const fn staff(login_name: &'static str, name: &'static str, role: &'static str) -> Person {
    Person { login_name, name, owner: None, level: Some("primary"), staff: Some(role) }
}

pub const PEOPLE: [Person; 19] = [
    person("linzhiyuan", "林知远", Some("advanced")),
    managed("zhouyutong", "周语桐", "chengjiang"),
    managed("chensiqi", "陈思齐", "chengjiang"),
    managed("xuwangshu", "许望舒", "chengjiang"),
    managed("hejianchuan", "何见川", "yuanfan"),
    managed("yenanzhi", "叶南枝", "yuanfan"),
    managed("fangyubai", "方予白", "yuanfan"),
    managed("shaowenxi", "邵闻溪", "yuanfan"),
    person("wenruchu", "温如初", Some("advanced")),
    person("luozhixia", "骆知夏", Some("intermediate")),
    person("jiangzhao", "江照", Some("intermediate")),
    person("liushiguang", "柳拾光", Some("primary")),
    person("songyuan", "宋予安", Some("intermediate")),
    person("peisiyuan", "裴思原", None),
    staff("gumingzhe", "顾明哲", "account_manager"),
    staff("sujingxing", "苏景行", "product_manager"),
    staff("shenyibai", "沈亦白", "system_administrator"),
    staff("hanqingyue", "韩清越", "security_administrator"),
    staff("luwensheng", "陆闻笙", "auditor"),
];

const fn member(
    key: &'static str,
    login_name: &'static str,
    organization: &'static str,
    role: &'static str,
    grants: &'static [&'static str],
) -> Membership {
    Membership { key, login_name, organization, role, grants }
}

pub const MEMBERSHIPS: [Membership; 13] = [
    member("legal_representative", "linzhiyuan", "chengjiang", "legal_representative", &[]),
    member("administrator", "zhouyutong", "chengjiang", "administrator", &[]),
    member("agent_granted", "chensiqi", "chengjiang", "agent", &["market-data", "gateway-test"]),
    member("agent_not_granted", "xuwangshu", "chengjiang", "agent", &[]),
    member("administrator", "hejianchuan", "yuanfan", "administrator", &["declaration"]),
    member("administrator", "yenanzhi", "yuanfan", "administrator", &[]),
    member("agent_granted", "fangyubai", "yuanfan", "agent", &["declaration", "manifest"]),
    member("agent_not_granted", "shaowenxi", "yuanfan", "agent", &[]),
    member("agent_granted", "linzhiyuan", "yuanfan", "agent", &["declaration"]),
    member("legal_representative", "wenruchu", "qinglan", "legal_representative", &[]),
    member("administrator", "luozhixia", "qinglan", "administrator", &[]),
    member("agent_granted", "jiangzhao", "qinglan", "agent", &["subsidy"]),
    member("agent_not_granted", "liushiguang", "qinglan", "agent", &[]),
];

const BASE: Product = Product {
    code: "",
    name_zh: "",
    name_en: "",
    summary_zh: "",
    summary_en: "",
    category: "market",
    icon: "grid",
    audience: "organization",
    admission_class: "open",
    grant_mode: "explicit",
    admission_editor: "account_manager",
    minimum_level: "unverified",
    skip_consent: false,
};

/// The first is the one whose pages `examples/relying-party` serves.
pub const PRODUCTS: [Product; 10] = [
    Product {
        code: "market-data",
        name_zh: "行情数据接入",
        name_en: "Market data",
        summary_zh: "接收实时与历史行情，按合同开通",
        summary_en: "Live and historical quotes, opened by contract",
        icon: "chart",
        admission_class: "contract",
        ..BASE
    },
    Product {
        code: "gateway-test",
        name_zh: "交易网关测试",
        name_en: "Trading gateway test",
        summary_zh: "会员单位连接测试环境并提交测试报告",
        summary_en: "Members connect to the test environment and file their reports",
        icon: "server",
        admission_class: "membership",
        ..BASE
    },
    Product {
        code: "option-quotes",
        name_zh: "期权做市报价",
        name_en: "Option market making",
        summary_zh: "做市商报价与义务统计，由客户经理赋权",
        summary_en: "Quotes and duties of market makers, admitted by the account manager",
        icon: "pen",
        admission_class: "discretionary",
        ..BASE
    },
    Product {
        code: "hosting",
        name_zh: "机房托管服务",
        name_en: "Colocation",
        summary_zh: "机柜、带宽与进出登记，按合同开通",
        summary_en: "Racks, bandwidth and visits, opened by contract",
        icon: "server",
        admission_class: "contract",
        ..BASE
    },
    Product {
        code: "library",
        name_zh: "技术文档库",
        name_en: "Technical library",
        summary_zh: "接口规范、业务指南与常见问题",
        summary_en: "Interface specifications, guides and answers",
        category: "support",
        icon: "book",
        audience: "both",
        grant_mode: "every_agent",
        skip_consent: true,
        ..BASE
    },
    Product {
        code: "declaration",
        name_zh: "货物申报",
        name_en: "Goods declaration",
        summary_zh: "进出口货物报关单录入、复核与回执查询",
        summary_en: "Enter, check and follow declarations of goods",
        category: "customs",
        icon: "file",
        admission_class: "discretionary",
        admission_editor: "organization_administrator",
        ..BASE
    },
    Product {
        code: "manifest",
        name_zh: "舱单传输",
        name_en: "Manifests",
        summary_zh: "运输工具舱单的录入、变更与状态查询",
        summary_en: "Enter, change and follow manifests",
        category: "customs",
        icon: "file",
        admission_class: "discretionary",
        admission_editor: "organization_administrator",
        ..BASE
    },
    Product {
        code: "permits",
        name_zh: "行政许可申报",
        name_en: "Permit applications",
        summary_zh: "个人与企业在线申报许可事项并查看进度",
        summary_en: "People and enterprises apply for permits and follow them",
        category: "public",
        icon: "approve",
        audience: "both",
        grant_mode: "every_agent",
        minimum_level: "primary",
        ..BASE
    },
    Product {
        code: "subsidy",
        name_zh: "稳岗补贴申领",
        name_en: "Employment subsidies",
        summary_zh: "企业申领补贴，须由管理人员逐人授权",
        summary_en: "Enterprises apply for subsidies; each agent needs a grant",
        category: "public",
        icon: "file",
        ..BASE
    },
    Product {
        code: "credit-report",
        name_zh: "个人信用报告查询",
        name_en: "Personal credit report",
        summary_zh: "本人查询信用报告，须中级实名",
        summary_en: "One's own credit report; needs the intermediate level",
        category: "public",
        icon: "user",
        audience: "person",
        minimum_level: "intermediate",
        ..BASE
    },
];

/// What the first product says of itself.
pub const GUIDE_ZH: &str = "# 产品做什么

接收现货与衍生品的**实时行情**和历史数据，支持组播与点对点两种方式。

# 怎样开通

1. 机构与平台签订《行情数据服务合同》，由客户经理办理准入
2. 管理员在「账号产品授权」中把产品授予经办人
3. 经办人从产品服务目录直接进入，无需另行登录

| 方式 | 延迟 | 适用 |
|---|--:|---|
| 组播 | 1 ms | 交易系统 |
| 点对点 | 20 ms | 展示与研究 |

# 需要准备

- 接入机房的专线或 VPN
- 测试环境验证通过的程序，见[接入规范](https://kb.demo.example/market-data/access)

> 合同到期前 30 天会提醒续签，到期后产品暂停使用。
";
pub const GUIDE_EN: &str = "# What it does

Receives **live quotes** and historical data of spot and derivatives, by multicast or point to point.

# How to open it

1. The organization signs the data service contract, and the account manager admits it
2. An administrator grants the product to members
3. Members open it from the catalog without signing in again

| Way | Latency | For |
|---|--:|---|
| Multicast | 1 ms | Trading systems |
| Point to point | 20 ms | Display and research |

# What you need

- A leased line or VPN to the data center
- A program that passed the tests, see the [access rules](https://kb.demo.example/market-data/access)

> You are reminded 30 days before the contract ends; then the product pauses.
";

pub const CONTRACT_TYPES: [ContractType; 2] = [
    ContractType {
        code: "data-service",
        name_zh: "行情数据服务合同",
        name_en: "Market data agreement",
        products: &["market-data"],
    },
    ContractType {
        code: "hosting-service",
        name_zh: "机房托管服务合同",
        name_en: "Colocation agreement",
        products: &["hosting"],
    },
];
pub const CONTRACTS: [Contract; 2] = [
    Contract {
        organization: "chengjiang",
        contract_type: "data-service",
        number: "HT-DEMO-0318",
        from_day: -30,
        until_day: 700,
    },
    Contract {
        organization: "yuanfan",
        contract_type: "hosting-service",
        number: "HT-DEMO-0107",
        from_day: -20,
        until_day: 345,
    },
];
/// Open products and those of the membership class need no row.
pub const ADMISSIONS: [Admission; 3] = [
    Admission { organization: "chengjiang", product: "market-data", contract: Some("HT-DEMO-0318") },
    Admission { organization: "yuanfan", product: "declaration", contract: None },
    Admission { organization: "yuanfan", product: "manifest", contract: None },
];

/// Programs that call a product for an organization, without a person.
pub const MACHINES: [Machine; 2] = [
    Machine { product: "market-data", organization: "chengjiang", name: "行情落库程序" },
    Machine { product: "declaration", organization: "yuanfan", name: "报关单批量导入程序" },
];

/// A product whose developers belong to an organization, not to the platform.
pub struct Developed {
    pub product: &'static str,
    pub organization: &'static str,
}
pub const DEVELOPED: Developed = Developed { product: "library", organization: "chengjiang" };

/// The whole code, check character included.
pub fn uscc(organization: &Organization) -> String {
    let check = uscc::check_character(organization.uscc_stem.as_bytes()).map_or('0', char::from);
    format!("{}{check}", organization.uscc_stem)
}

/// Numbers that people type on the first day; the range after 199 0000 is not in use.
pub fn phone(index: usize) -> String {
    format!("1990000{:04}", 1000 + index)
}

/// A well-formed number of a region that does not exist, for a proof of the demonstration.
pub fn resident_id(index: usize) -> String {
    let stem = format!("119999{}{:02}{:02}{:03}", 1970 + index, 1 + index % 12, 1 + index % 28, 100 + index);
    let check = resident_id::check_character(stem.as_bytes()).map_or('0', char::from);
    format!("{stem}{check}")
}

/// A password that can be read aloud and typed: two made-up words and four digits, about 45 bits.
pub fn password(rng: &Rng) -> String {
    let word = || -> String {
        (0..3).flat_map(|_| [pick(rng, b"bdfghkmnprstvz"), pick(rng, b"aeiou")]).map(char::from).collect()
    };
    let (mut first, second) = (word(), word());
    if let Some(initial) = first.get_mut(..1) {
        initial.make_ascii_uppercase();
    }
    format!("{first}-{second}-{:04}", rng.below(10_000))
}
fn pick(rng: &Rng, letters: &[u8]) -> u8 {
    let place = rng.below(u32::try_from(letters.len()).unwrap_or(1)) as usize;
    letters.get(place).copied().unwrap_or(b'a')
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{LoginName, Mobile, ResidentId, Uscc};
    use std::collections::HashSet;

    #[test]
    fn every_number_is_well_formed_and_every_reference_leads_somewhere() {
        let organizations: HashSet<_> = ORGANIZATIONS.iter().map(|o| o.key).collect();
        let products: HashSet<_> = PRODUCTS.iter().map(|p| p.code).collect();
        let people: HashSet<_> = PEOPLE.iter().map(|p| p.login_name).collect();
        assert_eq!((organizations.len(), products.len(), people.len()), (3, PRODUCTS.len(), PEOPLE.len()));
        for organization in &ORGANIZATIONS {
            Uscc::parse(&uscc(organization)).unwrap();
        }
        for (index, person) in PEOPLE.iter().enumerate() {
            LoginName::parse(person.login_name).unwrap();
            Mobile::parse(&phone(index)).unwrap();
            ResidentId::parse(&resident_id(index), 2026_1121).unwrap();
            assert!(person.owner.is_none_or(|owner| organizations.contains(owner)));
        }
        for membership in &MEMBERSHIPS {
            assert!(
                people.contains(membership.login_name) && organizations.contains(membership.organization)
            );
            assert!(membership.grants.iter().all(|product| products.contains(product)));
        }
        for admission in &ADMISSIONS {
            assert!(products.contains(admission.product) && organizations.contains(admission.organization));
            assert!(admission.contract.is_none_or(|number| CONTRACTS.iter().any(|c| c.number == number)));
        }
        assert!(products.contains(DEVELOPED.product) && organizations.contains(DEVELOPED.organization));
        for machine in &MACHINES {
            assert!(products.contains(machine.product) && organizations.contains(machine.organization));
        }
    }
    #[test]
    fn the_first_of_each_key_belongs_to_the_exchange_member() {
        for key in ["legal_representative", "administrator", "agent_granted", "agent_not_granted"] {
            let first = MEMBERSHIPS.iter().find(|m| m.key == key).unwrap();
            assert_eq!(first.organization, "chengjiang", "{key}");
        }
        let granted = MEMBERSHIPS.iter().find(|m| m.key == "agent_granted").unwrap();
        assert!(granted.grants.contains(&PRODUCTS[0].code));
    }
    #[test]
    fn every_admission_class_audience_and_grant_mode_occurs() {
        let of = |read: fn(&Product) -> &'static str| PRODUCTS.iter().map(read).collect::<HashSet<_>>().len();
        assert_eq!(of(|p| p.admission_class), 4);
        assert_eq!(of(|p| p.audience), 3);
        assert_eq!(of(|p| p.grant_mode), 2);
    }
    #[test]
    fn passwords_differ_and_are_long_enough() {
        let rng = Rng::seeded(1);
        let drawn: HashSet<_> = (0..100).map(|_| password(&rng)).collect();
        assert!(drawn.len() == 100 && drawn.iter().all(|p| p.len() == 18));
    }
}
