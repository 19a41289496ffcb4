"""What templates there are."""

from core.domain.templates import BUILT_IN, Template


class Templates:
    """The templates that a user may start from."""

    def all(self) -> tuple[Template, ...]:
        """Return every template, in the order in which they are offered."""
        return BUILT_IN
