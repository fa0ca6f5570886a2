"""A FHIR message as the visits in it."""

from collections.abc import Iterator
from datetime import tzinfo

from billing.sent_visits import SentVisit
from interchange.fhir import claims, visits
from interchange.fhir.bundles import Bundle
from interchange.fhir.nodes import NotFhir, Told, parse


def read(body: bytes, *, zone: tzinfo) -> Iterator[SentVisit]:
    """Every claim of a Bundle, of Parameters or alone; where there is none, every encounter.

    `zone` is the practice's: by it an instant is on a day. Raises NotFhir, before the first visit, for anything that
    is no FHIR resource in JSON or holds neither.
    """
    bundle = Bundle(parse(body))
    found = bundle.of("Claim")
    reader = claims.read
    if not found:
        found, reader = bundle.of("Encounter"), visits.read
    if not found:
        raise NotFhir("the message holds no Claim and no Encounter: there is nothing to bill")
    return (reader(one, bundle, Told(zone)) for one in found)
