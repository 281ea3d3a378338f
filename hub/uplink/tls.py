"""TLS to the broker: 1.2 or newer, the host name checked, the hub's own certificate shown."""

import ssl
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from hub.settings import Mqtt
from hub.uplink import endings
from hub.uplink.endings import Ending


class Context(ssl.SSLContext):
    """Knows the socket that it wrapped last: paho leaves one whose handshake failed open."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        self.wrapped = super().wrap_socket(*args, **kwargs)
        return self.wrapped

    def drop(self) -> None:
        if self.wrapped is not None:
            self.wrapped.close()


def context(settings: Mqtt) -> Context:
    """Raises OSError (ssl.SSLError among them) for a certificate file that cannot be used.

    Dates are always checked: with a wrong clock the hub keeps what it has and says why (F26).
    """
    made = Context(ssl.PROTOCOL_TLS_CLIENT)  # which demands a certificate for the right name
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca_file is None:
        made.load_default_certs()
    else:
        made.load_verify_locations(settings.ca_file)
    if settings.certificate_file is not None:
        made.load_cert_chain(settings.certificate_file, settings.key_file)
    return made


def not_welcome(settings: Mqtt) -> Ending:
    """The server hung up before it answered. In TLS 1.3 it need not say why: look ourselves."""
    if settings.certificate_file is None:
        return endings.NOT_WELCOME
    try:
        own = x509.load_pem_x509_certificate(settings.certificate_file.read_bytes())
    except (OSError, ValueError):
        return endings.NOT_WELCOME
    if own.not_valid_after_utc > datetime.now(UTC):
        return endings.NOT_WELCOME
    return endings.own_certificate_expired(own.not_valid_after_utc)
