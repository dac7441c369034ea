//! A text names its row; only its secret opens it.
use crate::{
    house::houses,
    testing::{Caller, refreshing},
};
use http::StatusCode;

/// The right row with another secret: the last character is another one.
fn another_secret(text: &str) -> String {
    let (rest, last) = text.split_at(text.len() - 1);
    format!("{rest}{}", if last == "A" { "B" } else { "A" })
}
/// The row of one with the secret of the other.
fn crossed(row: &str, secret: &str) -> String {
    format!("{}{}", row.split_at(13).0, secret.split_at(13).1)
}

#[tokio::test]
async fn a_row_that_is_named_with_a_wrong_secret_is_nothing() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let scope = "openid offline_access";
        let (code, other) = (caller.code(scope, &[]).await, caller.code(scope, &[]).await);
        let wrong = [another_secret(&code), crossed(&code, &other), crossed(&other, &code)];
        for wrong in &wrong {
            assert_eq!(caller.exchange(wrong).await.error(), "invalid_grant", "{wrong}");
        }
        let tokens = caller.exchange(&code).await.json();
        let [access, refresh] =
            ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned());
        // A used code that comes again ends its tokens; what only looks like it ends nothing.
        for wrong in &wrong {
            assert_eq!(caller.exchange(wrong).await.error(), "invalid_grant", "{wrong}");
        }
        for wrong in [another_secret(&access), crossed(&access, &refresh), crossed(&refresh, &access)] {
            assert_eq!(caller.userinfo(&wrong).await.status, StatusCode::UNAUTHORIZED, "{wrong}");
            assert_eq!(caller.introspect(&wrong).await["active"], false, "{wrong}");
            assert_eq!(caller.refresh(&wrong).await.error(), "invalid_grant", "{wrong}");
            assert_eq!(
                caller.ask("/oauth2/revoke", &[("token", &wrong)]).await.status,
                StatusCode::OK,
                "{wrong}"
            );
        }
        assert_eq!(caller.userinfo(&access).await.status, StatusCode::OK);
        assert_eq!(caller.introspect(&refresh).await["active"], true);
        assert_eq!(caller.refresh(&refresh).await.status, StatusCode::OK);
    }
}
