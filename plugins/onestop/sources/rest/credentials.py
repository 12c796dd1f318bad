"""How a web service is shown who we are: a token, an API key, a login, or a token of OAuth 2 (by oauthlib)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import httpx
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

from onestop.sources.errors import SourceMisconfigured, SourceUnauthorised
from onestop.sources.rest.telling import Telling

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

Ask = Callable[[httpx.URL, bytes, dict[str, str]], tuple[int, bytes]]
"""Posts a body to a URL and returns status and body, kept to all limits of the conversation."""


class Credentials(Protocol):
    """What is sent with each request, and whether a refused one may be tried with something fresh."""

    def headers(self) -> dict[str, str]:
        """Return the headers for the next request."""

    def renew(self) -> bool:
        """Get something fresh after a refusal; False when there is nothing."""


class Fixed:
    """The same headers with every request."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def headers(self) -> dict[str, str]:
        """Return them."""
        return self._headers

    def renew(self) -> bool:
        """Nothing else is known."""
        return False


class ClientCredentials:
    """A token of the service's own identity server, asked for once a pull, and once again when it is refused."""

    def __init__(self, access: RestAccess, base: httpx.URL, telling: Telling, ask: Ask) -> None:
        self._declared, self._telling, self._ask = access.oauth2, telling, ask
        known = telling.request.access
        token_url = known.extra.get("token_url")
        self._url = httpx.URL(str(token_url)) if token_url else base.join(self._declared.token_path)
        self._login, self._secret = known.login or "", (known.password or "").strip()
        self._token: str | None = None
        self._was_renewed = False

    def headers(self) -> dict[str, str]:
        """Return the header with the token, asking for one when there is none."""
        self._token = self._token or self._asked()
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Forget the token, once."""
        if self._was_renewed:
            return False
        self._token, self._was_renewed = None, True
        return True

    def _asked(self) -> str:
        client = BackendApplicationClient(self._login, scope=self._declared.scope)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        more = {}
        if self._declared.send_credentials_in == "header":
            headers["Authorization"] = basic(self._login, self._secret)
        else:
            more = {"client_secret": self._secret}
        body = client.prepare_request_body(
            include_client_id=self._declared.send_credentials_in == "body", scope=self._declared.scope, **more
        )
        status, answer = self._ask(self._url, body.encode(), headers)
        try:
            token = client.parse_request_body_response(answer.decode("utf-8", "replace"), scope=self._declared.scope)
            return str(token["access_token"])
        except OAuth2Error as error:
            refused = error.error in {"invalid_client", "unauthorized_client", "access_denied", "invalid_grant"}
            seen = f"status {status}, {error.error}" + (f": {error.description}" if error.description else "")
            raise self._refused(seen, is_login=refused or status in {401, 403}) from error
        except (Warning, ValueError, KeyError, AttributeError, json.JSONDecodeError) as error:
            raise self._refused(f"status {status} and no token", is_login=status in {401, 403}) from error

    def _refused(self, seen: str, *, is_login: bool) -> Exception:
        connection = self._telling.connection
        return self._telling.error(
            SourceUnauthorised if is_login else SourceMisconfigured,
            self._url,
            expected="a token for the client credentials",
            seen=seen,
            remedy="Ask the agency for a valid client id and secret and put them into login and password of "
            f"{connection}; check access.oauth2 of the source {self._telling.source_id}.",
        )


def basic(login: str, secret: str) -> str:
    """Return the value of an Authorization header for a login."""
    return "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()


def credentials_for(access: RestAccess, base: httpx.URL, telling: Telling, ask: Ask) -> Credentials:
    """Return what the source's configuration wants to be sent. Raises SourceMisconfigured without a usable secret."""
    kind, known = access.authentication, telling.request.access
    if kind == "none":
        return Fixed({})
    secret = (known.password or "").strip()
    if not secret or (kind != "body" and not (secret.isascii() and secret.isprintable())):
        raise telling.misconfigured(
            base,
            expected=f"the secret for {kind} in the connection's password",
            seen="none" if not secret else "characters that cannot be sent (a line end, or letters outside ASCII)",
            remedy=f"Put the secret as the agency gave it into {telling.connection}.",
        )
    if kind == "oauth2":
        return ClientCredentials(access, base, telling, ask)
    if kind == "basic":
        return Fixed({"Authorization": basic(known.login or "", secret)})
    if kind == "api_key":
        return Fixed({access.api_key_header: secret})
    return Fixed({} if kind == "body" else {"Authorization": f"Bearer {secret}"})
