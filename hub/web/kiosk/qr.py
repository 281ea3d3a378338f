"""A QR code as SVG, for the telephone of the technician."""

from io import BytesIO

import segno
from markupsafe import Markup


def qr(address: str) -> Markup:
    drawn = BytesIO()
    segno.make(address, micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        border=2,
        svgclass="qr",
        lineclass=None,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made here; the address is our own
