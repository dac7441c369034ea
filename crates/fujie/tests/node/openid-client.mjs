// A relying party on npm's openid-client: discovery, code flow with PKCE, ID token verified against the published keys,
// userinfo, sign-out. It stands at RP_BASE_URL; the journeys drive it with a browser.
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const env = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};

// The journeys' hosts lie on loopback, without a word to the machine's resolver.
const lookup = dns.lookup;
dns.lookup = (host, options, done) =>
  lookup(/\.test$/.test(host) ? '127.0.0.1' : host, typeof options === 'function' ? {} : options, done ?? options);
// Debian's Node.js 18 has the Web Crypto API, but not as globals.
const { webcrypto } = await import('node:crypto');
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const client = await import('openid-client');
const base = new URL(env('RP_BASE_URL'));
const issuer = new URL(env('RP_ISSUER'));
const options = issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : undefined;
const config = await client.discovery(
  issuer, env('RP_CLIENT_ID'), { id_token_signed_response_alg: process.env.RP_ALGORITHM ?? 'ES256' },
  client.ClientSecretBasic(env('RP_CLIENT_SECRET')), options);
// The ID token's signature is checked on every flow, not only where the specification demands it.
client.enableNonRepudiationChecks(config);

const attempts = new Map();
let tokens;
const escape = (value) => value.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (parts) => Object.entries(parts)
  .map(([id, value]) => `<pre id="${id}">${escape(typeof value === 'string' ? value : JSON.stringify(value))}</pre>`)
  .join('\n');

async function answer(request, response) {
  const url = new URL(request.url, base);
  const html = (status, body) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  if (url.pathname === '/') {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    attempts.set(state, { verifier, nonce });
    const target = client.buildAuthorizationUrl(config, {
      redirect_uri: new URL('/callback', base).href,
      scope: 'openid profile',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return response.writeHead(303, { location: target.href }).end();
  }
  if (url.pathname === '/callback') {
    const state = url.searchParams.get('state');
    const attempt = attempts.get(state);
    attempts.delete(state);
    if (!attempt) return html(400, page({ failure: 'unknown state' }));
    tokens = await client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: attempt.verifier, expectedState: state, expectedNonce: attempt.nonce, idTokenExpected: true,
    });
    const claims = tokens.claims();
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    return html(200, page({ claims, userinfo }));
  }
  if (url.pathname === '/userinfo') {
    // Whether the access token still works, for what happens after a sign-out.
    try {
      await client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck);
      return html(200, page({ alive: 'yes' }));
    } catch (error) {
      return html(200, page({ alive: 'no', status: String(error.status ?? error.cause?.status ?? error.message) }));
    }
  }
  if (url.pathname === '/logout') {
    const target = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token, post_logout_redirect_uri: new URL('/out', base).href, state: 'bye',
    });
    return response.writeHead(303, { location: target.href }).end();
  }
  if (url.pathname === '/out') return html(200, page({ out: url.searchParams.get('state') ?? '' }));
  return html(404, page({ failure: 'no such page' }));
}

const handler = (request, response) => answer(request, response).catch((error) => {
  const parts = { failure: `${error.name}: ${error.message}` };
  if (error.error) Object.assign(parts, { error: error.error, description: error.error_description ?? '' });
  if (error.cause) parts.cause = String(error.cause?.message ?? error.cause);
  response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' }).end(page(parts));
});
const server = base.protocol === 'https:'
  ? https.createServer({ cert: fs.readFileSync(env('RP_CERTIFICATE')), key: fs.readFileSync(env('RP_KEY')) }, handler)
  : http.createServer(handler);
server.listen(Number(base.port), '127.0.0.1', () => console.log('listening'));
