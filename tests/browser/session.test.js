import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { browser, example } from "./support.js";

async function signIn(page, url, password = "wonderland") {
  await page.goto(url);
  await page.waitForURL(/\/sign-in\?return_to=/);
  await page.fill("[name=name]", "alice");
  await page.fill("[name=password]", password);
  await page.click("button");
}

test("signing in and out", async (t) => {
  const url = await example(t, "cookie");
  const context = await browser(t);
  const page = await context.newPage();

  await signIn(page, url, "wrong");
  assert.match(await page.textContent("body"), /Wrong name or password/);

  await signIn(page, url);
  await page.waitForURL(`${url}/`);
  assert.equal(await page.textContent("h1"), "Hello, alice");
  assert.equal(await page.evaluate(() => document.cookie), "", "no script reads the cookie");
  const cookie = (await context.cookies()).find((cookie) => cookie.name === "__Host-token");
  const { name, path, httpOnly, secure, sameSite } = cookie;
  assert.deepEqual({ name, path, httpOnly, secure, sameSite }, {
    name: "__Host-token", path: "/", httpOnly: true, secure: true, sameSite: "Lax",
  });

  await page.click("text=Sign out");
  await page.waitForURL("**/sign-in");
  assert.deepEqual(await context.cookies(), []);
  await page.goto(url);
  assert.equal(await page.textContent("h1"), "Sign in");
});

test("a page of another origin cannot sign a user out", async (t) => {
  const url = await example(t, "cookie");
  const other = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<form method="post" action="${url}/sign-out"></form><script>document.forms[0].submit()</script>`);
  });
  await new Promise((listening) => other.listen(0, "127.0.0.1", listening));
  t.after(() => other.close());

  const page = await (await browser(t)).newPage();
  await signIn(page, url);
  await page.waitForURL(`${url}/`);
  // The same host on another port: the cookie is sent along, and only the CSRF check stands in the way.
  // Another site: SameSite keeps the cookie back, and the sign-out must not remove it either.
  for (const host of ["127.0.0.1", "localhost"]) {
    const refused = page.waitForResponse((response) => response.url() === `${url}/sign-out`);
    await page.goto(`http://${host}:${other.address().port}/`);
    const answer = await refused;
    assert.equal(answer.status(), 403, host);
    assert.equal(await answer.headerValue("set-cookie"), null, host);
    await page.goto(url);
    assert.equal(await page.textContent("h1"), "Hello, alice", host);
  }
});

test("a page of another origin cannot sign a browser in", async (t) => {
  const url = await example(t, "cookie");
  const other = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<form method="post" action="${url}/sign-in">
      <input name="name" value="alice"><input name="password" value="wonderland"></form>
      <script>document.forms[0].submit()</script>`);
  });
  await new Promise((listening) => other.listen(0, "127.0.0.1", listening));
  t.after(() => other.close());

  const context = await browser(t);
  const page = await context.newPage();
  for (const host of ["127.0.0.1", "localhost"]) {
    const refused = page.waitForResponse((response) => response.url() === `${url}/sign-in`);
    await page.goto(`http://${host}:${other.address().port}/`);
    assert.equal((await refused).status(), 403, host);
    assert.deepEqual(await context.cookies(url), [], host);
  }
});
