"""TLS to the broker: 1.2 or newer, the host name checked, the hub's own certificate shown."""

import ssl
from typing import Any

from hub.settings import Mqtt


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
