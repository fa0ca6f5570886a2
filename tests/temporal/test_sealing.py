"""Texts that are sealed with the office's keys open as what they are about, and as nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temporal.encryption import KeyRing, PayloadTampered, UnknownKey
from temporal.sealing import seal, unseal

RING = KeyRing(active="spring", keys={"spring": b"0" * 32})


@given(st.text(), st.text())
def test_what_is_sealed_opens(text: str, about: str) -> None:
    assert unseal(RING, seal(RING, text, about=about), about=about) == text


def test_an_older_key_opens_and_a_lost_one_does_not() -> None:
    sealed = seal(RING, "secret", about="me")
    assert unseal(RING.rotated(), sealed, about="me") == "secret"
    with pytest.raises(UnknownKey):
        unseal(KeyRing(active="summer", keys={"summer": b"1" * 32}), sealed, about="me")


@pytest.mark.parametrize("change", [lambda one: one[:-4] + "AAAA", lambda one: "spring:", lambda one: "spring:no"])
def test_what_was_changed_does_not_open(change: object) -> None:
    sealed = seal(RING, "secret", about="me")
    with pytest.raises(PayloadTampered):
        unseal(RING, change(sealed), about="me")  # type: ignore[operator]


def test_it_does_not_open_as_another_ones() -> None:
    with pytest.raises(PayloadTampered):
        unseal(RING, seal(RING, "secret", about="me"), about="you")
