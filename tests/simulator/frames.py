"""Server-sent events as bytes, in every way that the format allows."""

import json
from typing import Any

from tests.simulator.script import Script

_EOL = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


class Frames:
    """Writes events as the options of a script want them."""

    def __init__(self, script: Script) -> None:
        self._eol = _EOL[script.options.get("eol", "lf")]
        self._space = " " if script.says("space", otherwise=True) else ""
        self._noise = script.says("noise", otherwise=False)
        self._lines = script.says("lines", otherwise=False)
        self._bom = script.says("bom", otherwise=False)

    def frame(self, payload: Any) -> bytes:
        """Return one event: a text as it is, anything else as JSON, with its type before it where it has one."""
        lines = [f"data:{self._space}{line}" for line in self._data(payload).split("\n")]
        if isinstance(payload, dict) and "type" in payload:
            lines.insert(0, f"event:{self._space}{payload['type']}")
        if self._noise:
            lines.insert(0, ": OPENROUTER PROCESSING" + self._eol)
        text = self._eol.join([*lines, "", ""])
        bom, self._bom = ("\ufeff" if self._bom else ""), False
        return (bom + text).encode()

    def _data(self, payload: Any) -> str:
        if isinstance(payload, str):
            return payload
        separators = None if self._lines else (",", ":")
        return json.dumps(payload, ensure_ascii=False, separators=separators, indent=1 if self._lines else None)
