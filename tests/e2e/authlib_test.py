"""PyPI `Authlib` as a web app's and a service's library; a person's clicks are plain form posts over HTTP."""

import base64
import json
import os
import secrets
import signal
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

BINARY = os.environ.get("KEYWRIGHT_BIN", Path(__file__).parents[2] / "target/debug/keywright")
REDIRECT_URI = "http://127.0.0.1:43117/callback"


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    """A running `keywright dev`: what it says of itself."""
    folder = tmp_path_factory.mktemp("dev")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KEYWRIGHT_")}
    with open(folder / "log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [BINARY, "dev", "--json", "--port", "0"],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
        )
        try:
            line = process.stdout.readline()
            assert line, (folder / "log").read_text()
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=15)


@pytest.fixture(scope="module")
def metadata(dev):
    return requests.get(f"{dev['issuer']}/.well-known/openid-configuration", timeout=10).json()


class Form(HTMLParser):
    """The one form of a page that is shown without scripts: where it goes, and its fields with their values."""

    def __init__(self, page):
        super().__init__()
        self.url, self.fields, self.id = page.url, {}, None
        self.action, self.shown = None, False
        self.feed(page.text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.shown = "hidden" not in attributes
        if not self.shown:
            return
        if tag == "form":
            assert attributes["method"].lower() == "post"
            self.action, self.id = urljoin(self.url, attributes["action"]), attributes.get("id")
        elif tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")


class Browser:
    """A person's browser without scripts: cookies, redirects, forms."""

    def __init__(self, issuer):
        self.issuer = issuer
        self.session = requests.Session()

    def follow(self, response):
        """Follows redirects to the next page, or to the URL of the app that is returned instead."""
        while response.is_redirect:
            location = urljoin(response.url, response.headers["location"])
            if location.startswith(REDIRECT_URI):
                return location
            response = self.session.get(location, allow_redirects=False, timeout=10)
        assert response.status_code == 200, response.text
        return response

    def open(self, url):
        return self.follow(self.session.get(url, allow_redirects=False, timeout=10))

    def submit(self, page, **values):
        form = Form(page)
        assert form.action, page.text
        return self.follow(
            self.session.post(
                form.action, data=form.fields | values, headers={"origin": self.issuer}, allow_redirects=False, timeout=10
            )
        )


def session_of(dev, name, **options):
    client = dev["clients"][name]
    return OAuth2Session(
        client["client_id"], client["client_secret"], token_endpoint_auth_method="client_secret_basic", **options
    )


def test_a_web_app_gets_tokens_by_code_and_pkce_and_its_id_token_verifies_against_the_published_keys(dev, metadata):
    web = session_of(dev, "demo-web", scope="openid profile email", redirect_uri=REDIRECT_URI, code_challenge_method="S256")
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    url, state = web.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)

    browser, alice = Browser(dev["issuer"]), dev["users"]["alice"]
    page = browser.submit(browser.open(url), username=alice["email"], password=alice["password"])
    returned = page if isinstance(page, str) else browser.submit(page, decision="allow")
    token = web.fetch_token(metadata["token_endpoint"], authorization_response=returned, state=state, code_verifier=verifier)

    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "values": [dev["issuer"]]}, "aud": {"essential": True, "value": web.client_id}},
        {"nonce": nonce, "client_id": web.client_id, "access_token": token["access_token"]},
    )
    claims.validate()
    person = web.get(metadata["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"]
    assert person["email"] == alice["email"]


def test_a_code_is_worth_nothing_without_its_verifier(dev, metadata):
    web = session_of(dev, "demo-web", scope="openid", redirect_uri=REDIRECT_URI, code_challenge_method="S256")
    url, state = web.create_authorization_url(metadata["authorization_endpoint"], code_verifier=secrets.token_urlsafe(48))
    browser, bob = Browser(dev["issuer"]), dev["users"]["bob"]
    page = browser.submit(browser.open(url), username=bob["email"], password=bob["password"])
    returned = page if isinstance(page, str) else browser.submit(page, decision="allow")
    with pytest.raises(OAuthError, match="invalid_grant"):
        web.fetch_token(
            metadata["token_endpoint"], authorization_response=returned, state=state, code_verifier=secrets.token_urlsafe(48)
        )


def test_a_service_gets_an_access_token_by_client_credentials_that_verifies_against_the_published_keys(dev, metadata):
    service = session_of(dev, "demo-service")
    token = service.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert token["token_type"].lower() == "bearer"
    assert "refresh_token" not in token
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token["access_token"], keys, algorithms=["RS256", "ES256"])
    assert decoded.header["typ"] == "at+jwt"
    assert decoded.claims["iss"] == dev["issuer"]
    assert decoded.claims["client_id"] == service.client_id


def test_a_denied_token_is_told_by_a_status_list_that_any_decoder_reads(dev, metadata):
    """draft-ietf-oauth-status-list, by nothing but a JWT library and zlib."""
    service = session_of(dev, "demo-service")
    access, denied = (
        service.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")["access_token"] for _ in range(2)
    )
    assert service.revoke_token(metadata["revocation_endpoint"], token=denied).status_code == 200
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())

    def status_of(token):
        reference = jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims["status"]["status_list"]
        answer = requests.get(reference["uri"], headers={"accept": "application/statuslist+jwt"}, timeout=10)
        assert answer.headers["content-type"] == "application/statuslist+jwt"
        signed = jwt.decode(answer.text, keys, algorithms=["RS256", "ES256"])
        assert signed.header["typ"] == "statuslist+jwt"
        assert signed.claims["sub"] == reference["uri"]
        packed = signed.claims["status_list"]["lst"]
        bits = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        assert signed.claims["status_list"]["bits"] == 1
        return bits[reference["idx"] // 8] >> (reference["idx"] % 8) & 1

    assert (status_of(access), status_of(denied)) == (0, 1)
