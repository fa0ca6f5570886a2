"""Who bills and who treats: defects."""

from dataclasses import replace

from billing.claim import Name, Party
from billing.coding_rules import ProviderFacts
from simulator.clinic import DOCTOR_NPI
from simulator.defects.putting import GUIDE, LONG_AGO, OMISSION, VALUE, billed_at, billed_by, defect, more, provider
from simulator.subjects import Subject, medicare


@defect("P01", VALUE, "45 CFR 162.406", "biller id")
def wrong_check_digit(subject: Subject) -> Subject:
    """the last digit of the billing NPI is mistyped"""
    return billed_by(subject, id="1999999985")


@defect("P01", OMISSION, f"{GUIDE} 2010AA NM109", "biller id")
def no_billing_npi(subject: Subject) -> Subject:
    """the billing NPI is missing"""
    return billed_by(subject, id=None, id_qualifier=None)


@defect("P02", VALUE, "NPPES deactivation file", "registry", "rendering")
def deactivated(subject: Subject) -> Subject:
    """the rendering provider's NPI was deactivated before the service"""
    return provider(
        subject.knows(providers={DOCTOR_NPI: ProviderFacts(DOCTOR_NPI, None, LONG_AGO, None)}),
        Party("82", True, Name("INVENTED", "DOC"), "XX", DOCTOR_NPI),
    )


@defect("P03", VALUE, "NUCC", "biller taxonomy")
def short_taxonomy(subject: Subject) -> Subject:
    """the taxonomy has nine characters"""
    return billed_by(subject, taxonomy="207Q00000")


@defect("P04", VALUE, "26 CFR 301.6109-1", "biller tax id")
def placeholder_tax_id(subject: Subject) -> Subject:
    """the tax id is a placeholder"""
    reference = replace(subject.claim.billing_provider.references[0], value="123456789")
    return billed_by(subject, references=(reference,))


@defect("P04", OMISSION, f"{GUIDE} 2010AA REF", "biller tax id")
def no_tax_id(subject: Subject) -> Subject:
    """the tax id is missing"""
    return billed_by(subject, references=())


@defect("P05", VALUE, f"{GUIDE} 2010AA N301", "biller address")
def post_office_box(subject: Subject) -> Subject:
    """the billing address is a post office box"""
    return billed_at(subject, street="PO BOX 12")


@defect("P05", OMISSION, f"{GUIDE} 2010AA N403", "biller address")
def five_digit_zip(subject: Subject) -> Subject:
    """the billing ZIP has five digits"""
    return billed_at(subject, postal_code="44101")


@defect("P06", VALUE, f"{GUIDE} 2310B", "rendering", "biller id")
def rendering_is_billing(subject: Subject) -> Subject:
    """the rendering provider is who bills"""
    return provider(subject, Party("82", True, Name("INVENTED", "DOC"), "XX", subject.claim.billing_provider.id))


@defect("P07", OMISSION, "the payer's enrolment", "enrolment")
def not_enrolled(subject: Subject) -> Subject:
    """the payer has not taken the provider yet"""
    return subject.knows(enrolment_gap="the payer has not taken 1999999984 yet (claims)")


@defect("P08", OMISSION, "42 CFR 410.32", "payer", "lines", "ordering")
def nobody_ordered(subject: Subject) -> Subject:
    """Medicare is not told who ordered the test"""
    kept = tuple(one for one in subject.claim.providers if one.role != "DN")
    return more(medicare(subject).claims(providers=kept), "80061")


@defect("P09", VALUE, "42 CFR 410.26", "rendering", "supervising")
def supervises_themselves(subject: Subject) -> Subject:
    """the supervising provider is who rendered the service"""
    doctor = Party("82", True, Name("INVENTED", "DOC"), "XX", DOCTOR_NPI)
    return provider(provider(subject, doctor), replace(doctor, role="DQ"))


@defect("P10", OMISSION, f"{GUIDE} 2310C", "place", "facility")
def no_facility(subject: Subject) -> Subject:
    """the hospital is not named"""
    kept = tuple(one for one in subject.claim.providers if one.role != "77")
    return subject.claims(place_of_service="22", providers=kept)
