"""Authlib, in a Flask application as its documentation shows it, logs in at the mock provider.

Environment: MOCK_URL and AUTO_URL (with --auto-login), CLIENT_ID, CLIENT_SECRET, REDIRECT_URI.
"""

import os
import secrets
import sys
import traceback
from urllib.parse import urlsplit

from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify

from browser import Browser

MOCK_URL = os.environ["MOCK_URL"]
AUTO_URL = os.environ["AUTO_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
REDIRECT_URI = os.environ["REDIRECT_URI"]
CITIZEN = Browser().json(f"{MOCK_URL}/citizens")[0]

passed = failed = 0


def check(name, about, body):
    global passed, failed
    try:
        body()
    except Exception:
        failed += 1
        print(f"  FAIL  {name}: {about}\n{traceback.format_exc(limit=4)}")
    else:
        passed += 1
        print(f"  ok    {name}: {about}")


class RelyingParty:
    """A Flask application, its visitor, and the visitor's browser at the provider."""

    def __init__(self, base=MOCK_URL, secret=CLIENT_SECRET, browser=None, **kwargs):
        self.app = Flask(__name__)
        self.app.secret_key = secrets.token_hex(32)
        client_kwargs = {"scope": "openid profile phone", "code_challenge_method": "S256", **kwargs}
        self.provider = OAuth(self.app).register(
            "vneid",
            client_id=CLIENT_ID,
            client_secret=secret,
            server_metadata_url=f"{base}/oidc/.well-known/openid-configuration",
            client_kwargs={key: value for key, value in client_kwargs.items() if value is not None},
        )
        self.app.add_url_rule("/login", view_func=self._login)
        self.app.add_url_rule(urlsplit(REDIRECT_URI).path, "callback", self._callback)
        self.visitor = self.app.test_client()
        self.browser = browser or Browser()
        self.redirect_uri = REDIRECT_URI

    def _login(self):
        return self.provider.authorize_redirect(self.redirect_uri)

    def _callback(self):
        try:
            # Checks state, redeems the code with its verifier, and validates the id_token: signature, issuer,
            # audience, nonce, times, at_hash.
            token = self.provider.authorize_access_token()
            return jsonify(id_token=token["userinfo"], userinfo=self.provider.userinfo(token=token))
        except MismatchingStateError as error:
            return jsonify(error=error.error), 403
        except OAuthError as error:
            return jsonify(error=error.error), 400

    def ask(self):
        """To the provider, through whatever pages it shows, to the callback or to where it ends."""
        page = self.browser.open(self.visitor.get("/login").headers["Location"], stop=REDIRECT_URI)
        if page.status == 200:
            page = self.browser.submit(
                page, {"username": CITIZEN["username"], "password": CITIZEN["password"]}, stop=REDIRECT_URI
            )
            messages = self.browser.json(f"{MOCK_URL}/sms?phone={CITIZEN['phones'][0]}")
            page = self.browser.submit(page, {"otp": messages[0]["code"]}, stop=REDIRECT_URI)
        return page

    def come_back(self, page):
        assert page.url.startswith(REDIRECT_URI), f"{page.status} {page.url}"
        callback = urlsplit(page.url)
        return self.visitor.get(callback.path, query_string=callback.query)


def login():
    answer = party.come_back(party.ask())
    assert answer.status_code == 200, answer.json
    id_token, userinfo = answer.json["id_token"], answer.json["userinfo"]
    assert id_token["iss"] == f"{MOCK_URL}/oidc" and id_token["sub"] == userinfo["sub"]
    assert id_token["acr"] == "LoA2", id_token
    assert userinfo["name"] == CITIZEN["full_name"]


def client_secret_post():
    answer = sibling(token_endpoint_auth_method="client_secret_post").log_in_again()
    assert answer.status_code == 200, answer.json


def wrong_secret():
    answer = sibling(secret="not-the-secret").log_in_again()
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_client"}), answer.json


def without_pkce():
    other = sibling(code_challenge_method=None)
    answer = other.come_back(other.ask())
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_request"}), answer.json


def wrong_redirect_uri():
    other = sibling()
    other.redirect_uri = f"{REDIRECT_URI}/elsewhere"
    page = other.browser.open(other.visitor.get("/login").headers["Location"])
    assert (page.status, page.hops) == (400, 0), f"{page.status} {page.url}"


def replayed_callback():
    page = party.ask()
    assert party.come_back(page).status_code == 200
    assert party.come_back(page).status_code == 403


def replayed_code():
    """With the visitor's cookie put back, Authlib sends the same code and verifier again: the provider must refuse."""
    page = party.ask()
    cookie = party.visitor.get_cookie("session")
    assert party.come_back(page).status_code == 200
    party.visitor.set_cookie("session", cookie.value)
    answer = party.come_back(page)
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_grant"}), answer.json


def auto_login():
    other = RelyingParty(base=AUTO_URL)
    page = other.browser.open(other.visitor.get("/login").headers["Location"], stop=REDIRECT_URI)
    answer = other.come_back(page)
    assert answer.json["userinfo"]["name"] == CITIZEN["full_name"], answer.json


def sibling(**kwargs):
    """Another application in the same browser: single sign-on spares it the pages."""
    other = RelyingParty(browser=party.browser, **kwargs)
    other.log_in_again = lambda: other.come_back(other.ask())
    return other


party = RelyingParty()
check("d1_d11_d44_login", "discovery, PKCE, state, nonce, password, one-time code, id_token, userinfo", login)
check("client_secret_post", "the other way to present the secret", client_secret_post)
check("wrong_secret", "401 invalid_client", wrong_secret)
check("no_pkce", "a client that forgot PKCE gets invalid_request", without_pkce)
check("wrong_redirect_uri", "a page of the provider, no redirect", wrong_redirect_uri)
check("replayed_callback", "Authlib refuses the state", replayed_callback)
check("replayed_code", "the provider refuses the code", replayed_code)
check("auto_login", "with --auto-login a request is answered at once, without a page", auto_login)
print(f"Authlib at the mock: {passed} checks passed, {failed} failed")
sys.exit(0 if failed == 0 and passed > 0 else 1)
