// Swagger UI of the example resource_server signs a user in at a provider of another maker. The document names the provider's
// configuration, and Swagger UI reads the rest from there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort, startExample } from "../interop/example.js";
import { startProvider } from "../interop/provider.js";
import { browser } from "./support.js";

// ISS-10, A27
test("Swagger UI's Authorize signs in at the provider", async (t) => {
  const audience = "https://orders.example";
  const resources = new Map([[audience, { scope: "orders:read", format: "jwt" }]]);
  const provider = await startProvider({ resources, defaultResource: audience, form: true });
  t.after(() => provider.stop());
  const url = `http://127.0.0.1:${await freePort()}`;
  const clientId = await provider.register({ redirect_uris: [`${url}/docs/oauth2-redirect.html`] });
  const env = { ISSUER: provider.issuer, AUDIENCE: audience, CLIENT_ID: clientId, ADDR: url.slice("http://".length) };
  const example = await startExample("resource_server", env);
  t.after(() => example.stop());

  const context = await browser(t);
  const page = await context.newPage();
  await page.goto(`${url}/docs/`);
  await page.locator(".btn.authorize").click();
  const dialog = page.locator(".auth-container").filter({ hasText: "authorization_code" }).first();
  assert.equal(await dialog.locator("input#client_id_authorizationCode, input[id^=client_id]").first().inputValue(), clientId);
  await dialog.locator("label[for^='orders:read']").first().click();
  const [popup] = await Promise.all([context.waitForEvent("page"), dialog.locator(".btn.authorize").click()]);
  await popup.locator("input[name=user]").fill("bob");
  await popup.locator("button").click();
  await dialog.locator("text=Logout").waitFor();
  await page.locator(".btn-done").first().click();

  const operation = page.locator("[id$=orders]").first();
  await operation.locator(".opblock-summary").click();
  await operation.locator(".try-out__btn").click();
  await operation.locator(".execute").click();
  const answer = operation.locator(".live-responses-table .response").first();
  await answer.waitFor();
  assert.match(await answer.locator(".response-col_status").innerText(), /^200/);
  assert.match(await answer.locator(".response-col_description").innerText(), /the orders of bob/);
});
