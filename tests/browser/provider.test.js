// A page of another origin signs a user in at a provider of another maker. It knows only the URL of the example mcp, and reads
// everything else by `fetch`: the metadata of the resource, the provider's configuration, and the tokens.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { freePort, startExample } from "../interop/example.js";
import { startProvider } from "../interop/provider.js";
import { browser } from "./support.js";

/** Serves an empty page at every path. */
async function emptyPages(t) {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<title>page</title>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.closeAllConnections() || server.close());
  return `http://localhost:${server.address().port}`;
}

// MCP-01: the metadata can be read by a page, whose request has a header of its own and therefore a preflight.
test("a page finds the provider and signs in with its form", async (t) => {
  const port = await freePort();
  const resource = `http://127.0.0.1:${port}/mcp`;
  const resources = new Map([[resource, { scope: "tools:call", format: "jwt" }]]);
  const provider = await startProvider({ resources, form: true });
  t.after(() => provider.stop());
  const example = await startExample("mcp", { ISSUER: provider.issuer, RESOURCE: resource, ADDR: `127.0.0.1:${port}` });
  t.after(() => example.stop());
  const pages = await emptyPages(t);
  const redirectUri = `${pages}/callback`;
  const clientId = await provider.register({ redirect_uris: [redirectUri] });

  const page = await (await browser(t)).newPage();
  await page.goto(pages);
  const headers = { "mcp-protocol-version": "2025-11-25" };
  const json = (url) => page.evaluate(async ([url, headers]) => (await fetch(url, { headers })).json(), [url, headers]);
  const metadata = await json(`http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`);
  assert.deepEqual([metadata.resource, metadata.authorization_servers], [resource, [provider.issuer]]);
  const server = await json(`${metadata.authorization_servers[0]}/.well-known/openid-configuration`);

  // The verifier and the challenge of RFC 7636, appendix B.
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const asked = { client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope: metadata.scopes_supported.join(" ") };
  const proof = { resource, code_challenge: challenge, code_challenge_method: "S256" };
  await page.goto(`${server.authorization_endpoint}?${new URLSearchParams({ ...asked, ...proof })}`);
  await page.locator("input[name=user]").fill("bob");
  await page.locator("button").click();
  await page.waitForURL(`${redirectUri}?*`);

  const code = new URL(page.url()).searchParams.get("code");
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id: clientId, code_verifier: verifier };
  const tokens = await page.evaluate(
    async ([url, form]) => (await fetch(url, { method: "POST", body: new URLSearchParams(form) })).json(),
    [server.token_endpoint, form],
  );
  const call = (token) => fetch(resource, { headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" } });
  assert.equal(JSON.parse(Buffer.from(tokens.access_token.split(".")[1], "base64url")).sub, "bob");
  assert.equal((await call("a.b.c")).status, 401);
  // The guard lets the request pass, and the SDK refuses it, as there is no MCP session.
  assert.ok(![401, 403, 500].includes((await call(tokens.access_token)).status));
});
