import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, example } from "./support.js";

test("Swagger UI's Authorize signs in, and the operation then answers 200", async (t) => {
  const url = await example(t, "oauth2");
  const page = await (await browser(t)).newPage();
  await page.goto(`${url}/docs/`);

  const operation = page.locator("#operations-default-some_path, [id$=some_path]").first();
  await operation.waitFor();
  assert.equal(await operation.locator(".authorization__btn").count(), 1, "a guarded operation has a lock");
  const open = page.locator("[id$=product]").first();
  await open.waitFor();
  assert.equal(await open.locator(".authorization__btn").count(), 0, "an open one has none");

  await page.locator(".btn.authorize").click();
  const dialog = page.locator(".auth-container").filter({ hasText: "OAuth2, password" });
  await dialog.locator("#oauth_username").fill("alice");
  await dialog.locator("#oauth_password").fill("wonderland");
  await dialog.locator(".btn.authorize").click();
  await dialog.locator("text=Logout").waitFor();
  await page.locator(".btn-done").first().click();

  await operation.locator(".opblock-summary").click();
  await operation.locator(".try-out__btn").click();
  await operation.locator(".execute").click();
  const answer = operation.locator(".live-responses-table .response").first();
  await answer.waitFor();
  assert.match(await answer.locator(".response-col_status").innerText(), /^200/);
  assert.match(await answer.locator(".response-col_description").innerText(), /"name": "alice"/);
});
