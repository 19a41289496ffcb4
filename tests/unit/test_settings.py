"""The settings: their defaults, what is refused and how, and the example file that lists them."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dotenv import dotenv_values

from core.errors import SettingsError
from core.settings import PROVIDER_NAMES, ROOT, Settings, load_settings
from core.store.urls import driver_url

EXAMPLE = ROOT / ".env.example"
VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def settings(**overrides) -> Settings:
    return load_settings(_env_file=None, **overrides)


def test_the_example_lists_every_variable():
    assert VARIABLES | {"REDIS_URL"} == set(dotenv_values(EXAMPLE))


def test_the_example_says_the_defaults():
    assert load_settings(_env_file=EXAMPLE) == settings()


def test_every_variable_of_the_example_is_explained():
    lines = EXAMPLE.read_text().splitlines()
    paragraphs = "\n".join(lines).split("\n\n")
    assert all(paragraph.startswith("# ") for paragraph in paragraphs)


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("LAB_PORT", "")
    assert settings().port == 8501


def test_a_relative_data_directory_starts_at_the_root(monkeypatch):
    monkeypatch.setenv("LAB_DATA_DIR", "elsewhere/data")
    assert settings().data_dir == ROOT / "elsewhere" / "data"
    monkeypatch.setenv("LAB_DATA_DIR", "/somewhere")
    assert settings().data_dir == Path("/somewhere")


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_every_provider_has_a_key_and_a_base_url(provider, monkeypatch):
    assert settings().api_key(provider) is None and settings().base_url(provider) is None
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "the-key")
    monkeypatch.setenv(f"{provider.upper()}_BASE_URL", "http://127.0.0.1:9000/v1/")
    key = settings().api_key(provider)
    assert key and key.get_secret_value() == "the-key"
    assert settings().base_url(provider) == "http://127.0.0.1:9000/v1"


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch):
    secrets = ("OPENAI_API_KEY", "LAB_ADMIN_PASSWORD", "ENCRYPTION_KEY")
    for name in secrets:
        monkeypatch.setenv(name, "planted-secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:planted-secret@localhost/lab")
    assert "planted-secret" not in repr(settings())


@pytest.mark.parametrize(("value", "embedded"), [("on", True), ("off", False), ("0", False)])
def test_the_embedded_model_can_be_switched_off(value, embedded, monkeypatch):
    monkeypatch.setenv("LAB_LOCAL_MODEL", value)
    assert settings().embedded_model is embedded


def test_a_local_server_of_ones_own_takes_the_embedded_models_place(monkeypatch):
    monkeypatch.setenv("LOCAL_BASE_URL", "http://127.0.0.1:11434/v1")
    assert not settings().embedded_model


def test_the_zone_may_be_any_known_one(monkeypatch):
    monkeypatch.setenv("LAB_TIMEZONE", "Asia/Kathmandu")
    assert settings().timezone == ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://me:planted@host/lab"),
        ("DATABASE_URL", "postgresql://me:planted@host:port/lab"),
        ("DATABASE_URL", "postgresql://me:planted@other@host/lab"),
        ("DATABASE_URL", "postgresql://[::1/planted"),
        ("LAB_DATA_DIR", "~planted/data"),
        ("LAB_PORT", "planted"),
        ("LAB_PORT", "0"),
        ("LAB_PORT", "65536"),
        ("LAB_ADMIN_USERNAME", "planted" * 20),
        ("OPENAI_BASE_URL", "planted"),
        ("LOCAL_BASE_URL", "file:///planted"),
        ("LAB_LOCAL_MODEL", "planted"),
        ("LAB_REQUEST_TIMEOUT_S", "nan"),
        ("LAB_REQUEST_TIMEOUT_S", "inf"),
        ("LAB_REQUEST_TIMEOUT_S", "0"),
        ("LAB_STALL_TIMEOUT_S", "-1"),
        ("LAB_ABANDON_GRACE_S", "3601"),
        ("LAB_USER_CONCURRENCY", "-1"),
        ("LAB_USER_CONCURRENCY", "2.5"),
        ("LAB_TIMEZONE", "Planted/Nowhere"),
        ("LAB_TIMEZONE", "../../etc/planted"),
        ("LAB_TIMEZONE", "Europe"),
        ("LAB_TEXT_RETENTION_DAYS", "planted"),
        ("LAB_OPENID_ISSUER", "planted"),
        ("LAB_OPENID_ISSUER", "http://planted.example"),
        ("LAB_OPENID_ISSUER", "https://me:planted@login.example"),
        ("LAB_OPENID_ISSUER", "https://login.example/?planted"),
        ("LAB_OPENID_CLIENT_ID", "planted"),
        ("LAB_OPENID_TIER", "planted"),
        ("LAB_OPENID_ROLE", "admin"),
        ("LAB_OPENID_DOMAINS", "example.com,@planted"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_the_variable_and_never_the_value(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        settings()
    message = refusal.value.message
    assert message.startswith(f"{name} has a value that cannot be used: ") and "\n" not in message
    assert "planted" not in message.casefold() and len(message) < 200


def test_the_companys_provider_is_set_by_its_issuer_and_our_id_or_not_at_all(monkeypatch):
    monkeypatch.setenv("LAB_OPENID_ISSUER", "https://login.example.com/tenant")
    with pytest.raises(SettingsError, match=r"LAB_OPENID_CLIENT_ID .* together with LAB_OPENID_ISSUER"):
        settings()
    monkeypatch.setenv("LAB_OPENID_CLIENT_ID", "the-lab")
    monkeypatch.setenv("LAB_OPENID_DOMAINS", " Example.com, ,example.org ")
    given = settings()
    assert (given.openid_issuer, given.openid_client_id) == ("https://login.example.com/tenant", "the-lab")
    assert given.openid_domains == ("example.com", "example.org")


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000", "http://localhost/realm", "http://[::1]:9000"])
def test_a_provider_on_this_machine_needs_no_tls(issuer, monkeypatch):
    monkeypatch.setenv("LAB_OPENID_CLIENT_ID", "the-lab")
    monkeypatch.setenv("LAB_OPENID_ISSUER", issuer)
    assert settings().openid_issuer == issuer


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p#ss?w/rd[@host:5432/lab?sslmode=require",
        "postgres://host/lab",
        "postgresql+psycopg://[::1]:5432/lab",
        "postgresql:///lab?host=/run/postgresql",
        "postgresql://",
    ],
)
def test_whatever_names_a_database_may_be_its_url(url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url)
    assert settings().database_url.get_secret_value() == url
    assert driver_url(url)


def in_file(tmp_path: Path, content: bytes) -> Path:
    (tmp_path / ".env").write_bytes(content)
    return tmp_path / ".env"


def test_a_file_may_begin_with_the_mark_that_some_editors_leave(tmp_path):
    assert load_settings(_env_file=in_file(tmp_path, b"\xef\xbb\xbfLAB_PORT=8600\n")).port == 8600


def test_without_the_file_the_defaults_hold(tmp_path):
    assert load_settings(_env_file=tmp_path / ".env") == settings()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"LAB_PORT=8600\nplanted nonsense = = '\nLAB_HOST=::1\n", "line 2"),
        (b"OPENAI_API_KEY='planted\n", "line 1"),
        (b"OPENAI_API_KEY=planted\xff\n", "UTF-8"),
    ],
)
def test_a_file_that_would_be_read_in_part_is_refused_in_one_line(content, reason, tmp_path):
    path = in_file(tmp_path, content)
    with pytest.raises(SettingsError) as refusal:
        load_settings(_env_file=path)
    message = refusal.value.message
    assert message.startswith(str(path)) and reason in message
    assert "\n" not in message and "planted" not in message


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(_env_file=tmp_path / ".env")
