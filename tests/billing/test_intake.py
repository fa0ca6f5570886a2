"""The key by which a claim is known again."""

from dataclasses import replace

from billing.intake import intake_key
from tests.builders import a_claim

KNOWN = "eb10cc89521930d0f94f34565acfa7dcd7de76343e905394f23912e94f646768"
"""Of the builders' claim, since 2026-11-24: another key would take every claim in a second time after an upgrade"""


def test_a_claims_key_is_the_same_in_every_release() -> None:
    assert intake_key(a_claim()) == KNOWN


def test_what_was_sent_makes_another_key() -> None:
    claim = a_claim()
    assert intake_key(replace(claim, special_program="02")) != KNOWN
    assert intake_key(replace(claim, other_segments=())) == KNOWN
