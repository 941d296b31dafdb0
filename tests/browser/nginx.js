// nginx in front of an example, with TLS. It ends with the test.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A name that browsers do not treat as this machine. */
export const HOST = "shop.test";
export const AT_HOST = `--host-resolver-rules=MAP ${HOST} 127.0.0.1`;

/** A program from Debian's packages. Where it is missing, the test says so, and with `JWT_AUTH_REQUIRE` it fails. */
export function has(t, program) {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return true;
  } catch {
    if (process.env.JWT_AUTH_REQUIRE) throw new Error(`${program} is required, and not installed`);
    t.skip(`${program} is not installed`);
    return false;
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function listens(port) {
  const connects = () =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
  while (!(await connects())) await pause(50);
}

/**
 * The origin that browsers see. `location` is the path at which nginx serves the example (it takes everything before the last slash
 * off), `headers` what it says of the client, and `http2` whether it speaks HTTP/2.
 */
export async function nginx(t, url, { location = "/", headers, http2 = false }) {
  const folder = await mkdtemp(join(tmpdir(), "jwt-auth-nginx-"));
  const port = await freePort();
  const key = join(folder, "key.pem");
  const certificate = join(folder, "certificate.pem");
  const subject = ["-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off;
    pid ${folder}/nginx.pid;
    error_log stderr crit;
    worker_processes 1;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n")}
      map $http_upgrade $connection_upgrade { default upgrade; "" close; }
      server {
        listen 127.0.0.1:${port} ssl${http2 ? " http2" : ""};
        ssl_certificate ${certificate};
        ssl_certificate_key ${key};
        location ${location} {
          proxy_pass ${url}/;
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          ${Object.entries(headers).map(([name, value]) => `proxy_set_header ${name} "${value}";`).join("\n")}
        }
      }
    }`,
  );
  const child = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  await Promise.race([
    listens(port),
    ended.then(() => {
      throw new Error("nginx ended before it listened");
    }),
  ]);
  return `https://${HOST}:${port}`;
}
