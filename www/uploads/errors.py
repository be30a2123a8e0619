"""What the protocols of resumable uploads say beside the errors of the whole site."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from www.errors import BadRequest, Conflict, WwwError
from www.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROBLEMS: Final = "https://iana.org/assignments/http-problem-types#"


class OtherVersion(WwwError):
    """The client speaks no version of tus that is spoken here."""

    status = 412
    default = N_("Resumable uploads speak tus 1.0.0 here, and say so in Tus-Resumable.")

    @property
    def headers(self) -> dict[str, str]:
        """Tus-Version, as tus 1.0.0 asks."""
        return {"Tus-Version": "1.0.0"}


class Locked(WwwError):
    """Another request has the upload and could not let it go in time."""

    status = 423
    default = N_("This upload is busy. Please try again in a moment.")

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, RFC 9110 section 10.2.3."""
        return {"Retry-After": "1"}


class NotYet(Locked):
    """All bytes are here, but the storage or the virus scanner does not answer.

    A client of tus that gets 503 for a HEAD takes the upload for lost and sends all of it again;
    after 423 it asks again.
    """

    default = N_("All of it has arrived, but it cannot be finished yet. Please try again soon.")


class ChecksumMismatch(WwwError):
    """What arrived is not what was sent; nothing of it was kept."""

    status = 460  # of tus; RFC 9110 knows no such status
    phrase: ClassVar[str] = "Checksum Mismatch"
    default = N_("The data was damaged on its way. Please send it again.")


class OffsetMismatch(Conflict):
    """The data does not continue where the upload stands."""

    default = N_("The upload does not continue at this place.")
    problem_type = _PROBLEMS + "mismatching-upload-offset"

    def __init__(self, expected: int, provided: int) -> None:
        """Take the offset of the upload and that of the request."""
        super().__init__()
        self.expected, self.provided = expected, provided

    @property
    def headers(self) -> dict[str, str]:
        """Upload-Offset: where to go on."""
        return {"Upload-Offset": str(self.expected)}

    @property
    def members(self) -> dict[str, object]:
        """The problem type's own members."""
        return {"expected-offset": self.expected, "provided-offset": self.provided}


class InconsistentLength(BadRequest):
    """The request says another length than it, or an earlier one, has said."""

    default = N_("The length of the upload is not what was said before.")
    problem_type = _PROBLEMS + "inconsistent-upload-length"


class Incomplete(Conflict):
    """Parts are missing, or have another length than they were to have."""

    default = N_("Parts of this upload have not arrived yet.")

    def __init__(self, missing: Sequence[int]) -> None:
        """Take the numbers of the first of those parts."""
        super().__init__()
        self.missing = list(missing)

    @property
    def members(self) -> dict[str, object]:
        """The numbers."""
        return {"missing": self.missing}


class TooManyUploads(WwwError):
    """One person has begun so much that nothing new is begun."""

    status = 429
    default = N_("You have too many unfinished uploads. Please finish or cancel some.")

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, RFC 9110 section 10.2.3."""
        return {"Retry-After": "60"}
