// Tokens made here and verified there, and the reverse, for every algorithm: the npm package jose.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as jose from "jose";

const ISSUER = "https://issuer.test";
const SECRET = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5Eq3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";
const PUBLIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];
const HMAC = ["HS256", "HS384", "HS512"];

const interop = (asked) =>
  JSON.parse(execFileSync(join(process.env.EXAMPLES_DIR, "interop"), { input: JSON.stringify(asked), maxBuffer: 1 << 26 }));

test("jose verifies ours", async () => {
  const issued = interop({ issue: SECRET });
  for (const alg of [...PUBLIC, ...HMAC]) {
    const key = HMAC.includes(alg) ? new TextEncoder().encode(SECRET) : jose.createLocalJWKSet(issued.jwks[alg]);
    const options = { issuer: ISSUER, audience: ISSUER, typ: "at+jwt", algorithms: [alg] };
    const { payload, protectedHeader } = await jose.jwtVerify(issued.tokens[alg], key, options);
    assert.deepEqual([payload.sub, payload.name, protectedHeader.alg], ["7", 'Zoë "quoted"', alg]);
    if (PUBLIC.includes(alg)) {
      assert.equal(await jose.calculateJwkThumbprint(issued.jwks[alg].keys[0]), protectedHeader.kid);
    }
  }
});

test("we verify theirs and nothing else", async () => {
  const cases = [];
  const expected = [];
  for (const alg of [...PUBLIC, ...HMAC]) {
    const secret = new TextEncoder().encode(SECRET);
    const pair = HMAC.includes(alg) ? { privateKey: secret, publicKey: secret } : await jose.generateKeyPair(alg, { extractable: true });
    const jwk = await jose.exportJWK(pair.publicKey);
    const token = await new jose.SignJWT({ client_id: "c", name: "n" })
      .setProtectedHeader({ alg, typ: "at+jwt" })
      .setIssuer(ISSUER).setAudience(ISSUER).setSubject("7").setJti("1").setIssuedAt().setExpirationTime("60s")
      .sign(pair.privateKey);
    cases.push({ alg, jwk, token }, { alg, jwk, token: `${token.slice(0, -6)}AAAAAA` });
    expected.push(true, false);
  }
  assert.deepEqual(interop({ verify: cases }), expected);
});
