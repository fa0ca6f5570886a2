"""How a trading partner is reached, and what must be known for it: the facts, and everything wrong with them at once.

A partner answers over HTTP, or exchanges files: by SFTP, or through a folder that something else carries.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import StrEnum
from string import Formatter
from typing import Any


class Reach(StrEnum):
    """The way to a partner."""

    HTTP = "http"
    """Calls that are answered at once, and a mailbox"""
    SFTP = "sftp"
    """Files on the partner's SSH server"""
    FOLDER = "folder"
    """Files in a folder of this machine, or one mounted on it"""

    @property
    def answers_at_once(self) -> bool:
        """Whether a question (270, 276) can be asked and answered in one call."""
        return self == Reach.HTTP


UPLOAD_NAME = "{kind}_{control}_{date}.edi"
"""What an upload is called unless the partner wants another name"""

PLACEHOLDERS = {"kind": "837P", "control": "000000001", "group": "1", "date": "20261231", "time": "2359", "usage": "P"}
"""What a name may hold, each with an example: kind of file, ISA13, GS06, day and time of the batch (UTC), ISA15"""

UNFINISHED = (".part", ".tmp")
"""Endings of files that are still being written: ours while we upload, a partner's while it does"""

LONGEST_UPLOAD_NAME = 64
LONGEST_GROUP = 9
"""Digits of GS06"""

HOST_KEY_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)

NO_ANSWERS = (
    "this partner is reached by files and answers no questions in real time; verify by the payer's portal or by "
    "telephone, and write down the reference"
)


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """Everything the office knows of a partner, as an operator gives it."""

    name: str
    sender_id: str
    """ISA06 and GS02"""
    receiver_id: str
    """ISA08 and GS03"""
    submitter_name: str
    submitter_contact: str
    submitter_telephone: str
    secret_name: str
    """Names the entry of the secrets: bearer token, or the password or private key for SFTP"""
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    usage: str = "P"
    """ISA15: P production, T test"""
    reached_by: str = Reach.HTTP
    base_url: str | None = None
    host: str | None = None
    port: int | None = None
    login: str | None = None
    host_key: str | None = None
    """The server's public keys, one a line: `ssh-ed25519 AAAA...`"""
    outbox: str | None = None
    """Folder that we write into"""
    inbox: str | None = None
    """Folder that we read from"""
    archive: str | None = None
    """Folder that read files are moved to; None: they stay where they are"""
    upload_name: str | None = None


_FILES = ("outbox", "inbox")
_NEEDED: dict[Reach, tuple[str, ...]] = {
    Reach.HTTP: ("base_url",),
    Reach.SFTP: ("host", "login", "host_key", *_FILES),
    Reach.FOLDER: _FILES,
}
_POSSIBLE: dict[Reach, tuple[str, ...]] = {
    Reach.HTTP: ("base_url",),
    Reach.SFTP: ("host", "port", "login", "host_key", *_FILES, "archive", "upload_name"),
    Reach.FOLDER: (*_FILES, "archive", "upload_name"),
}
_OF_A_WAY = ("base_url", "host", "port", "login", "host_key", *_FILES, "archive", "upload_name")
_LONGEST = {
    "name": 100,
    "secret_name": 100,
    "sender_id": 15,
    "receiver_id": 15,
    "sender_qualifier": 2,
    "receiver_qualifier": 2,
    "submitter_name": 60,
    "submitter_contact": 60,
    "submitter_telephone": 20,
    "base_url": 300,
    "host": 255,
    "login": 100,
    "outbox": 500,
    "inbox": 500,
    "archive": 500,
    "upload_name": 100,
}
_KINDS: dict[str, type] = {one.name: int if one.name == "port" else str for one in fields(PartnerFacts)}
_BLANK = {one.name: "" for one in fields(PartnerFacts) if one.default is MISSING}
WHO = tuple(name for name in _KINDS if name not in {"name", "reached_by", *_OF_A_WAY})
"""The facts that say who a partner is and who we are to it, not how it is reached"""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]*")


class PartnersInvalid(ValueError):
    """Facts of partners that cannot be kept: every fault at once, each as `partner.fact: what to do`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_partners(document: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> list[PartnerFacts]:
    """Partners as a file names them, one table each; who they are (`WHO`) may be left out where it is `known`.

    How a partner is reached is taken from the file alone. Raises PartnersInvalid with every fault.
    """
    found, faults = [], []
    for name, given in document.items():
        if not isinstance(given, Mapping):
            faults.append(f"{name}: is a table, [{name}], with the partner's facts below it")
            continue
        wrong = _faults_of_types(given)
        faults += [f"{name}.{fault}" for fault in wrong]
        if not wrong:
            facts = PartnerFacts(**{**_BLANK, "secret_name": name, **known.get(name, {}), **given, "name": name})
            found.append(facts)
            faults += [f"{name}.{fault}" for fault in faults_of(facts)]
    if faults:
        raise PartnersInvalid(faults)
    return found


def _faults_of_types(given: Mapping[str, Any]) -> list[str]:
    faults = []
    for name, value in given.items():
        if name not in _KINDS or name == "name":
            faults.append(f"{name}: is not known; there are {', '.join(one for one in _KINDS if one != 'name')}")
        elif not isinstance(value, _KINDS[name]) or isinstance(value, bool):
            faults.append(f"{name}: is {'a number' if _KINDS[name] is int else 'text in quotes'}")
    return faults


def faults_of(facts: PartnerFacts) -> list[str]:
    """Everything that is wrong, each as `fact: what to do`."""
    faults = [f"{name}: is missing" for name in _LONGEST if name not in _OF_A_WAY and not getattr(facts, name).strip()]
    faults += [
        f"{name}: has more than {longest} characters"
        for name, longest in _LONGEST.items()
        if len(getattr(facts, name) or "") > longest
    ]
    if facts.usage not in {"P", "T"}:
        faults.append("usage: is P (production) or T (test)")
    try:
        way = Reach(facts.reached_by)
    except ValueError:
        return [*faults, f"reached_by: is one of {', '.join(Reach)}"]
    faults += [f"{name}: is missing, {way} needs it" for name in _NEEDED[way] if not getattr(facts, name)]
    faults += [
        f"{name}: has no meaning for {way}; leave it out"
        for name in _OF_A_WAY
        if name not in _POSSIBLE[way] and getattr(facts, name) is not None
    ]
    return faults + _faults_of_way(facts, way)


def _faults_of_way(facts: PartnerFacts, way: Reach) -> list[str]:
    faults = []
    if facts.base_url and not facts.base_url.startswith(("http://", "https://")):
        faults.append("base_url: begins with https:// (or http:// on this machine)")
    if facts.port is not None and not 1 <= facts.port <= 65535:
        faults.append("port: is a number from 1 to 65535")
    if facts.host_key and way == Reach.SFTP:
        faults += [f"host_key: {fault}" for fault in host_key_faults(facts.host_key)]
    folders = {name: getattr(facts, name) for name in ("outbox", "inbox", "archive") if getattr(facts, name)}
    for name, path in folders.items():
        if not path.isprintable():
            faults.append(f"{name}: holds characters that cannot be printed")
        if way == Reach.FOLDER and not path.startswith("/"):
            faults.append(f"{name}: is a whole path, from / on")
    if len({path.rstrip("/") for path in folders.values()}) < len(folders):
        faults.append("outbox, inbox, archive: are different folders")
    if facts.upload_name:
        faults += [f"upload_name: {fault}" for fault in upload_name_faults(facts.upload_name)]
    return faults


def host_key_faults(text: str) -> list[str]:
    """What keeps the text from being public host keys, one a line."""
    faults = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        words = line.split()
        if words[0] not in HOST_KEY_KINDS:
            faults.append(
                f"line {number} does not begin with a kind of key ({', '.join(HOST_KEY_KINDS)}); give the public key "
                "as the partner published it, not its fingerprint, and without the host's name"
            )
        elif len(words) < 2 or not _is_key(words[0], words[1]):
            faults.append(f"line {number} is not a whole {words[0]} key; copy it again")
    return faults or ([] if text.strip() else ["is empty"])


def _is_key(kind: str, text: str) -> bool:
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    pieces = _pieces(blob)
    return len(pieces) > 1 and pieces[0] == kind.encode()


def _pieces(blob: bytes) -> list[bytes]:
    """The strings of a key, each behind its length in four bytes (RFC 4251); none when they do not come out."""
    found = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        found.append(blob[4 : 4 + length])
        if len(blob) < 4 + length:
            return []
        blob = blob[4 + length :]
    return found


def upload_name_faults(pattern: str) -> list[str]:
    """What keeps a pattern from giving each interchange one plain name of its own."""
    try:
        pieces = list(Formatter().parse(pattern))
    except ValueError as error:
        return [f"cannot be read ({error})"]
    names = {name for _, name, _, _ in pieces if name is not None}
    faults = [f"{{{name}}} is not known; there are {_known()}" for name in sorted(names - set(PLACEHOLDERS))]
    if any(spec or conversion for _, _, spec, conversion in pieces):
        faults.append("a placeholder stands alone between its braces")
    if "control" not in names:
        faults.append("{control} is missing: without it two interchanges would have one name")
    if not all(_PLAIN_NAME.fullmatch(literal) for literal, _, _, _ in pieces):
        faults.append("beside placeholders only letters, digits, dots, hyphens and underscores")
    if pattern.startswith("."):
        faults.append("begins with a dot, which hides the file")
    if pattern.endswith(UNFINISHED):
        faults.append(f"ends with {' or '.join(UNFINISHED)}, which marks unfinished files")
    if not faults and len(pattern.format(**{**PLACEHOLDERS, "group": "9" * LONGEST_GROUP})) > LONGEST_UPLOAD_NAME:
        faults.append(f"gives names of more than {LONGEST_UPLOAD_NAME} characters")
    return faults


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def upload_name(
    pattern: str | None, *, kind: str, interchange_number: int, group_number: int, instant: datetime, usage: str
) -> str:
    """The one name of an interchange: whenever it is asked for, the same."""
    return (pattern or UPLOAD_NAME).format(
        kind=kind,
        control=f"{interchange_number:09d}",
        group=group_number,
        date=f"{instant:%Y%m%d}",
        time=f"{instant:%H%M}",
        usage=usage,
    )
