// An identity provider on npm's oidc-provider: dynamic registration, its own sign-in and consent pages, any name signs in.
// It stands at UPSTREAM_ISSUER; people there are called by what they type.
import https from 'node:https';
import fs from 'node:fs';

const env = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};
// Debian's Node.js 18 has the Web Crypto API, but not as globals.
const { webcrypto } = await import('node:crypto');
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const { default: Provider } = await import('oidc-provider');
const issuer = new URL(env('UPSTREAM_ISSUER'));
const provider = new Provider(issuer.origin, {
  features: { registration: { enabled: true }, devInteractions: { enabled: true } },
  claims: { openid: ['sub'], profile: ['name'] },
  // The name is told by userinfo alone, as the specification has it.
  conformIdTokenClaims: true,
  pkce: { required: () => true },
  cookies: { keys: ['not a secret: a test'] },
  async findAccount(_, id) {
    return { accountId: id, claims: async () => ({ sub: id, name: '纪白芸' }) };
  },
});
// What tests switch: a provider that does not care whether somebody should sign in anew, and a sign-in of an hour ago.
let careless = false;
provider.use(async (ctx, next) => {
  if (ctx.path === '/careless') {
    careless = ctx.query.on === '1';
    ctx.body = String(careless);
    return;
  }
  if (ctx.path === '/aged') {
    const session = await provider.Session.get(ctx);
    session.loginTs -= 3600;
    await session.persist();
    ctx.body = 'aged';
    return;
  }
  if (careless && ctx.path === '/auth') {
    const { prompt, ...asked } = ctx.query;
    ctx.query = { ...asked, max_age: '86400' };
  }
  await next();
});
const server = https.createServer(
  { cert: fs.readFileSync(env('UPSTREAM_CERTIFICATE')), key: fs.readFileSync(env('UPSTREAM_KEY')) },
  provider.callback());
server.listen(Number(issuer.port), '127.0.0.1', () => console.log('listening'));
