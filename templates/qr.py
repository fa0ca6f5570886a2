"""QR codes of addresses, as pictures for the page and for print."""

import io

import segno

_SCALE = 4
"""Pixels a module on the page; print sets its own size"""


def svg(address: str) -> str:
    """The code as an SVG document, one unit a module; it reads with 15 % of it damaged (level M)."""
    written = io.BytesIO()
    _code(address).save(written, kind="svg", xmldecl=False)
    return written.getvalue().decode()


def data_uri(address: str) -> str:
    """The code as the source of an `img`."""
    return _code(address).svg_data_uri(scale=_SCALE)


def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m", boost_error=False)
