"""kill -9 in the middle of handing e-mails over: the next worker goes on, and no patient gets two statements."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.mail_servers import Desk, mail_server
from tests.office import Office
from tests.stories import statement_desk as desk

BOTH_DATABASES = True
PAPERS = 6


@pytest.mark.parametrize("after", [1, 4])
def test_a_killed_worker_leaves_nobody_out_and_nobody_two_statements(office: Office, after: int) -> None:
    post, killed = Desk(), threading.Event()
    visits = desk.waiting(office, PAPERS)
    for number, visit in enumerate(visits):
        desk.wants_email(office, visit, f"patient{number}@patients.test")
    child: list[subprocess.Popen[bytes]] = []

    def kill_once(address: str) -> None:
        """The message is taken and the answer never comes: the worst moment."""
        if len(post.messages) == after and not killed.is_set():
            killed.set()
            child[0].send_signal(signal.SIGKILL)

    post.to_data = kill_once  # type: ignore[assignment]
    with mail_server(post) as server:
        run_id = desk.begun(office)
        desk.call(office, server, "take_papers", run_id)
        desk.call(office, server, "take_papers", run_id)
        told = [office.database.url, str(server.port), office.practice_id, run_id, office.now.isoformat()]
        root = Path(__file__).parent.parent.parent
        command = [sys.executable, "-m", "tests.stories.mailing_child", *told]
        path = os.pathsep.join((".", os.environ.get("PYTHONPATH", "")))
        child.append(subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": path}))
        assert child[0].wait(timeout=60) == -signal.SIGKILL
        cut_off = [one.state for one in desk.items(office, run_id)]
        assert cut_off.count("handing_over") == 1, cut_off
        desk.go_on(office, run_id, server)
    assert desk.fates(office, run_id) == [("email", "handed_over")] * PAPERS
    assert len(set(post.ids())) == PAPERS, "each statement has one Message-ID, at every try"
    assert set(Counter(post.recipients)) == {f"patient{number}@patients.test" for number in range(PAPERS)}
    assert len(post.messages) <= PAPERS + 1, "at most the one that was cut off went twice, and can be told by its id"
