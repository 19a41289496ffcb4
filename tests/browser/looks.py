"""How pages are looked at: in either scheme, wide and narrow. Colours depend on the scheme and places on the width, so
two of the four tell all."""

from typing import Literal

Look = tuple[Literal["light", "dark"], int]

LOOKS: tuple[Look, ...] = (("light", 1280), ("dark", 400))
"""Schemes and widths in pixels."""
