"""What a model's name asks of the simulator: a behaviour and its options."""

from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Script:
    """A behaviour by its name, and options as they were written."""

    behaviour: str
    options: dict[str, str]

    @classmethod
    def of(cls, model: str, prompt: str = "") -> "Script":
        """Read `sim/BEHAVIOUR?OPTION=VALUE&…`, which is the model's name or else the prompt; any other is `words`."""
        asked = model if model.startswith("sim/") else prompt
        if not asked.startswith("sim/"):
            return cls("words", {})
        behaviour, _, query = asked.removeprefix("sim/").partition("?")
        return cls(behaviour, dict(parse_qsl(query, keep_blank_values=True)))

    def number(self, name: str, otherwise: float) -> float:
        """Return an option as a number."""
        return float(self.options.get(name, otherwise))

    def whole(self, name: str, otherwise: int) -> int:
        """Return an option as a whole number."""
        return int(self.options.get(name, otherwise))

    def says(self, name: str, *, otherwise: bool) -> bool:
        """Return an option as yes or no."""
        return self.options.get(name, "1" if otherwise else "0") != "0"
