"""Every setting: its environment variable, its description, its default and its form."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.fr import siret, tva

STRIPE = "https://api.stripe.com"
GEOPLATEFORME = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
    "&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
GEMINI = "https://generativelanguage.googleapis.com"


def _env(name: str, description: str) -> object:
    return Field(validation_alias=name, description=description)


class Values(BaseSettings):
    """The values of all settings: one field per setting, whose alias is the environment variable's name."""

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
        origins = [] if value is None else origins_in(value)
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
    def production(self) -> bool:
        return self.environment == "production"


def origins_in(value: str) -> list[str]:
    """Return the origins of a list with commas."""
    return [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]
