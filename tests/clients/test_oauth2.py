"""Clients of other makers against the oauth2 example."""

import os
import time

import jwt
import pytest
import requests
from oauthlib.oauth2 import LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from conftest import SECRET

ISSUER = "https://oauth2.example"

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


@pytest.fixture(scope="session")
def session(oauth2):
    session = OAuth2Session(client=LegacyApplicationClient(client_id="any", scope=["read"]))
    session.fetch_token(f"{oauth2}/login", username="alice", password="wonderland", include_client_id=True)
    return session


def claims(session, **changes):
    token = session.token["access_token"]
    known = jwt.decode(token, SECRET, algorithms=["HS256"], audience=ISSUER, issuer=ISSUER)
    return {**known, **changes}


def status(url, token):
    return requests.get(f"{url}/some-path", headers={"Authorization": f"Bearer {token}"}).status_code


def made_by_pyjwt(claims, secret=SECRET, algorithm="HS256"):
    return jwt.encode(claims, secret, algorithm=algorithm, headers={"typ": "at+jwt"})


def test_requests_oauthlib_logs_in_and_calls(oauth2, session):
    answer = session.get(f"{oauth2}/some-path")
    assert answer.status_code == 200
    assert answer.json()["name"] == "alice"
    assert session.get(f"{oauth2}/orders").status_code == 200
    refused = session.post(f"{oauth2}/orders")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_pyjwt_reads_the_token(session):
    token = session.token["access_token"]
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "at+jwt"}
    known = claims(session)
    assert known["scope"] == "read"
    assert 3590 <= known["exp"] - time.time() <= 3600


def test_a_token_made_by_pyjwt_is_accepted(oauth2, session):
    assert status(oauth2, made_by_pyjwt(claims(session))) == 200


def test_tokens_that_pyjwt_can_make_and_nobody_may_use_are_refused(oauth2, session):
    now = int(time.time())
    assert status(oauth2, made_by_pyjwt(claims(session), secret=SECRET[::-1])) == 401
    assert status(oauth2, made_by_pyjwt(claims(session), secret=None, algorithm="none")) == 401
    assert status(oauth2, made_by_pyjwt(claims(session), algorithm="HS384", secret=SECRET * 2)) == 401
    assert status(oauth2, made_by_pyjwt(claims(session, exp=now - 1))) == 401
    assert status(oauth2, made_by_pyjwt(claims(session, aud="https://another.example"))) == 401
    assert status(oauth2, made_by_pyjwt(claims(session, iss="https://another.example"))) == 401
    assert status(oauth2, jwt.encode(claims(session), SECRET, algorithm="HS256")) == 401


def test_a_wrong_password_is_told_from_nothing(oauth2):
    def post(username, password):
        form = {"grant_type": "password", "username": username, "password": password}
        return requests.post(f"{oauth2}/login", data=form)

    wrong, unknown = post("alice", "wrong"), post("nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.content == unknown.content == b'{"error":"invalid_grant"}'
