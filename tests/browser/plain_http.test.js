// The cookie example over plain HTTP on an address that is not this machine's loopback: there browsers send no Fetch Metadata.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { has } from "./nginx.js";
import { browser, example, stop } from "./support.js";

let namespaces = 0;

/**
 * A network namespace in which the example runs: the command that starts a program there, and its address. `null` where the test may
 * not make one.
 */
function namespace(t) {
  if (!has(t, "ip")) return null;
  // Names and addresses of their own, because the kernel takes down an old one in its own time.
  namespaces += 1;
  const name = `jwt-auth-${process.pid}-${namespaces}`;
  const network = `10.231.${76 + namespaces}`;
  const ip = (...words) => execFileSync("ip", words, { stdio: "pipe" });
  try {
    ip("netns", "add", name);
  } catch (error) {
    if (process.env.JWT_AUTH_REQUIRE) throw error;
    t.skip("this user may not make a network namespace");
    return null;
  }
  t.after(() => ip("netns", "del", name));
  const [outside, inside] = ["o", "i"].map((end) => `jw${end}${process.pid % 1_000_000}n${namespaces}`);
  ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name);
  ip("addr", "add", `${network}.1/24`, "dev", outside);
  ip("link", "set", outside, "up");
  ip("-n", name, "addr", "add", `${network}.2/24`, "dev", inside);
  ip("-n", name, "link", "set", inside, "up");
  ip("-n", name, "link", "set", "lo", "up");
  return { wrapper: ["ip", "netns", "exec", name], address: `${network}.2` };
}

async function signIn(page, url) {
  await page.goto(url);
  await page.waitForURL("**/sign-in?return_to=**");
  await page.fill("[name=name]", "alice");
  await page.fill("[name=password]", "wonderland");
  await page.click("button");
  await page.waitForURL(`${url}/`);
  assert.equal(await page.textContent("h1"), "Hello, alice");
}

test("the cookie example over plain HTTP to another machine", async (t) => {
  const other = namespace(t);
  if (!other) return;
  const { wrapper, address } = other;
  const env = { INSECURE_COOKIE: "1", ADDR: `${address}:0` };
  const url = await example(t, "cookie", env, wrapper);
  const context = await browser(t);
  const page = await context.newPage();

  const sent = page.waitForRequest((request) => request.method() === "POST");
  await signIn(page, url);
  const headers = await (await sent).allHeaders();
  assert.deepEqual([headers["sec-fetch-site"], headers.origin], [undefined, url], "only the origin tells");

  await t.test("the page's own WebSocket opens", async () => {
    await page.locator("#live", { hasText: "connected" }).waitFor();
  });

  await t.test("two tabs renew the session at once", async () => {
    const tabs = [page, await context.newPage()];
    await tabs[1].goto(url);
    // A 503 says that the other tab was faster at the same moment, and to try again.
    const renew = (tab) =>
      tab.evaluate(async (url) => {
        for (;;) {
          const { status } = await fetch(url, { method: "POST" });
          if (status !== 503) return status;
        }
      }, `${url}/refresh`);
    for (let round = 0; round < 5; round += 1) {
      assert.deepEqual(await Promise.all(tabs.map(renew)), [204, 204]);
    }
    for (const tab of tabs) {
      await tab.goto(url);
      assert.equal(await tab.textContent("h1"), "Hello, alice");
    }
  });

  await t.test("signing out removes every cookie of the name", async () => {
    // A cookie of an older version of the service, at another path.
    await context.addCookies([{ name: "token", value: "a.b.c", domain: address, path: "/sign-out" }]);
    await page.click("text=Sign out");
    await page.waitForURL(`${url}/sign-in`);
    assert.deepEqual(await context.cookies([url, `${url}/sign-out`, `${url}/refresh`]), []);
  });

  await t.test("a cookie from before a change of keys needs no hand", async () => {
    await signIn(page, url);
    await stop(url);
    // The same address, with another random secret.
    const again = await example(t, "cookie", { ...env, ADDR: new URL(url).host }, wrapper);
    assert.equal(again, url);
    await signIn(page, url);
    await stop(url);
    await example(t, "cookie", { ...env, ADDR: new URL(url).host }, wrapper);
    const back = await page.goto(url);
    assert.match(back.url(), /sign-in/);
    assert.deepEqual((await context.cookies(url)).filter(({ name }) => name === "token"), [], "removed with the refusal");
  });
});

test("a `Secure` cookie over plain HTTP: sign-in and forms get the same answer", async (t) => {
  const other = namespace(t);
  if (!other) return;
  const { wrapper, address } = other;
  const url = await example(t, "cookie", { ADDR: `${address}:0` }, wrapper);
  const page = await (await browser(t)).newPage();
  await page.goto(`${url}/sign-in`);
  await page.fill("[name=name]", "alice");
  await page.fill("[name=password]", "wonderland");
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.click("button");
  assert.equal((await answer).status(), 403, "browsers drop the cookie, so nobody is told that they are signed in");
});
