"""Settings of the language model, from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEEPSEEK = HttpUrl("https://api.deepseek.com")


class LlmSettings(BaseSettings):
    """`REDINK_LLM_*`. Without a key, an address or a cassette there is no model: the local engine grades alone."""

    model_config = SettingsConfigDict(
        env_prefix="REDINK_LLM_", use_attribute_docstrings=True, extra="ignore", env_ignore_empty=True
    )

    api_key: SecretStr | None = None
    """sent as a bearer token; never logged"""
    api_key_file: Path | None = None
    """a file with the key instead, read once at start"""
    url: HttpUrl | None = None
    """address before `/chat/completions`; unset: DeepSeek's, if there is a key. Set without a key: a server that wants none"""
    proxy: SecretStr | None = None
    """http://[user:password@]host:port; proxies of the environment are not used"""
    model: str = Field(default="deepseek-flash", min_length=1)
    """name the endpoint knows the model by"""
    thinking: Literal["disabled", "enabled", "unsaid"] = "disabled"
    """DeepSeek's switch; `unsaid` leaves the field out, for servers that refuse what they don't know"""
    json_mode: bool = True
    """ask for `response_format: json_object`; off for servers that refuse it. Replies are validated either way"""
    json_schema: bool = False
    """ask for `response_format: json_schema` with the reply's shape instead, for servers that know it (llama.cpp does)"""
    pictures: bool = False
    """send crops of questions along, for models that take pictures; strips with name, class and number are painted over"""
    price_in: float = Field(default=1.0, ge=0)
    """money per million tokens read anew"""
    price_cached: float = Field(default=0.02, ge=0)
    """money per million tokens found in the provider's cache"""
    price_out: float = Field(default=4.0, ge=0)
    """money per million tokens written"""
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    requests_per_minute: int = Field(default=100, ge=1)
    """of all workers together, in any 60 seconds"""
    concurrency: int = Field(default=32, ge=1)
    """requests open at a time, of all workers together"""
    workers: int = Field(default=1, ge=1)
    """processes that share the limits: while Redis is away, each keeps to its share"""
    tenant_tokens_per_day: int = Field(default=2_000_000, ge=0)
    """tokens that one tenant may use in 24 hours; 0: any number"""
    max_cost: float = Field(default=0.5, ge=0)
    """money that one exam may cost; 0: any sum"""
    call_seconds: float = Field(default=20.0, gt=0)
    """wall-clock limit of one request, whatever trickles in meanwhile"""
    exam_seconds: float = Field(default=30.0, gt=0)
    """wall-clock limit of all requests of one interactive exam; the exam's own deadline may be sooner"""
    batch_seconds: float = Field(default=180.0, gt=0)
    """the same of an exam of a batch: a class may wait for its places within the limits"""
    retries: int = Field(default=2, ge=0, le=10)
    """tries of a request after the first, where trying again can help"""
    breaker_after: int = Field(default=3, ge=1)
    """failed requests in a row after which the model is left alone"""
    breaker_seconds: float = Field(default=30.0, gt=0)
    """for so long; then one request tries for all"""
    cache_days: float = Field(default=7.0, gt=0)
    """how long replies are kept, in Redis"""
    cassette: Path | None = None
    """file of recorded replies, for tests and demonstrations without a network; it holds what the model wrote"""
    cassette_mode: Literal["replay", "record"] = "replay"

    @model_validator(mode="after")
    def _key_once(self) -> "LlmSettings":
        if self.api_key is not None and self.api_key_file is not None:
            raise ValueError("give api_key or api_key_file, not both")
        if self.api_key_file is not None:
            try:
                self.api_key = SecretStr(self.api_key_file.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError):
                raise ValueError("api_key_file can't be read") from None
        if self.api_key is not None:
            key = self.api_key.get_secret_value().strip()
            if not key.isascii() or not key.isprintable() or " " in key:
                raise ValueError("the key must be one word of printable ASCII characters")
            self.api_key = SecretStr(key) if key else None
        return self

    @property
    def replays(self) -> bool:
        """Whether replies come from the cassette alone."""
        return self.cassette is not None and self.cassette_mode == "replay"

    @property
    def enabled(self) -> bool:
        """Whether there is a model to ask."""
        return self.api_key is not None or self.url is not None or self.replays

    @property
    def address(self) -> HttpUrl:
        """Where requests go."""
        return self.url or DEEPSEEK
