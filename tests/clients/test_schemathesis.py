"""The example's own document against what the example answers, by schemathesis."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
import schemathesis

from conftest import start

FORM = "application/x-www-form-urlencoded"
PASSWORD = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "read write"}


@pytest.fixture
def service():
    """One of its own: what is guessed here fills the throttle."""
    process, url = start("oauth2")
    yield url
    process.kill()


def signed_in(url):
    return requests.post(f"{url}/login", data=PASSWORD).json()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def run(url, cwd, *arguments):
    config = ["--config-file", str(Path(__file__).with_name("schemathesis.toml"))]
    command = [sys.executable, "-m", "schemathesis.cli", *config, "run", f"{url}/schema", "--no-color", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_stranger_gets_an_answer_that_the_document_does_not_know(service, tmp_path):
    # The guard asks for a token before it tells whether a method is there.
    printed = run(service, tmp_path, "--exclude-checks", "unsupported_method")
    assert "Tested: 7" in printed


def test_no_user_gets_an_answer_that_the_document_does_not_know(service, tmp_path):
    token = signed_in(service)["access_token"]
    # After a logout all that follows would be a stranger's.
    printed = run(service, tmp_path, "--exclude-path", "/logout", "--header", f"Authorization: Bearer {token}")
    assert "Tested: 6" in printed
    assert "Authentication failed" not in printed


@pytest.fixture
def call(service):
    document = schemathesis.openapi.from_url(f"{service}/schema")

    def call(method, path, form=None, headers=None, **parts):
        body = {"body": form, "media_type": FORM} if form else {}
        case = document[path][method].Case(**body, **parts)
        answer = case.call(headers=headers)
        # Some requests here break the document's rules, to see what is answered.
        case.validate_response(answer, excluded_checks=[schemathesis.checks.CHECKS.get_one("positive_data_acceptance")])
        return answer.status_code, answer

    return call


def test_each_answer_of_the_token_endpoint_is_described(call):
    status, granted = call("POST", "/login", PASSWORD)
    assert status == 200
    refreshed = {"grant_type": "refresh_token", "refresh_token": granted.json()["refresh_token"]}
    assert call("POST", "/login", refreshed)[0] == 200
    assert call("POST", "/login", refreshed)[0] == 400
    guesses = [call("POST", "/login", {**PASSWORD, "password": "x"})[0] for _ in range(6)]
    # Five wrong passwords for a name from one address.
    assert guesses == [400] * 5 + [429]


def test_each_answer_of_the_guard_is_described(service, call):
    token = bearer(signed_in(service)["access_token"])
    assert call("GET", "/orders", headers=token)[0] == 200
    assert call("POST", "/orders", headers=token)[0] == 201
    assert call("GET", "/products/{id}", path_parameters={"id": 7}, headers=bearer("x"))[0] == 401
    assert call("GET", "/some-path")[0] == 401
    assert call("GET", "/some-path", headers=bearer("a b"))[0] == 400
    narrow = requests.post(f"{service}/login", data={**PASSWORD, "scope": "read"}).json()["access_token"]
    assert call("POST", "/orders", headers=bearer(narrow))[0] == 403
    assert call("POST", "/logout", headers=token)[0] == 204
    assert call("GET", "/orders", headers=token)[0] == 401
