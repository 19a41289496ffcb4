"""`python -m core.serve`, which is `make run`: checks what every start needs, in plain words, and becomes the server.

It imports little: whatever it imports, the server imports once more.
"""

import os
import socket
import sys

from core.errors import SettingsError
from core.secrets import derived, encryption_keys, prepare_data_dir
from core.settings import ROOT, Settings, load_settings


def main() -> None:
    """Serve as the environment says; a setting that stops the start is told in one line."""
    settings = checked_settings()
    try:
        serve(settings)
    except SettingsError as error:
        sys.exit(error.message)


def checked_settings() -> Settings:
    """Return settings that a start can go on with; else end the process with one line that says why not."""
    try:
        settings = load_settings()
        prepare_data_dir(settings.data_dir)
        encryption_keys(settings)
        return settings
    except SettingsError as error:
        sys.exit(error.message)


def serve(settings: Settings) -> None:
    """Replace this process by the server. Raises `SettingsError` if it could not start."""
    secret = derived(encryption_keys(settings)[0], "session cookies")
    _require_free(settings.host, settings.port)
    print(f"\n  Testing Lab: http://{_shown(settings.host)}:{settings.port}\n", flush=True)
    os.environ["STREAMLIT_SERVER_COOKIE_SECRET"] = secret
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *_options(settings)])


def _options(settings: Settings) -> list[str]:
    options = {"server.port": settings.port, "server.address": settings.host, "server.headless": "true"}
    return [f"--{name}={value}" for name, value in options.items()]


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"LAB_PORT {port} cannot be used on this machine ({error.strerror}). Choose another one."
            ) from None


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host


if __name__ == "__main__":
    main()
