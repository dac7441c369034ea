//! What the products of the demonstration have told: cases, inquiries, a complaint, messages, and items to star. Pushed
//! through the service behind the API, so that a second run changes nothing.
use crate::wiring::Built;
use anyhow::{Context as _, Result};
use feed::{
    entry::{
        self, EntryState, Kind,
        model::{Content, Named, Push, Put},
    },
    item,
    product::Pusher,
};
use kernel::{
    Actor, Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};
use organization::organization_type::Words;
use organization::product::Audience;
use std::collections::HashMap;

/// Whom the plan's names became.
pub struct Known<'a> {
    pub people: &'a HashMap<&'static str, AccountId>,
    pub organizations: &'a HashMap<&'static str, OrganizationId>,
    pub products: &'a HashMap<&'static str, ProductId>,
}

struct Told {
    product: &'static str,
    number: &'static str,
    kind: Kind,
    /// A person's login name, or an organization's key and the member who acted.
    to: To,
    title: &'static str,
    text: &'static str,
    state: EntryState,
    label: Option<&'static str>,
    days_ago: i64,
}
enum To {
    Person(&'static str),
    Organization(&'static str, &'static str),
}
const fn told(
    (product, number, kind): (&'static str, &'static str, Kind),
    to: To,
    (title, text): (&'static str, &'static str),
    (state, label): (EntryState, Option<&'static str>),
    days_ago: i64,
) -> Told {
    Told { product, number, kind, to, title, text, state, label, days_ago }
}

const TOLD: [Told; 13] = [
    told(
        ("permits", "XK-2026-0412", Kind::Case),
        To::Person("linzhiyuan"),
        ("从业人员资格变更登记", "材料已收齐，三个工作日内答复。"),
        (EntryState::Processing, Some("受理中")),
        2,
    ),
    told(
        ("permits", "XK-2026-0377", Kind::Case),
        To::Person("linzhiyuan"),
        ("数字证书补办", "身份证明复印件不清晰，需要重新上传。"),
        (EntryState::ActionNeeded, Some("待补正")),
        11,
    ),
    told(
        ("permits", "XK-2026-0218", Kind::Case),
        To::Person("linzhiyuan"),
        ("居住证信息核验", "核验通过。"),
        (EntryState::Done, None),
        23,
    ),
    told(
        ("permits", "ZX-2026-0051", Kind::Inquiry),
        To::Person("linzhiyuan"),
        ("个体户能否在线变更经营范围", "可以。登录后选择“变更登记”，上传经营者身份证明即可。"),
        (EntryState::Done, Some("已答复")),
        6,
    ),
    told(
        ("permits", "TS-2026-0009", Kind::Complaint),
        To::Person("linzhiyuan"),
        ("窗口排队时间过长", "已转服务大厅核实，五个工作日内回复。"),
        (EntryState::Processing, None),
        4,
    ),
    told(
        ("permits", "XX-2026-1201", Kind::Message),
        To::Person("linzhiyuan"),
        ("数字证书补办需要补正材料", "请在十个工作日内重新上传身份证明，逾期将退回。"),
        (EntryState::Done, None),
        11,
    ),
    told(
        ("permits", "XK-2026-0450", Kind::Case),
        To::Person("songyuan"),
        ("道路运输从业资格证换发", "已受理，等待制证。"),
        (EntryState::Processing, None),
        1,
    ),
    told(
        ("permits", "ZX-2026-0063", Kind::Inquiry),
        To::Person("songyuan"),
        ("换证期间能否继续营运", "等待答复。"),
        (EntryState::Submitted, None),
        1,
    ),
    told(
        ("permits", "XX-2026-1214", Kind::Message),
        To::Person("songyuan"),
        ("从业资格证已开始制证", "制证完成后将另行通知。"),
        (EntryState::Done, None),
        1,
    ),
    told(
        ("market-data", "HQ-2026-0031", Kind::Case),
        To::Organization("chengjiang", "chensiqi"),
        ("行情数据专线接入", "网络参数已确认，等待机房施工。"),
        (EntryState::Processing, Some("施工中")),
        3,
    ),
    told(
        ("gateway-test", "WG-2026-0107", Kind::Case),
        To::Organization("chengjiang", "chensiqi"),
        ("季度连通性测试报告", "报告已通过审核。"),
        (EntryState::Done, None),
        15,
    ),
    told(
        ("market-data", "ZX-2026-0020", Kind::Inquiry),
        To::Organization("chengjiang", "chensiqi"),
        ("逐笔行情的许可范围", "同一合同下的子公司须另行申请。"),
        (EntryState::Done, Some("已答复")),
        9,
    ),
    told(
        ("declaration", "BG-2026-1188", Kind::Case),
        To::Organization("yuanfan", "fangyubai"),
        ("进口货物报关单 1188", "舱单信息不一致，退回修改。"),
        (EntryState::ActionNeeded, Some("退单")),
        1,
    ),
];

/// Product, number, name, summary, department, audience.
type ItemLine = (&'static str, &'static str, [&'static str; 2], [&'static str; 2], &'static str, Audience);
#[rustfmt::skip]
const ITEMS: [ItemLine; 8] = [
    ("permits", "SX-01", ["从业人员资格变更登记", "Change of a professional qualification"], ["变更姓名、单位或等级", "Name, employer or grade"], "会员服务部", Audience::Person),
    ("permits", "SX-02", ["数字证书补办", "Reissue of a digital certificate"], ["证书遗失或损坏后补办", "After loss or damage"], "技术服务部", Audience::Both),
    ("permits", "SX-03", ["居住证信息核验", "Check of a residence permit"], ["核验居住证是否有效", "Whether the permit is valid"], "综合窗口", Audience::Person),
    ("permits", "SX-04", ["经营范围变更登记", "Change of the scope of business"], ["企业和个体工商户变更经营范围", "For enterprises and sole traders"], "登记注册处", Audience::Organization),
    ("credit-report", "SX-11", ["个人信用报告查询", "Personal credit report"], ["查询本人的信用报告", "One's own report"], "征信中心", Audience::Person),
    ("subsidy", "SX-21", ["稳岗补贴申领", "Employment subsidy"], ["按年度申领稳岗补贴", "Once a year"], "就业服务处", Audience::Organization),
    ("declaration", "SX-31", ["进口货物申报", "Declaration of imports"], ["录入、复核和提交报关单", "Enter, check and submit"], "通关业务处", Audience::Organization),
    ("declaration", "SX-32", ["出口货物申报", "Declaration of exports"], ["录入、复核和提交报关单", "Enter, check and submit"], "通关业务处", Audience::Organization),
];

pub async fn add(built: &Built, known: &Known<'_>, now: Timestamp) -> Result<()> {
    let product =
        |code: &str| known.products.get(code).copied().with_context(|| format!("no product {code}"));
    // As if they had signed in there before: a product reaches those who use it.
    for person in ["linzhiyuan", "songyuan"] {
        let account = *known.people.get(person).with_context(|| format!("no person {person}"))?;
        built.openid.note_use(account, product("permits")?, None, now).await?;
    }
    let mut pushers: HashMap<&str, Pusher> = HashMap::new();
    for told in &TOLD {
        pusher(built, &mut pushers, told.product, product(told.product)?).await?;
    }
    for (code, ..) in &ITEMS {
        pusher(built, &mut pushers, code, product(code)?).await?;
    }
    for told in &TOLD {
        let by = pushers.get(told.product).context("made above")?;
        let at = now.plus_days(-told.days_ago);
        let put = Put {
            external_id: told.number.into(),
            kind: told.kind,
            subject: named(built, known, &told.to).await?,
            content: Content { title: told.title.into(), text: told.text.into() },
            state: told.state,
            state_label: told.label.map(str::to_owned),
            link: None,
            occurred_at: at,
            updated_at: at,
        };
        let rows = vec![Ok(Push::Put(Box::new(put)))];
        let results = entry::service::push(&built.identity, by, rows, now).await?;
        if let Some(Err(refusal)) = results.first() {
            anyhow::bail!("the entry {} was not taken: {}", told.number, refusal.code);
        }
    }
    for (code, number, name, summary, department, audience) in &ITEMS {
        let by = pushers.get(code).context("made above")?;
        let put = item::model::Put {
            external_id: (*number).into(),
            updated_at: now,
            name: Words::new(name[0], name[1]),
            summary: Words::new(summary[0], summary[1]),
            department: Some((*department).into()),
            audience: *audience,
            link: None,
        };
        item::service::push(&built.db, by, vec![Ok(item::model::Push::Put(Box::new(put)))], now).await?;
    }
    Ok(())
}

async fn pusher(
    built: &Built,
    pushers: &mut HashMap<&'static str, Pusher>,
    code: &'static str,
    id: ProductId,
) -> Result<()> {
    if !pushers.contains_key(code) {
        let product = built.organizations.product(id).await?;
        let by = Pusher {
            product: id,
            name: product.name,
            actor: Actor::system(),
            origins: Default::default(),
            sector: Default::default(),
        };
        pushers.insert(code, by);
    }
    Ok(())
}
async fn named(built: &Built, known: &Known<'_>, to: &To) -> Result<Named> {
    let sub = async |person: &str| -> Result<String> {
        let account = *known.people.get(person).with_context(|| format!("no person {person}"))?;
        let own = identity::account::own::own(&built.identity, account, built.db.clock().now()).await?;
        Ok(own.sub)
    };
    Ok(match to {
        To::Person(person) => Named::Person(sub(person).await?),
        To::Organization(key, agent) => Named::Organization {
            id: Some(*known.organizations.get(key).with_context(|| format!("no organization {key}"))?),
            uscc: None,
            agent: Some(sub(agent).await?),
        },
    })
}
