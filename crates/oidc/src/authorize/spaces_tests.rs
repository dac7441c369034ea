//! Somebody who acts for many organizations: the one that is meant is found by its name, and a wish of the product for a
//! space that does not open holds nobody back from another.
use crate::house::{CALLBACK, House, NOW, houses};
use http::StatusCode;
use kernel::id::OrganizationId;
use organization::decision::SPACES_SHOWN;

/// The person's account is their own and acts for so many more organizations, for which the product is open.
async fn join(house: &House, count: usize) -> Vec<OrganizationId> {
    let ids: Vec<OrganizationId> = (0..count).map(|_| house.db.draw()).collect();
    let (new, first) = (ids.clone(), house.organization);
    house
        .db
        .write_unaudited("a test's world", move |tx| {
            tx.run("UPDATE account SET owner_kind = 'self_owned', owner_organization_id = NULL", &[])?;
            tx.run("UPDATE product SET admission_class = 'open', grant_mode = 'every_agent'", &[])?;
            for (n, id) in new.iter().enumerate() {
                let name = format!("第{n:03}号仓储公司");
                tx.run(
                    "INSERT INTO organization (id, type_id, name, name_folded, short_name, state, rev, created_at)
                     SELECT CAST($1 AS BIGINT), type_id, CAST($2 AS TEXT), CAST($2 AS TEXT), CAST($2 AS TEXT), 'active', 0,
                         created_at FROM organization WHERE id = $3",
                    &[id, &name, &first],
                )?;
                tx.run(
                    "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
                         valid_until, created_at)
                     SELECT CAST($1 AS BIGINT), CAST($1 AS BIGINT), a.id, FALSE, 'agent', 'appointed', 'active',
                         CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($2 AS BIGINT) FROM account a",
                    &[id, &NOW, &NOW.plus_days(30)],
                )?;
            }
            // None of the person's.
            tx.run(
                "INSERT INTO organization (id, type_id, name, name_folded, short_name, state, rev, created_at)
                 SELECT 5, type_id, '别家仓储公司', '别家仓储公司', '别家', 'active', 0, created_at FROM organization
                 WHERE id = $1",
                &[&first],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    ids
}
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn m49_one_of_many_organizations_is_found_by_its_name() {
    for house in houses(false).await {
        let ids = join(&house, SPACES_SHOWN + 4).await;
        let consent = house.get(&house.request(""), true).await.location();
        let page = house.get(&consent, true).await;
        assert!(page.body.contains("id=\"find\""), "{}", page.body);
        assert_eq!(page.body.matches("<option ").count(), SPACES_SHOWN);
        let (id, name) = ids
            .iter()
            .enumerate()
            .map(|(n, id)| (id.to_string(), format!("第{n:03}号仓储公司")))
            .find(|(_, name)| !page.body.contains(name.as_str()))
            .unwrap();
        let find = async |typed: &str| house.get(&format!("{consent}&find={}", encoded(typed)), true).await;
        let found = find(&name).await;
        assert!(found.body.contains(&format!("value=\"{id}\"")), "{}", found.body);
        assert_eq!(found.body.matches("<option ").count(), 1);
        // What was typed is no pattern, and finds the person's own organizations alone.
        for nothing in ["%", "第___号", "别家", "没有这一家"] {
            let none = find(nothing).await;
            assert_eq!(none.status, StatusCode::OK);
            assert!(none.body.contains("id=\"consent-none\""), "{nothing}: {}", none.body);
            assert!(!none.body.contains("id=\"consent-allow\"") && none.body.contains("id=\"consent-deny\""));
            assert!(!none.body.contains("别家仓储公司"));
        }
        assert_eq!(find("号仓储").await.body.matches("<option ").count(), SPACES_SHOWN);
        let long = find(&"长".repeat(61)).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.body.contains("id=\"find-e\"") && long.body.contains("id=\"consent-allow\""));
        let flow = found.value_of("flow");
        let members = [("flow", flow.as_str()), ("space", &id), ("decision", "allow")];
        let allowed = house.submit(&found, "/consent", &members).await;
        assert!(allowed.location().starts_with(CALLBACK));
        let tokens = house.exchange(&allowed.query("code").unwrap()).await.json();
        let userinfo = house.bearer(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!(userinfo["org_id"], id.as_str());
    }
}

/// A product that wants somebody who acts for an organization, and a person who acts for many.
#[tokio::test]
async fn a_product_that_wants_an_organization_lets_one_of_many_be_found() {
    for house in houses(false).await {
        let ids = join(&house, SPACES_SHOWN + 4).await;
        house.change("UPDATE product SET audience = 'both'").await;
        let usual = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        assert!(usual.body.contains("value=\"person\""));
        let wants = house.request("").replace("openid+profile", "openid+profile+organization");
        let consent = house.get(&wants, true).await.location();
        for (find, options) in [(String::new(), SPACES_SHOWN), (format!("&find={}", encoded("第003号")), 1)]
        {
            let page = house.get(&format!("{consent}{find}"), true).await;
            assert!(page.body.contains("id=\"find\"") && !page.body.contains("value=\"person\""), "{find}");
            assert_eq!(page.body.matches("<option ").count(), options, "{find}");
        }
        // The one that was chosen stands among those that are shown, whichever it is.
        for id in [ids.first().unwrap(), ids.last().unwrap()] {
            let page = house.get(&format!("{consent}&space={id}"), true).await;
            assert!(page.body.contains(&format!("value=\"{id}\" selected")), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn m49_few_organizations_are_not_looked_for() {
    for house in houses(false).await {
        join(&house, 2).await;
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        assert!(!page.body.contains("id=\"find\"") && page.body.contains("第001号仓储公司"));
    }
}

/// The product wished for one organization, which is suspended: the explanation offers another, and that one opens.
#[tokio::test]
async fn m49_another_space_opens_although_the_product_wished_for_one_that_does_not() {
    for house in houses(false).await {
        let other = join(&house, 2).await[0].to_string();
        let first = house.organization.to_string();
        let suspend = "UPDATE organization SET state = 'suspended' WHERE member_number = 'M001'";
        house.change(suspend).await;
        let wish =
            house.request("").replace("openid+profile", &format!("openid+profile+organization:{first}"));
        let address = house.get(&wish, true).await.location();
        assert!(address.starts_with("/oauth2/explain?flow=") && address.ends_with(&first), "{address}");
        let page = house.get(&address, true).await;
        let flow = page.value_of("flow");
        let there = format!("/consent?flow={flow}&space={other}");
        assert!(
            page.body.contains(&there.replace('&', "&amp;"))
                || page.body.contains(&there.replace('&', "&#38;")),
            "{}",
            page.body
        );
        // Without a choice of one's own the wish still counts, and so it does for a space that does not open either.
        for still in [String::new(), "&space=person".to_owned(), format!("&space={first}")] {
            let led = house.get(&format!("/consent?flow={flow}{still}"), true).await.location();
            assert_eq!(led, address, "{still}");
        }
        let page = house.get(&there, true).await;
        assert!(page.body.contains(&format!("value=\"{other}\" selected")), "{}", page.body);
        let members = [("flow", flow.as_str()), ("space", &other), ("decision", "allow")];
        let allowed = house.submit(&page, "/consent", &members).await;
        assert!(allowed.location().starts_with(CALLBACK), "{allowed:?}");
    }
}

/// As above, for somebody in more organizations than are shown: the wished one is not forgotten because another was chosen.
#[tokio::test]
async fn a_wish_for_one_of_many_organizations_that_does_not_open_is_not_forgotten() {
    for house in houses(true).await {
        let ids = join(&house, SPACES_SHOWN + 4).await;
        let (other, wished) = (ids[0].to_string(), ids.last().unwrap().to_string());
        let suspend = format!("UPDATE organization SET state = 'suspended' WHERE id <> {}", ids[0].as_i64());
        house.db.write_unaudited("a test's world", move |tx| tx.run(&suspend, &[])).await.unwrap();
        let wish =
            house.request("").replace("openid+profile", &format!("openid+profile+organization:{wished}"));
        let address = house.get(&wish, true).await.location();
        assert!(address.starts_with("/oauth2/explain?flow=") && address.ends_with(&wished), "{address}");
        let flow = house.get(&address, true).await.value_of("flow");
        // The product did not wish for it, so the person says so.
        let page = house.get(&format!("/consent?flow={flow}&space={other}"), true).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.body.contains(&format!("value=\"{other}\"")), "{}", page.body);
    }
}

/// The only space that opens is taken without a question, whether all are looked at where the code is written or, since there are
/// many, before.
#[tokio::test]
async fn m49_the_only_space_that_opens_needs_no_page_however_many_there_are() {
    for count in [0, 3, 7, 8, SPACES_SHOWN + 4] {
        for house in houses(true).await {
            let ids = join(&house, count).await;
            let first = house.organization.to_string();
            house.change("UPDATE organization SET state = 'suspended' WHERE member_number IS NULL").await;
            if let Some(closed) = ids.first().copied() {
                let close =
                    format!("UPDATE organization SET state = 'closed' WHERE id = {}", closed.as_i64());
                house.db.write_unaudited("a test's world", move |tx| tx.run(&close, &[])).await.unwrap();
            }
            let foreign = OrganizationId::from_i64(5);
            let wishes =
                [String::new(), format!("+organization:{first}"), format!("+organization:{foreign}")];
            for wish in wishes {
                let request = house.request("").replace("openid+profile", &format!("openid+profile{wish}"));
                let answer = house.get(&request, true).await;
                let code = answer.query("code").unwrap_or_else(|| panic!("{count}{wish}: {answer:?}"));
                let tokens = house.exchange(&code).await.json();
                let userinfo = house.bearer(tokens["access_token"].as_str().unwrap()).await.json();
                assert_eq!(userinfo["org_id"], first.as_str(), "{count}{wish}");
            }
        }
    }
}

/// A request that has to be asked about leaves itself behind and nothing else: no code that nobody agreed to, and no event.
#[tokio::test]
async fn a_request_that_has_to_be_asked_about_leaves_no_code_behind() {
    for house in houses(false).await {
        join(&house, 2).await;
        let left = async || {
            let count =
                "SELECT (SELECT COUNT(*) FROM authorization_code), (SELECT COUNT(*) FROM audit_event),
                (SELECT COUNT(*) FROM consent), (SELECT COUNT(*) FROM flow)";
            let counts: (i64, i64, i64, i64) = house.db.read(move |tx| tx.one(count, &[])).await.unwrap();
            counts
        };
        let before = left().await;
        for more in ["", "&prompt=consent", "&prompt=select_account"] {
            let answer = house.get(&house.request(more), true).await;
            assert!(answer.location().starts_with("/consent?flow="), "{more}: {answer:?}");
        }
        assert_eq!(left().await, (before.0, before.1, before.2, before.3 + 3));
        let silent = house.get(&house.request("&prompt=none"), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("interaction_required"), "{silent:?}");
        assert_eq!(left().await, (before.0, before.1, before.2, before.3 + 3));
    }
}
