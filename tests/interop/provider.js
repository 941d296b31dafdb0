// An OpenID provider of another maker, the npm package oidc-provider, on a free port of this machine. It signs the same user in
// without asking, or shows a form. `resources` says which tokens it issues for which resource (RFC 8707).
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import Provider, { errors, interactionPolicy } from "oidc-provider";

/** The client of a person: public, with PKCE. Its redirect URI may have any port of this machine. */
export const APP = { id: "app", redirectUri: "http://127.0.0.1/callback" };
/** The client of a resource server, which may introspect opaque tokens. */
export const RESOURCE_SERVER = { id: "resource-server", secret: "the secret of the resource server" };
/** A service that signs in for itself. */
export const SERVICE = { id: "service", secret: "the secret of the service" };

/** A new private key as a JWK. */
export function signingKey(alg, kid) {
  const [type, options] = alg === "ES256" ? ["ec", { namedCurve: "P-256" }] : ["rsa", { modulusLength: 2048 }];
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), alg, kid, use: "sig" };
}

/** What the provider keeps. It outlives a change of keys, for which a new `Provider` is made. */
function memory() {
  const all = new Map();
  return class {
    constructor(model) {
      this.of = (id) => `${model}:${id}`;
    }
    async upsert(id, payload, expiresIn) {
      all.set(this.of(id), { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    }
    async find(id) {
      const found = all.get(this.of(id));
      return found && found.until > Date.now() ? found.payload : undefined;
    }
    async #findBy(member, value) {
      const entries = [...all].filter(([key]) => key.startsWith(this.of("")));
      return entries.map(([, { payload }]) => payload).find((payload) => payload[member] === value);
    }
    findByUid(uid) {
      return this.#findBy("uid", uid);
    }
    findByUserCode(code) {
      return this.#findBy("userCode", code);
    }
    async consume(id) {
      (await this.find(id)).consumed = Math.floor(Date.now() / 1000);
    }
    async destroy(id) {
      all.delete(this.of(id));
    }
    async revokeByGrantId(grantId) {
      for (const [key, { payload }] of all) if (payload.grantId === grantId) all.delete(key);
    }
  };
}

/**
 * Starts a provider. `resources` is a `Map` from the URL of a resource to `{ scope, format }`, with the format `"jwt"` or
 * `"opaque"`, and may be changed later. `defaultResource` is that of a client that names none, as Swagger UI does. `form` shows a
 * sign-in page that asks for a name. `clients` are more clients.
 */
export async function startProvider({ resources = new Map(), defaultResource, user = "alice", form = false, clients = [] } = {}) {
  let current;
  const server = createServer(async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return current.callback()(request, response);
    if (form && request.method === "GET") {
      response.setHeader("content-type", "text/html");
      return response.end('<form method="post"><input name="user" autofocus> <button>Sign in</button></form>');
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const accountId = new URLSearchParams(body).get("user") ?? user;
    return current.interactionFinished(request, response, { login: { accountId }, consent: {} });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;

  const policy = interactionPolicy.base();
  policy.get("consent").checks.remove("native_client_prompt");
  const configuration = {
    adapter: memory(),
    cookies: { keys: [randomBytes(32).toString("hex")] },
    clients: [
      {
        client_id: APP.id,
        application_type: "native",
        token_endpoint_auth_method: "none",
        redirect_uris: [APP.redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
      },
      {
        client_id: RESOURCE_SERVER.id,
        client_secret: RESOURCE_SERVER.secret,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
      {
        client_id: SERVICE.id,
        client_secret: SERVICE.secret,
        redirect_uris: [],
        response_types: [],
        grant_types: ["client_credentials"],
      },
      ...clients,
    ],
    clientBasedCORS: () => true,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_, __, oneOf) => oneOf ?? defaultResource,
        useGrantedResource: () => true,
        getResourceServerInfo(_, url) {
          const resource = resources.get(url);
          if (!resource) throw new errors.InvalidTarget();
          const { scope, format } = resource;
          return { scope, audience: url, accessTokenFormat: format, jwt: { sign: { alg: "ES256" } } };
        },
      },
      revocation: { enabled: true },
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}`, policy },
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    // Everything that is asked for is granted.
    async loadExistingGrant({ oidc }) {
      const { Grant } = oidc.provider;
      const grant = new Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(oidc.params.scope ?? "");
      for (const [url, { scope }] of resources) grant.addResourceScope(url, scope);
      await grant.save();
      return grant;
    },
    responseTypes: ["code"],
    // A client that registers itself may name the scopes of resources.
    scopes: ["openid", "offline_access", ...[...resources.values()].flatMap(({ scope }) => scope.split(" "))],
    ttl: { AccessToken: 600, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
  };
  let keys = [];
  /** Publishes these keys. The first of an algorithm signs. */
  const publish = (published) => {
    keys = published;
    current = new Provider(issuer, { ...configuration, jwks: { keys } });
  };
  publish([signingKey("ES256", "es-1"), signingKey("RS256", "rs-1")]);

  return {
    issuer,
    resources,
    publish,
    /** Registers a public client of a page (RFC 7591), and returns its id. */
    async register(metadata) {
      const client = { token_endpoint_auth_method: "none", scope: configuration.scopes.join(" "), ...metadata };
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${issuer}/reg`, { method: "POST", headers, body: JSON.stringify(client) });
      if (answer.status !== 201) throw new Error(await answer.text());
      return (await answer.json()).client_id;
    },
    /** The keys that are published now, with their private parts. */
    keys: () => keys,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Follows the redirects of a sign-in without a form, as a browser does, up to the redirect URI of the client. */
export async function follow(url, redirectUri) {
  const cookies = new Map();
  for (let next = new URL(url), hops = 0; hops < 10; hops += 1) {
    if (next.href.startsWith(redirectUri)) return next;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(next, { redirect: "manual", headers: { cookie } });
    for (const [name, value] of answer.headers.getSetCookie().map((line) => line.split(";")[0].split("="))) {
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (!location) throw new Error(`${next} answers ${answer.status}: ${await answer.text()}`);
    next = new URL(location, next);
  }
  throw new Error("too many redirects");
}
