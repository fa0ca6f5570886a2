"""Partners reached by files, both ways."""

from tests.file_places import by_sftp, make_place, place, sshd

__all__ = ["by_sftp", "make_place", "place", "sshd"]
