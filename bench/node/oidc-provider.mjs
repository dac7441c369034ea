// npm's oidc-provider, as the load driver drives it: the addresses and features of the server that it stands beside, everything
// in memory. It listens on a free loopback port and says a line of JSON: where, and how its clients prove themselves.
import http from 'node:http';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';

// Debian's Node.js 18 has the Web Crypto API, but not as globals.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const { Provider } = await import('oidc-provider');

// What oidc-provider brings itself keeps a thousand entries and walks a grant's whole list of tokens at each new one. This one
// does neither: whatever a durable store would cost comes on top.
const kept = new Map();
const grants = new Map();
class Memory {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload, seconds) {
    const key = this.key(id);
    kept.set(key, { payload, until: seconds ? Date.now() + seconds * 1000 : Infinity });
    if (payload.uid) kept.set(`${this.model}-uid:${payload.uid}`, id);
    if (payload.grantId && this.model !== 'Session') {
      if (!grants.has(payload.grantId)) grants.set(payload.grantId, new Set());
      grants.get(payload.grantId).add(key);
    }
  }
  async find(id) {
    const found = kept.get(this.key(id));
    return found && found.until > Date.now() ? found.payload : undefined;
  }
  async findByUid(uid) { return this.find(kept.get(`${this.model}-uid:${uid}`)); }
  async findByUserCode() {}
  async consume(id) { kept.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) {
    const found = kept.get(this.key(id));
    kept.delete(this.key(id));
    grants.get(found?.payload.grantId)?.delete(this.key(id));
  }
  async revokeByGrantId(grant) {
    for (const key of grants.get(grant) ?? []) kept.delete(key);
    grants.delete(grant);
  }
}

const key = (alg, ...how) =>
  ({ ...generateKeyPairSync(...how).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg });
const secret = 'everybody-who-reads-this-file-knows-it';
const redirect_uris = ['https://rp.test/callback'];
const web = { client_secret: secret, redirect_uris, response_types: ['code'], id_token_signed_response_alg: 'ES256' };
const program = {
  client_secret: secret, redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
  id_token_signed_response_alg: 'ES256',
};
const clients = [
  { ...web, client_id: 'usual', grant_types: ['authorization_code'] },
  { ...web, client_id: 'offline', grant_types: ['authorization_code', 'refresh_token'] },
  { ...program, client_id: 'ES256' },
  { ...program, client_id: 'RS256' },
];

const server = http.createServer({ keepAliveTimeout: 120_000 });
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const hour = () => 3600;
const provider = new Provider(issuer, {
  adapter: Memory,
  clients,
  jwks: { keys: [key('ES256', 'ec', { namedCurve: 'P-256' }), key('RS256', 'rsa', { modulusLength: 2048 })] },
  cookies: { keys: ['not a secret: a measurement'] },
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: true,
  responseTypes: ['code'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: hour, AuthorizationCode: () => 60, ClientCredentials: () => 300, Grant: hour, IdToken: hour,
    Interaction: hour, RefreshToken: hour, Session: hour,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    // Programs get a signed token for the provider itself; everybody else's are opaque.
    resourceIndicators: {
      enabled: true,
      defaultResource: (_, client) => (client.grantTypeAllowed('client_credentials') ? issuer : undefined),
      getResourceServerInfo: (_, resource, client) => ({
        scope: '', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: client.clientId } },
      }),
    },
  },
  routes: {
    authorization: '/oauth2/authorize', token: '/oauth2/token', introspection: '/oauth2/introspect',
    userinfo: '/oauth2/userinfo', jwks: '/oauth2/jwks', end_session: '/oauth2/logout', revocation: '/oauth2/revoke',
    pushed_authorization_request: '/oauth2/par',
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: '纪白芸' }) }),
});
const answer = provider.callback();
// Whoever comes is signed in and has agreed; after that the browser has a session.
async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: 'somebody', clientId: params.client_id });
  grant.addOIDCScope('openid profile offline_access');
  await provider.interactionFinished(
    request, response, { login: { accountId: 'somebody' }, consent: { grantId: await grant.save() } });
}
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
const { version } = JSON.parse(readFileSync(new URL('node_modules/oidc-provider/package.json', import.meta.url)));
console.log(JSON.stringify({
  authority: new URL(issuer).host, version, node: process.version, secret, redirect_uri: redirect_uris[0],
}));
// It never outlives whoever drives it.
process.stdin.resume().on('end', () => process.exit());
