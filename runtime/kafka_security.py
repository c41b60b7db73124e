"""How connections to Kafka are protected: the settings, as aiokafka and as FastStream want them."""

import ssl
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from runtime.settings import KafkaSettings

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def tls(settings: KafkaSettings) -> ssl.SSLContext | None:
    """None without encryption. Brokers' names are checked against their certificates, always. OSError: unreadable files."""
    if not settings.encrypted:
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file)
    return context


def of_clients(settings: KafkaSettings) -> dict[str, Any]:
    """What aiokafka's clients get."""
    plain: dict[str, Any] = {"security_protocol": settings.security, "ssl_context": tls(settings)}
    if settings.username is None or settings.password is None:
        return plain
    return plain | {
        "sasl_mechanism": settings.mechanism,
        "sasl_plain_username": settings.username,
        "sasl_plain_password": settings.password.get_secret_value(),
    }


def of_broker(settings: KafkaSettings) -> BaseSecurity:
    """What FastStream gets."""
    context = tls(settings)
    if not settings.security.startswith("SASL") or settings.username is None or settings.password is None:
        return BaseSecurity(context)
    password = settings.password.get_secret_value()
    return _SASL[settings.mechanism](settings.username, password, context, use_ssl=settings.encrypted)
