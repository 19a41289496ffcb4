"""What the vault seals opens only under its keys, for the same owner and purpose, and unchanged; keys are checked."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SealBroken, SettingsError
from core.secrets import KEY_FILE, Vault, encryption_keys, prepare_data_dir
from core.settings import Settings

KEY, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()
VAULT = Vault([KEY])
texts = st.text(max_size=40)


def opens(vault, sealed, owner="ann", purpose="openai"):
    try:
        return vault.open(sealed, owner=owner, purpose=purpose)
    except SealBroken:
        return None


@given(secret=texts, owner=texts, purpose=texts)
def test_what_was_sealed_comes_back(secret, owner, purpose):
    assert VAULT.open(VAULT.seal(secret, owner=owner, purpose=purpose), owner=owner, purpose=purpose) == secret


@given(owner=texts, purpose=texts, other_owner=texts, other_purpose=texts)
def test_it_opens_for_nobody_and_nothing_else(owner, purpose, other_owner, other_purpose):
    sealed = VAULT.seal("sk-planted", owner=owner, purpose=purpose)
    same = (owner, purpose) == (other_owner, other_purpose)
    assert (opens(VAULT, sealed, other_owner, other_purpose) is not None) == same


@pytest.mark.parametrize("change", [str.swapcase, lambda sealed: sealed[:-8], lambda sealed: "", lambda sealed: "é"])
def test_a_changed_text_does_not_open(change):
    assert opens(VAULT, change(VAULT.seal("sk-planted", owner="ann", purpose="openai"))) is None


def test_another_key_does_not_open_it_and_says_nothing_of_it():
    sealed = VAULT.seal("sk-planted", owner="ann", purpose="openai")
    with pytest.raises(SealBroken) as refused:
        Vault([OTHER]).open(sealed, owner="ann", purpose="openai")
    assert "planted" not in refused.value.message and sealed not in refused.value.message


def test_a_new_first_key_opens_what_the_old_one_behind_it_sealed_and_seals_it_anew():
    sealed = VAULT.seal("sk-planted", owner="ann", purpose="openai")
    both = Vault([OTHER, KEY])
    renewed = both.renewed(sealed)
    assert opens(both, sealed) == opens(Vault([OTHER]), renewed) == "sk-planted"
    assert opens(VAULT, renewed) is None
    assert both.renewed(renewed) == renewed


def test_it_cannot_be_read_without_the_key():
    assert "planted" not in VAULT.seal("sk-planted", owner="ann", purpose="openai")


def settings(folder, **variables):
    return Settings(_env_file=None, LAB_DATA_DIR=folder, **variables)


@pytest.mark.parametrize(
    "value",
    ["planted", f"{KEY},planted", " , ", KEY[:-1], "é" * 44],
    ids=["no key", "one that is none", "empty ones", "one cut short", "letters of no key"],
)
def test_a_malformed_key_is_refused_in_one_line_with_the_cure(value, tmp_path):
    with pytest.raises(SettingsError) as refused:
        encryption_keys(settings(tmp_path, ENCRYPTION_KEY=value))
    message = refused.value.message
    assert message.startswith("ENCRYPTION_KEY") and "Fernet.generate_key()" in message
    assert "\n" not in message and "planted" not in message


def test_without_a_key_one_is_made_once_and_only_for_us(tmp_path):
    [made] = encryption_keys(settings(tmp_path))
    assert encryption_keys(settings(tmp_path)) == [made]
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert encryption_keys(settings(tmp_path, ENCRYPTION_KEY=f"{OTHER}, {KEY}")) == [OTHER, KEY]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"planted"])
def test_a_damaged_key_file_is_refused_in_one_line(content, tmp_path):
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=rf"{KEY_FILE} \(LAB_DATA_DIR\) is damaged"):
        encryption_keys(settings(tmp_path))


def test_a_key_file_that_cannot_be_read_is_refused_in_one_line(tmp_path):
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(SettingsError, match=r"encryption.key \(LAB_DATA_DIR\) cannot be used"):
        encryption_keys(settings(tmp_path))


@pytest.mark.parametrize("place", ["file/data", "/proc"])  # no folder at all, and one that not even root may write
def test_a_data_directory_that_cannot_be_written_is_refused_in_one_line(place, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"^LAB_DATA_DIR names a folder that cannot be written"):
        prepare_data_dir(tmp_path / place)
