"""Clients of other makers continue a session by themselves when the access token has expired."""

import os
import time

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

PASSWORD = {"username": "alice", "password": "wonderland"}


def requests_oauthlib(url, updated):
    session = OAuth2Session(
        client=LegacyApplicationClient(client_id="page", scope=["read"]),
        auto_refresh_url=f"{url}/login",
        auto_refresh_kwargs={"client_id": "page"},
        token_updater=updated.append,
    )
    session.fetch_token(f"{url}/login", include_client_id=True, **PASSWORD)
    return session


def authlib(url, updated):
    session = AuthlibSession(
        "page",
        scope="read",
        token_endpoint=f"{url}/login",
        update_token=lambda token, refresh_token: updated.append(dict(token)),
    )
    session.fetch_token(grant_type="password", **PASSWORD)
    return session


def expire(session):
    session.token = {**session.token, "expires_at": time.time() - 1}


def refresh(url, token, client_id="page"):
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    answer = requests.post(f"{url}/login", data=form)
    return answer.status_code, answer.json()


def status(url, token):
    return requests.get(f"{url}/orders", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("client", [requests_oauthlib, authlib])
def test_a_client_refreshes_by_itself_and_a_reuse_ends_its_session(oauth2, client):
    updated = []
    session = client(oauth2, updated)
    assert session.get(f"{oauth2}/orders").status_code == 200
    seen = [dict(session.token)]
    for _ in range(2):
        expire(session)
        assert session.get(f"{oauth2}/orders").status_code == 200
        seen.append(dict(session.token))
    assert [token["refresh_token"] for token in updated] == [token["refresh_token"] for token in seen[1:]]
    for name in ["access_token", "refresh_token"]:
        assert len({token[name] for token in seen}) == 3, "each is new"
    assert [token["scope"] for token in seen] == [seen[0]["scope"]] * 3
    assert seen[2]["expires_at"] > time.time() + 3000
    assert [status(oauth2, token["access_token"]) for token in seen] == [200, 200, 200]

    # Whoever took the first refresh token uses it after the client did.
    assert refresh(oauth2, seen[0]["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert [status(oauth2, token["access_token"]) for token in seen] == [401, 401, 401]
    assert session.get(f"{oauth2}/orders").status_code == 401
    assert refresh(oauth2, seen[2]["refresh_token"]) == (400, {"error": "invalid_grant"})


def test_requests_oauthlib_reads_the_refusal(oauth2):
    session = requests_oauthlib(oauth2, [])
    expire(session)
    session.token = {**session.token, "refresh_token": "x"}
    with pytest.raises(InvalidGrantError):
        session.get(f"{oauth2}/orders")


def test_authlib_reads_the_refusal(oauth2):
    session = authlib(oauth2, [])
    expire(session)
    session.token = {**session.token, "refresh_token": "x"}
    with pytest.raises(AuthlibSession.oauth_error_class, match="invalid_grant"):
        session.get(f"{oauth2}/orders")


@pytest.mark.parametrize("client", [requests_oauthlib, authlib])
def test_a_refresh_token_is_of_no_use_to_another_client(oauth2, client):
    session = client(oauth2, [])
    assert refresh(oauth2, session.token["refresh_token"], client_id="other") == (400, {"error": "invalid_grant"})
    expire(session)
    assert session.get(f"{oauth2}/orders").status_code == 200
