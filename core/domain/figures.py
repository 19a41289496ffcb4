"""How figures read, the same everywhere: money, tokens, durations, shares, instants. Unknown is `–`, never 0."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from zoneinfo import ZoneInfo

from core.domain.pricing import Cost, CostSource

UNKNOWN = "–"
ESTIMATED = "≈"
CENT = Decimal("0.01")
SIGNIFICANT_DIGITS = 3


def money(amount: Decimal | None, *, estimated: bool = False) -> str:
    """Return USD as `$12.35` from a cent up, and with three significant digits below: `$0.000345`.

    `estimated` puts `≈` before it; None reads `–`.
    """
    if amount is None:
        return UNKNOWN
    sign = "-" if amount < 0 else ""
    return f"{ESTIMATED if estimated else ''}{sign}${_rounded(abs(amount))}"


def money_exact(amount: Decimal | None) -> str:
    """Return USD with every digit that it has, and at least two: what is shown on hover."""
    if amount is None:
        return UNKNOWN
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    return f"{'-' if amount < 0 else ''}${int(whole):,}.{fraction.rstrip('0'):0<2}"


def cost(value: Cost) -> str:
    """Return the cost of a run, marked where it is an estimate."""
    return money(value.amount, estimated=value.source is CostSource.ESTIMATED)


def count(number: int | None) -> str:
    """Return tokens or runs with separators: `1,234,567`."""
    return UNKNOWN if number is None else f"{number:,}"


tokens = count


def runs(number: int) -> str:
    """Return a number of runs: `1 run`, `1,234 runs`."""
    return f"{number:,} {'run' if number == 1 else 'runs'}"


def compact(number: int | None) -> str:
    """Return a large count in few characters: `987`, `12.3k`, `4.56M`."""
    if number is None:
        return UNKNOWN
    for step, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(number) >= step * 0.9995:
            return f"{number / step:,.0f}{unit}" if abs(number) >= step * 999.5 else f"{number / step:.3g}{unit}"
    return f"{number}"


def size(octets: int, *, estimated: bool = False) -> str:
    """Return the size of a file: `987 bytes`, `12 kB`, `1.2 MB`, `180 MB`; `estimated` puts `≈` before it."""
    about = ESTIMATED if estimated else ""
    for step, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if octets >= step * 0.9995:
            return f"{about}{octets / step:.{int(octets < step * 9.95)}f} {unit}"
    return f"{about}{octets} bytes"


def duration(milliseconds: float | None) -> str:
    """Return a duration as `180 ms`, `2.3 s` or `1 min 5 s`."""
    if milliseconds is None or not isfinite(milliseconds):
        return UNKNOWN
    if round(milliseconds) < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def speed(tokens_per_second: float | None) -> str:
    """Return output speed as `115/s`."""
    return UNKNOWN if tokens_per_second is None else f"{tokens_per_second:,.0f}/s"


def share(part: float | None) -> str:
    """Return a share between 0 and 1 as a percentage: `0%`, `0.4%`, `12%`."""
    if part is None:
        return UNKNOWN
    percent = part * 100
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"


def change(now: float | Decimal | None, before: float | Decimal | None) -> str | None:
    """Return how much `now` differs from `before`: `+12%`, `-3%`, `0%`, `×27`; None without anything to compare."""
    if now is None or not before:
        return None
    ratio = float(now) / float(before)
    if ratio >= 10:
        return f"×{ratio:,.0f}"
    percent = round((ratio - 1) * 100)
    return f"{percent:+,}%" if percent else "0%"


def points(now: float | None, before: float | None) -> str | None:
    """Return how much a share differs from another, in percentage points: `+1.2 pt`; None where one is unknown."""
    if now is None or before is None:
        return None
    difference = round((now - before) * 100, 1)
    return f"{difference:+g} pt" if difference else "0%"


def when(instant: datetime, zone: ZoneInfo, *, now: datetime | None = None) -> str:
    """Return an instant in the reporting zone: `23 Nov 2026, 14:05`, without the year where it is that of `now`."""
    local = instant.astimezone(zone)
    same_year = now is not None and now.astimezone(zone).year == local.year
    return f"{local.day} {local:%b}{'' if same_year else f' {local.year}'}, {local:%H:%M}"


def exact_utc(instant: datetime) -> str:
    """Return an instant to the millisecond in UTC: what is shown on hover."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d} UTC"


def first_words(text: str | None, characters: int = 80) -> str:
    """Return the beginning of `text` on one line, cut with `…`; None reads `–`."""
    if text is None:
        return UNKNOWN
    line = " ".join(text[: characters * 4].split())
    return line if len(line) <= characters else f"{line[: characters - 1].rstrip()}…"


def _rounded(figure: Decimal) -> str:
    fine = _significant(figure)
    return f"{figure:,.2f}" if fine == 0 or fine >= CENT else _plain(fine)


def _significant(figure: Decimal) -> Decimal:
    return figure if figure == 0 else round(figure, SIGNIFICANT_DIGITS - 1 - figure.adjusted())


def _plain(figure: Decimal) -> str:
    return f"{figure.normalize():f}"
