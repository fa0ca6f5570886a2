"""Every guide that the codec knows."""

from interchange.x12.grammar import Guide
from interchange.x12.guides import x212, x213, x214, x221a1, x222a1, x223a2, x231a1, x279a1

GUIDES: tuple[Guide, ...] = (
    x222a1.GUIDE,
    x223a2.GUIDE,
    x221a1.GUIDE,
    x279a1.INQUIRY,
    x279a1.RESPONSE,
    x231a1.GUIDE,
    x213.GUIDE,
    x214.GUIDE,
    x212.INQUIRY,
    x212.RESPONSE,
)
