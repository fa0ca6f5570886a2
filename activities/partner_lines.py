"""Which line leads to a partner: read from the partner's row."""

from collections.abc import Callable
from functools import partial

import httpx

from activities.file_line import SETTLING_SECONDS, FileLine, Folders
from activities.folder_files import open_folder
from activities.http_line import HttpLine
from activities.lines import Line, NotReached
from activities.sftp_files import Server, open_server
from billing.partners import Reach
from database.tables import Partner

SENDING_SECONDS = 40.0
"""All of one upload, connection and receipt: below the time-out of the activity, so that two tries never overlap"""


class PartnerLines:
    """Lines to all partners, with what each needs."""

    def __init__(
        self,
        http: httpx.Client,
        token_of: Callable[[str], str],
        *,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._http = http
        self._token_of = token_of
        self._settling_seconds = settling_seconds

    def to(
        self, partner: Partner, *, beat: Callable[[], None] = lambda: None, within_seconds: float | None = None
    ) -> Line:
        """The line to this partner. Raises NotReached when something is missing that no retry can find."""
        match Reach(partner.reached_by):
            case Reach.HTTP:
                return HttpLine(self._http, partner.base_url, self._secret(partner))
            case Reach.FOLDER:
                return FileLine(open_folder, _folders(partner), settling_seconds=self._settling_seconds)
            case Reach.SFTP:
                opening = partial(open_server, self._server(partner), within_seconds=within_seconds, beat=beat)
                return FileLine(opening, _folders(partner), settling_seconds=self._settling_seconds)

    def _secret(self, partner: Partner) -> str:
        try:
            return self._token_of(partner.secret_name)
        except LookupError as error:
            raise NotReached(str(error)) from error

    def _server(self, partner: Partner) -> Server:
        if not (partner.host and partner.login and partner.host_key):
            raise NotReached("host, login or pinned host key of the partner is not set; run `zerobalance setup`")
        return Server(
            host=partner.host,
            port=partner.port or 22,
            login=partner.login,
            host_key=partner.host_key,
            secret=self._secret(partner),
        )


def _folders(partner: Partner) -> Folders:
    if not (partner.outbox and partner.inbox):
        raise NotReached("outbox or inbox of the partner is not set; run `zerobalance setup`")
    return Folders(outbox=partner.outbox, inbox=partner.inbox, archive=partner.archive)
