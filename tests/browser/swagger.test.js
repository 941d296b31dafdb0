import assert from "node:assert/strict";
import { test } from "node:test";
import { authorizeAndSend, browser, example } from "./support.js";

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

  const answer = await authorizeAndSend(page, operation);
  assert.match(await answer.locator(".response-col_status").innerText(), /^200/);
  assert.match(await answer.locator(".response-col_description").innerText(), /"name": "alice"/);
});
