//! What a developer copies into the framework that the product has already. The secret is never part of it.
use oidc::client::{AuthMethod, Client};

pub(super) struct Recipe {
    pub title: &'static str,
    pub text: String,
}

/// For the frameworks that can prove themselves as the client is registered to.
pub(super) fn recipes(issuer: &str, client: &Client) -> Vec<Recipe> {
    let method = client.settings.auth_method;
    let redirect = client.redirect_uris.lines().next().unwrap_or_default();
    let id = client.client_id.as_str();
    let mut list = vec![Recipe {
        title: "Node.js · openid-client 6",
        text: openid_client(issuer, id, redirect, client),
    }];
    // These push no requests and sign no assertions.
    let plain = matches!(method, AuthMethod::SecretBasic | AuthMethod::SecretPost | AuthMethod::None);
    if plain && !client.settings.demands().par {
        list.push(Recipe { title: "Java · Spring Security", text: spring(issuer, id, redirect, method) });
        list.push(Recipe { title: "Python · Authlib", text: authlib(issuer, id, method) });
        if method != AuthMethod::None {
            list.push(Recipe {
                title: "Apache · mod_auth_openidc",
                text: apache(issuer, id, redirect, method),
            });
        }
    }
    list
}

fn openid_client(issuer: &str, id: &str, redirect: &str, client: &Client) -> String {
    let proof = match client.settings.auth_method {
        AuthMethod::None => "client.None()",
        AuthMethod::SecretBasic => "client.ClientSecretBasic(process.env.FUJIE_CLIENT_SECRET)",
        AuthMethod::SecretPost => "client.ClientSecretPost(process.env.FUJIE_CLIENT_SECRET)",
        AuthMethod::SecretJwt => "client.ClientSecretJwt(process.env.FUJIE_CLIENT_SECRET)",
        AuthMethod::PrivateKeyJwt => "client.PrivateKeyJwt(privateKey)",
    };
    let demands = client.settings.demands();
    let build = if demands.par {
        "await client.buildAuthorizationUrlWithPAR"
    } else {
        "client.buildAuthorizationUrl"
    };
    let dpop =
        if demands.sender_constrained { ", { DPoP: client.getDPoPHandle(config, keyPair) }" } else { "" };
    format!(
        r#"import * as client from "openid-client";

const config = await client.discovery(
  new URL("{issuer}"), "{id}", undefined, {proof});

// 1. Send the browser to `address`; keep verifier and state in the session.
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = {build}(config, {{
  redirect_uri: "{redirect}",
  scope: "openid profile",
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
}});

// 2. At the redirect address, with its full URL:
const tokens = await client.authorizationCodeGrant(config, url, {{
  pkceCodeVerifier: verifier,
  expectedState: state,
}}, undefined{dpop});
const person = tokens.claims();
"#
    )
}

fn spring(issuer: &str, id: &str, redirect: &str, method: AuthMethod) -> String {
    let proof = match method {
        AuthMethod::None => "            client-authentication-method: none".to_owned(),
        other => format!(
            "            client-secret: ${{FUJIE_CLIENT_SECRET}}\n            client-authentication-method: {}",
            other.as_str()
        ),
    };
    format!(
        "spring:
  security:
    oauth2:
      client:
        registration:
          fujie:
            client-id: {id}
{proof}
            authorization-grant-type: authorization_code
            redirect-uri: {redirect}
            scope: openid, profile
        provider:
          fujie:
            issuer-uri: {issuer}
# And in the filter chain, PKCE:
# resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
"
    )
}

fn authlib(issuer: &str, id: &str, method: AuthMethod) -> String {
    let secret = if method == AuthMethod::None {
        String::new()
    } else {
        "\n    client_secret=os.environ[\"FUJIE_CLIENT_SECRET\"],".to_owned()
    };
    format!(
        r#"oauth.register(
    "fujie",
    client_id="{id}",{secret}
    server_metadata_url="{issuer}/.well-known/openid-configuration",
    client_kwargs={{
        "scope": "openid profile",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "{}",
    }},
)
"#,
        method.as_str()
    )
}

fn apache(issuer: &str, id: &str, redirect: &str, method: AuthMethod) -> String {
    format!(
        "OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
OIDCClientSecret \"exec:/bin/cat /etc/apache2/fujie-client-secret\"
OIDCProviderTokenEndpointAuth {}
OIDCRedirectURI {redirect}
OIDCPKCEMethod S256
OIDCScope \"openid profile\"
OIDCCryptoPassphrase \"exec:/bin/cat /etc/apache2/oidc-passphrase\"
",
        method.as_str()
    )
}
