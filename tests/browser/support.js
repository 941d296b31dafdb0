// Starts an example and a browser; both end with the test.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** The address of an example that runs until the test ends. `wrapper` is a command that starts it, such as `ip netns exec`. */
export async function example(t, name, env = {}, wrapper = []) {
  const [command, ...args] = [...wrapper, join(process.env.EXAMPLES_DIR, name)];
  const child = spawn(command, args, {
    env: { ...process.env, ADDR: "127.0.0.1:0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  t.after(() => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(/listening on (http:\/\/\S+)/);
    if (found) {
      running.set(found[1], async () => {
        child.kill();
        await ended;
      });
      return found[1];
    }
  }
  throw new Error(`${name} ended before it listened`);
}

const running = new Map();

/** Ends the example at this address. */
export const stop = (url) => running.get(url)();

export async function browser(t, ...more) {
  const profile = await mkdtemp(join(tmpdir(), "jwt-auth-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    ignoreHTTPSErrors: true,
    args: [
      ...more,
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  context.setDefaultTimeout(20_000);
  t.after(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  return context;
}

/** Signs in with Swagger UI's *Authorize*, sends an operation, and returns its answer. */
export async function authorizeAndSend(page, operation) {
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
  return answer;
}
