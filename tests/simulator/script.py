"""What a model's name asks of the simulator: a behaviour and its options."""

from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Script:
    """A behaviour by its name, and options as they were written."""

    behaviour: str
    options: dict[str, str]

    @classmethod
    def of(cls, model: str) -> "Script":
        """Read `sim/BEHAVIOUR?OPTION=VALUE&…`; any other name is `words`."""
        if not model.startswith("sim/"):
            return cls("words", {})
        behaviour, _, query = model.removeprefix("sim/").partition("?")
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
