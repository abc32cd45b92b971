"""The settings, read from environment variables. The program refuses to start if they are wrong or unsafe."""

import os
from collections.abc import Mapping
from functools import cache, cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.fr import siret, tva

SHORTEST_KEY = 32
MOST_PROCESSES = 4  # unless a number is set
STRIPE = "https://api.stripe.com"
GEOPLATEFORME = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
    "&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
GEMINI = "https://generativelanguage.googleapis.com"


class SettingsRefused(Exception):
    """Raised when settings are wrong or unsafe. The message says what to change and repeats no setting's value."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("EcoPanier does not start with these settings:\n" + "\n".join(f"  - {r}" for r in reasons))


def _env(name: str, description: str) -> object:
    return Field(validation_alias=name, description=description)


class Settings(BaseSettings):
    """The settings of a process: one field per setting, whose alias is the environment variable's name."""

    # docker-compose and shells pass unset variables on as empty ones, so empty means "not set".
    # Errors do not repeat inputs, which may be secrets.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    # Who runs it
    operator_name: Annotated[
        str | None,
        _env(
            "ECOPANIER_OPERATOR_NAME", "Name of the operator, a person or a body, as terms and privacy notice say it."
        ),
    ] = None
    operator_address: Annotated[
        str | None, _env("ECOPANIER_OPERATOR_ADDRESS", "Postal address of the operator, in one line.")
    ] = None

    company_siret: Annotated[
        str | None,
        _env(
            "ECOPANIER_COMPANY_SIRET",
            "SIRET of the operator's company. Without it and the VAT number, no invoice and no statement is issued.",
        ),
    ] = None
    company_vat_number: Annotated[
        str | None, _env("ECOPANIER_COMPANY_VAT_NUMBER", "VAT number of the operator's company, such as FR44732829320.")
    ] = None
    company_form: Annotated[
        str | None,
        _env(
            "ECOPANIER_COMPANY_FORM",
            "Legal form of the operator's company, with its capital and register, as invoices have to say it.",
        ),
    ] = None

    # Where it runs
    environment: Annotated[
        Literal["development", "test", "production"],
        _env("ECOPANIER_ENV", "With `production`, every unsafe setting and every stand-in is refused."),
    ] = "development"
    public_url: Annotated[
        str, _env("ECOPANIER_PUBLIC_URL", "Public address of this server, used in links, mails and problem types.")
    ] = "http://127.0.0.1:8000"
    secret_key: Annotated[
        SecretStr | None,
        _env(
            "ECOPANIER_SECRET_KEY",
            "At least 32 bytes; other keys are derived from it. Generated if not set, except in production.",
        ),
    ] = None
    master_key: Annotated[
        SecretStr | None,
        _env(
            "ECOPANIER_MASTER_KEY",
            "At least 32 bytes, not the secret key. Wraps the data keys that encrypt beneficiaries' names.",
        ),
    ] = None
    previous_master_keys: Annotated[
        SecretStr | None,
        _env(
            "ECOPANIER_PREVIOUS_MASTER_KEYS",
            "Old master keys, separated by commas; needed until `ecopanier keys rotate` says that they are not.",
        ),
    ] = None
    data_dir: Annotated[
        Path,
        _env(
            "ECOPANIER_DATA_DIR",
            "Directory of the embedded database, photos, documents, mails written as files and the generated key.",
        ),
    ] = Path(".data")
    demo: Annotated[bool, _env("ECOPANIER_DEMO", "Whether `scripts/run` fills an empty database with a demo town.")] = (
        True
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _env("ECOPANIER_LOG_LEVEL", "The lowest level that is logged.")
    ] = "info"
    trusted_proxies: Annotated[
        int,
        Field(
            validation_alias="ECOPANIER_TRUSTED_PROXIES",
            description="Number of trusted proxies in front of the server. The caller's address is that many entries "
            "from the end of X-Forwarded-For; with 0 the header is ignored.",
            ge=0,
            le=10,
        ),
    ] = 0
    allowed_origins: Annotated[
        str | None,
        _env(
            "ECOPANIER_ALLOWED_ORIGINS",
            "Web origins whose pages may call the API from a browser, separated by commas, such as "
            "https://app.example.org; or * for all of them, then without credentials. By default none.",
        ),
    ] = None
    docs: Annotated[
        bool | None,
        _env("ECOPANIER_DOCS", "Whether `/docs` is served; if not set, everywhere but in production."),
    ] = None
    map_tiles: Annotated[
        str,
        _env(
            "ECOPANIER_MAP_TILES",
            "Address of the map's pictures, with {z}, {x} and {y}. Whoever opens the map asks that server for them.",
        ),
    ] = GEOPLATEFORME
    map_credit: Annotated[
        str, _env("ECOPANIER_MAP_CREDIT", "Whose map it is, as their licence wants it said on the map.")
    ] = "© IGN – Géoplateforme"
    metrics: Annotated[
        bool | None,
        _env("ECOPANIER_METRICS", "Whether `/metrics` is served; if not set, everywhere but in production."),
    ] = None
    rate_limits: Annotated[
        bool, _env("ECOPANIER_RATE_LIMITS", "`off` disables rate limits, for load tests; refused in production.")
    ] = True

    # Database
    database_url: Annotated[
        SecretStr | None,
        _env("DATABASE_URL", "Database login of the API; without it, `scripts/run` embeds Postgres."),
    ] = None
    worker_database_url: Annotated[
        SecretStr | None, _env("ECOPANIER_WORKER_DATABASE_URL", "Database login of the background worker.")
    ] = None
    owner_database_url: Annotated[
        SecretStr | None,
        _env("ECOPANIER_OWNER_DATABASE_URL", "Database login for migrations; do not give it to the API."),
    ] = None
    confirmed: Annotated[
        str | None,
        _env("ECOPANIER_CONFIRMED", "What you confirm to `migrate` in production, for a migration that asks for it."),
    ] = None
    db_connections: Annotated[
        int,
        Field(
            validation_alias="ECOPANIER_DB_CONNECTIONS",
            description="Maximum connections per pool. Each process has two pools; 4 to 8 connections suffice.",
            ge=1,
            le=64,
        ),
    ] = 8
    processes: Annotated[
        int | None,
        Field(
            validation_alias="ECOPANIER_PROCESSES",
            description="Processes that serve requests; without it, one for each processor core, but at most 4.",
            ge=1,
            le=32,
        ),
    ] = None
    pgbouncer: Annotated[
        bool,
        _env(
            "ECOPANIER_PGBOUNCER",
            "Set it if the URLs lead to PgBouncer in transaction mode: disables prepared statement caches.",
        ),
    ] = False
    listen_database_url: Annotated[
        SecretStr | None,
        _env(
            "ECOPANIER_LISTEN_DATABASE_URL",
            "With ECOPANIER_PGBOUNCER: the worker's login at Postgres itself, where it is notified of new jobs. "
            "Without it, the worker asks for new jobs every second.",
        ),
    ] = None

    # Who signs people in
    auth: Annotated[
        Literal["own", "supabase"], _env("ECOPANIER_AUTH", "Who issues access tokens: EcoPanier or Supabase Auth.")
    ] = "own"
    supabase_url: Annotated[str | None, _env("SUPABASE_URL", "Address of the Supabase project.")] = None
    supabase_secret_key: Annotated[
        SecretStr | None,
        _env(
            "SUPABASE_SECRET_KEY",
            "Secret key of the Supabase project, for Auth on our pages, its admin API and Storage.",
        ),
    ] = None
    supabase_jwt_secret: Annotated[
        SecretStr | None,
        _env("SUPABASE_JWT_SECRET", "JWT secret, only for Supabase projects that still sign with HS256."),
    ] = None

    second_factor: Annotated[
        Literal["required", "admins", "optional"] | None,
        _env(
            "ECOPANIER_SECOND_FACTOR",
            "Who works only after a second factor: `required`: admins, and members of associations who open names; "
            "`admins`: admins alone; `optional`: nobody, refused in production. By default `required` in production, "
            "otherwise `optional`.",
        ),
    ] = None

    # Photos and documents
    photos: Annotated[
        Literal["directory", "supabase"],
        _env("ECOPANIER_PHOTOS", "Where photos and documents are kept: in the data directory, or in Supabase Storage."),
    ] = "directory"
    supabase_photos_bucket: Annotated[
        str,
        Field(
            validation_alias="SUPABASE_PHOTOS_BUCKET",
            description="Private Supabase Storage bucket for photos.",
            pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$",
        ),
    ] = "photos"
    supabase_documents_bucket: Annotated[
        str,
        Field(
            validation_alias="SUPABASE_DOCUMENTS_BUCKET",
            description="Private Supabase Storage bucket for signed agreements.",
            pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$",
        ),
    ] = "documents"

    # Money
    stripe_api_key: Annotated[SecretStr | None, _env("STRIPE_API_KEY", "Stripe's secret key.")] = None
    stripe_webhook_secret: Annotated[
        SecretStr | None,
        _env(
            "STRIPE_WEBHOOK_SECRET",
            "Signing secret of Stripe's webhook for our account; two with a comma while one replaces the other. "
            "Without any, the endpoint is disabled.",
        ),
    ] = None
    stripe_connect_webhook_secret: Annotated[
        SecretStr | None,
        _env("STRIPE_CONNECT_WEBHOOK_SECRET", "The same for Stripe's webhook for connected accounts."),
    ] = None
    stripe_thin_webhook_secret: Annotated[
        SecretStr | None,
        _env("STRIPE_THIN_WEBHOOK_SECRET", "The same for the event destination that sends thin events of accounts."),
    ] = None
    stripe_api_base: Annotated[str, _env("STRIPE_API_BASE", "Stripe's address, or that of the local stand-in.")] = (
        STRIPE
    )

    # The model that drafts listings
    gemini_api_key: Annotated[
        SecretStr | None, _env("GEMINI_API_KEY", "Gemini API key; without it, drafts are made without a model.")
    ] = None
    gemini_model: Annotated[str, _env("GEMINI_MODEL", "The model that reads photos.")] = "gemini-3.5-flash-lite"
    gemini_base_url: Annotated[str, _env("GEMINI_BASE_URL", "Gemini's address, or that of a compatible server.")] = (
        GEMINI
    )

    # Addresses
    geocoder_url: Annotated[
        str | None,
        _env(
            "ECOPANIER_GEOCODER_URL",
            "Geocoder of the Géoplateforme's form: https://data.geopf.fr, or the whole address of such a search. "
            "Without it, shops must send coordinates.",
        ),
    ] = None

    # Mail
    smtp_url: Annotated[
        SecretStr | None,
        _env(
            "SMTP_URL",
            "smtp://[user:password@]host:port or smtps://…; without it, mails are written to the data directory.",
        ),
    ] = None
    mail_from: Annotated[
        str | None,
        _env("ECOPANIER_MAIL_FROM", "Sender address of mails; by default no-reply@<host of the public URL>."),
    ] = None

    # Public data
    rappelconso_url: Annotated[
        str | None,
        _env(
            "ECOPANIER_RAPPELCONSO_URL",
            "Address of RappelConso's records API, whose notices the worker recalls by itself; without it, none are "
            "read. No other address is called, redirects are not followed.",
        ),
    ] = None

    # Distances
    osrm_url: Annotated[
        str | None,
        _env(
            "ECOPANIER_OSRM_URL",
            "Address of an OSRM-compatible routing server, asked for distances when tours are planned; without it, "
            "they are great circles times a road factor. It gets the coordinates of shops, associations and of where "
            "collectors start. Redirects are not followed.",
        ),
    ] = None

    @field_validator(
        "public_url",
        "stripe_api_base",
        "gemini_base_url",
        "supabase_url",
        "rappelconso_url",
        "geocoder_url",
        "osrm_url",
    )
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("must be an http(s) address without user or query")
        return value.rstrip("/")

    @field_validator("company_siret")
    @classmethod
    def _a_siret(cls, value: str | None) -> str | None:
        try:
            return None if value is None else str(siret.validate(value))
        except InvalidNumber:
            raise ValueError("must be a SIRET, 14 digits") from None

    @field_validator("company_vat_number")
    @classmethod
    def _a_vat_number(cls, value: str | None) -> str | None:
        try:
            return None if value is None else f"FR{tva.validate(value)}"
        except InvalidNumber:
            raise ValueError("must be a French VAT number, such as FR44732829320") from None

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: str | None) -> str | None:
        origins = [] if value is None else _origins_in(value)
        for origin in origins:
            parts = urlsplit(origin)
            plain = f"{parts.scheme}://{parts.netloc}" == origin and parts.username is None
            if origin != "*" and not (plain and parts.scheme in ("http", "https") and parts.hostname):
                raise ValueError("must be origins such as https://app.example.org, without a path, or *")
        if "*" in origins and len(origins) > 1:
            raise ValueError("must be * alone or a list of origins")
        return value

    @field_validator("map_tiles")
    @classmethod
    def _tiles(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or any(part not in value for part in ("{z}", "{x}", "{y}")):
            raise ValueError("must be an https address with {z}, {x} and {y}")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if (
                parts.scheme not in ("smtp", "smtps")
                or not parts.hostname
                or bool(parts.username) != bool(parts.password)
            ):
                raise ValueError("must be smtp://[user:password@]host[:port] or smtps://…")
        return value

    @property
    def cors_origins(self) -> list[str]:
        """The origins whose pages may call the API; `["*"]` for all."""
        return _origins_in(self.allowed_origins or "")

    @property
    def map_tiles_origin(self) -> str:
        """The origin of the map's pictures, as a Content-Security-Policy names it."""
        parts = urlsplit(self.map_tiles)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def mail_host(self) -> str:
        """The host of the public URL as mails write it: in ASCII, an address in brackets (RFC 5321 4.1.3)."""
        host = urlsplit(self.public_url).hostname or "localhost"
        try:
            address = ip_address(host)
        except ValueError:
            return host if host.isascii() else host.encode("idna").decode()
        return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"

    @property
    def mail_sender(self) -> str:
        """The From header of mails."""
        return f"EcoPanier <{self.mail_from or f'no-reply@{self.mail_host}'}>"

    @property
    def operator(self) -> Mapping[str, Mapping[str, str]]:
        """The facts about the operator that fill gaps in the terms and the privacy notice, by language and gap."""
        contact = self.mail_from or f"no-reply@{self.mail_host}"
        unnamed = {
            "fr": ("l'exploitant de cette instance de démonstration", "qui n'a pas encore donné d'adresse"),
            "en": ("the operator of this demo instance", "who has not given an address yet"),
        }
        return {
            language: {
                "operator": self.operator_name or name,
                "address": self.operator_address or address,
                "contact": contact,
            }
            for language, (name, address) in unnamed.items()
        }

    @property
    def confirmed_migrations(self) -> str | None:
        """The name of the migration that the operator has confirmed; outside production, `everything`."""
        return self.confirmed if self.production else "everything"

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def second_factor_rule(self) -> Literal["required", "admins", "optional"]:
        """The rule for second factors, which the database is told with each transaction."""
        return self.second_factor or ("required" if self.production else "optional")

    @property
    def serves_docs(self) -> bool:
        return not self.production if self.docs is None else self.docs

    @property
    def serves_metrics(self) -> bool:
        return not self.production if self.metrics is None else self.metrics

    def unsafe(self) -> list[str]:
        """Return what is unsafe, one sentence each with its remedy. Empty if the program may start."""
        found = [
            f"{name} is shorter than {SHORTEST_KEY} bytes: generate one with `openssl rand -hex 32`."
            for name, key in (
                ("ECOPANIER_SECRET_KEY", self.secret_key),
                ("ECOPANIER_MASTER_KEY", self.master_key),
                ("SUPABASE_JWT_SECRET", self.supabase_jwt_secret),
            )
            if key is not None and len(key.get_secret_value().encode()) < SHORTEST_KEY
        ]
        if self.master_key is not None and "," in self.master_key.get_secret_value():
            found.append(
                "ECOPANIER_MASTER_KEY contains a comma, which separates keys in ECOPANIER_PREVIOUS_MASTER_KEYS: "
                "generate one with `openssl rand -hex 32`."
            )
        if self.auth == "supabase" and self.supabase_url is None:
            found.append("ECOPANIER_AUTH=supabase needs SUPABASE_URL: set it to the project's address.")
        elif self.auth == "supabase" and self.supabase_secret_key is None:
            found.append(
                "ECOPANIER_AUTH=supabase needs SUPABASE_SECRET_KEY: set a secret key of the project. Without it, "
                "nobody can sign in on our pages."
            )
        if self.photos == "supabase" and (self.supabase_url is None or self.supabase_secret_key is None):
            found.append("ECOPANIER_PHOTOS=supabase needs SUPABASE_URL and SUPABASE_SECRET_KEY: set both.")
        if self.production:
            found += self._unsafe_in_production()
        return found

    def _unsafe_in_production(self) -> list[str]:
        stripe_key = self.stripe_api_key.get_secret_value() if self.stripe_api_key else ""
        rules = {
            "ECOPANIER_SECRET_KEY is missing: generate one with `openssl rand -hex 32`.": self.secret_key is None,
            "ECOPANIER_MASTER_KEY is missing: generate one with `openssl rand -hex 32`.": self.master_key is None,
            "ECOPANIER_MASTER_KEY is the secret key: use a different key, so that each can be rotated alone.": (
                self.master_key is not None and self.master_key == self.secret_key
            ),
            "DATABASE_URL is missing: production does not embed a database.": self.database_url is None,
            "ECOPANIER_PUBLIC_URL is not https: set it to the public address.": not self.public_url.startswith(
                "https://"
            ),
            "ECOPANIER_RATE_LIMITS=off is for load tests: remove it.": not self.rate_limits,
            "ECOPANIER_DEMO is on, and demo accounts have public passwords: remove it or set it to 0.": (
                self.demo and "demo" in self.model_fields_set
            ),
            "STRIPE_API_KEY is missing: set the live secret key.": not stripe_key,
            "STRIPE_API_KEY is not a live key (sk_live_… or rk_live_…): set the live secret key.": bool(stripe_key)
            and not stripe_key.startswith(("sk_live_", "rk_live_")),
            "STRIPE_WEBHOOK_SECRET is missing: set it, so that Stripe's webhooks confirm payments.": (
                self.stripe_webhook_secret is None or not self.stripe_webhook_secret.get_secret_value().strip(" ,")
            ),
            "SMTP_URL is missing: set it, or nobody gets the mails that confirm an address or recall a food.": (
                self.smtp_url is None
            ),
            "ECOPANIER_OPERATOR_NAME is missing: the terms and the privacy notice must say who runs the service.": (
                self.operator_name is None
            ),
            "ECOPANIER_OPERATOR_ADDRESS is missing: the terms and the privacy notice must say where the operator is.": (
                self.operator_address is None
            ),
            f"STRIPE_API_BASE is not {STRIPE}: remove it, since a stand-in takes no money.": (
                self.stripe_api_base != STRIPE
            ),
            "GEMINI_BASE_URL is not https: photos and the API key would be sent in clear text.": (
                self.gemini_base_url.startswith("http://")
            ),
            "ECOPANIER_SECOND_FACTOR is optional, but admins need a second factor: set it to required or admins.": (
                self.second_factor == "optional"
            ),
            "ECOPANIER_RAPPELCONSO_URL is not https: somebody on the way could recall food.": (
                self.rappelconso_url or "https://"
            ).startswith("http://"),
            "ECOPANIER_GEOCODER_URL is not https: what people type would be sent in clear text.": (
                self.geocoder_url or "https://"
            ).startswith("http://"),
            "ECOPANIER_OSRM_URL is not https: where collectors start would be sent in clear text.": (
                self.osrm_url or "https://"
            ).startswith("http://"),
            "SUPABASE_URL is not https: set it to the project's address.": (self.supabase_url or "https://").startswith(
                "http://"
            ),
        }
        return [reason for reason, broken in rules.items() if broken]

    @property
    def serving_processes(self) -> int:
        """How many processes serve requests."""
        return self.processes or min(MOST_PROCESSES, os.cpu_count() or 1)

    @cached_property
    def _root_key(self) -> bytes:
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return _key_kept_in(self.data_dir)

    @cached_property
    def _derived_keys(self) -> dict[str, bytes]:
        return {}

    def derived_key(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose, derived by HKDF-SHA256 (RFC 5869).

        Knowing one purpose's key does not reveal another's.
        """
        key = self._derived_keys.get(purpose)
        if key is None:
            derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ecopanier/" + purpose.encode())
            key = self._derived_keys[purpose] = derivation.derive(self._root_key)
        return key

    @classmethod
    def checked(cls) -> Self:
        """Return the settings from the environment. Raises SettingsRefused if they are invalid or unsafe."""
        try:
            read = cls()
        except ValidationError as error:
            raise SettingsRefused([f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]) from None
        if reasons := read.unsafe():
            raise SettingsRefused(reasons)
        return read


def _origins_in(value: str) -> list[str]:
    return [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]


def _key_kept_in(directory: Path) -> bytes:
    """Return the secret key kept in the data directory outside production, so that tokens survive a restart.

    It is generated the first time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    kept = directory / "secret.key"
    draft = directory / f".secret.key.{os.getpid()}"
    if not kept.exists():
        draft.touch(mode=0o600)
        draft.write_text(os.urandom(SHORTEST_KEY).hex())
        # link() fails if another process was faster. So all processes use the same key, and none reads half of it.
        try:
            os.link(draft, kept)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_bytes()


@cache
def settings() -> Settings:
    """Return the settings of this process, read once. Tests call `settings.cache_clear()` to read them again."""
    return Settings.checked()
