"""HL7 v2 messages as practice systems write them, made for these tests: nobody in them lives."""

from tests.builders import DOCTOR_NPI


def segment(name: str, fields: dict[int, str]) -> str:
    """`{3: "A"}` -> `PID|||A`"""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields, default=0) + 1))])


PATIENT = {
    1: "1",
    3: "MRN77^^^CLINIC^MR",
    5: "Doe^Jane^Q",
    7: "19800101",
    8: "F",
    11: "1 Elm St^^Anytown^OH^44101",
    18: "ACC9",
}
POLICY = {1: "1", 2: "PLAN", 3: "99999", 4: "Example Payer", 16: "Doe^Jane", 17: "SEL", 18: "19800101", 36: "ABC123456"}


def dft(*charges: str, control: str = "M1", kind: str = "DFT^P03", **changed: str) -> bytes:
    """A charge message; `changed` replaces a whole segment, an empty text leaves it out."""
    rows = {
        "MSH": f"MSH|^~\\&|EHR|CLINIC|ZB|OFFICE|20261021080000||{kind}|{control}|P|2.5.1",
        "EVN": "EVN||20261021080000",
        "PID": segment("PID", PATIENT),
        "PV1": segment("PV1", {1: "1", 2: "O", 7: f"{DOCTOR_NPI}^Smith^Ann^^^^^^NPI", 19: "V2001"}),
        "FT1": "",
        "DG1": segment("DG1", {1: "1", 3: "J06.9^Acute upper respiratory infection^I10", 5: "20261020", 6: "F"}),
        "IN1": segment("IN1", POLICY),
    } | changed
    rows["FT1"] = "\r".join(charges or (ft1(),))
    return "".join(f"{row}\r" for row in rows.values() if row).encode()


def ft1(
    code: str = "99213", price: str = "150.00", day: str = "20261020", modifiers: str = "", kind: str = "CG"
) -> str:
    """A charge of the visit."""
    fields = {1: "1", 4: day, 6: kind, 7: code, 10: "1", 11: price, 19: "J06.9^^I10", 25: f"{code}^^C4", 26: modifiers}
    return segment("FT1", fields)


def adt(event: str = "A04", *, control: str = "A1", policy: dict[int, str] | None = POLICY, **changed: str) -> bytes:
    """Who a patient is; `pid_11="..."` changes a field of PID."""
    patient = PATIENT | {13: "(555)555-0123"} | {int(name[4:]): text for name, text in changed.items()}
    rows = [
        f"MSH|^~\\&|EHR|CLINIC|ZB|OFFICE|20261021080000||ADT^{event}|{control}|P|2.5.1",
        segment("PID", patient),
        *([segment("IN1", policy)] if policy else []),
    ]
    return "".join(f"{row}\r" for row in rows).encode()
