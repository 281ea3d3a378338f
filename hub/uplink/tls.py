"""TLS to the broker: 1.2 or newer, the host name checked, the hub's own certificate shown."""

import ssl

from hub.settings import Mqtt


def context(settings: Mqtt) -> ssl.SSLContext:
    """Raises OSError (ssl.SSLError among them) for a certificate file that cannot be used.

    Dates are always checked: with a wrong clock the hub keeps what it has and says why (F26).
    """
    made = ssl.create_default_context(cafile=settings.ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate_file is not None:
        made.load_cert_chain(settings.certificate_file, settings.key_file)
    return made
