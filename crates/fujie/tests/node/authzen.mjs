// A policy enforcement point on Node's own fetch, written from the specification alone (OpenID AuthZEN Authorization API
// 1.0): metadata, search, evaluation, evaluations, and the specification's own examples. Says what it found as one line.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

const env = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};
const base = env('PDP_BASE_URL');
const organization = env('PDP_ORGANIZATION');
const product = env('PDP_PRODUCT');
const encoded = (text) => encodeURIComponent(text).replace(/%20/g, '+');
const credentials = `${encoded(env('PDP_CLIENT_ID'))}:${encoded(env('PDP_CLIENT_SECRET'))}`;
const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;

// Section "Policy Decision Point Metadata": the identifier must be the one that was asked.
const discovered = await fetch(new URL('/.well-known/authzen-configuration', base));
assert.equal(discovered.status, 200);
assert.match(discovered.headers.get('content-type'), /^application\/json/);
const metadata = await discovered.json();
assert.equal(metadata.policy_decision_point, base);

const ask = async (endpoint, body, status = 200) => {
  const id = crypto.randomUUID();
  const response = await fetch(metadata[endpoint], {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'x-request-id': id },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  assert.equal(response.status, status, await response.clone().text());
  assert.equal(response.headers.get('x-request-id'), id);
  return response.json();
};

const context = { organization };
const action = { name: 'use' };
const resource = { type: 'product', id: product };

// Section "Subject Search API": every hit must be permitted; pages end with an empty token.
const members = [];
let page = { limit: 2 };
do {
  const found = await ask('search_subject_endpoint', { subject: { type: 'user' }, action, resource, context, page });
  assert.ok(found.results.every((one) => one.type === 'user' && typeof one.id === 'string'));
  members.push(...found.results);
  page = { limit: 2, token: found.page.next_token };
} while (page.token !== '');
for (const subject of members) {
  assert.deepEqual(await ask('access_evaluation_endpoint', { subject, action, resource, context }), { decision: true });
}

// Section "Evaluations semantics".
const three = {
  subject: members[0],
  action,
  context,
  evaluations: [{ resource }, { resource: { type: 'product', id: 'no-such-product' } }, { resource: { type: 'item', id: '3' } }],
};
const decisions = async (semantic) => {
  const options = semantic && { evaluations_semantic: semantic };
  const answer = await ask('access_evaluations_endpoint', { ...three, options });
  return answer.evaluations.map((one) => one.decision);
};
const semantics = {
  default: await decisions(undefined),
  execute_all: await decisions('execute_all'),
  deny_on_first_deny: await decisions('deny_on_first_deny'),
  permit_on_first_permit: await decisions('permit_on_first_permit'),
};

// Sections "Resource Search API" and "Action Search API".
const resources = await ask('search_resource_endpoint', { subject: members[0], action, resource: { type: 'product' }, context });
const actions = await ask('search_action_endpoint', { subject: members[0], resource, context });

// The specification's example: nobody of that name here, so the decision is closed and says why.
const alice = await ask('access_evaluation_endpoint', {
  subject: { type: 'user', id: 'alice@acmecorp.com' },
  resource: { type: 'account', id: '123' },
  action: { name: 'can_read', properties: { method: 'GET' } },
  context: { time: '1985-10-26T01:22-07:00' },
});
assert.equal(alice.decision, false);
assert.equal(typeof alice.context.reason_user.en, 'string');

// Section "Error Responses": an error message string.
assert.equal(typeof await ask('access_evaluation_endpoint', { action, resource }, 400), 'string');
assert.equal(typeof await ask('access_evaluation_endpoint', '{', 400), 'string');
const refused = await fetch(metadata.access_evaluation_endpoint, {
  method: 'POST',
  headers: { authorization: `${authorization}x`, 'content-type': 'application/json' },
  body: '{}',
});
assert.equal(refused.status, 401);

console.log(JSON.stringify({ members: members.length, semantics, resources: resources.results, actions: actions.results }));
