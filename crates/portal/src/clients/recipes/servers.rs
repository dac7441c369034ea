//! Programs that stand before the product, or that are one.
use super::Filling;
use oidc::client::AuthMethod;

const SCOPE: &str = "openid profile";

pub(super) fn apache(at: &Filling<'_>) -> String {
    let Filling { issuer, id, redirect, .. } = at;
    let (method, path) = (at.method.as_str(), at.path());
    // The module answers at the address only where it protects it.
    let place = path.rsplit_once('/').map_or("", |(place, _)| place);
    let place = if place.is_empty() { "/" } else { place };
    format!(
        r#"# a2enmod auth_openidc; readable by root alone, because of the secret
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
OIDCClientSecret ${{FUJIE_CLIENT_SECRET}}
OIDCProviderTokenEndpointAuth {method}
# An address of its own below what is protected; the module answers there.
OIDCRedirectURI {redirect}
OIDCPKCEMethod S256
OIDCScope "{SCOPE}"
OIDCCryptoPassphrase "exec:/bin/cat /etc/apache2/oidc-passphrase"
# The secret comes from the environment: export FUJIE_CLIENT_SECRET in /etc/apache2/envvars.

<Location "{place}">
  AuthType openid-connect
  Require valid-user
</Location>
"#
    )
}

pub(super) fn oauth2_proxy(at: &Filling<'_>) -> String {
    let Filling { issuer, id, .. } = at;
    let (fixed, origin) = (at.fixed("/oauth2/callback"), at.origin());
    format!(
        r#"# oauth2-proxy.cfg
# {fixed}
provider = "oidc"
oidc_issuer_url = "{issuer}"
client_id = "{id}"
client_secret_file = "/etc/oauth2-proxy/fujie-client-secret"
redirect_url = "{origin}/oauth2/callback"
code_challenge_method = "S256"
scope = "{SCOPE}"
# The proxy wants an e-mail address of everybody; here people need not have one, so the person's id takes its place.
oidc_email_claim = "sub"
email_domains = ["*"]
# Environment: OAUTH2_PROXY_COOKIE_SECRET, made by: openssl rand -base64 32 | tr -- '+/' '-_'
reverse_proxy = true
set_xauthrequest = true
upstreams = ["static://202"]
http_address = "127.0.0.1:4180"

# nginx, in the server of {origin}
location /oauth2/ {{
  proxy_pass http://127.0.0.1:4180;
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Auth-Request-Redirect $request_uri;
}}
location = /oauth2/auth {{
  internal;
  proxy_pass http://127.0.0.1:4180;
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-Uri $request_uri;
  proxy_set_header Content-Length "";
  proxy_pass_request_body off;
}}
location / {{
  auth_request /oauth2/auth;
  error_page 401 =403 /oauth2/sign_in;
  auth_request_set $person $upstream_http_x_auth_request_user;
  proxy_set_header X-Person $person;
  proxy_pass http://127.0.0.1:8000; # the product
}}
"#
    )
}

pub(super) fn keycloak(at: &Filling<'_>) -> String {
    let Filling { issuer, id, .. } = at;
    let (name, origin) = (at.quoted(at.name), at.origin());
    let method = at.method.as_str();
    let fixed = at.fixed("/realms/REALM/broker/fujie/endpoint");
    format!(
        r#"# {fixed}
# REALM is the realm of your Keycloak at {origin}.
# kcadm.sh create identity-provider/instances -r REALM -f fujie.json
# fujie.json; put the secret in the place of FUJIE_CLIENT_SECRET, or name it in a vault:
{{
  "alias": "fujie",
  "displayName": {name},
  "providerId": "oidc",
  "enabled": true,
  "trustEmail": false,
  "config": {{
    "issuer": "{issuer}",
    "authorizationUrl": "{issuer}/oauth2/authorize",
    "tokenUrl": "{issuer}/oauth2/token",
    "userInfoUrl": "{issuer}/oauth2/userinfo",
    "logoutUrl": "{issuer}/oauth2/logout",
    "jwksUrl": "{issuer}/oauth2/jwks",
    "useJwksUrl": "true",
    "validateSignature": "true",
    "metadataDescriptorUrl": "{issuer}/.well-known/openid-configuration",
    "clientId": "{id}",
    "clientSecret": "FUJIE_CLIENT_SECRET",
    "clientAuthMethod": "{method}",
    "defaultScope": "{SCOPE}",
    "pkceEnabled": "true",
    "pkceMethod": "S256",
    "syncMode": "IMPORT"
  }}
}}
"#
    )
}

pub(super) fn grafana(at: &Filling<'_>) -> String {
    let Filling { issuer, id, .. } = at;
    let (fixed, origin) = (at.fixed("/login/generic_oauth"), at.origin());
    let style = match at.method {
        AuthMethod::SecretPost => "InParams",
        _ => "InHeader",
    };
    format!(
        r#"; grafana.ini; Grafana reads no discovery document
; {fixed}
[server]
root_url = {origin}/

[auth.generic_oauth]
enabled = true
name = Fujie
client_id = {id}
client_secret = $__file{{/etc/grafana/fujie-client-secret}}
auth_style = {style}
use_pkce = true
scopes = {SCOPE} email
auth_url = {issuer}/oauth2/authorize
token_url = {issuer}/oauth2/token
api_url = {issuer}/oauth2/userinfo
login_attribute_path = sub
name_attribute_path = name
; Grafana asks for an e-mail address; who has none goes by the person's id.
email_attribute_path = email || sub
allow_sign_up = true
"#
    )
}
