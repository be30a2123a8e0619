"""What can go wrong in the domain, in one place.

    WwwError                   500  never raised itself
    ├── BadRequest             400  the request cannot be understood
    ├── Unauthenticated        401  nobody is signed in
    ├── Forbidden              403  somebody is, and may not
    ├── NotFound               404
    ├── Conflict               409  somebody else changed it meanwhile
    ├── Gone                   410  a one-time link that is used or too old
    ├── TooLarge               413  the body, or one part of it
    │   └── QuotaExceeded      413  this would still fit, all together does not
    ├── UnsupportedType        415  content type or encoding of the body
    ├── Invalid                422  fields with messages; the form is shown again
    ├── RateLimited            429  with Retry-After
    └── Unavailable            503  the database or storage does not answer

Actions and loaders raise these; `www.middlewares.errors` turns them into pages or problem+json.
Messages are English source strings with `%(name)s` parameters, marked with `N_` where they are
written and translated where they are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from www.i18n import N_, Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class WwwError(Exception):
    """The root: a status and a message that a person can read."""

    status: ClassVar[int] = 500
    phrase: ClassVar[str] = ""  # of a status that HTTP itself does not know
    problem_type: ClassVar[str] = "about:blank"  # RFC 9457, for what says more than its status
    default: ClassVar[str] = N_("Something went wrong on our side.")

    def __init__(self, message: str | None = None, **params: object) -> None:
        """Take a source string (default: the class's own) and its parameters."""
        self.message = Message(message or self.default, **params)
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message in English, for logs."""
        return self.message.filled(str(self.message))

    @property
    def headers(self) -> dict[str, str]:
        """Header lines that the answer must carry."""
        return {}

    @property
    def members(self) -> dict[str, object]:
        """What `problem_type` adds to the problem."""
        return {}


class BadRequest(WwwError):
    """The request cannot be understood."""

    status = 400
    default = N_("This request could not be understood.")


class Unauthenticated(WwwError):
    """Nobody is signed in; browsers are sent to the sign-in page."""

    status = 401
    default = N_("Please sign in first.")


class Forbidden(WwwError):
    """The person is known and may not do this."""

    status = 403
    default = N_("You are not allowed to do this.")


class NotFound(WwwError):
    """There is no such thing, or none that this person may know of."""

    status = 404
    default = N_("There is no such page.")


class Conflict(WwwError):
    """Somebody else changed the same thing meanwhile."""

    status = 409
    default = N_("This was changed by someone else meanwhile.")


class Gone(WwwError):
    """It was there, and will not be there again."""

    status = 410
    default = N_("This is no longer available.")


class TooLarge(WwwError):
    """The body, or one part of it, is longer than allowed."""

    status = 413
    default = N_("This is too large.")


class QuotaExceeded(TooLarge):
    """The thing would still fit, all of this person's things together would not."""

    default = N_("There is not enough space left for this.")


class UnsupportedType(WwwError):
    """The content type or encoding of the body is none that this address takes."""

    status = 415
    default = N_("This kind of content is not accepted here.")


class Invalid(WwwError):
    """Fields were filled in wrongly: ALL messages by field; "" holds those of the whole form."""

    status = 422
    default = N_("Please correct what is marked below.")

    def __init__(
        self, errors: Mapping[str, Sequence[str]], message: str | None = None, **params: object
    ) -> None:
        """Keep `errors`: field name to source strings (a str, or a `Message` with parameters)."""
        super().__init__(message, **params)
        self.errors: dict[str, list[str]] = {
            field: list(messages) for field, messages in errors.items()
        }


class RateLimited(WwwError):
    """Too often; `retry_after_s` seconds later it will do."""

    status = 429
    default = N_("Too many attempts. Please try again in %(seconds)s seconds.")

    def __init__(self, retry_after_s: float, message: str | None = None, **params: object) -> None:
        """Round the wait up to whole seconds, at least one."""
        self.retry_after_s = max(1, int(-(-retry_after_s // 1)))
        super().__init__(message, seconds=self.retry_after_s, **params)

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, RFC 9110 section 10.2.3."""
        return {"Retry-After": str(self.retry_after_s)}


class Unavailable(WwwError):
    """The database or the storage does not answer; nothing was stored."""

    status = 503
    default = N_("This is not available at the moment. Please try again soon.")

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, RFC 9110 section 10.2.3."""
        return {"Retry-After": "5"}
