use super::{About, Language};
use crate::Operator;
use crate::testing::{new_product, towns};
use kernel::Kind;

#[tokio::test]
async fn m53_people_read_what_was_published_and_two_writers_do_not_overwrite_each_other() {
    for town in towns().await {
        let (rooms, now) = (&town.rooms, town.now());
        let own = town.product_manager;
        let product = new_product(rooms, "guided", move |product| product.manager = Some(own)).await;
        let manager = town.as_staff(own).await;
        let blank = rooms.guide(product).await.unwrap();
        assert_eq!((blank.rev, blank.published(true)), (0, None));
        rooms.save_guide(&manager, product, 0, (Language::Zh, "# 办理\r\n先申请"), now).await.unwrap();
        let draft = rooms.guide(product).await.unwrap();
        assert_eq!(
            (draft.draft.zh.as_str(), draft.published(false)),
            ("# 办理\n先申请", None),
            "a draft is not read"
        );
        // The other window still shows the first revision.
        let lost = rooms.save_guide(&manager, product, 0, (Language::Zh, "旧"), now).await.unwrap_err();
        assert_eq!(lost.code, "guide.changed_meanwhile");
        let half = rooms.publish_guide(&manager, product, draft.rev, now).await.unwrap_err();
        assert_eq!(half.code, "guide.language_missing");
        rooms.save_guide(&manager, product, draft.rev, (Language::En, "# How"), now).await.unwrap();
        let rev = rooms.guide(product).await.unwrap().rev;
        rooms.publish_guide(&manager, product, rev, now).await.unwrap();
        let guide = rooms.guide(product).await.unwrap();
        assert_eq!(guide.published(true), Some("# How"));
        assert!(!guide.is_ahead() && guide.published_at == Some(now));
        // Both buttons pressed twice: the second is as good, and no second row of the record.
        rooms.publish_guide(&manager, product, rev, now).await.unwrap();
        rooms.save_guide(&manager, product, rev, (Language::En, "# How"), now).await.unwrap();
        assert_eq!(rooms.guide(product).await.unwrap().rev, guide.rev);
        // Written on: people still read the published one.
        rooms.save_guide(&manager, product, guide.rev, (Language::En, "# Later"), now).await.unwrap();
        let guide = rooms.guide(product).await.unwrap();
        assert!(guide.is_ahead() && guide.published(true) == Some("# How"));
        let too_long = "字".repeat(6_001);
        let error =
            rooms.save_guide(&manager, product, guide.rev, (Language::Zh, &too_long), now).await.unwrap_err();
        assert_eq!((error.code, error.field), ("field.too_long", Some("markdown")));

        let about = About::parse("https://kb.test/market", "市场服务部 021-5555 0100", "").unwrap();
        let seen = guide.rev;
        rooms.set_product_about(&manager, product, seen, about.clone(), now).await.unwrap();
        rooms.set_product_about(&manager, product, seen, about.clone(), now).await.unwrap();
        let other = About::parse("https://kb.test/other", "", "").unwrap();
        let lost = rooms.set_product_about(&manager, product, seen, other, now).await.unwrap_err();
        assert_eq!(lost.code, "guide.about_changed_meanwhile");
        assert_eq!(rooms.guide(product).await.unwrap().about.contact(true), Some("市场服务部 021-5555 0100"));
        assert_eq!(About::parse("javascript:alert(1)", "", "").unwrap_err()[0].field, Some("knowledge_url"));

        // Not theirs: another manager's product, or no product manager at all.
        let foreign = new_product(rooms, "foreign", {
            let other = town.account_manager;
            move |product| product.manager = Some(other)
        })
        .await;
        for by in [&manager, &town.as_staff(town.account_manager).await, &town.as_staff(town.auditor).await] {
            let refused = rooms.save_guide(by, foreign, 0, (Language::Zh, "x"), now).await.unwrap_err();
            assert!(matches!(refused.kind, Kind::Forbidden | Kind::NotFound), "{refused:?}");
        }
        rooms.save_guide(&Operator::installation(), foreign, 0, (Language::Zh, "x"), now).await.unwrap();
    }
}
