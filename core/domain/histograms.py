"""Durations as counts by bucket: histograms add up, so the percentiles of any slice come from its parts.

Bucket `n` holds the durations from `BOUNDS[n - 1]` up to, and without, `BOUNDS[n]`; bucket 0 those below the first
bound, the last bucket all above. Bounds lie 7 % apart, so that a percentile is off by less than that, mostly by 1 %.
"""

from collections.abc import Mapping
from itertools import accumulate, chain, repeat

LONGEST_MS = 4 * 3_600_000
GROWTH = 1.07


def _bounds() -> tuple[int, ...]:
    steps = accumulate(chain([1], repeat(0)), lambda bound, _: max(bound + 1, round(bound * GROWTH)))
    bounds = []
    for bound in steps:
        bounds.append(bound)
        if bound >= LONGEST_MS:
            return tuple(bounds)
    raise AssertionError("the steps never end")


BOUNDS = _bounds()
"""The bounds between buckets, in milliseconds."""


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration, in ms, that `share` (0 to 1) of the counted ones do not exceed; None if there are none.

    Within a bucket, durations are taken to be spread evenly.
    """
    wanted = share * sum(counts.values())
    seen = 0
    for bucket in sorted(counts):
        if counts[bucket] and seen + counts[bucket] >= wanted:
            low, high = _ends(bucket)
            return low + (high - low) * max(wanted - seen, 0) / counts[bucket]
        seen += counts[bucket]
    return None


def _ends(bucket: int) -> tuple[float, float]:
    """The ends of a bucket. A bucket of a single whole number is that number."""
    if bucket == 0:
        return 0, 0
    low = BOUNDS[bucket - 1]
    high = BOUNDS[bucket] if bucket < len(BOUNDS) else low
    return low, max(low, high - 1)
