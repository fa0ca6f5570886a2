"""Why the patient was treated: defects."""

from datetime import date

from simulator.defects.putting import GUIDE, OMISSION, VALUE, also, defect, more, patient, table
from simulator.subjects import Subject


@defect("D01", VALUE, f"{GUIDE} HI", "diagnosis count")
def diagnosis_twice(subject: Subject) -> Subject:
    """a diagnosis stands twice"""
    return also(subject, subject.claim.diagnoses[0].code)


@defect("D01", OMISSION, f"{GUIDE} HI", "diagnosis count", "diagnoses", "pointers")
def no_diagnosis(subject: Subject) -> Subject:
    """no diagnosis at all"""
    return subject.claims(diagnoses=())


@defect("D02", VALUE, "ICD-10-CM", "diagnoses")
def dotted_code(subject: Subject) -> Subject:
    """a diagnosis with its dot"""
    return also(subject, "J06.9")


@defect("D03", VALUE, "CDC/NCHS, edition in force", "diagnoses", "tables")
def code_of_another_year(subject: Subject) -> Subject:
    """a diagnosis that the edition does not have"""
    return table(also(subject, "Z9988"), "Z9988", None)


@defect("D04", OMISSION, "ICD-10-CM guideline I.A.5", "diagnoses")
def six_characters(subject: Subject) -> Subject:
    """an injury without its seventh character"""
    return also(subject, "S62301").claims(accident=("OA",))


@defect("D05", VALUE, "ICD-10-CM guideline I.C.20", "diagnoses", "first diagnosis")
def cause_first(subject: Subject) -> Subject:
    """the cause of an injury stands first"""
    return also(subject, "W1830XA", first=True)


@defect("D06", VALUE, "ICD-10-CM guideline I.A.12.a", "diagnoses")
def two_kinds_of_diabetes(subject: Subject) -> Subject:
    """two diagnoses that exclude each other"""
    both = also(also(subject, "E1065"), "E1165")
    return both.knows(exclusions=(*both.situation.known.exclusions, ("E1065", "E1165")))


@defect("D07", VALUE, "CMS, Medicare code editor", "diagnoses", "birth")
def newborn_of_forty(subject: Subject) -> Subject:
    """a newborn's examination of somebody grown"""
    return patient(also(subject, "Z00110"), birth_date=date(1980, 1, 15))


@defect("D08", VALUE, "CMS manual 100-04 ch. 12", "diagnoses", "lines", "tables")
def other_side(subject: Subject) -> Subject:
    """an injection on the right for the left knee"""
    sided = also(subject, "M1712")
    place = len(sided.claim.diagnoses)
    told = table(sided, "M1712", "Unilateral primary osteoarthritis, left knee")
    return more(told, "20611", "RT", diagnosis_pointers=(place,))


@defect("D09", OMISSION, f"{GUIDE} CLM11", "diagnoses", "first diagnosis", "accident")
def injury_without_accident(subject: Subject) -> Subject:
    """an injury, and no word on an accident"""
    return also(subject, "S52501A", first=True).claims(accident=())
