"""The stand-in's server, which runs on its own or in a test's process."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.stand_ins.serving import LocalServer, refuse_in_production
from scripts.stand_ins.supabase.people import TOKEN_SECONDS, Mail, People, Person, Refusal, Session

KEY_ID = "stand-in"


class SupabaseStandIn(LocalServer):
    """A stand-in for Supabase Auth. `with SupabaseStandIn() as supabase` serves it from its own thread.

    mails: those that it would have sent. received: method, path and `Sb-Forwarded-For` of every request with the right
    key. answer: set it to answer every request but those for the keys otherwise (status and body); seconds: how late
    each of those answers is.
    """

    def __init__(
        self,
        *,
        api_key: str = "sb_secret_stand_in",
        confirms: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Bind the port; 0 means any free one. Raises RefusedInProduction, and OSError if the port is in use."""
        refuse_in_production("Supabase")
        self.api_key = api_key
        self.mails: list[Mail] = []
        self.received: list[tuple[str, str, str | None]] = []
        self.answer: tuple[int, bytes] | None = None
        self.seconds = 0.0
        self.mailing: Callable[[Mail], object] = lambda mail: None
        self.people = People(confirms, self._mail)
        self._key = ec.generate_private_key(ec.SECP256R1())
        super().__init__("Supabase", host, port)
        self._issuer = f"{self.base_url}/auth/v1"
        handlers: dict[tuple[str, str], Callable[[Request, dict[str, Any]], Any]] = {
            ("POST", "/signup"): self._sign_up,
            ("POST", "/token"): self._token,
            ("POST", "/verify"): self._verify,
            ("POST", "/recover"): self._recover,
            ("POST", "/resend"): self._resend,
            ("POST", "/logout"): self._log_out,
            ("GET", "/user"): lambda request, body: self._session(request).person.described(),
            ("PUT", "/user"): self._change,
            ("POST", "/factors"): self._add_factor,
            ("POST", "/factors/{factor}/challenge"): self._challenge,
            ("POST", "/factors/{factor}/verify"): self._pass_factor,
            ("DELETE", "/factors/{factor}"): self._remove_factor,
        }
        routes = [Route("/auth/v1/.well-known/jwks.json", self._keys)]
        routes += [
            Route(f"/auth/v1{path}", self._served(handler), methods=[method])
            for (method, path), handler in handlers.items()
        ]
        self.answer_with(Starlette(routes=routes))

    def mail(self, email: str) -> Mail:
        """Return the latest mail to an address."""
        return next(mail for mail in reversed(self.mails) if mail.email == email)

    def _mail(self, mail: Mail) -> None:
        self.mails.append(mail)
        self.mailing(mail)

    def _served(self, handler: Callable[[Request, dict[str, Any]], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            # The gateway in front of Supabase Auth asks for a key of the project.
            if not hmac.compare_digest(request.headers.get("apikey", "").encode(), self.api_key.encode()):
                return JSONResponse({"message": "No API key found in request"}, 401)
            self.received.append((request.method, request.url.path, request.headers.get("sb-forwarded-for")))
            await asyncio.sleep(self.seconds)
            if self.answer is not None:
                return Response(self.answer[1], self.answer[0], media_type="application/json")
            try:
                body = await request.body()
                found = handler(request, json.loads(body) if body else {})
            except Refusal as refusal:
                return self._refused(request, refusal)
            except (ValueError, KeyError, AttributeError):
                return self._refused(request, Refusal(400, "bad_json", "Could not parse request body as JSON"))
            return Response(status_code=204) if found is None else JSONResponse(found)

        return answer

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        if request.headers.get("x-supabase-api-version", "") >= "2024-01-01":
            return JSONResponse({"code": refusal.code, "message": refusal.message}, refusal.status)
        told = {"code": refusal.status, "error_code": refusal.code, "msg": refusal.message}
        return JSONResponse(told, refusal.status)

    async def _keys(self, _request: Request) -> Response:
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return JSONResponse({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]})

    def _session(self, request: Request) -> Session:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self._key.public_key(), ["ES256"], audience="authenticated")
        except jwt.PyJWTError:
            raise Refusal(403, "bad_jwt", "invalid JWT") from None
        session = self.people.sessions.get(claims["session_id"])
        if session is None:
            raise Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return session

    def _tokens(self, session: Session) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "sub": session.person.id,
            "aud": "authenticated",
            "exp": now + TOKEN_SECONDS,
            "iat": now,
            "email": session.person.email,
            "phone": "",
            "app_metadata": {"provider": "email"},
            "user_metadata": session.person.metadata,
            "role": "authenticated",
            "aal": session.assurance,
            "session_id": session.id,
            "is_anonymous": False,
        }
        return {
            "access_token": jwt.encode(claims, self._key, "ES256", headers={"kid": KEY_ID}),
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
            "expires_at": now + TOKEN_SECONDS,
            "refresh_token": session.refresh_token,
            "user": session.person.described(),
        }

    def _sign_up(self, _request: Request, body: dict[str, Any]) -> Any:
        made = self.people.sign_up(body["email"], body["password"], body.get("data") or {})
        return made.described() if isinstance(made, Person) else self._tokens(made)

    def _token(self, request: Request, body: dict[str, Any]) -> Any:
        match request.query_params.get("grant_type"):
            case "password":
                return self._tokens(self.people.sign_in(body["email"], body["password"]))
            case "refresh_token":
                return self._tokens(self.people.refresh(body["refresh_token"]))
        raise Refusal(400, "validation_failed", "unsupported_grant_type")

    def _verify(self, _request: Request, body: dict[str, Any]) -> Any:
        token, email, code = body.get("token_hash", ""), body.get("email", ""), body.get("token", "")
        if bool(token) == bool(email and code):
            raise Refusal(
                400, "validation_failed", "Only an email address or phone number should be provided on verify"
            )
        return self._tokens(self.people.verify(body["type"], email=email, code=code, token=token))

    def _recover(self, _request: Request, body: dict[str, Any]) -> Any:
        person = self.people.person(body["email"])
        if person is not None:
            self.people.mail(person, "recovery")
        return {}

    def _resend(self, _request: Request, body: dict[str, Any]) -> Any:
        person = self.people.person(body["email"])
        if person is not None and not person.confirmed:
            self.people.mail(person, "signup")
        return {}

    def _log_out(self, request: Request, _body: dict[str, Any]) -> None:
        self.people.end(self._session(request), request.query_params.get("scope", "global"))

    def _change(self, request: Request, body: dict[str, Any]) -> Any:
        session = self._session(request)
        self.people.change(session, body.get("password"), body.get("email"))
        return session.person.described()

    def _add_factor(self, request: Request, body: dict[str, Any]) -> Any:
        if body.get("factor_type") != "totp":
            raise Refusal(400, "validation_failed", "factor_type needs to be totp")
        session = self._session(request)
        factor = self.people.add_factor(session, body.get("friendly_name", ""))
        issuer = body.get("issuer", "")
        uri = f"otpauth://totp/{issuer}:{session.person.email}?secret={factor.secret}&issuer={issuer}"
        totp = {"qr_code": "<svg/>", "secret": factor.secret, "uri": uri}
        return {"id": factor.id, "type": "totp", "friendly_name": factor.name, "totp": totp}

    def _challenge(self, request: Request, _body: dict[str, Any]) -> Any:
        factor = self.people.factor(self._session(request), request.path_params["factor"])
        expires = int(time.time()) + 300
        return {"id": self.people.challenge(factor), "type": "totp", "expires_at": expires}

    def _pass_factor(self, request: Request, body: dict[str, Any]) -> Any:
        session = self._session(request)
        factor = self.people.factor(session, request.path_params["factor"])
        return self._tokens(self.people.pass_factor(session, factor, body["challenge_id"], body["code"]))

    def _remove_factor(self, request: Request, _body: dict[str, Any]) -> Any:
        session = self._session(request)
        factor = self.people.factor(session, request.path_params["factor"])
        self.people.remove_factor(session, factor)
        return {"id": factor.id}
