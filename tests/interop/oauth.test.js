// The token endpoint of the example oauth2, by the npm package oauth4webapi, which checks every answer itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import * as oauth from "oauth4webapi";

const insecure = { [oauth.allowInsecureRequests]: true };
const client = { client_id: "page" };
const none = oauth.None();
const alice = { username: "alice", password: "wonderland", scope: "read" };
let child, url, server;

before(async () => {
  const env = { ...process.env, ADDR: "127.0.0.1:0" };
  child = spawn(join(process.env.EXAMPLES_DIR, "oauth2"), { env, stdio: ["ignore", "pipe", "inherit"] });
  url = await new Promise((listening, ended) => {
    child.on("exit", () => ended(new Error("the example ended before it listened")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/listening on (http:\/\/\S+)/);
      if (found) listening(found[1]);
    });
  });
  server = { issuer: "https://oauth2.example", token_endpoint: `${url}/login` };
});
after(() => child.kill());

async function ask(grant, parameters) {
  const answer = await oauth.genericTokenEndpointRequest(server, client, none, grant, parameters, insecure);
  return oauth.processGenericTokenEndpointResponse(server, client, answer);
}

async function refresh(token, options = {}, by = client) {
  const answer = await oauth.refreshTokenGrantRequest(server, by, none, token, { ...insecure, ...options });
  return oauth.processRefreshTokenResponse(server, by, answer);
}

const get = (token, path = "/orders", method = "GET") =>
  oauth.protectedResourceRequest(token, method, new URL(url + path), undefined, undefined, insecure);

const refused = (error, status = 400) => ({ code: oauth.RESPONSE_BODY_ERROR, error, status });

const challenged = (status, parameters) => (error) => {
  assert.equal(error.code, oauth.WWW_AUTHENTICATE_CHALLENGE);
  assert.equal(error.status, status);
  const [challenge] = error.cause;
  assert.deepEqual([error.cause.length, challenge.scheme], [1, "bearer"]);
  assert.deepEqual({ ...challenge.parameters }, { realm: "https://oauth2.example", ...parameters });
  return true;
};

const invalid = { error: "invalid_token", error_description: "the access token is not valid" };

test("a password gives a token, and a refresh token the next", async () => {
  const first = await ask("password", alice);
  assert.deepEqual([first.token_type, first.expires_in, first.scope], ["bearer", 3600, "read"]);
  assert.equal((await get(first.access_token)).status, 200);

  const second = await refresh(first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.notEqual(second.access_token, first.access_token);
  assert.equal((await get(second.access_token)).status, 200);

  await assert.rejects(refresh(first.refresh_token), refused("invalid_grant"));
  await assert.rejects(get(second.access_token), challenged(401, { ...invalid, scope: "read" }));
  await assert.rejects(refresh(second.refresh_token), refused("invalid_grant"));
});

test("scopes only narrow", async () => {
  const both = await ask("password", { ...alice, scope: "read write" });
  const narrow = await refresh(both.refresh_token, { additionalParameters: { scope: "read" } });
  assert.equal(narrow.scope, "read");
  const lacks = challenged(403, { error: "insufficient_scope", scope: "write" });
  await assert.rejects(get(narrow.access_token, "/orders", "POST"), lacks);
  const wide = refresh(narrow.refresh_token, { additionalParameters: { scope: "read admin" } });
  await assert.rejects(wide, refused("invalid_scope"));
});

test("a refresh token is of no use to another client", async () => {
  const { refresh_token } = await ask("password", alice);
  await assert.rejects(refresh(refresh_token, {}, { client_id: "other" }), refused("invalid_grant"));
});

test("each fault has its error", async () => {
  await assert.rejects(ask("password", { ...alice, password: "x" }), refused("invalid_grant"));
  await assert.rejects(ask("password", { ...alice, scope: "admin" }), refused("invalid_scope"));
  await assert.rejects(ask("password", { username: "alice" }), refused("invalid_request"));
  await assert.rejects(ask("client_credentials", {}), refused("unsupported_grant_type"));
  await assert.rejects(refresh("x"), refused("invalid_grant"));
  await assert.rejects(get("x"), challenged(401, { ...invalid, scope: "read" }));
  // Five wrong passwords for a name from one address.
  for (let guess = 0; guess < 5; guess += 1) {
    await assert.rejects(ask("password", { ...alice, username: "bob" }), refused("invalid_grant"));
  }
  await assert.rejects(ask("password", { ...alice, username: "bob" }), (error) => {
    assert.deepEqual([error.error, error.status], ["slow_down", 429]);
    const seconds = Number(error.response.headers.get("retry-after"));
    // Two windows of 15 minutes at most.
    return seconds > 0 && seconds <= 1800;
  });
});
