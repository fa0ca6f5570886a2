"""The encounter as a client sends it: JSON in the office's words, and its way to billing's claim.

Amounts are decimal text, so that no float ever touches money. What a payer needs but a front desk may not know yet
(birth date, member id, address) may be missing: the office asks a person, it does not turn the visit away.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from billing.amendments import SELF_PAY
from billing.claim import Address, Claim, Coverage, Diagnosis, Name, Party, Person, Reference, ServiceLine, Sex
from billing.coordination import IN_ORDER, MEDICARE, PRIMARY, OtherPayer
from billing.money import Cents, parse_typed
from billing.parting import LINES_OF_A_VISIT
from billing.units import parse_units
from interchange.x12.coordination_writing import with_other_payers


def _read_amount(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('write the amount as text with at most two decimals, such as "150.00"')
    cents = parse_typed(value)
    if cents < 0:
        raise ValueError("the amount lies below zero")
    return cents


def _read_units(value: object) -> object:
    return parse_units(value) if isinstance(value, str) else value


Amount = Annotated[
    int,
    BeforeValidator(_read_amount),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$", "examples": ["150.00"]}),
]
"""Dollars as decimal text outside, whole cents inside"""

Text60 = Annotated[str, Field(min_length=1, max_length=60)]
Code = Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9.]+$")]

ROLES = {"referring": "DN", "rendering": "82", "supervising": "DQ", "service_facility": "77"}
"""NM101 of the 2310 loops"""


class Part(BaseModel):
    """The base of the request's parts: unknown fields are faults, and no fault repeats its input."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: object) -> object:
        """No database keeps U+0000 in a text, and no person types it."""
        texts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        if any(isinstance(one, str) and "\0" in one for one in texts):
            raise ValueError("holds the character U+0000, which no text can hold")
        return value


LONGEST_NOTE = 60_000
"""Characters of a visit's note: some twenty pages"""

OLDEST_BIRTH, OLDEST_SERVICE = date(1900, 1, 1), date(2000, 1, 1)
"""Days before these are slips of the pen"""


class AddressForm(Part):
    street: Annotated[str, Field(min_length=1, max_length=55)]
    city: Annotated[str, Field(min_length=1, max_length=30)]
    state: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None
    postal_code: Annotated[str, Field(pattern="^[0-9]{5}(-?[0-9]{4})?$")] | None = None
    street_2: Annotated[str, Field(max_length=55)] | None = None

    def address(self) -> Address:
        code = self.postal_code.replace("-", "") if self.postal_code else None
        state = self.state.upper() if self.state else None
        return Address(self.street, self.city, state, code, self.street_2)


class PersonForm(Part):
    last_name: Text60
    first_name: Annotated[str, Field(max_length=35)] | None = None
    middle_name: Annotated[str, Field(max_length=25)] | None = None
    suffix: Annotated[str, Field(max_length=10)] | None = None
    birth_date: Annotated[date, Field(ge=OLDEST_BIRTH)] | None = None
    sex: Sex | None = None
    address: AddressForm | None = None

    def person(self) -> Person:
        name = Name(self.last_name, self.first_name, self.middle_name, self.suffix)
        return Person(name, self.birth_date, self.sex, self.address.address() if self.address else None)


class PayerForm(Part):
    id: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """2010BB NM109, as the clearinghouse lists it"""
    name: Text60
    address: AddressForm | None = None


class CoverageForm(Part):
    payer: PayerForm
    member_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    relationship: Annotated[str, Field(pattern="^[A-Z0-9]{2}$")] = "18"
    """18 the patient is the subscriber; 01 spouse, 19 child, 20 employee, 21 unknown, 39, 40, 53, G8"""
    subscriber: PersonForm | None = None
    """Who holds the policy, when it is not the patient"""
    group_number: Annotated[str, Field(max_length=50)] | None = None
    group_name: Annotated[str, Field(max_length=60)] | None = None
    filing_indicator: Annotated[str, Field(pattern="^[A-Z0-9]{2}$")] | None = None
    """SBR09: MB, MC, CI, BL, HM, 12 ..."""
    insurance_type: Annotated[str, Field(pattern="^(1[2-6]|4[1237])$")] | None = None
    """SBR05, only where Medicare is not the primary payer: 12 working aged, 13 end-stage renal disease, 14 no-fault,
    15 workers' compensation, 16 federal agency, 41 black lung, 42 Veterans Affairs, 43 disabled, 47 liability"""

    @model_validator(mode="after")
    def _names_the_subscriber(self) -> "CoverageForm":
        if self.relationship != "18" and self.subscriber is None:
            raise ValueError("name the subscriber, or set relationship to 18 when it is the patient")
        return self

    def coverage(self, responsibility: str = PRIMARY) -> Coverage:
        payer = Party(
            role="PR",
            is_person=False,
            name=Name(self.payer.name),
            id_qualifier="PI" if self.payer.id else None,
            id=self.payer.id,
            address=self.payer.address.address() if self.payer.address else None,
        )
        return Coverage(
            payer=payer,
            member_id=self.member_id.replace(" ", "") if self.member_id else None,
            responsibility=responsibility,
            insurance_type=self.insurance_type,
            relationship=self.relationship,
            group_number=self.group_number,
            group_name=self.group_name,
            filing_indicator=self.filing_indicator,
        )


class ProviderForm(Part):
    """Somebody who treats, refers or bills. An organisation has only `last_name`."""

    npi: Annotated[str, Field(pattern="^[0-9]{10}$")]
    last_name: Text60
    first_name: Annotated[str, Field(max_length=35)] | None = None
    taxonomy: Annotated[str, Field(pattern="^[A-Z0-9]{10}$")] | None = None
    address: AddressForm | None = None

    def party(self, role: str, references: tuple[Reference, ...] = ()) -> Party:
        return Party(
            role=role,
            is_person=self.first_name is not None,
            name=Name(self.last_name, self.first_name),
            id_qualifier="XX",
            id=self.npi,
            taxonomy=self.taxonomy,
            address=self.address.address() if self.address else None,
            references=references,
        )


class BillingProviderForm(ProviderForm):
    tax_id: Annotated[str, Field(pattern="^[0-9]{2}-?[0-9]{7}$")]
    """Employer identification number, REF*EI"""

    def billing_party(self) -> Party:
        return self.party("85", (Reference("EI", self.tax_id.replace("-", "")),))


class FacilityForm(Part):
    """Where the service was given, when that is not where the billing provider is (2310C)."""

    last_name: Text60
    """Its name"""
    npi: Annotated[str, Field(pattern="^[0-9]{10}$")] | None = None
    address: AddressForm

    def party(self, role: str) -> Party:
        return Party(
            role=role,
            is_person=False,
            name=Name(self.last_name),
            id_qualifier="XX" if self.npi else None,
            id=self.npi,
            address=self.address.address(),
        )


class ProvidersForm(Part):
    billing: BillingProviderForm
    rendering: ProviderForm | None = None
    referring: ProviderForm | None = None
    supervising: ProviderForm | None = None
    service_facility: FacilityForm | None = None

    def others(self) -> tuple[Party, ...]:
        given = ((role, getattr(self, name)) for name, role in ROLES.items())
        return tuple(form.party(role) for role, form in given if form is not None)


class LineForm(Part):
    procedure: Code
    service_date: Annotated[date, Field(ge=OLDEST_SERVICE)]
    service_date_to: date | None = None
    modifiers: Annotated[list[Annotated[str, Field(pattern="^[A-Za-z0-9]{2}$")]], Field(max_length=4)] = []
    units: Annotated[Decimal, BeforeValidator(_read_units), Field(gt=0, max_digits=10, decimal_places=3)] = Decimal(1)
    unit_basis: Literal["UN", "MJ"] = "UN"
    charge: Amount = 0
    """Left out, or "0": the charge master's price"""
    diagnosis_pointers: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(max_length=4)] = [1]
    """1-based into `diagnoses`"""
    place_of_service: Annotated[str, Field(pattern="^[0-9]{2}$")] | None = None

    def line(self) -> ServiceLine:
        return ServiceLine(
            procedure=self.procedure.upper(),
            charge_cents=Cents(self.charge),
            units=self.units,
            service_date=self.service_date,
            modifiers=tuple(one.upper() for one in self.modifiers),
            diagnosis_pointers=tuple(self.diagnosis_pointers),
            service_date_to=self.service_date_to,
            unit_basis=self.unit_basis,
            place_of_service=self.place_of_service,
        )


class VisitNoteForm(Part):
    """What the provider wrote of a visit."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    """As it stands in the record; coders read it beside the codes"""
    signed_by: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """Who signed it, as it stands under the note; left out where it is not signed"""
    signed_on: date | None = None

    @model_validator(mode="after")
    def _is_signed_by_somebody(self) -> "VisitNoteForm":
        if (self.signed_by is None) != (self.signed_on is None):
            raise ValueError("say who signed the note and on which day, or neither")
        return self


class EncounterForm(Part):
    """One visit to be billed."""

    external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,38}$")]
    """Your own number for the visit; opaque, it must not tell who the patient is"""
    partner: Annotated[str, Field(max_length=100)] | None = None
    """Name of the clearinghouse; may be left out where there is one only"""
    patient: PersonForm
    patient_id: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    """Of a patient who is known already, whose record takes over what the visit says of them; left out, they are found
    by coverage, name and birth date, or added"""
    coverage: CoverageForm | None = None
    """The policy that pays first"""
    self_pay: bool = False
    """Nobody but the patient is billed; then no coverage is given"""
    other_coverages: Annotated[list[CoverageForm], Field(max_length=10)] = []
    """The policies that pay after it, in that order: each is billed what the earlier ones left"""
    providers: ProvidersForm
    diagnoses: Annotated[list[Code], Field(max_length=12)] = []
    """ICD-10-CM, principal first"""
    lines: Annotated[list[LineForm], Field(min_length=1, max_length=LINES_OF_A_VISIT)]
    """What one claim does not hold is parted into several"""
    place_of_service: Annotated[str, Field(pattern="^[0-9]{2}$")] = "11"
    patient_paid: Amount | None = None
    authorization: Annotated[str, Field(max_length=50)] | None = None
    referral: Annotated[str, Field(max_length=50)] | None = None
    note_signed: bool = True
    """False: the provider has yet to sign the note; the visit waits before coding"""
    note: VisitNoteForm | None = None
    """The note itself, for the coder; more may follow under /api/v1/encounters/{id}/visit-notes"""

    @field_validator("other_coverages")
    @classmethod
    def _each_policy_once(cls, given: list[CoverageForm], info: ValidationInfo) -> list[CoverageForm]:
        first: CoverageForm | None = info.data.get("coverage")
        known = [_same_policy(first)] if first else []
        for form in given:
            if not form.payer.id or not form.member_id:
                raise ValueError("give the payer's number and the member id of every further policy")
            if form.filing_indicator in MEDICARE and form.insurance_type is None:
                raise ValueError("say why Medicare does not pay first: insurance_type 12, 13 ...")
            if _same_policy(form) in known:
                raise ValueError("this is the same policy as one before it: leave it out, or mend its member id")
            known.append(_same_policy(form))
        return given

    @model_validator(mode="after")
    def _has_a_payer_or_none(self) -> "EncounterForm":
        if self.coverage is None and not self.self_pay:
            raise ValueError("give a coverage, or set self_pay when nobody but the patient pays")
        if self.self_pay and (self.coverage or self.other_coverages):
            raise ValueError("a self-pay visit has no coverage: leave it out, or unset self_pay")
        if self.self_pay and (self.authorization or self.referral):
            raise ValueError("a self-pay visit takes no authorization or referral: leave it out, or unset self_pay")
        return self

    def claim(self) -> Claim:
        """The claim this visit becomes; that of a self-pay visit goes to nobody."""
        patient = self.patient.person()
        subscriber = self.coverage.subscriber if self.coverage else None
        lines = tuple(form.line() for form in self.lines)
        claim = Claim(
            control_number=self.external_id,
            charge_cents=Cents(sum(line.charge_cents for line in lines)),
            billing_provider=self.providers.billing.billing_party(),
            coverage=self.coverage.coverage() if self.coverage else SELF_PAY,
            subscriber=patient if subscriber is None else subscriber.person(),
            patient=patient,
            diagnoses=_diagnoses(self.diagnoses),
            lines=lines,
            place_of_service=self.place_of_service,
            patient_paid_cents=None if self.patient_paid is None else Cents(self.patient_paid),
            authorization=self.authorization,
            referral=self.referral,
            providers=self.providers.others(),
        )
        return with_other_payers(claim, self._others(patient)) if self.other_coverages else claim

    def _others(self, patient: Person) -> list[OtherPayer]:
        return [
            OtherPayer(form.coverage(place), form.subscriber.person() if form.subscriber else patient)
            for place, form in zip(IN_ORDER[1:], self.other_coverages, strict=False)
        ]


def _same_policy(form: CoverageForm) -> tuple[str | None, str, str | None]:
    """What two statements of one policy have in common."""
    return form.payer.id, (form.member_id or "").replace(" ", "").upper(), form.group_number


def _diagnoses(codes: list[str]) -> tuple[Diagnosis, ...]:
    plain = (code.upper().replace(".", "") for code in codes)
    return tuple(Diagnosis(code, "ABK" if place == 0 else "ABF") for place, code in enumerate(plain))
