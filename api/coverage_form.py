"""How a patient is insured as a person or a program says it, and the way from the page's inputs to the same forms."""

from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from api import errors, person_form
from api.claim_form import CoverageForm, Part, PersonForm
from api.errors import Fault
from api.person_form import PERSON, Typed
from api.practice_form import EMPTY, Telephone
from billing.characters import unsendable
from billing.claim import Person
from billing.consents import Consent, ConsentKind, Guarantor, GuarantorIs, Wish
from billing.coordination import IN_ORDER, MEDICARE, OtherPayer
from billing.held_policies import Basis, Custody, HeldPolicy, policy_key
from billing.msp import Accident, Answers, EmployerSize, Entitlement, missing
from database.favourites import KnownPayer

MOST = 10
"""Policies of one patient"""
POLICY = (
    *("payer", "payer.name", "payer.id", "member_id", "group_number", "filing_indicator", "insurance_type"),
    *("relationship", "basis", "custody", "valid_from", "valid_to"),
    *(f"subscriber.{name}" for name in PERSON),
)
"""The inputs of one policy, below `policies.0.`"""
Day = Annotated[date | None, EMPTY]
Reason = Annotated[str, Field(max_length=300)]


class HeldForm(CoverageForm):
    """One policy that a patient holds."""

    basis: Annotated[Basis | None, EMPTY] = None
    """Through what it covers; left out: as the kind of plan says"""
    custody: Annotated[Custody | None, EMPTY] = None
    """Whose plan it is, where a child's parents live apart"""
    valid_from: Day = None
    valid_to: Day = None
    """The last day"""

    @model_validator(mode="after")
    def _can_be_billed(self) -> "HeldForm":
        if not self.payer.id:
            raise ValueError("give the payer's number at the clearinghouse")
        if not self.member_id:
            raise ValueError("give the member id")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("the last day lies before the first")
        return self

    def held(self, place: str, patient: Person) -> HeldPolicy:
        subscriber = self.subscriber.person() if self.subscriber and self.relationship != "18" else patient
        policy = OtherPayer(self.coverage(place), subscriber)
        return HeldPolicy(policy, self.basis, self.custody, self.valid_from, self.valid_to)


class InsuranceForm(Part):
    """Every policy of a patient, ended ones too, and what holds instead of billing them."""

    version: int
    """Of the patient as they were shown: somebody else may have changed them since"""
    policies: Annotated[list[HeldForm], Field(max_length=MOST)] = []
    order_reason: Reason = ""
    """Why they pay in the order given, a court's order, the payers' own words; empty: the rules say the order"""
    wish: Annotated[Wish | None, EMPTY] = None
    wish_reason: Reason = ""
    """Who said so and when"""

    @field_validator("policies")
    @classmethod
    def _each_policy_once(cls, given: list[HeldForm]) -> list[HeldForm]:
        seen: list[tuple[str, str]] = []
        for form in given:
            key = policy_key(OtherPayer(form.coverage(), _NOBODY))
            if key in seen and not form.valid_to:
                raise ValueError("this is the same policy as one before it: leave it out, or mend its member id")
            seen.append(key)
        return given

    @model_validator(mode="after")
    def _says_why(self) -> "InsuranceForm":
        if self.wish is not None and not self.wish_reason:
            raise ValueError("say who said that no insurance is billed, and when")
        return self

    def held(self, patient: Person) -> list[HeldPolicy]:
        return [form.held(place, patient) for place, form in zip(IN_ORDER, self.policies, strict=False)]


_NOBODY = PersonForm(last_name="-").person()


class MedicareForm(Part):
    """The answers to the Medicare secondary payer questions."""

    answered_on: date
    accident: Accident = Accident.NONE
    has_black_lung: bool = False
    is_veterans: bool = False
    is_federal_grant: bool = False
    entitlement: Entitlement
    has_employer_plan: bool = False
    employer_size: Annotated[EmployerSize | None, EMPTY] = None
    renal_since: Day = None

    def answers(self) -> Answers:
        """Raises Problem 422 for each answer that is still needed."""
        found = Answers(**self.model_dump(exclude={"answered_on"}))
        if self.renal_since is not None and self.renal_since > self.answered_on:
            raise errors.invalid([Fault(field="renal_since", message="lies after the day of asking")])
        if gaps := missing(found):
            raise errors.invalid([Fault(field=name, message=words) for name, words in gaps.items()])
        return found


class GuarantorForm(PersonForm):
    """Who answers for what the patient owes."""

    relationship: GuarantorIs
    telephone: Annotated[Telephone | None, EMPTY] = None

    def guarantor(self) -> Guarantor:
        return Guarantor(self.person(), self.relationship, self.telephone)


class ConsentForm(Part):
    """One answer on one paper."""

    kind: ConsentKind
    is_given: bool
    signed_on: date
    signed_by: Annotated[str, Field(min_length=1, max_length=120)]

    def consent(self) -> Consent:
        return Consent(self.kind, self.is_given, self.signed_on, self.signed_by)


Form = TypeVar("Form", bound=BaseModel)


def read_policies(typed: Typed, payers: list[KnownPayer], *, today: date) -> InsuranceForm:
    """The page's inputs as the REST route's own model. Raises Problem 422 with every fault at its input."""
    faults: dict[str, str] = {}
    kept = [row for row in range(MOST + 1) if _is_filled(typed, row)]
    policies = [_policy(typed, row, payers, faults, today) for row in kept]
    body = {name: typed.get(name, "") for name in ("version", "order_reason", "wish", "wish_reason")}
    try:
        form = InsuranceForm.model_validate(body | {"policies": policies})
    except ValidationError as error:
        for fault in errors.validation_faults(error.errors()):
            name = _input_of(fault.field, kept)
            faults.setdefault(name, person_form.in_words(fault, name))
        form = None
    if faults or form is None:
        raise errors.invalid([Fault(field=name, message=message) for name, message in faults.items()])
    return form


def texts_of(held: list[HeldPolicy], payers: list[KnownPayer]) -> Typed:
    """The policies as the page's inputs."""
    typed: Typed = {}
    for row, one in enumerate(held):
        typed |= {f"policies.{row}.{name}": text for name, text in _texts(one, payers).items() if text}
    return typed


def rows(typed: Typed) -> int:
    """How many policies the page shows: those there are, and an empty one."""
    used = [int(name.split(".")[1]) for name in typed if name.startswith("policies.")]
    filled = [row for row in used if _is_filled(typed, row)]
    return min(MOST, max(filled, default=-1) + 2)


def _texts(held: HeldPolicy, payers: list[KnownPayer]) -> dict[str, str | None]:
    coverage = held.policy.coverage
    payer = next((one for one in payers if one.number and one.number == coverage.payer.id), None)
    texts: dict[str, str | None] = {
        "payer": payer.id if payer else None,
        "payer.name": None if payer else coverage.payer.name.last,
        "payer.id": None if payer else coverage.payer.id,
        "member_id": coverage.member_id,
        "group_number": coverage.group_number,
        "filing_indicator": coverage.filing_indicator,
        "insurance_type": coverage.insurance_type,
        "relationship": coverage.relationship,
        "basis": held.basis,
        "custody": held.custody,
        "valid_from": str(held.valid_from) if held.valid_from else None,
        "valid_to": str(held.valid_to) if held.valid_to else None,
    }
    if not coverage.is_self:
        texts.update(person_form.texts_of("subscriber", held.policy.subscriber))
    return texts


def _is_filled(typed: Typed, row: int) -> bool:
    return any(typed.get(f"policies.{row}.{name}") for name in POLICY if name != "relationship")


def _policy(typed: Typed, row: int, payers: list[KnownPayer], faults: dict[str, str], today: date) -> dict[str, Any]:
    prefix = f"policies.{row}"
    names = tuple(f"{prefix}.{name}" for name in POLICY if name != "payer")
    body = person_form.under(typed, prefix, names)
    chosen = next((one for one in payers if one.id == typed.get(f"{prefix}.payer")), None)
    if chosen is not None:
        if "payer" in body:
            faults[f"{prefix}.payer"] = "a new payer is named below: clear it, or choose none here"
        body["payer"] = {"name": chosen.name, "id": chosen.number}
    elif "payer" not in body:
        faults[f"{prefix}.payer"] = "choose a payer, or name a new one below"
        body["payer"] = {"name": "-", "id": "-"}
    if not body.get("member_id"):
        faults[f"{prefix}.member_id"] = "is needed"
        body["member_id"] = "-"
    if body.get("relationship", "18") == "18":
        body.pop("subscriber", None)
    faults |= _wrong_texts(typed, prefix, body, today)
    return body


def _wrong_texts(typed: Typed, prefix: str, body: dict[str, Any], today: date) -> dict[str, str]:
    found = {
        name: f"{' '.join(lost)} cannot be sent to a payer; write it with plain letters"
        for name in (f"{prefix}.{one}" for one in ("payer.name", "member_id", "group_number", "subscriber.last_name"))
        if (lost := unsendable(typed.get(name, "")))
    }
    if person_form.is_after(typed.get(f"{prefix}.subscriber.birth_date", ""), today):
        found[f"{prefix}.subscriber.birth_date"] = person_form.FUTURE
    if body.get("filing_indicator") in MEDICARE and body.get("relationship", "18") != "18":
        found[f"{prefix}.relationship"] = "Medicare has no dependants: the patient is the subscriber"
    return found


def _input_of(field: str, kept: list[int]) -> str:
    """The input that a fault of the model belongs to: places among the kept policies are rows of the page again."""
    first, _, rest = field.partition(".")
    place, _, name = rest.partition(".")
    if first != "policies":
        return {"body": "wish_reason"}.get(field, field)
    if not place.isdigit():
        return f"policies.{kept[-1] if kept else 0}.member_id"
    return f"policies.{kept[int(place)]}.{name or 'payer'}"
