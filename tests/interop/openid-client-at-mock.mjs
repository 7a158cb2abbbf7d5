// openid-client, a certified relying party, logs in at the mock provider.
//
// Environment: MOCK_URL and AUTO_URL (with --auto-login), CLIENT_ID, CLIENT_SECRET, REDIRECT_URI.
import assert from 'node:assert/strict';
import * as client from 'openid-client';

import { Browser } from './browser.mjs';
import { check, finish, refused } from './judge.mjs';

const { MOCK_URL, AUTO_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
const ISSUER = `${MOCK_URL}/oidc`;
const SCOPE = 'openid profile phone offline_access';

const [citizen] = (await new Browser().json(`${MOCK_URL}/citizens`)).body;
const browser = new Browser();
let config, first;

await check('d1_d2_discovery', 'the document is found under an issuer with a path, and says what was asked', async () => {
  config = await discover(ISSUER, client.ClientSecretBasic(CLIENT_SECRET));
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, ISSUER);
  assert.ok(metadata.supportsPKCE('S256'));
  assert.ok(metadata.end_session_endpoint && metadata.userinfo_endpoint);
  // RFC 8414 puts the well-known part before the issuer's path.
  const plain = await discover(ISSUER, client.ClientSecretBasic(CLIENT_SECRET), CLIENT_ID, 'oauth2');
  assert.equal(plain.serverMetadata().token_endpoint, metadata.token_endpoint);
});
if (!config) {
  finish('openid-client at the mock');
  process.exit();
}

await check('d11_d44_login', 'password, one-time code, PKCE, state, nonce, iss, signature, at_hash', async () => {
  first = await login(config, { max_age: '3600' }, { maxAge: 3600 });
  assert.equal(first.tokens.token_type, 'bearer');
  assert.ok(first.tokens.expiresIn() > 0);
  const claims = first.tokens.claims();
  assert.equal(claims.iss, ISSUER);
  assert.equal([claims.aud].flat().join(), CLIENT_ID);
  assert.ok(claims.sub && claims.sub !== citizen.username, 'the subject is not the citizen id');
  assert.equal(claims.acr, 'LoA2');
});
if (!first) {
  finish('openid-client at the mock');
  process.exit();
}

await check('userinfo', 'of the same subject, with the claims of the scopes', async () => {
  const userinfo = await client.fetchUserInfo(config, first.tokens.access_token, first.tokens.claims().sub);
  assert.equal(userinfo.name, citizen.full_name);
  assert.equal(userinfo.birthdate, citizen.date_of_birth);
  assert.ok(userinfo.phone_number);
});

await check('client_secret_post', 'the other way to present the secret', async () => {
  const { tokens } = await login(await discover(ISSUER, client.ClientSecretPost(CLIENT_SECRET)));
  assert.equal(tokens.claims().sub, first.tokens.claims().sub);
});

await check('single_sign_on', 'prompt=none answers at once, with the same auth_time', async () => {
  const { tokens } = await login(config, { prompt: 'none', max_age: '3600' }, { maxAge: 3600 });
  assert.equal(tokens.claims().auth_time, first.tokens.claims().auth_time);
});

await check('refresh', 'a new refresh token each time; a used one ends the family', async () => {
  const sub = first.tokens.claims().sub;
  const second = await client.refreshTokenGrant(config, first.tokens.refresh_token);
  assert.notEqual(second.refresh_token, first.tokens.refresh_token);
  assert.equal(second.claims()?.sub ?? sub, sub);
  assert.equal((await client.fetchUserInfo(config, second.access_token, sub)).sub, sub);
  await refused(client.refreshTokenGrant(config, first.tokens.refresh_token), (error) => error.error === 'invalid_grant');
  await refused(client.refreshTokenGrant(config, second.refresh_token), (error) => error.error === 'invalid_grant');
});

await check('introspection_and_revocation', 'a live token is active; a revoked one neither is nor opens userinfo', async () => {
  const { tokens } = await login(config);
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true);
  await client.tokenRevocation(config, tokens.refresh_token);
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
  await client.tokenRevocation(config, 'no-token-of-this-provider');
  await refused(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), (error) => error.status === 401);
});

await check('replayed_code', 'invalid_grant, and what the code gave first is dead', async () => {
  const { tokens, callback, checks } = await login(config);
  await refused(client.authorizationCodeGrant(config, callback, checks), (error) => error.error === 'invalid_grant');
  await refused(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), (error) => error.status === 401);
});

await check('wrong_verifier', 'invalid_grant', async () => {
  const { callback, checks } = await ask(config);
  const other = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await refused(client.authorizationCodeGrant(config, callback, other), (error) => error.error === 'invalid_grant');
});

await check('wrong_secret', '401 invalid_client in both manners, with a challenge for the header', async () => {
  const { callback, checks } = await ask(config);
  const basic = await discover(ISSUER, client.ClientSecretBasic('not-the-secret'));
  await refused(client.authorizationCodeGrant(basic, callback, checks), (error) =>
    error.status === 401 && error.cause?.some?.((challenge) => challenge.scheme === 'basic'));
  const post = await discover(ISSUER, client.ClientSecretPost('not-the-secret'));
  await refused(client.authorizationCodeGrant(post, callback, checks), (error) => error.status === 401);
});

await check('wrong_redirect_uri', 'a page of the provider, no redirect, signed in or not, even with prompt=none', async () => {
  const wrong = [`${REDIRECT_URI}/`, `${REDIRECT_URI}?a=1`, REDIRECT_URI.replace('127.0.0.1', 'localhost'), 'https://evil.example/cb'];
  for (const redirect_uri of wrong) {
    for (const more of [{}, { prompt: 'none' }]) {
      const { url } = await request(config, { ...more, redirect_uri });
      const page = await browser.open(url.href);
      assert.equal(page.status, 400, `${redirect_uri}: ${page.words()}`);
      assert.equal(page.visited.length, 1, `${redirect_uri} was followed`);
    }
  }
});

await check('unknown_client', 'a page of the provider, no redirect', async () => {
  const { url } = await request(config, { client_id: 'nobody' });
  const page = await browser.open(url.href);
  assert.equal(page.status, 400);
  assert.equal(page.visited.length, 1);
});

await check('no_pkce', 'a request without a challenge, or with plain, comes back as invalid_request', async () => {
  for (const spoil of [(query) => query.delete('code_challenge'), (query) => query.set('code_challenge_method', 'plain')]) {
    const { url, checks } = await request(config);
    spoil(url.searchParams);
    const back = await browser.open(url.href, { stop: REDIRECT_URI });
    await refused(client.authorizationCodeGrant(config, new URL(back.url), checks), (error) => error.error === 'invalid_request');
  }
});

await check('cancel', 'access_denied with state and iss, which the client checks first', async () => {
  const { url, checks } = await request(config);
  const other = new Browser();
  const page = await other.open(url.href);
  const back = await other.submit(page, { username: '', password: '' }, { stop: REDIRECT_URI, button: { action: 'cancel' } });
  assert.equal(back.query.get('iss'), ISSUER);
  await refused(client.authorizationCodeGrant(config, new URL(back.url), checks), (error) => error.error === 'access_denied');
});

await check('wrong_password', 'the form again, and no way on', async () => {
  const { url } = await request(config);
  const other = new Browser();
  const page = await other.submit(await other.open(url.href), { username: citizen.username, password: 'wrong' }, { stop: REDIRECT_URI });
  page.form(['username', 'password']);
});

await check('end_session', 'ends single sign-on: prompt=none gets login_required afterwards', async () => {
  const { tokens } = await login(config);
  const page = await browser.open(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }).href);
  assert.equal(page.status, 200, page.words());
  const { url, checks } = await request(config, { prompt: 'none' });
  const back = await browser.open(url.href, { stop: REDIRECT_URI });
  await refused(client.authorizationCodeGrant(config, new URL(back.url), checks), (error) => error.error === 'login_required');
});

await check('end_session_and_back', 'the demonstration client comes back with its state', async () => {
  const demo = await discover(ISSUER, client.ClientSecretBasic('portal-demo-secret'), 'portal-demo');
  const { tokens } = await login(demo, { login_hint: citizen.username });
  const back = new URL('/logged-out', REDIRECT_URI).href;
  const url = client.buildEndSessionUrl(demo, { id_token_hint: tokens.id_token, post_logout_redirect_uri: back, state: 'a b+c/=' });
  const page = await browser.open(url.href, { stop: back });
  assert.ok(page.url.startsWith(back), page.url);
  assert.equal(page.query.get('state'), 'a b+c/=');
});

await check('auto_login', 'with --auto-login a request is answered at once, without a page', async () => {
  const automatic = await discover(`${AUTO_URL}/oidc`, client.ClientSecretBasic(CLIENT_SECRET));
  const { url, checks } = await request(automatic);
  const back = await new Browser().open(url.href, { stop: REDIRECT_URI });
  assert.ok(back.url.startsWith(REDIRECT_URI), back.url);
  const tokens = await client.authorizationCodeGrant(automatic, new URL(back.url), checks);
  const userinfo = await client.fetchUserInfo(automatic, tokens.access_token, tokens.claims().sub);
  assert.equal(userinfo.name, citizen.full_name);
});

finish('openid-client at the mock');

async function discover(issuer, authentication, id = CLIENT_ID, algorithm = 'oidc') {
  const options = { algorithm, execute: [client.allowInsecureRequests] };
  const config = await client.discovery(new URL(issuer), id, undefined, authentication, options);
  // Signatures are checked too, though the standard lets a client of the code flow trust TLS instead.
  client.enableNonRepudiationChecks(config);
  return config;
}

async function request(config, more = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...more,
  });
  return { url, checks };
}

// To the callback, through whatever pages the provider shows.
async function ask(config, more) {
  const { url, checks } = await request(config, more);
  let page = await browser.open(url.href, { stop: REDIRECT_URI });
  if (page.status === 200) {
    page = await browser.submit(page, { username: citizen.username, password: citizen.password }, { stop: REDIRECT_URI });
    const { body: messages } = await browser.json(`${MOCK_URL}/sms?phone=${citizen.phones[0]}`);
    page = await browser.submit(page, { otp: messages[0].code }, { stop: REDIRECT_URI });
  }
  assert.ok(page.url.startsWith(REDIRECT_URI), `${page.status} ${page.url.split('?')[0]}: ${page.words?.()}`);
  return { callback: new URL(page.url), checks };
}

async function login(config, more, expected = {}) {
  const { callback, checks } = await ask(config, more);
  const all = { ...checks, ...expected };
  return { tokens: await client.authorizationCodeGrant(config, callback, all), callback, checks: all };
}
