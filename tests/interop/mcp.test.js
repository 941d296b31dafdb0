// The example mcp, by the official client of the Model Context Protocol. The client knows only the URL of the server: the 401
// leads it to the metadata of the resource (RFC 9728), the metadata to the provider, and the provider to a token.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { freePort, startExample } from "./example.js";
import { APP, follow, startProvider } from "./provider.js";

const SCOPE = "tools:call";
let provider, example, resource;

before(async () => {
  const port = await freePort();
  resource = `http://127.0.0.1:${port}/mcp`;
  provider = await startProvider({ resources: new Map([[resource, { scope: SCOPE, format: "jwt" }]]) });
  const variables = { ISSUER: provider.issuer, RESOURCE: resource, ADDR: `127.0.0.1:${port}` };
  example = await startExample("mcp", variables);
});
after(async () => {
  example.stop();
  await provider.stop();
});

/** What the client keeps. Without a known client it registers itself (RFC 7591). */
class Session {
  redirectUrl = APP.redirectUri;
  clientMetadata = { client_name: "test", redirect_uris: [APP.redirectUri], token_endpoint_auth_method: "none", application_type: "native" };

  constructor(known) {
    this.client = known;
  }
  clientInformation() {
    return this.client;
  }
  saveClientInformation(client) {
    this.client = client;
  }
  tokens() {
    return this.issued;
  }
  saveTokens(tokens) {
    this.issued = tokens;
  }
  codeVerifier() {
    return this.verifier;
  }
  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }
  redirectToAuthorization(url) {
    this.authorization = url;
  }
}

/** Connects, which signs the user in if the client has no token. Returns the connected client. */
async function connect(session) {
  const open = () => new StreamableHTTPClientTransport(new URL(resource), { authProvider: session });
  const first = open();
  const client = new Client({ name: "test", version: "1.0.0" });
  await assert.rejects(client.connect(first), UnauthorizedError);
  const back = await follow(session.authorization, APP.redirectUri);
  await first.finishAuth(back.searchParams.get("code"));
  const again = new Client({ name: "test", version: "1.0.0" });
  await again.connect(open());
  return again;
}

const whoami = (client) => client.callTool({ name: "whoami", arguments: {} });
const post = (headers = {}) =>
  fetch(resource, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" });

// MCP-01, RFC 9728
test("a client finds the provider by itself and calls the tool", async () => {
  for (const known of [{ client_id: APP.id }, undefined]) {
    const session = new Session(known);
    const client = await connect(session);
    assert.equal(session.authorization.searchParams.get("scope"), SCOPE);
    assert.equal(session.authorization.searchParams.get("resource"), resource);
    assert.equal(session.issued.scope, SCOPE);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), ["whoami"]);
    const answer = await whoami(client);
    assert.deepEqual(answer.content, [{ type: "text", text: "alice" }]);
    await client.close();
  }
});

// MCP-01, RFC 9728 section 5.1
test("the service below the guard is reached with a token only", async () => {
  const metadata = `${new URL(resource).origin}/.well-known/oauth-protected-resource/mcp`;
  const challenge = new RegExp(`^Bearer realm="${provider.issuer}", resource_metadata="${metadata}"`);
  for (const headers of [{}, { authorization: "Bearer a.b.c" }]) {
    const refused = await post(headers);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate"), challenge);
  }
  for (const path of ["/mcp/", "/mcp/x", "/", "/.well-known/oauth-protected-resource"]) {
    assert.equal((await fetch(new URL(path, resource))).status, 401, path);
  }
  const page = await fetch(metadata, { headers: { origin: "https://app.example" } });
  assert.equal(page.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await page.json(), {
    resource,
    authorization_servers: [provider.issuer],
    scopes_supported: [SCOPE],
    bearer_methods_supported: ["header"],
  });
});

// MCP-01, BRR-07
test("a token without the scope is told which one to ask for", async () => {
  const session = new Session({ client_id: APP.id });
  await (await connect(session)).close();
  const token = session.issued.access_token;
  assert.notEqual((await post({ authorization: `Bearer ${token}` })).status, 401);
  // The provider grants less from now on, and the client refreshes its token.
  provider.resources.set(resource, { scope: "other", format: "jwt" });
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: APP.id,
    refresh_token: session.issued.refresh_token,
  });
  const refreshed = await (await fetch(`${provider.issuer}/token`, { method: "POST", body })).json();
  provider.resources.set(resource, { scope: SCOPE, format: "jwt" });
  const refused = await post({ authorization: `Bearer ${refreshed.access_token}` });
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get("www-authenticate"), /error="insufficient_scope", scope="tools:call"/);
});
