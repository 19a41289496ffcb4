"""The lists of models, each in the shape of its provider."""

from collections.abc import Sequence
from typing import Any

_NAMES = {
    "openai": ("gpt-4o-mini", "gpt-4o", "gpt-3.5-turbo", "o3-mini", "text-embedding-3-small", "whisper-1", "dall-e-3"),
    "groq": ("llama-3.1-8b-instant", "llama-3.3-70b-versatile", "whisper-large-v3"),
    "local": ("smollm2-135m",),
}
_ANTHROPIC = {
    "claude-3-haiku-20240307": "Claude Haiku 3",
    "claude-3-5-sonnet-20241022": "Claude Sonnet 3.5",
    "claude-opus-4-1-20250805": "Claude Opus 4.1",
}
_OPENROUTER = (
    ("anthropic/claude-3.5-sonnet", "Anthropic: Claude 3.5 Sonnet", "0.000003", "0.000015", 200000, "text"),
    ("meta-llama/llama-3.3-70b-instruct:free", "Meta: Llama 3.3 70B (free)", "0", "0", 131072, "text"),
    ("openrouter/auto", "Auto Router", "-1", "-1", 2000000, "text"),
    ("black-forest-labs/flux.2-pro", "FLUX.2 Pro", "0", "0", 46864, "image"),
)


def models_of(provider: str, models: Sequence[str] = ("sim/words",)) -> Any:
    """Return what `GET /models` answers at `provider`; `models` are listed too."""
    match provider:
        case "openrouter":
            rows = [*_OPENROUTER, *((model, model, "0.000001", "0.000002", 8192, "text") for model in models)]
            return {"data": [_openrouter(*row) for row in rows]}
        case "together":
            return [_together("meta-llama/Llama-3.3-70B-Instruct-Turbo", "chat"), _together("BAAI/bge-m3", "embedding")]
        case "anthropic":
            data = [{"type": "model", "id": name, "display_name": shown} for name, shown in _ANTHROPIC.items()]
            return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}
        case _:
            names = [*_NAMES.get(provider, ()), *models]
            return {"object": "list", "data": [_plain(name, provider) for name in names]}


def _plain(name: str, provider: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": name, "object": "model", "created": 1686935002, "owned_by": provider}
    return entry | ({"active": True, "context_window": 131072} if provider == "groq" else {})


def _openrouter(name: str, shown: str, prompt: str, completion: str, context: int, writes: str) -> dict[str, Any]:
    pricing = {"prompt": prompt, "completion": completion, "request": "0", "image": "0"}
    if name == "anthropic/claude-3.5-sonnet":
        pricing |= {"input_cache_read": "0.0000003", "input_cache_write": "0.00000375"}
    modalities = {"input_modalities": ["text"], "output_modalities": [writes]}
    return {"id": name, "name": shown, "context_length": context, "architecture": modalities, "pricing": pricing}


def _together(name: str, kind: str) -> dict[str, Any]:
    pricing = {"hourly": 0, "input": 0.88, "output": 0.88, "base": 0, "finetune": 0}
    return {"id": name, "object": "model", "type": kind, "display_name": name, "context_length": 131072} | {
        "pricing": pricing
    }
