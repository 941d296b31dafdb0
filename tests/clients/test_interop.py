"""Tokens made here and verified there, and the reverse, for every algorithm: PyJWT and joserfc."""

import json
import os
import subprocess
import time

import jwt
import pytest
from joserfc import jwk as jose_jwk
from joserfc import jwt as jose_jwt

ISSUER = "https://issuer.test"
SECRET = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5Eq3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E"
ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]


def interop(asked):
    binary = os.path.join(os.environ["EXAMPLES_DIR"], "interop")
    run = subprocess.run([binary], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture(scope="session")
def issued():
    return interop({"issue": SECRET})


def key_of(issued, algorithm):
    keys = issued["jwks"][algorithm]["keys"]
    return keys[0] if keys else None


def claims():
    now = int(time.time())
    return {"iss": ISSUER, "aud": ISSUER, "sub": "7", "exp": now + 60, "iat": now, "jti": "1", "client_id": "c", "name": "n"}


def new_key(algorithm):
    """A private JWK of the algorithm's kind, by joserfc."""
    if algorithm.startswith("HS"):
        return jose_jwk.OctKey.import_key(SECRET)
    if algorithm.startswith("ES"):
        return jose_jwk.ECKey.generate_key("P-256" if algorithm == "ES256" else "P-384", private=True)
    if algorithm in ("EdDSA", "Ed25519"):
        return jose_jwk.OKPKey.generate_key("Ed25519", private=True)
    return jose_jwk.RSAKey.generate_key(2048, private=True)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyjwt_verifies_ours(issued, algorithm):
    public = key_of(issued, algorithm)
    key = jwt.PyJWK(public, algorithm=algorithm).key if public else SECRET
    found = jwt.decode(issued["tokens"][algorithm], key, algorithms=[algorithm], audience=ISSUER, issuer=ISSUER)
    assert (found["sub"], found["name"], found["client_id"]) == ("7", 'Zoë "quoted"', ISSUER)


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "Ed25519"])
def test_joserfc_verifies_ours(issued, algorithm):
    public = key_of(issued, algorithm)
    key = jose_jwk.import_key(public) if public else jose_jwk.OctKey.import_key(SECRET)
    found = jose_jwt.decode(issued["tokens"][algorithm], key, algorithms=[algorithm])
    assert found.header["typ"] == "at+jwt"
    assert found.claims["sub"] == "7"
    if public:
        assert public["kid"] == found.header["kid"] == key.thumbprint()


@pytest.mark.parametrize("maker", ["pyjwt", "joserfc"])
def test_we_verify_theirs_and_nothing_else(maker):
    cases, expected = [], []
    for algorithm in ALGORITHMS:
        key, other = new_key(algorithm), new_key(algorithm)
        public = key.as_dict(private=algorithm.startswith("HS"))
        if maker == "joserfc":
            token = jose_jwt.encode({"alg": algorithm, "typ": "at+jwt"}, claims(), key, algorithms=[algorithm])
        else:
            secret = SECRET if algorithm.startswith("HS") else key.as_pem(private=True).decode()
            token = jwt.encode(claims(), secret, algorithm=algorithm, headers={"typ": "at+jwt"})
        cases.append({"alg": algorithm, "jwk": public, "token": token})
        expected.append(True)
        head, body, signature = token.split(".")
        cases.append({"alg": algorithm, "jwk": public, "token": f"{head}.{body}.{signature[:-6]}AAAAAA"})
        expected.append(False)
        if not algorithm.startswith("HS"):
            cases.append({"alg": algorithm, "jwk": other.as_dict(private=False), "token": token})
            expected.append(False)
    assert interop({"verify": cases}) == expected
