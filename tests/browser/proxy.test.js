// The examples behind a real nginx: with TLS and a path that nginx takes off, and with HTTP/2.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_HOST, has, nginx } from "./nginx.js";
import { authorizeAndSend, browser, example } from "./support.js";

const PROXIES = [
  {
    name: "TLS and a path that is taken off",
    prefix: "/shop",
    location: "/shop/",
    headers: {
      Host: "$http_host",
      "X-Forwarded-For": "$proxy_add_x_forwarded_for",
      "X-Forwarded-Proto": "$scheme",
    },
  },
  {
    // nginx names its own upstream as the host, as it does unless it is told otherwise.
    name: "HTTP/2, and `Forwarded` with the host",
    prefix: "",
    location: "/",
    headers: { Forwarded: "for=$remote_addr;proto=$scheme;host=$http_host" },
    http2: true,
  },
];

async function start(t, name, proxy) {
  const env = { TRUSTED_PROXIES: "127.0.0.1", PUBLIC_PREFIX: proxy.prefix };
  const origin = await nginx(t, await example(t, name, env), proxy);
  const context = await browser(t, AT_HOST);
  return { context, origin, base: `${origin}${proxy.prefix}` };
}

async function usesProtocol(page, proxy) {
  const protocol = await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
  assert.equal(protocol, proxy.http2 ? "h2" : "http/1.1");
}

for (const proxy of PROXIES) {
  test(`the cookie example behind nginx: ${proxy.name}`, async (t) => {
    if (!has(t, "nginx")) return;
    const { context, base } = await start(t, "cookie", proxy);
    const page = await context.newPage();

    // A page without a token leads to the sign-in, and the sign-in back to the page.
    await page.goto(`${base}/?greet=1`);
    await page.waitForURL(`${base}/sign-in?return_to=**`);
    await usesProtocol(page, proxy);
    await page.fill("[name=name]", "alice");
    await page.fill("[name=password]", "wonderland");
    await page.click("button");
    await page.waitForURL(`${base}/?greet=1`);
    assert.equal(await page.textContent("h1"), "Hello, alice");

    const cookies = new Map((await context.cookies(`${base}/refresh`)).map((cookie) => [cookie.name, cookie]));
    const [access, refresh] = [cookies.get("__Host-token"), cookies.get("__Secure-token-refresh")];
    assert.deepEqual([access.path, access.secure], ["/", true]);
    assert.deepEqual([refresh.path, refresh.secure, refresh.sameSite], [`${proxy.prefix}/refresh`, true, "Strict"]);

    // The session is renewed, and the WebSocket of the page is open until the sign-out in another tab.
    const renewed = await page.evaluate(async (url) => (await fetch(url, { method: "POST" })).status, `${base}/refresh`);
    assert.equal(renewed, 204);
    await page.goto(`${base}/`);
    await page.locator("#live", { hasText: "connected" }).waitFor();
    const other = await context.newPage();
    await other.goto(`${base}/`);
    await other.click("text=Sign out");
    await other.waitForURL(`${base}/sign-in`);
    await page.locator("#live", { hasText: "signed out" }).waitFor();
    assert.deepEqual(await context.cookies(`${base}/refresh`), []);
    await page.goto(`${base}/`);
    assert.equal(await page.textContent("h1"), "Sign in");
  });

  test(`the oauth2 example behind nginx: ${proxy.name}`, async (t) => {
    if (!has(t, "nginx")) return;
    const { context, base } = await start(t, "oauth2", proxy);
    const page = await context.newPage();

    // Swagger UI knows where to sign in from the document alone.
    await page.goto(`${base}/docs/`);
    await usesProtocol(page, proxy);
    const operation = page.locator("#operations-default-some_path, [id$=some_path]").first();
    await operation.waitFor();
    const answer = await authorizeAndSend(page, operation);
    assert.match(await answer.locator(".response-col_status").innerText(), /^200/);

    // Sign-in, refresh and sign-out by a script of the page.
    const statuses = await page.evaluate(async (base) => {
      const post = (form) => fetch(`${base}/login`, { method: "POST", body: new URLSearchParams(form) });
      const signedIn = await (await post({ grant_type: "password", username: "alice", password: "wonderland" })).json();
      const renewed = await post({ grant_type: "refresh_token", refresh_token: signedIn.refresh_token });
      const token = (await renewed.json()).access_token;
      const call = (method, path) => fetch(`${base}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
      const [before, signOut, after] = [await call("GET", "/some-path"), await call("POST", "/logout"), await call("GET", "/some-path")];
      return [renewed, before, signOut, after].map((answer) => answer.status);
    }, base);
    assert.deepEqual(statuses, [200, 200, 204, 401]);
  });
}

test("one client's wrong passwords do not lock out another one behind the same proxy", async (t) => {
  const url = await example(t, "oauth2", { TRUSTED_PROXIES: "127.0.0.1" });
  const signIn = async (name, password, headers = {}) => {
    const body = new URLSearchParams({ grant_type: "password", username: name, password });
    return (await fetch(`${url}/login`, { method: "POST", body, headers })).status;
  };
  // This test stands in for the proxy, which adds the address that it sees behind whatever the client wrote.
  const by = (client) => ({ "x-forwarded-for": `198.51.100.${Math.floor(Math.random() * 250)}, ${client}` });
  const tried = await Promise.all(Array.from({ length: 130 }, (_, at) => signIn(`nobody${at}`, "wrong", by("203.0.113.7"))));
  const counted = tried.filter((status) => status === 400).length;
  assert.ok(counted <= 100 && tried.includes(429), `${counted} guesses were checked`);
  const patient = async (client) => {
    for (;;) {
      const status = await signIn("alice", "wonderland", by(client));
      // Too many sign-ins at once, which only says that the machine is busy.
      if (status !== 429 || client === "203.0.113.7") return status;
    }
  };
  assert.equal(await patient("198.51.100.200"), 200);
});
