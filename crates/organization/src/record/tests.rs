use crate::{
    membership::Role,
    testing::{new_organization, towns},
};
use identity::credential::{self, Password};

#[tokio::test]
async fn the_names_of_the_own_organizations_make_no_password() {
    for town in towns().await {
        let (member, stranger) = (town.self_owned("linzy").await, town.self_owned("wangduo").await);
        let firm = new_organization(&town.rooms, town.public, "澄江证券股份有限公司", None).await;
        town.join(firm, Role::Agent, member).await;
        let identity = town.rooms.identity();
        let check = async |text: &str, holder| {
            let password = Password::parse("new_password", text).unwrap();
            let checked =
                credential::service::check_new(identity, "new_password", &password, &[], Some(holder)).await;
            checked.err().map(|error| error.code)
        };
        for weak in ["chengjiangzhengquan", "cjzqgfyxgs", "Chengjiang-zhengquan"] {
            assert_eq!(check(weak, member).await, Some("password.personal"), "{weak}");
        }
        // Whoever does not belong there is told nothing of it.
        assert_eq!(check("chengjiangzhengquan", stranger).await, None);
    }
}
