"""How a partner is reached: every fault at once, and one name for each interchange."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from billing.partners import (
    NO_ANSWERS,
    PartnerFacts,
    PartnersInvalid,
    Reach,
    faults_of,
    host_key_faults,
    read_partners,
    upload_name,
    upload_name_faults,
)
from tests.builders import NOON

HOST_KEY = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)).decode()


def facts(**changes: Any) -> PartnerFacts:
    base = PartnerFacts(
        name="clearinghouse",
        sender_id="ZEROBALANCE",
        receiver_id="CLEARHOUSE",
        submitter_name="ZERO BALANCE",
        submitter_contact="EDI DESK",
        submitter_telephone="5555550100",
        secret_name="clearinghouse",
        base_url="https://partner.test",
    )
    return replace(base, **changes)


def by_sftp(**changes: Any) -> PartnerFacts:
    files = {"outbox": "/out", "inbox": "/in", "base_url": None, "reached_by": "sftp"}
    return facts(**{**files, "host": "sftp.partner.test", "login": "office", "host_key": HOST_KEY, **changes})


@pytest.mark.parametrize(
    "fine",
    [
        facts(),
        by_sftp(),
        by_sftp(port=2222, archive="/done", upload_name="{kind}_{control}.x12"),
        facts(reached_by="folder", base_url=None, outbox="/srv/out", inbox="/srv/in"),
    ],
)
def test_whole_facts_have_no_fault(fine: PartnerFacts) -> None:
    assert faults_of(fine) == []


def test_every_fault_is_said_at_once() -> None:
    wrong = by_sftp(
        host=None,
        host_key="SHA256:abc",
        port=0,
        usage="X",
        base_url="ftp://x",
        inbox="/out/",
        sender_id="",
        upload_name="{claim}.part",
    )
    said = {fault.split(":")[0] for fault in faults_of(wrong)}
    assert said == {
        "host",
        "host_key",
        "port",
        "usage",
        "base_url",
        "outbox, inbox, archive",
        "sender_id",
        "upload_name",
    }


def test_a_host_key_is_required_for_sftp() -> None:
    assert faults_of(by_sftp(host_key=None)) == ["host_key: is missing, sftp needs it"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("sftp.partner.test " + HOST_KEY, "without the host's name"),
        (HOST_KEY[:-40], "not a whole ssh-ed25519 key"),
        ("ssh-rsa " + HOST_KEY.split()[1], "not a whole ssh-rsa key"),
        ("ssh-ed25519", "not a whole"),
    ],
)
def test_what_is_no_host_key_is_refused_in_words(text: str, words: str) -> None:
    [fault] = host_key_faults(text)
    assert words in fault


def test_two_host_keys_may_stand_one_below_the_other_while_a_partner_changes_them() -> None:
    assert host_key_faults(f"{HOST_KEY} old\n{HOST_KEY} new\n") == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{kind}.edi", "{control} is missing"),
        ("{control}_{patient}.edi", "{patient} is not known"),
        ("{control:05}.edi", "stands alone"),
        ("{control!r}.edi", "stands alone"),
        ("in/{control}.edi", "only letters"),
        (".{control}", "dot"),
        ("{control}.tmp", ".tmp"),
        ("{control", "cannot be read"),
        ("{control}" + "x" * 60, "more than 64"),
    ],
)
def test_a_pattern_that_gives_no_plain_name_of_its_own_is_refused(pattern: str, words: str) -> None:
    assert any(words in fault for fault in upload_name_faults(pattern))


def test_an_interchange_has_one_name() -> None:
    of = {"kind": "837P", "interchange_number": 42, "group_number": 7, "instant": NOON, "usage": "T"}
    assert upload_name(None, **of) == f"837P_000000042_{NOON:%Y%m%d}.edi"  # type: ignore[arg-type]
    assert upload_name("{usage}{group}-{control}-{time}", **of) == f"T7-000000042-{NOON:%H%M}"  # type: ignore[arg-type]


def test_a_file_of_partners_is_read_with_all_its_faults() -> None:
    document = {
        "one": {"reached_by": "folder", "outbox": "out", "inbox": "/in", "colour": "red", "port": "22"},
        "two": {"reached_by": "post"},
        "three": "http",
    }
    with pytest.raises(PartnersInvalid) as refused:
        read_partners(document, {"two": {"sender_id": "ZEROBALANCE"}})
    said = [fault.split(":")[0] for fault in refused.value.faults]
    assert said[:2] == ["one.colour", "one.port"]
    assert "two.reached_by" in said
    assert "two.receiver_id" in said
    assert "two.sender_id" not in said
    assert "three" in said


def test_who_a_partner_is_may_be_left_out_where_it_is_known() -> None:
    known = {"house": {fact: getattr(facts(), fact) for fact in ("sender_id", "receiver_id", "submitter_name")}}
    known["house"] |= {"submitter_contact": "EDI DESK", "submitter_telephone": "5555550100", "usage": "T"}
    given = {"reached_by": "folder", "outbox": "/srv/out", "inbox": "/srv/in"}
    [read] = read_partners({"house": given}, known)
    assert (read.usage, read.secret_name, read.sender_id) == ("T", "house", "ZEROBALANCE")


def test_only_http_answers_at_once() -> None:
    assert [way for way in Reach if way.answers_at_once] == [Reach.HTTP]
    assert "no questions in real time" in NO_ANSWERS
