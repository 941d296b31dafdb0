"""The documents of the examples against the OpenAPI 3.1 schema, and against what the guard does."""

import requests
from openapi_spec_validator import OpenAPIV31SpecValidator


def test_the_document_is_valid(documented):
    document = requests.get(f"{documented}/schema").json()
    assert document["openapi"].startswith("3.1")
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []


def test_the_scheme_is_the_password_flow(oauth2):
    schemes = requests.get(f"{oauth2}/schema").json()["components"]["securitySchemes"]
    assert schemes["Auth"]["flows"] == {
        "password": {"tokenUrl": "/login", "scopes": {"read": "Read orders", "write": "Change orders"}}
    }
    assert schemes["AuthCookie"]["in"] == "cookie" and schemes["AuthCookie"]["name"] == "__Host-token"


def test_operations_say_what_the_guard_does(oauth2):
    paths = requests.get(f"{oauth2}/schema").json()["paths"]
    assert paths["/login"]["post"]["security"] == []
    assert paths["/products/{id}"]["get"]["security"] == []
    assert paths["/some-path"]["get"]["security"] == [{"Auth": []}, {"AuthCookie": []}]
    assert paths["/orders"]["post"]["security"] == [{"Auth": ["write"]}, {"AuthCookie": ["write"]}]
    assert {"401", "403"} <= paths["/orders"]["post"]["responses"].keys()
    assert "401" not in paths["/login"]["post"]["responses"]


def test_an_operation_is_open_exactly_where_its_security_is_empty(oauth2):
    for path, item in requests.get(f"{oauth2}/schema").json()["paths"].items():
        for method, operation in item.items():
            url = oauth2 + path.replace("{id}", "7")
            is_refused = requests.request(method, url).status_code == 401
            assert is_refused == (operation["security"] != []), (method, path)
