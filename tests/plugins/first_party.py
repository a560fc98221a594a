"""Every plugin of ours, as it is used, by the name of its module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openrouter_stt_plugins.audio_preparation import AudioPreparation
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.cache import DiskCache, MemoryCache
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker
from openrouter_stt_plugins.encoding import Encoding
from openrouter_stt_plugins.fallback import Fallback
from openrouter_stt_plugins.local import Local
from openrouter_stt_plugins.logging import Logging
from openrouter_stt_plugins.otel import OpenTelemetry
from openrouter_stt_plugins.rate_limit import RateLimit
from openrouter_stt_plugins.redaction import Redaction
from openrouter_stt_plugins.redis_cache import RedisCache
from openrouter_stt_plugins.retry import Retry

# Called with a folder and the URL of a Redis; behind a comma stands which plugin of a module it is.
FIRST_PARTY: dict[str, Callable[[Path, str], object]] = {
    "audio_preparation": lambda folder, redis_url: AudioPreparation(over=0),
    "budget": lambda folder, redis_url: Budget(100),
    "cache, disk": lambda folder, redis_url: DiskCache(folder),
    "cache, memory": lambda folder, redis_url: MemoryCache(),
    "circuit_breaker": lambda folder, redis_url: CircuitBreaker(),
    "encoding": lambda folder, redis_url: Encoding(),
    "fallback": lambda folder, redis_url: Fallback("model-b"),
    "local": lambda folder, redis_url: Local(),
    "logging": lambda folder, redis_url: Logging(),
    "otel": lambda folder, redis_url: OpenTelemetry(),
    "rate_limit": lambda folder, redis_url: RateLimit(requests=1000, per=1),
    "redaction": lambda folder, redis_url: Redaction(),
    "redis_cache": lambda folder, redis_url: RedisCache(redis_url),
    "retry": lambda folder, redis_url: Retry(),
}
