"""FHIR R4 in: a bundle of claims, or of encounters with what was done, becomes visits to be billed. Nothing is written.

Source: HL7 FHIR R4 (4.0.1), http://hl7.org/fhir/R4/, with the identifier and code systems of US Core and CARIN.
"""
