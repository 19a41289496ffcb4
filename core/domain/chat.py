"""What a user asks of a model: messages and parameters, validated once for pages and routes alike."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Role = Literal["system", "user", "assistant"]

MODEL_NAME = r"[^\s\x00-\x1f\x7f]+"
MODEL_ID = rf"^[^/\s\x00-\x1f\x7f]+/{MODEL_NAME}$"
MAX_MESSAGES = 200
MAX_CHARACTERS = 400_000
MAX_OUTPUT_TOKENS = 1_000_000


def clean(text: str) -> str:
    """Return `text` without what PostgreSQL and UTF-8 cannot hold: NUL is dropped, a lone surrogate becomes U+FFFD."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _whole(number: object) -> object:
    """To JSON, 10.0 is as whole a number as 10."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


Text = Annotated[str, Field(max_length=MAX_CHARACTERS), AfterValidator(clean)]


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: Text


class Parameters(BaseModel):
    """How the model is to answer. The ranges are those of the HTTP contract."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    temperature: float = Field(default=0.7, ge=0, le=2)
    max_tokens: Annotated[int, BeforeValidator(_whole)] = Field(default=1000, ge=1, le=MAX_OUTPUT_TOKENS)
    top_p: float = Field(default=1.0, ge=0, le=1)


class ChatRequest(Parameters):
    """A whole request: which model, the conversation so far, the parameters."""

    model_id: str = Field(min_length=3, max_length=200, pattern=MODEL_ID)
    messages: tuple[Message, ...] = Field(min_length=1, max_length=MAX_MESSAGES)

    @property
    def provider(self) -> str:
        """The provider's name: what stands before the first `/`."""
        return self.model_id.partition("/")[0]

    @property
    def model(self) -> str:
        """The model's name as the provider knows it: what follows the first `/`."""
        return self.model_id.partition("/")[2]

    @property
    def parameters(self) -> Parameters:
        """The parameters alone."""
        return Parameters(temperature=self.temperature, max_tokens=self.max_tokens, top_p=self.top_p)

    @property
    def prompt(self) -> str:
        """The last thing that the user said, or the last message where the user said nothing."""
        said = [message.content for message in self.messages if message.role == "user"]
        return said[-1] if said else self.messages[-1].content

    @property
    def characters(self) -> int:
        """The length of all messages together."""
        return sum(len(message.content) for message in self.messages)
