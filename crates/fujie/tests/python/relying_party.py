"""A relying party on PyPI's Authlib: the pieces of which its integrations for Flask, Django and Starlette are made, without
one of those frameworks. Authorization code with PKCE, private_key_jwt, the ID token checked by the published keys, userinfo with
claims that somebody verified, refresh with rotation, introspection, revocation, client credentials.

It says lines of JSON and is answered with lines of JSON: its key, the address to send a browser to, what came of it all.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

from authlib.integrations.base_client import BaseApp, OAuthError
from authlib.integrations.base_client.sync_app import OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey, OKPKey, RSAKey


def say(value):
    print(json.dumps(value), flush=True)


def hear():
    return json.loads(sys.stdin.readline())


class Framework:
    """What keeps tokens in a web application."""

    def __init__(self):
        self.kept = None

    def update_token(self, token, refresh_token=None, access_token=None):
        self.kept = token


class Party(OAuth2Mixin, OpenIDMixin, BaseApp):
    client_cls = OAuth2Session


ALGORITHM = os.environ["RP_ALGORITHM"]
MAKE = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}
key = MAKE[ALGORITHM]()
say({"jwks": {"keys": [{**key.as_dict(private=False), "kid": "k", "use": "sig", "alg": ALGORITHM}]}})

told = hear()
issuer, redirect_uri = told["issuer"], told["redirect_uri"]
method = {f"{place}_endpoint_auth_method": "private_key_jwt" for place in ("token", "revocation")}
party = Party(
    Framework(),
    name="fujie",
    client_id=told["client_id"],
    client_secret=key,
    server_metadata_url=f"{issuer}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile offline_access", "code_challenge_method": "S256", **method},
    client_auth_methods=[PrivateKeyJWT(f"{issuer}/oauth2/token", headers={"kid": "k"}, alg=ALGORITHM)],
)

WANTED = {"verification": {"trust_framework": {"value": "cn_fujie_rn"}}, "claims": {"name": None}}
claims = json.dumps({"userinfo": {"verified_claims": WANTED}})
begun = party.create_authorization_url(redirect_uri, prompt="consent", claims=claims)
say({"authorize": begun["url"]})
answer = {name: values[0] for name, values in parse_qs(urlsplit(hear()["callback"]).query).items()}
assert answer["state"] == begun["state"] and answer["iss"] == issuer, answer


def redeem(verifier):
    return party.fetch_access_token(redirect_uri=redirect_uri, code=answer["code"], code_verifier=verifier)


tokens = redeem(begun["code_verifier"])
person = party.parse_id_token(tokens, nonce=begun["nonce"], claims_options={"iss": {"value": issuer}})
userinfo = party.userinfo(token=tokens)
assert userinfo["sub"] == person["sub"], userinfo

with party._get_oauth_client(**party.load_server_metadata()) as session:

    endpoints = {name: party.server_metadata[f"{name}_endpoint"] for name in ("token", "introspection", "revocation")}

    def told_of(token):
        return session.introspect_token(endpoints["introspection"], token=token).json()

    def alive(token):
        return told_of(token)["active"]

    session.token = tokens
    renewed = session.refresh_token(refresh_token=tokens["refresh_token"])
    assert renewed["refresh_token"] != tokens["refresh_token"], "a refresh token is exchanged at each use"
    before = alive(renewed["access_token"])
    revoked = session.revoke_token(endpoints["revocation"], token=renewed["refresh_token"])
    after = alive(renewed["access_token"])
    own = session.fetch_token(endpoints["token"], grant_type="client_credentials", scope="")["access_token"]
    said = told_of(own)
    session.revoke_token(endpoints["revocation"], token=own)
    own_after = alive(own)

try:
    redeem(begun["code_verifier"])
    again = "tokens"
except OAuthError as error:
    again = error.error

say({
    "person": {"sub": person["sub"], "name": person.get("name") or userinfo.get("name")},
    "before": before,
    "revoked": revoked.status_code,
    "after": after,
    "again": again,
    "verified": userinfo.get("verified_claims"),
    "own": {"active": said["active"], "sub": said.get("sub"), "after": own_after},
})
