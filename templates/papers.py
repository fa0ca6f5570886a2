"""Which template prints which paper of the office."""

import json
from dataclasses import asdict

from billing.letters import Letter
from billing.paper_claims import PaperClaim
from billing.statements import Statement
from templates import rendering, statement_view


def printed(content: Letter | PaperClaim | Statement) -> tuple[str, str]:
    """(the template of the paper's PDF, what it is made of), as `documents.pdf` takes them."""
    if isinstance(content, Statement):
        return "statements/statement", statement_view.content(content)
    if isinstance(content, PaperClaim):
        return "letters/paper_claim", json.dumps(asdict(content))
    return "letters/letter", rendering.letter_content(content)
