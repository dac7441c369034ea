//! Libraries in the product's own code.
use super::Filling;
use oidc::client::AuthMethod;

const SCOPE: &str = "openid profile";

pub(super) fn openid_client(at: &Filling<'_>) -> String {
    let Filling { issuer, id, redirect, .. } = at;
    let (before, proof) = match at.method {
        AuthMethod::None => ("", "client.None()"),
        AuthMethod::SecretBasic => ("", "client.ClientSecretBasic(process.env.FUJIE_CLIENT_SECRET)"),
        AuthMethod::SecretPost => ("", "client.ClientSecretPost(process.env.FUJIE_CLIENT_SECRET)"),
        AuthMethod::SecretJwt => ("", "client.ClientSecretJwt(process.env.FUJIE_CLIENT_SECRET)"),
        AuthMethod::PrivateKeyJwt => (
            "// The private half of a key that is registered here: a CryptoKey, imported with crypto.subtle.importKey.\nconst privateKey = await loadPrivateKey();\n",
            "client.PrivateKeyJwt(privateKey)",
        ),
    };
    // The library takes nothing but https unless it is told so.
    let plain_http =
        if issuer.starts_with("http://") { ",\n  { execute: [client.allowInsecureRequests] }" } else { "" };
    let keys = if at.bound {
        "const keyPair = await client.randomDPoPKeyPair(\"ES256\"); // keep it in the session too\nconst DPoP = client.getDPoPHandle(config, keyPair);\n"
    } else {
        ""
    };
    let (build, to_build) = match (at.pushed, at.bound) {
        (true, true) => ("await client.buildAuthorizationUrlWithPAR", ", { DPoP }"),
        (true, false) => ("await client.buildAuthorizationUrlWithPAR", ""),
        (false, _) => ("client.buildAuthorizationUrl", ""),
    };
    let (to_grant, to_ask) = if at.bound { (", undefined, { DPoP }", ", { DPoP }") } else { ("", "") };
    format!(
        r#"import * as client from "openid-client";

{before}const config = await client.discovery(
  new URL("{issuer}"), "{id}", undefined, {proof}{plain_http});
{keys}
// 1. Send the browser to `address`; keep verifier and state in the session.
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = {build}(config, {{
  redirect_uri: "{redirect}",
  scope: "{SCOPE}",
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
}}{to_build});

// 2. At the redirect address; `url` is its full URL as the browser came.
const tokens = await client.authorizationCodeGrant(config, url, {{
  pkceCodeVerifier: verifier,
  expectedState: state,
}}{to_grant});
// The name and what else `scope` asks for is told there; the ID token says who signed in, and how.
const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub{to_ask});
"#
    )
}

pub(super) fn auth_js(at: &Filling<'_>) -> String {
    let (fixed, name) = (at.fixed("/api/auth/callback/fujie"), at.quoted(at.name));
    let Filling { issuer, id, .. } = at;
    let (method, origin) = (at.method.as_str(), at.origin());
    format!(
        r#"// auth.ts
// {fixed}
// Environment: AUTH_SECRET (npx auth secret), AUTH_URL={origin}, FUJIE_CLIENT_SECRET
import NextAuth from "next-auth";

export const {{ handlers, auth, signIn, signOut }} = NextAuth({{
  providers: [
    {{
      id: "fujie",
      name: {name},
      type: "oidc",
      idToken: false, // the name is told at userinfo
      issuer: "{issuer}",
      wellKnown: "{issuer}/.well-known/openid-configuration",
      clientId: "{id}",
      clientSecret: process.env.FUJIE_CLIENT_SECRET,
      authorization: {{ params: {{ scope: "{SCOPE}" }} }},
      checks: ["pkce", "state"],
      client: {{ token_endpoint_auth_method: "{method}" }},
      profile: (person) => ({{ id: person.sub, name: person.name }}),
    }},
  ],
}});

// app/api/auth/[...nextauth]/route.ts
import {{ handlers }} from "@/auth";
export const {{ GET, POST }} = handlers;
"#
    )
}

pub(super) fn spring(at: &Filling<'_>) -> String {
    let Filling { issuer, id, redirect, .. } = at;
    let proof = match at.method {
        AuthMethod::None => "            client-authentication-method: none".to_owned(),
        other => format!(
            "            client-secret: ${{FUJIE_CLIENT_SECRET}}\n            client-authentication-method: {}",
            other.as_str()
        ),
    };
    let path = at.path();
    // Java names them alike; Edwards curves are sorted out before.
    let algorithm = at.algorithm.as_str();
    format!(
        r#"# application.yml; needs spring-boot-starter-oauth2-client
spring:
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

// SecurityConfiguration.java
@Configuration
class SecurityConfiguration {{
    @Bean
    SecurityFilterChain web(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {{
        var resolver = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        return http
            .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
            .oauth2Login(login -> login
                .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(resolver))
                .redirectionEndpoint(endpoint -> endpoint.baseUri("{path}")))
            .build();
    }}

    // Spring expects RS256 unless it is told how ID tokens are signed.
    @Bean
    JwtDecoderFactory<ClientRegistration> idTokenDecoderFactory() {{
        var factory = new OidcIdTokenDecoderFactory();
        factory.setJwsAlgorithmResolver(client -> SignatureAlgorithm.{algorithm});
        return factory;
    }}
}}
"#
    )
}

fn registered(at: &Filling<'_>) -> String {
    let Filling { issuer, id, .. } = at;
    let secret = if at.method == AuthMethod::None {
        String::new()
    } else {
        "\n    client_secret=os.environ[\"FUJIE_CLIENT_SECRET\"],".to_owned()
    };
    let method = at.method.as_str();
    format!(
        r#"oauth.register(
    "fujie",
    client_id="{id}",{secret}
    server_metadata_url="{issuer}/.well-known/openid-configuration",
    client_kwargs={{
        "scope": "{SCOPE}",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "{method}",
    }},
)"#
    )
}
pub(super) fn flask(at: &Filling<'_>) -> String {
    let (registered, redirect, path) = (registered(at), at.redirect, at.path());
    format!(
        r#"# pip install flask authlib requests
import os
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = os.environ["FLASK_SECRET_KEY"]  # signs the session, which holds state and verifier
oauth = OAuth(app)
{registered}

@app.get("/login")
def login():
    return oauth.fujie.authorize_redirect("{redirect}")

@app.get("{path}")
def callback():
    token = oauth.fujie.authorize_access_token()
    session["person"] = token["userinfo"]["sub"]
    return redirect("/")
"#
    )
}
pub(super) fn fastapi(at: &Filling<'_>) -> String {
    let (registered, redirect, path) = (registered(at), at.redirect, at.path());
    format!(
        r#"# pip install fastapi authlib httpx itsdangerous
import os
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
# Holds state and verifier.
app.add_middleware(SessionMiddleware, secret_key=os.environ["SESSION_SECRET"])
oauth = OAuth()
{registered}

@app.get("/login")
async def login(request: Request):
    return await oauth.fujie.authorize_redirect(request, "{redirect}")

@app.get("{path}")
async def callback(request: Request):
    token = await oauth.fujie.authorize_access_token(request)
    request.session["person"] = token["userinfo"]["sub"]
    return RedirectResponse("/")
"#
    )
}

pub(super) fn aspnet(at: &Filling<'_>) -> String {
    let Filling { issuer, id, .. } = at;
    let path = at.path();
    // The handler takes nothing but https unless it is told so.
    let plain_http = if issuer.starts_with("http://") {
        "\n        options.RequireHttpsMetadata = false; // for the trial on one machine alone"
    } else {
        ""
    };
    format!(
        r#"// Program.cs; dotnet add package Microsoft.AspNetCore.Authentication.OpenIdConnect
builder.Services
    .AddAuthentication(options =>
    {{
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
    }})
    .AddCookie()
    .AddOpenIdConnect(options =>
    {{
        options.Authority = "{issuer}";{plain_http}
        options.ClientId = "{id}";
        options.ClientSecret = builder.Configuration["FUJIE_CLIENT_SECRET"];
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.UsePkce = true;
        options.CallbackPath = "{path}"; // behind a proxy, host and scheme come from forwarded headers
        options.Scope.Clear();
        options.Scope.Add("openid");
        options.Scope.Add("profile");
        options.GetClaimsFromUserInfoEndpoint = true; // the name is told there
        options.MapInboundClaims = false;
        options.TokenValidationParameters.NameClaimType = "name";
    }});

app.UseAuthentication();
app.UseAuthorization();
"#
    )
}
