"""Configuration of the operators' port."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class AdminSettings(BaseSettings):
    """`REDINK_ADMIN_*`: calls of operators, on a port of their own. Without a token there are none."""

    model_config = SettingsConfigDict(env_prefix="REDINK_ADMIN_", use_attribute_docstrings=True)

    token: SecretStr | None = None
    """sent as Authorization: Bearer; 24 characters or more; two by a space while one replaces the other; unset: no port"""
    host: str = "127.0.0.1"
    """never a public address"""
    port: int = Field(default=8001, ge=0, le=65535)

    @field_validator("token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not (tokens := value.get_secret_value().split()):
            return None
        if min(map(len, tokens)) < 24:
            raise ValueError("must have at least 24 characters")
        if len(tokens) > 2:
            raise ValueError("must be one, or two separated by a space")
        return value

    @property
    def tokens(self) -> tuple[str, ...]:
        """All that are accepted."""
        return tuple(self.token.get_secret_value().split()) if self.token else ()
