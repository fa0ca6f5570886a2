"""A 277CA that refuses all claims of one billing provider touches no claim of another in the same batch."""

from dataclasses import replace

from billing.acknowledgment import ClaimAcknowledgment, ClaimAcknowledgmentFile, StatusReason
from billing.claim import Name, Party
from interchange.x12 import acknowledgment_277ca, writing
from tests.builders import CLINIC_NPI, NOON, RECEIVER, SENDER, a_claim, an_837p
from tests.office import Office

BOTH_DATABASES = True


def refused_provider(npi: str, batch_reference: str) -> bytes:
    payer = Party(role="PR", is_person=False, name=Name("EXAMPLE PAYER"), id_qualifier="46", id="99999")
    provider = Party(role="85", is_person=False, name=Name("EXAMPLE CLINIC"), id_qualifier="XX", id=npi)
    verdict = ClaimAcknowledgment(
        sender=payer,
        control_number=None,
        reasons=(StatusReason("A3", "496", "85"),),
        accepted=False,
        effective=NOON.date(),
        level="provider",
        batch_reference=batch_reference,
        provider=provider,
    )
    file = ClaimAcknowledgmentFile(
        reference="ACK1",
        created=NOON.date(),
        sender=payer,
        receiver=Party(role="41", is_person=False, name=Name("ZERO BALANCE"), id_qualifier="46", id="ZEROBALANCE"),
        provider=provider,
        acknowledgments=(verdict,),
    )
    return writing.write_interchange(
        [writing.Group(1, acknowledgment_277ca.VERSION, [("0001", acknowledgment_277ca.write(file))], "277")],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=1,
        instant=NOON,
    ).encode("ascii")


def test_only_the_claims_of_the_provider_named_are_refused(office: Office) -> None:
    other = replace(a_claim().billing_provider, id="1999999992")
    office.take_in(an_837p(a_claim(), a_claim(control_number="EXT2", billing_provider=other)))
    for encounter in office.encounter_ids():
        office.go_on(encounter)
    batch = office.send_claims()
    office.deliver(refused_provider(CLINIC_NPI, batch.id.upper()))
    tasks = {}
    for encounter in office.encounter_ids():
        office.go_on(encounter)
        tasks[office.billing_npi(encounter)] = office.open_task_types(encounter)
    assert tasks == {CLINIC_NPI: ["claim_rejected"], "1999999992": []}
