"""A run that was refused before it was sent, and why."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a user's runs of a model were refused for one reason, `times` within the minute that began at `minute`."""

    user_id: str
    model_id: str
    code: str
    message: str
    minute: datetime
    times: int = 1
