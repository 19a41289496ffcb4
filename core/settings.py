"""The only reader of the environment: every setting, its default and its check, in one place."""

import re
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv.parser import parse_stream
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"
ENV_ENCODING = "utf-8-sig"  # some editors begin a file with a mark that would become a part of the first name
PROVIDER_NAMES = ("openrouter", "openai", "anthropic", "groq", "together", "local")

POSTGRES_URL = re.compile(
    r"(postgresql|postgres|postgresql\+psycopg)://"
    r"([^:/]*(:[^@]*)?@)?(\[[^/?\[\]]+\]|[^/?:@\[\]]*)(:\d{1,5})?"  # whose, host, port
    r"(/[^?]*)?(\?.*)?"  # database, options
)
"""What SQLAlchemy's `make_url` can read, as far as the driver can use it."""

ISSUER = re.compile(r"https://[^\s?#@]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s?#@]*)?")
"""An OpenID Connect provider: over TLS, unless it is on this machine."""

DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(BaseSettings):
    """The lab's settings. Each field is read from the variable of its alias, or from `.env` at the root."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding=ENV_ENCODING, extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    data_dir: Path = Field(ROOT / ".data", validation_alias="LAB_DATA_DIR")
    port: int = Field(8501, ge=1, le=65535, validation_alias="LAB_PORT")
    host: str = Field("127.0.0.1", min_length=1, validation_alias="LAB_HOST")
    admin_username: str = Field("admin", min_length=1, max_length=100, validation_alias="LAB_ADMIN_USERNAME")
    admin_password: SecretStr | None = Field(None, validation_alias="LAB_ADMIN_PASSWORD")
    encryption_key: SecretStr | None = Field(None, validation_alias="ENCRYPTION_KEY")

    openrouter_api_key: SecretStr | None = Field(None, validation_alias="OPENROUTER_API_KEY")
    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    anthropic_api_key: SecretStr | None = Field(None, validation_alias="ANTHROPIC_API_KEY")
    groq_api_key: SecretStr | None = Field(None, validation_alias="GROQ_API_KEY")
    together_api_key: SecretStr | None = Field(None, validation_alias="TOGETHER_API_KEY")
    local_api_key: SecretStr | None = Field(None, validation_alias="LOCAL_API_KEY")
    openrouter_base_url: AnyHttpUrl | None = Field(None, validation_alias="OPENROUTER_BASE_URL")
    openai_base_url: AnyHttpUrl | None = Field(None, validation_alias="OPENAI_BASE_URL")
    anthropic_base_url: AnyHttpUrl | None = Field(None, validation_alias="ANTHROPIC_BASE_URL")
    groq_base_url: AnyHttpUrl | None = Field(None, validation_alias="GROQ_BASE_URL")
    together_base_url: AnyHttpUrl | None = Field(None, validation_alias="TOGETHER_BASE_URL")
    local_base_url: AnyHttpUrl | None = Field(None, validation_alias="LOCAL_BASE_URL")

    local_model: bool = Field(True, validation_alias="LAB_LOCAL_MODEL")
    request_timeout_s: Seconds = Field(60, validation_alias="LAB_REQUEST_TIMEOUT_S")
    stall_timeout_s: Seconds = Field(30, validation_alias="LAB_STALL_TIMEOUT_S")
    abandon_grace_s: Seconds = Field(10, validation_alias="LAB_ABANDON_GRACE_S")
    user_concurrency: int = Field(8, ge=0, validation_alias="LAB_USER_CONCURRENCY")
    api_requests_per_minute: int = Field(600, ge=0, validation_alias="LAB_API_REQUESTS_PER_MINUTE")
    timezone: Annotated[ZoneInfo, NoDecode] = Field(ZoneInfo("UTC"), validation_alias="LAB_TIMEZONE")
    text_retention_days: int = Field(30, ge=0, le=36500, validation_alias="LAB_TEXT_RETENTION_DAYS")

    openid_issuer: str | None = Field(None, max_length=140, validation_alias="LAB_OPENID_ISSUER")
    openid_client_id: str | None = Field(None, validate_default=True, validation_alias="LAB_OPENID_CLIENT_ID")
    openid_client_secret: SecretStr | None = Field(None, validation_alias="LAB_OPENID_CLIENT_SECRET")
    openid_name: str = Field("your company account", max_length=40, validation_alias="LAB_OPENID_NAME")
    openid_tier: Literal["trial", "starter", "professional", "enterprise"] = Field(
        "trial", validation_alias="LAB_OPENID_TIER"
    )
    openid_role: Literal["ops", "pm"] = Field("ops", validation_alias="LAB_OPENID_ROLE")
    openid_domains: Annotated[tuple[str, ...], NoDecode] = Field((), validation_alias="LAB_OPENID_DOMAINS")

    log_format: Literal["text", "json"] | None = Field(None, validation_alias="LAB_LOG_FORMAT")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="LAB_LOG_LEVEL")
    metrics_token: SecretStr | None = Field(None, min_length=16, validation_alias="LAB_METRICS_TOKEN")

    @field_validator("data_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            return (ROOT / value.expanduser()).resolve()
        except RuntimeError as error:
            raise ValueError("use the path of a folder") from error

    @field_validator("timezone", mode="before")
    @classmethod
    def _zone(cls, value: Any) -> Any:
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (OSError, ValueError, ZoneInfoNotFoundError) as error:
            raise ValueError("use a name such as Europe/Berlin or UTC") from error

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url", mode="after")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not POSTGRES_URL.fullmatch(value.get_secret_value()):
            raise ValueError("use a URL such as postgresql://user:password@host:5432/database")
        return value

    @field_validator("openid_issuer", mode="after")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value and not ISSUER.fullmatch(value):
            raise ValueError("use a URL such as https://login.example.com, as the provider's own description writes it")
        return value

    @field_validator("openid_client_id", mode="after")
    @classmethod
    def _with_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "openid_issuer" in info.data and (value is None) != (info.data["openid_issuer"] is None):
            raise ValueError("set it together with LAB_OPENID_ISSUER, or neither")
        return value

    @field_validator("openid_domains", mode="before")
    @classmethod
    def _domains(cls, value: Any) -> Any:
        domains = tuple(filter(None, (part.strip().lower() for part in str(value).split(",")))) if value else ()
        if not all(map(DOMAIN.fullmatch, domains)):
            raise ValueError("use domains such as example.com, separated by commas")
        return domains

    def api_key(self, provider: str) -> SecretStr | None:
        """Return the system's key for `provider`, or None."""
        key: SecretStr | None = getattr(self, f"{provider}_api_key")
        return key

    def base_url(self, provider: str) -> str | None:
        """Return the base URL set for `provider` without a slash at its end, or None for the provider's own."""
        url: AnyHttpUrl | None = getattr(self, f"{provider}_base_url")
        return str(url).rstrip("/") if url else None

    @property
    def secrets(self) -> list[str]:
        """Every secret that is set, as it was given: what no log may show."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]

    @property
    def embedded_model(self) -> bool:
        """Whether the lab starts its own model: unless switched off, or a local server is given."""
        return self.local_model and self.local_base_url is None


def load_settings(**overrides: Any) -> Settings:
    """Read and check the environment. Raises `SettingsError` with one line that names the variable, never its value."""
    if path := overrides.get("_env_file", ENV_FILE):
        _check_env_file(Path(path))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


def _check_env_file(path: Path) -> None:
    """Raise `SettingsError` for a file that is there and would be read in part or not at all."""
    try:
        lines = list(parse_stream(StringIO(path.read_text(ENV_ENCODING))))
    except FileNotFoundError:
        return
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"{path} cannot be read ({reason}). Correct or remove it and start again.") from None
    if wrong := [line.original.line for line in lines if line.error]:
        raise SettingsError(f"{path} has no NAME=value in line {wrong[0]}. Correct it and start again.")


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if name in Settings.model_fields:  # a default that does not go with the rest is not told by its variable
        name = str(Settings.model_fields[name].validation_alias)
    reason = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    return f"{name} has a value that cannot be used: {reason}. Correct it and start again."
