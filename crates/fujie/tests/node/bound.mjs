// A relying party on npm's openid-client that has keys instead of a secret: pushed requests, answers by form post and by query,
// private_key_jwt, tokens bound by DPoP, refresh with rotation, a token of its own, claims that somebody verified, sign-out, and
// the logout token of the back channel, checked with npm's jose.
// It says lines of JSON and is answered with lines of JSON: its key, the addresses to send a browser to, what came of it all.
import http from 'node:http';
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';

// Debian's Node.js 18 has the Web Crypto API, but not as globals.
const { webcrypto } = await import('node:crypto');
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const client = await import('openid-client');
const jose = await import('jose');

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const hear = async () => JSON.parse((await lines.next()).value);

// The first logout token that comes.
let took;
const taken = new Promise((done) => { took = done; });
const backchannel = http.createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  took({ kind: request.headers['content-type'], token: new URLSearchParams(body).get('logout_token') });
  response.end();
});
await new Promise((done) => backchannel.listen(0, '127.0.0.1', done));

const keys = await jose.generateKeyPair('ES256');
const jwk = { ...await jose.exportJWK(keys.publicKey), kid: 'k', use: 'sig', alg: 'ES256' };
say({ jwks: { keys: [jwk] }, backchannel: `http://127.0.0.1:${backchannel.address().port}/` });

const { issuer, client_id, redirect_uri, post_logout_redirect_uri } = await hear();
const config = await client.discovery(new URL(issuer), client_id, { id_token_signed_response_alg: 'ES256' },
  client.PrivateKeyJwt({ key: keys.privateKey, kid: 'k' }), { execute: [client.allowInsecureRequests] });
client.enableNonRepudiationChecks(config);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const active = async (token) => (await client.tokenIntrospection(config, token)).active;

const wanted = { trust_framework: { value: 'cn_fujie_rn' }, assurance_level: null };
const claims = JSON.stringify({ userinfo: { verified_claims: { verification: wanted, claims: { name: null } } } });

async function signIn(response_mode) {
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
  const to = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri, response_mode, claims, scope: 'openid profile offline_access', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  }, { DPoP });
  assert.deepEqual([...to.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  say({ authorize: to.href });
  const { callback, form } = await hear();
  assert.equal(form !== undefined, response_mode === 'form_post');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const came = form ? new Request(redirect_uri, { method: 'POST', headers, body: form }) : new URL(callback);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, came, checks, undefined, { DPoP });
  assert.equal(tokens.token_type, 'dpop');
  return tokens;
}

// An access token works with its key alone; a refresh token works once, and who brings it again ends what came of it.
async function rotated() {
  const tokens = await signIn('form_post');
  const { sub } = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: thief }));
  const next = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.notEqual(next.refresh_token, tokens.refresh_token);
  await client.fetchUserInfo(config, next.access_token, sub, { DPoP });
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }), { error: 'invalid_grant' });
  await assert.rejects(client.refreshTokenGrant(config, next.refresh_token, undefined, { DPoP }), { error: 'invalid_grant' });
  assert.equal(await active(next.access_token), false);
  return { sub, verified: userinfo.verified_claims };
}

async function own() {
  const tokens = await client.clientCredentialsGrant(config, undefined, { DPoP });
  const { sub, cnf } = await client.tokenIntrospection(config, tokens.access_token);
  await client.tokenRevocation(config, tokens.access_token);
  return { sub, bound: typeof cnf?.jkt, afterwards: await active(tokens.access_token) };
}

async function signedOut() {
  const tokens = await signIn('query');
  const { sid, sub } = tokens.claims();
  assert.equal(await active(tokens.access_token), true);
  const to = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri, state: 'bye' });
  say({ logout: to.href });
  const { landed } = await hear();
  const { kind, token } = await taken;
  assert.equal(kind, 'application/x-www-form-urlencoded');
  const published = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload } = await jose.jwtVerify(token, published, {
    issuer, audience: client_id, typ: 'logout+jwt', maxTokenAge: '2m', requiredClaims: ['iat', 'exp', 'jti', 'events'],
  });
  assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
  assert.equal('nonce' in payload, false);
  const same = payload.sid === sid && payload.sub === sub;
  // What was given for the time away stays good until it is given back, and everything of it with it.
  const both = async () => [await active(tokens.access_token), await active(tokens.refresh_token)];
  const afterwards = await both();
  await client.tokenRevocation(config, tokens.refresh_token);
  return { landed, same, afterwards, returned: await both() };
}

say({ rotated: await rotated(), own: await own(), signedOut: await signedOut() });
process.exit(0);
