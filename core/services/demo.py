"""Made-up usage at real prices, for looking at the charts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.domain.models import ModelInfo
from core.domain.pricing import LOCAL
from core.providers.pricelist import listed_models
from core.providers.registry import PROVIDERS
from core.services.models import EMBEDDED_MODEL
from core.store import demo
from core.store.database import Database
from core.store.demo.budgets import set_budgets
from core.store.demo.invoices import add_invoices


def fill(database: Database, zone: ZoneInfo) -> int:
    """Fill an empty database with 90 days of runs by several people, and with budgets and invoices by the days of
    `zone`; return how many runs that is.

    Raises `InvalidRequest` if there are runs already.
    """
    now = datetime.now(UTC)
    models = [model for name in PROVIDERS for model in listed_models(name, now)]
    embedded = ModelInfo(id=EMBEDDED_MODEL, display_name=EMBEDDED_MODEL, prices=LOCAL)
    runs = demo.fill(database, now=now, models=[*models, embedded])
    set_budgets(database, zone, now)
    add_invoices(database, zone, now)
    return runs
