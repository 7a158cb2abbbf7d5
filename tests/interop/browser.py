"""A browser without a screen: requests keeps the cookies, this follows redirects and fills in forms."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

MOST_REDIRECTS = 20


class Browser:
    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Accept": "text/html", "Accept-Language": "vi"})

    def open(self, url, stop=None):
        """Opens a page and follows redirects, but never to an address that begins with `stop`: that one is returned
        unasked, as the relying party's own code would see it."""
        return self._follow("GET", url, None, stop)

    def submit(self, page, fields, stop=None):
        """Sends the form that holds all these fields."""
        form = page.form(fields)
        return self._follow("POST", form.action, {**form.values, **fields}, stop)

    def json(self, url):
        return self.session.get(url, headers={"Accept": "application/json"}, timeout=20).json()

    def _follow(self, method, url, data, stop):
        for hop in range(MOST_REDIRECTS):
            if stop and url.startswith(stop):
                return Page(url, 0, "", hop)
            headers = {"Sec-Fetch-Site": "same-origin"} if data is not None else {}
            answer = self.session.request(method, url, data=data, headers=headers, allow_redirects=False, timeout=20)
            if "Location" not in answer.headers:
                return Page(url, answer.status_code, answer.text, hop)
            url, method, data = urljoin(url, answer.headers["Location"]), "GET", None
        raise RuntimeError(f"more than {MOST_REDIRECTS} redirects")


class Page:
    def __init__(self, url, status, text, hops):
        self.url, self.status, self.text, self.hops = url, status, text, hops

    def form(self, fields):
        forms = _Forms(self.url)
        forms.feed(self.text)
        for form in forms.found:
            if all(field in form.names for field in fields):
                return form
        raise AssertionError(f"{self.status} {self.url.split('?')[0]} has no form with {', '.join(fields)}")


class _Form:
    def __init__(self, action):
        self.action, self.values, self.names = action, {}, set()


class _Forms(HTMLParser):
    def __init__(self, url):
        super().__init__()
        self.url, self.found = url, []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.inside = True
            self.found.append(_Form(urljoin(self.url, attributes.get("action") or "")))
        elif tag == "input" and self.inside and attributes.get("name"):
            form = self.found[-1]
            form.names.add(attributes["name"])
            if attributes.get("type") not in ("submit", "radio", "checkbox"):
                form.values[attributes["name"]] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
