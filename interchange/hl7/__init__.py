"""HL7 v2 in: charges (DFT) become visits to be billed, and every message is acknowledged. Source: HL7 2.3 to 2.5.1."""
