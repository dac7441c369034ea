// A client and a program on npm's oauth4webapi: FAPI 2.0 Security Profile (pushed request, private_key_jwt, DPoP with the
// server's nonce, issuer in the answer), refresh, introspection, revocation, client credentials with a signed access token.
// It says lines of JSON and is answered with lines of JSON: its keys, the address to send a browser to, what came of it all.
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';

// Debian's Node.js 18 has the Web Crypto API, but not as globals.
const { webcrypto } = await import('node:crypto');
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const oauth = await import('oauth4webapi');

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const hear = async () => JSON.parse((await lines.next()).value);
const insecure = { [oauth.allowInsecureRequests]: true };

const algorithm = process.env.RP_ALGORITHM;
const keys = await oauth.generateKeyPair(algorithm, { extractable: true });
const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey);
say({ jwks: { keys: [{ ...jwk, kid: 'k', use: 'sig', key_ops: undefined, ext: undefined }] } });

const { issuer, client_id, program_id, redirect_uri } = await hear();
const url = new URL(issuer);
const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k' });

// One request, once more if the server wants its nonce in the proof.
async function once_more(send) {
  try {
    return await send();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return await send();
  }
}

async function person() {
  const client = { client_id };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const options = { DPoP, ...insecure };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const pushed = await once_more(async () => oauth.processPushedAuthorizationResponse(as, client,
    await oauth.pushedAuthorizationRequest(as, client, authentication, {
      response_type: 'code', client_id, redirect_uri, scope: 'openid profile offline_access', state, nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      prompt: 'consent',
    }, options)));
  const to = new URL(as.authorization_endpoint);
  to.search = new URLSearchParams({ client_id, request_uri: pushed.request_uri }).toString();
  say({ authorize: to.href });
  const { callback } = await hear();
  const parameters = oauth.validateAuthResponse(as, client, new URL(callback), state);
  const tokens = await once_more(async () => oauth.processAuthorizationCodeResponse(as, client,
    await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, redirect_uri, verifier, options),
    { expectedNonce: nonce, requireIdToken: true }));
  assert.equal(tokens.token_type, 'dpop');
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const userinfo = await once_more(async () => oauth.processUserInfoResponse(as, client, sub,
    await oauth.userInfoRequest(as, client, tokens.access_token, options)));
  const said = async (token) => oauth.processIntrospectionResponse(as, client,
    await oauth.introspectionRequest(as, client, authentication, token, insecure));
  const before = await said(tokens.access_token);
  assert.equal(before.active, true);
  assert.equal(typeof before.cnf.jkt, 'string');
  const refreshed = await once_more(async () => oauth.processRefreshTokenResponse(as, client,
    await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, options)));
  assert.notEqual(refreshed.access_token, tokens.access_token);
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, authentication, tokens.refresh_token, insecure));
  assert.deepEqual(await said(refreshed.access_token), { active: false });
  return { sub, name: userinfo.name };
}

async function program() {
  const client = { client_id: program_id };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const options = { DPoP, ...insecure };
  const tokens = await once_more(async () => oauth.processClientCredentialsResponse(as, client,
    await oauth.clientCredentialsGrantRequest(as, client, authentication, {}, options)));
  // As a resource server that knows nothing but the published keys; the token is made for the provider itself.
  const request = new Request(`${issuer}/resource`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const bearer = await oauth.validateJwtAccessToken(as, request, issuer, insecure).then(() => true, () => false);
  assert.equal(bearer, false, 'a token that is bound to a key is no bearer token');
  const said = await oauth.processIntrospectionResponse(as, client,
    await oauth.introspectionRequest(as, client, authentication, tokens.access_token, insecure));
  return { active: said.active, acting_for: said.acting_for, parts: tokens.access_token.split('.').length };
}

say({ person: await person(), program: await program() });
process.exit(0);
