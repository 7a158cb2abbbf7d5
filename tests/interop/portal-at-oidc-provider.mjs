// The example portal logs citizens in at node's oidc-provider, found by discovery alone.
//
// Environment: PORTAL_BIN, the portal's binary.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Provider from 'oidc-provider';

import { Browser } from './browser.mjs';
import { check, finish, freePort, until } from './judge.mjs';

const HOST = '127.0.0.1';
const PERSON = { name: 'Nguyễn Văn Giả Lập', birthdate: '2399-01-31', phone_number: '0900000001' };

// The provider's advice to those who run it in earnest says nothing about the portal.
for (const level of ['info', 'warn']) {
  const print = console[level];
  console[level] = (...words) => String(words[0]).includes('oidc-provider') || print(...words);
}

const folder = mkdtempSync(path.join(tmpdir(), 'vneid-interop-'));
const children = [];

// One provider, and a portal for each way to authenticate and each algorithm.
const clientKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyFile = path.join(folder, 'client-key.pem');
writeFileSync(keyFile, clientKey.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

const portals = {
  basic: await portal({ id_token_signed_response_alg: 'RS256', token_endpoint_auth_method: 'client_secret_basic' }, { VNEID_CLIENT_AUTH: '' }),
  post: await portal({ id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_post' }),
  key: await portal({
    id_token_signed_response_alg: 'PS256',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [clientKey.publicKey.export({ format: 'jwk' })] },
    client_secret: undefined,
  }, { VNEID_CLIENT_SECRET: '', VNEID_CLIENT_KEY_FILE: keyFile }),
  wrongSecret: await portal({ token_endpoint_auth_method: 'client_secret_basic' }, { VNEID_CLIENT_SECRET: 'not-the-registered-one' }),
  wrongRedirect: await portal({ token_endpoint_auth_method: 'client_secret_basic', redirect_uris: [`http://${HOST}:9/auth/callback/vneid`] }),
};

const issuer = `http://${HOST}:${await freePort()}`;
const server = await startProvider();
try {
  for (const portal of Object.values(portals)) await startPortal(portal);
  for (const name of ['basic', 'post', 'key']) await judgeLogin(name, portals[name]);
  await judgeRefusals();
} finally {
  for (const child of children) child.kill('SIGTERM');
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
finish('portal at oidc-provider');

async function judgeLogin(name, { url, client }) {
  const browser = new Browser();
  const subject = `cong-dan-${name}`;
  let done;
  await check(`login_${name}`, `by discovery, ${client.token_endpoint_auth_method}, ${client.id_token_signed_response_alg}`, async () => {
    const start = await browser.open(`${url}/ho-so?dich-vu=1%2B1`);
    const request = new URL(start.visited.find((address) => address.startsWith(`${issuer}/auth?`))).searchParams;
    assert.equal(request.get('code_challenge_method'), 'S256');
    assert.ok(request.get('state') && request.get('nonce'), 'state and nonce are sent');
    assert.ok(!JSON.stringify([...request]).includes('dich-vu'), 'the page wanted does not travel to the provider');
    done = await logIn(browser, start, subject);
    assert.equal(done.status, 200, done.words());
    assert.equal(done.url, `${url}/ho-so?dich-vu=1%2B1`, 'back at the page that was wanted');
  });
  await check(`session_${name}`, 'GET /auth/session names the subject and what userinfo says', async () => {
    const { status, body } = await browser.json(`${url}/auth/session`);
    assert.equal(status, 200);
    assert.equal(body.subject, subject);
    assert.equal(body.provider, 'vneid');
    assert.equal(body.citizen.full_name, PERSON.name);
    assert.equal(body.citizen.date_of_birth, PERSON.birthdate);
    assert.equal(body.level, undefined, 'a level that nobody stated is absent');
  });
  await check(`replay_${name}`, 'the same callback again is refused, and the session lives on', async () => {
    const callback = done.visited.find((address) => address.startsWith(`${url}/auth/callback/vneid?`));
    const again = await browser.open(callback);
    assert.equal(again.status, 400, again.words());
    assert.equal((await browser.json(`${url}/auth/session`)).status, 200);
  });
  await check(`fresh_${name}`, 'fresh=1 asks for the password again, in spite of single sign-on', async () => {
    const page = await browser.open(`${url}/auth/login/vneid?fresh=1&return_to=/ho-so`);
    page.form(['login', 'password']);
    // `auth_time` counts whole seconds: within the same one, the new authentication could not be told from the old.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const back = await logIn(browser, page, subject);
    assert.equal(back.url, `${url}/ho-so`, back.words());
  });
  await check(`logout_${name}`, 'ends here, at the provider, and comes back; the next login asks for the password', async () => {
    let page = await browser.post(`${url}/auth/logout`, {});
    const request = new URL(page.visited.find((address) => address.startsWith(`${issuer}/session/end?`))).searchParams;
    assert.ok(request.get('id_token_hint') && request.get('state'), 'hint and state are sent');
    assert.equal(request.get('post_logout_redirect_uri'), `${url}/auth/logged-out`);
    assert.equal((await browser.json(`${url}/auth/session`)).status, 401, 'ended here before the provider is asked');
    page = await browser.submit(page, { logout: 'yes' });
    assert.ok(page.visited.some((address) => address.startsWith(`${url}/auth/logged-out?state=`)), page.visited.join(' '));
    assert.equal(page.status, 200, page.words());
    const next = await browser.open(`${url}/ho-so`);
    next.form(['login', 'password']);
  });
}

async function judgeRefusals() {
  const { url } = portals.basic;
  const callback = `${url}/auth/callback/vneid`;
  await check('cancel', 'who cancels at the provider gets 403 and no session', async () => {
    const browser = new Browser();
    const page = await browser.open(`${url}/ho-so`);
    const abort = page.text.match(/href="([^"]*\/abort)"/)?.[1];
    const back = await browser.open(new URL(abort, page.url).href);
    assert.equal(back.status, 403, back.words());
    assert.equal((await browser.json(`${url}/auth/session`)).status, 401);
  });
  await check('other_browser', 'a good callback in another browser is refused, and not spent for its own', async () => {
    const [own, other] = [new Browser(), new Browser()];
    const held = await logIn(own, await own.open(`${url}/ho-so`), 'cong-dan-hai', { stop: callback });
    assert.equal((await other.open(held.url)).status, 400);
    assert.equal((await other.json(`${url}/auth/session`)).status, 401);
    assert.equal((await own.open(held.url)).url, `${url}/ho-so`);
  });
  await check('other_code', 'a code that the provider never gave is refused', async () => {
    const browser = new Browser();
    const held = await logIn(browser, await browser.open(`${url}/ho-so`), 'cong-dan-ba', { stop: callback });
    const forged = new URL(held.url);
    forged.searchParams.set('code', randomUUID());
    const back = await browser.open(forged.href);
    assert.equal(back.status, 502, back.words());
    assert.equal((await browser.json(`${url}/auth/session`)).status, 401);
  });
  await check('stolen_code', "another login's code is refused, since its PKCE challenge is another", async () => {
    const [victim, thief] = [new Browser(), new Browser()];
    const stolen = await logIn(victim, await victim.open(`${url}/ho-so`), 'cong-dan-bon', { stop: callback });
    const own = await logIn(thief, await thief.open(`${url}/ho-so`), 'ke-gian', { stop: callback });
    const forged = new URL(own.url);
    forged.searchParams.set('code', stolen.query.get('code'));
    const back = await thief.open(forged.href);
    assert.equal(back.status, 502, back.words());
    assert.equal((await thief.json(`${url}/auth/session`)).status, 401);
  });
  await check('other_issuer', 'a callback with another iss is refused', async () => {
    const browser = new Browser();
    const held = await logIn(browser, await browser.open(`${url}/ho-so`), 'cong-dan-nam', { stop: callback });
    assert.equal(held.query.get('iss'), issuer);
    const forged = new URL(held.url);
    forged.searchParams.set('iss', `${issuer}/`);
    assert.equal((await browser.open(forged.href)).status, 400);
    assert.equal((await browser.json(`${url}/auth/session`)).status, 401);
  });
  await check('wrong_secret', 'a portal with a wrong secret answers 502 and makes no session', async () => {
    const browser = new Browser();
    const { url } = portals.wrongSecret;
    const back = await logIn(browser, await browser.open(`${url}/ho-so`), 'cong-dan-sau');
    assert.equal(back.status, 502, back.words());
    assert.equal((await browser.json(`${url}/auth/session`)).status, 401);
  });
  await check('wrong_redirect_uri', 'a redirect URI that is not registered ends at the provider', async () => {
    const page = await new Browser().open(`${portals.wrongRedirect.url}/ho-so`);
    assert.equal(page.status, 400);
    assert.ok(page.url.startsWith(issuer) && page.text.includes('redirect_uri'), page.words());
  });
}

// The provider's own pages: login, then consent where it is asked for.
async function logIn(browser, page, subject, { stop } = {}) {
  page = await browser.submit(page, { login: subject, password: 'anything' }, { stop });
  if (page.status === 200 && page.text.includes('value="consent"')) page = await browser.submit(page, { prompt: 'consent' }, { stop });
  return page;
}

async function portal(metadata, environment = {}) {
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const client = {
    client_id: `portal-${port}`,
    client_secret: randomBytes(32).toString('base64url'),
    redirect_uris: [`${url}/auth/callback/vneid`],
    post_logout_redirect_uris: [`${url}/auth/logged-out`],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    ...metadata,
  };
  return { url, client, port, environment };
}

async function startPortal({ url, client, port, environment }) {
  const child = spawn(process.env.PORTAL_BIN, {
    env: {
      PATH: process.env.PATH,
      RUST_LOG: process.env.RUST_LOG ?? 'warn',
      PORTAL_LISTEN: `${HOST}:${port}`,
      PORTAL_URL: url,
      VNEID_ISSUER: issuer,
      VNEID_CLIENT_ID: client.client_id,
      VNEID_CLIENT_SECRET: client.client_secret ?? '',
      VNEID_CLIENT_AUTH: client.token_endpoint_auth_method,
      VNEID_REQUIRED_LEVEL: '0',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  let ended = false;
  child.on('error', (error) => { ended = error.message; });
  child.on('exit', (code) => { ended ||= `status ${code}`; });
  await until(`portal on ${port}`, async () => {
    if (ended) return true;
    return (await fetch(`${url}/healthz`)).ok;
  });
  if (ended) throw new Error(`the portal did not start: ${ended}`);
}

async function startProvider() {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const provider = new Provider(issuer, {
    clients: Object.values(portals).map(({ client }) => client),
    jwks: { keys: [{ ...rsa, use: 'sig' }, { ...ec, use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub'], profile: ['name', 'birthdate'], phone: ['phone_number'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...PERSON }) }),
    pkce: { required: () => true },
  });
  const server = provider.listen(Number(new URL(issuer).port), HOST);
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  return server;
}
