"""The query of a URL, validated. Whatever will not do is refused in plain words."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from core.api.words import INSTANT, plain
from core.domain.chat import clean
from core.errors import InvalidRequest


class Query(BaseModel):
    """The parameters of a URL. One that is not known is refused, lest somebody trusts a filter that is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Asked = TypeVar("Asked", bound=Query)


def asked(request: Request, model: type[Asked]) -> Asked:
    """Return the query of `request` as a `model`. Raises `InvalidRequest`."""
    sent = request.query_params.multi_items()
    values = dict(sent)
    if len(values) < len(sent):
        raise InvalidRequest("Send each parameter only once.")
    try:
        return model.model_validate_strings(values)
    except ValidationError as error:
        raise InvalidRequest(plain(error)) from None


def _written_out(text: str) -> str:
    """Refuse what pydantic takes for seconds since 1970."""
    if text[4:5] != "-":
        raise PydanticCustomError("instant", INSTANT)
    return text


Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean)]
"""A short text that PostgreSQL can compare."""

Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""An instant with its offset from UTC."""
