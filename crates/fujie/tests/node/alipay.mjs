// Alipay as the documentation of its open platform has it: the page to sign in or scan at, and the gateway. Node's own crypto
// verifies what applications sign and signs what the platform answers, so that nothing of the product checks itself.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

const env = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};
const base = new URL(env('UPSTREAM_ISSUER'));
const application = { id: env('ALIPAY_APP_ID'), key: crypto.createPublicKey(env('ALIPAY_APP_KEY')) };
const platform = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const codes = new Map();
// Whoever signs in may say behind the account who they are there: "account name number", a dash for nobody that was checked.
const people = new Map();
let tamper = false;

const escape = (value) => String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (query) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>支付宝</title><body>
<h1>登录支付宝</h1>
<form method="post" action="/authorize"><input type="hidden" name="query" value="${escape(query)}">
<input id="account" name="account"><button id="agree">登录并授权</button></form>
<form method="post" action="/authorize"><input type="hidden" name="query" value="${escape(query)}">
<input type="hidden" name="account" value="scanned"><p>手机扫码</p><button id="scan">已扫码</button></form>
<form method="post" action="/authorize"><input type="hidden" name="query" value="${escape(query)}">
<input type="hidden" name="cancel" value="1"><button id="cancel">取消</button></form></body></html>`;

/// The answer as the gateway writes it; the signature covers the value's bytes.
function answer(method, value) {
  const text = JSON.stringify(value);
  const sign = crypto.sign('RSA-SHA256', Buffer.from(text), platform.privateKey).toString('base64');
  const sent = tamper ? text.replace('"open_id":"', '"open_id":"x') : text;
  return `{"${method.replaceAll('.', '_')}_response":${sent},"sign":"${sign}"}`;
}
const refuse = (sub) => JSON.stringify({ error_response: { code: '40002', msg: 'Invalid Arguments', sub_code: sub } });

function gateway(form) {
  const signed = [...form.entries()].filter(([name]) => name !== 'sign').sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`).join('&');
  const good = form.get('sign_type') === 'RSA2' && form.get('charset') === 'utf-8' && form.get('app_id') === application.id
    && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(form.get('timestamp') ?? '')
    && crypto.verify('RSA-SHA256', Buffer.from(signed), application.key, Buffer.from(form.get('sign') ?? '', 'base64'));
  if (!good) return refuse('isv.invalid-signature');
  const method = form.get('method');
  if (method === 'alipay.system.oauth.token') {
    const open = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    if (open === undefined) return refuse('isv.code-invalid');
    return answer(method, {
      access_token: `authusrB${open}`, auth_start: form.get('timestamp'), expires_in: 1296000, re_expires_in: 2592000,
      refresh_token: 'authusrBrefresh', open_id: open,
    });
  }
  if (method === 'alipay.user.info.share') {
    const open = form.get('auth_token').slice('authusrB'.length);
    return answer(method, {
      code: '10000', msg: 'Success', open_id: open, nick_name: '白芸', user_name: '纪白芸', cert_type: '0',
      cert_no: '110101199003074258', is_certified: 'T', mobile: '19900009922', ...people.get(open),
    });
  }
  return refuse('isv.invalid-method');
}

async function handle(request, response) {
  const url = new URL(request.url, base);
  const html = (body) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  if (request.method === 'GET' && url.pathname === '/authorize') return html(page(url.search));
  if (url.pathname === '/tamper') {
    tamper = url.searchParams.get('on') === '1';
    return html(String(tamper));
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  if (request.method === 'POST' && url.pathname === '/authorize') {
    const asked = new URLSearchParams(form.get('query'));
    const back = new URL(asked.get('redirect_uri'));
    back.searchParams.set('app_id', asked.get('app_id'));
    back.searchParams.set('state', asked.get('state'));
    if (!form.get('cancel')) {
      const code = crypto.randomBytes(16).toString('hex');
      const [account, name, number] = form.get('account').split(' ');
      const open = `074a1${account}`;
      if (name === '-') people.set(open, { is_certified: 'F' });
      else if (name) people.set(open, { user_name: name, cert_no: number });
      else people.delete(open);
      // A code that the gateway knows nothing of is refused there.
      if (account !== 'refused') codes.set(code, open);
      back.searchParams.set('scope', asked.get('scope'));
      back.searchParams.set('source', 'alipay_wallet');
      back.searchParams.set('auth_code', code);
    }
    return response.writeHead(302, { location: back.href }).end();
  }
  if (request.method === 'POST' && url.pathname === '/gateway.do') {
    return response.writeHead(200, { 'content-type': 'text/html;charset=utf-8' }).end(gateway(form));
  }
  return response.writeHead(404).end();
}
https.createServer({ cert: fs.readFileSync(env('UPSTREAM_CERTIFICATE')), key: fs.readFileSync(env('UPSTREAM_KEY')) },
  (request, response) => handle(request, response).catch((error) => response.writeHead(500).end(String(error))))
  .listen(Number(base.port), '127.0.0.1', () =>
    console.log(platform.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')));
