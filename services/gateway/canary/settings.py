"""Configuration of the canary."""

from pydantic import Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CanarySettings(BaseSettings):
    """`REDINK_CANARY_*`: synthetic exams, by `python -m services canary`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_CANARY_", use_attribute_docstrings=True)

    url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    """where clients reach the gateway: from outside the load balancer, if there is one"""
    key: SecretStr | None = None
    """API key of the canary, rk_<id>_<secret>; a gateway that has the same setting makes it valid for the tenant `canary`"""
    every_seconds: float = Field(default=60.0, gt=0)
    """from one synthetic exam to the next"""
    limit_seconds: float = Field(default=120.0, gt=0)
    """after which one is late"""
