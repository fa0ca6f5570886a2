"""A worker's part of a run in a process of its own, which a test kills: `python -m tests.stories.mailing_child ...`."""

import sys
from datetime import datetime

from temporalio.testing import ActivityEnvironment

from activities.mail_line import MailServer
from activities.messages import StatementRunStep
from activities.statement_runs import StatementRunActivities
from database.engine import Database
from tests.mail_servers import SENDER

url, port, practice_id, run_id, at = sys.argv[1:]
activities = StatementRunActivities(Database(url), MailServer("127.0.0.1", int(port), "none", sender=SENDER))
step = StatementRunStep(practice_id=practice_id, run_id=run_id, at=datetime.fromisoformat(at))
while ActivityEnvironment().run(activities.mail_papers, step).step == "mail":
    pass
