"""Defects that claims really have, one or more for each edit: a wrong value, or something left out.

Each is put on a claim that has none. What a defect touches is named, so that two are tried together only where one
does not undo the other.
"""

from simulator.defects import codes, coverage, hospital, parties, services, whole_claim  # noqa: F401 - they register
from simulator.defects.putting import DEFECTS, Defect

__all__ = ["DEFECTS", "Defect"]
