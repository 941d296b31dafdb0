// Starts the examples as processes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Starts an example with these variables. Returns its URL, and a function that ends it. */
export async function startExample(program, variables) {
  const env = { ...process.env, ADDR: "127.0.0.1:0", ...variables };
  const child = spawn(join(process.env.EXAMPLES_DIR, program), { env, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((listening, ended) => {
    child.on("error", ended);
    child.on("exit", () => ended(new Error(`${program} ended before it listened`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/listening on (http:\/\/\S+)/);
      if (found) listening(found[1]);
    });
  });
  return { url, stop: () => child.kill() };
}

/** A port that is free now, for a service whose URL must be known before it starts. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
