"""DECIMAL values inside JSON documents: the bytes that MySQL has for them (precision, scale, groups of nine digits)."""

from __future__ import annotations

from decimal import Decimal

TYPE_CODE = 246
"""The MySQL type (NEWDECIMAL) that marks such an opaque value."""
_GROUP = 9
_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
"""Bytes that a group of so many digits takes."""


def encode(value: Decimal) -> bytes:
    """Precision, scale and digits of a finite value with at most 65 digits."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a finite value"
    text = "".join(map(str, digits)) + "0" * max(exponent, 0)
    scale = max(-exponent, 0)
    text = text.zfill(scale)
    whole, fraction = text[: len(text) - scale].lstrip("0"), text[len(text) - scale :]
    body = bytearray(b"".join(_packed(part) for part in _groups(whole or "0", fraction)))
    if sign and any(digits):
        body = bytearray(byte ^ 0xFF for byte in body)
    body[0] ^= 0x80
    return bytes((max(len(whole) + scale, 1 + scale), scale)) + bytes(body)


def decode(data: bytes) -> Decimal:
    """The value of such bytes."""
    precision, scale = data[0], data[1]
    body = bytearray(data[2:])
    body[0] ^= 0x80
    negative = bool(body[0] & 0x80)
    if negative:
        body = bytearray(byte ^ 0xFF for byte in body)
    text, at = "", 0
    for part in _groups("0" * (precision - scale), "0" * scale):
        size = _BYTES[len(part)]
        text += str(int.from_bytes(body[at : at + size], "big")).zfill(len(part))
        at += size
    return Decimal((int(negative), tuple(map(int, text)) or (0,), -scale))


def _groups(whole: str, fraction: str) -> list[str]:
    first = len(whole) % _GROUP
    parts = [whole[:first]] + [whole[at : at + _GROUP] for at in range(first, len(whole), _GROUP)]
    return [part for part in parts + [fraction[at : at + _GROUP] for at in range(0, len(fraction), _GROUP)] if part]


def _packed(digits: str) -> bytes:
    return int(digits).to_bytes(_BYTES[len(digits)], "big")
