"""How the page is divided, the same for both ways of setting it. Points of 1/72 inch."""

from core.services.monthly import charts
from core.services.monthly.lettering import SEMIBOLD, fitted
from core.services.monthly.marks import Drawing
from core.services.monthly.sheet import Curves, Figures, Ranking

WIDE, GAP = 505.0, 20.0
"""How wide the text runs, and what is left between what stands side by side."""

MODELS_WIDE, TITLE = 158.0, 8.5
"""How wide the models stand beside the days; how large a chart's title is."""

PANEL_HIGH, STRIP_HIGH = 5 * charts.ROW + 2, 28.0
MODELS_HIGH = 9 * charts.ROW - 2

Titled = tuple[str, Drawing]


def rows(figures: Figures) -> list[list[Titled]]:
    """Return the charts row by row, each under its title: the days and the models, the breakdowns, the certainty."""
    columns = charts.columns(figures.columns, WIDE - MODELS_WIDE - GAP, MODELS_HIGH)
    models = charts.ranking(figures.models, MODELS_WIDE, MODELS_HIGH)
    middle = -(-len(figures.panels) // 2)
    return [
        [(figures.columns.title, columns), (figures.models.title, models)],
        _side_by_side(figures.panels[:middle]),
        _side_by_side(figures.panels[middle:]),
        [(figures.strip.title, charts.strip(figures.strip, WIDE, STRIP_HIGH))],
    ]


def _side_by_side(panels: tuple[Ranking | Curves, ...]) -> list[Titled]:
    wide = (WIDE - GAP * (len(panels) - 1)) / len(panels)
    return [(fitted(panel.title, wide, TITLE, SEMIBOLD), _drawn(panel, wide)) for panel in panels]


def _drawn(panel: Ranking | Curves, wide: float) -> Drawing:
    if isinstance(panel, Ranking):
        return charts.ranking(panel, wide, PANEL_HIGH)
    return charts.curves(panel, wide, PANEL_HIGH)
