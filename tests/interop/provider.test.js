// The example resource_server behind a provider of another maker: tokens by the authorization code flow with PKCE, from the npm
// packages openid-client and oidc-provider, and a rotation of the provider's keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as client from "openid-client";
import { startExample } from "./example.js";
import { APP, RESOURCE_SERVER, follow, signingKey, startProvider } from "./provider.js";

const ORDERS = "https://orders.example";
const OPAQUE = "https://opaque.example";
/** Only a test that hangs waits for so long, in milliseconds. */
const HANGS = 120_000;
let provider, example, config;

before(async () => {
  const resources = new Map([
    [ORDERS, { scope: "orders:read orders:write", format: "jwt" }],
    [OPAQUE, { scope: "orders:read", format: "opaque" }],
  ]);
  provider = await startProvider({ resources });
  example = await startExample("resource_server", { ISSUER: provider.issuer, AUDIENCE: ORDERS });
  config = await discover(APP.id, client.None());
});
after(async () => {
  example.stop();
  await provider.stop();
});

const discover = (id, auth) =>
  client.discovery(new URL(provider.issuer), id, undefined, auth, { execute: [client.allowInsecureRequests] });

/** Signs in, and returns the answer of the token endpoint. */
async function signIn(scope, resource = ORDERS) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: APP.redirectUri,
    scope,
    resource,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const back = await follow(url, APP.redirectUri);
  return client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state });
}

const kid = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url")).kid;
const get = (token, path) => fetch(example.url + path, { headers: { authorization: `Bearer ${token}` } });

// CLM-06, BRR-07, ISS-05
test("a token of the code flow is accepted, by its scopes", async () => {
  const tokens = await signIn("openid orders:read");
  const me = await get(tokens.access_token, "/me");
  assert.deepEqual([me.status, await me.json()], [200, { id: "alice" }]);
  assert.equal((await get(tokens.access_token, "/orders")).status, 200);

  const without = await signIn("openid");
  const refused = await get(without.access_token, "/orders");
  assert.deepEqual([(await get(without.access_token, "/me")).status, refused.status], [200, 403]);
  assert.match(refused.headers.get("www-authenticate"), /error="insufficient_scope", scope="orders:read"/);

  assert.equal((await get(tokens.id_token, "/me")).status, 401);
});

test("a refreshed token is accepted", async () => {
  const { refresh_token } = await signIn("openid orders:read");
  const refreshed = await client.refreshTokenGrant(config, refresh_token);
  assert.equal((await get(refreshed.access_token, "/orders")).status, 200);
});

test("an opaque token says nothing without introspection", async () => {
  const { access_token } = await signIn("openid orders:read", OPAQUE);
  assert.equal((await get(access_token, "/me")).status, 401);
  const server = await discover(RESOURCE_SERVER.id, client.ClientSecretBasic(RESOURCE_SERVER.secret));
  const answer = await client.tokenIntrospection(server, access_token);
  assert.deepEqual([answer.active, answer.sub, answer.aud, answer.scope], [true, "alice", OPAQUE, "orders:read"]);
});

// KEY-09, ISS-09: no valid token gets a 401, whether it is signed with the old key or with the new one.
test("the provider rotates its key", async () => {
  const [old, ...others] = provider.keys();
  const next = signingKey("ES256", "es-2");
  const before = await signIn("openid orders:read");
  const status = async (tokens) => (await get(tokens.access_token, "/orders")).status;
  assert.equal(await status(before), 200);
  provider.publish([old, next, ...others]);
  assert.equal(kid((await signIn("openid orders:read")).access_token), old.kid);
  provider.publish([next, old, ...others]);
  const after = await signIn("openid orders:read");
  assert.equal(kid(after.access_token), next.kid);
  const began = Date.now();
  for (let seen = await status(after); seen !== 200; seen = await status(after)) {
    assert.equal(seen, 503);
    assert.equal(await status(before), 200);
    assert.ok(Date.now() - began < HANGS, "the new key was never fetched");
    await setTimeout(100);
  }
  assert.equal(await status(before), 200);
});

// RFC 7662: a token that only the provider can read.
test("an opaque token is checked by introspection, until it is revoked", async (t) => {
  const service = await discover(RESOURCE_SERVER.id, client.ClientSecretBasic(RESOURCE_SERVER.secret));
  const opaque = await startExample("resource_server", {
    ISSUER: provider.issuer,
    AUDIENCE: OPAQUE,
    INTROSPECTION_URL: service.serverMetadata().introspection_endpoint,
    INTROSPECTION_ID: RESOURCE_SERVER.id,
    INTROSPECTION_SECRET: RESOURCE_SERVER.secret,
  });
  t.after(() => opaque.stop());
  const ask = (token, path) => fetch(opaque.url + path, { headers: { authorization: `Bearer ${token}` } });
  const tokens = await signIn("openid orders:read", OPAQUE);
  assert.ok(!tokens.access_token.includes("."));
  const me = await ask(tokens.access_token, "/me");
  assert.deepEqual([me.status, await me.json()], [200, { id: "alice" }]);
  assert.equal((await ask(tokens.access_token, "/orders")).status, 200);
  const without = await signIn("openid", OPAQUE);
  assert.equal((await ask(without.access_token, "/orders")).status, 403);
  assert.equal((await ask("made-up", "/me")).status, 401);
  // A token that was revoked before it was first shown.
  const revoked = await signIn("openid orders:read", OPAQUE);
  await client.tokenRevocation(config, revoked.access_token);
  assert.equal((await ask(revoked.access_token, "/me")).status, 401);
});
