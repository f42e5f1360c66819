"""Every error that a user can cause, each with a message that says what to do next.

The command line prints the message of a :class:`SignzooError` as one line: exit code 2 for a
:class:`UsageError`, 1 for the others.
"""

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known names that are most like this one, as a question for a message, or nothing."""
    from difflib import get_close_matches  # only for who mistyped: the command line starts without

    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}? " if close else ""


class SignzooError(Exception):
    """Something outside the code is wrong: a file, a name, a network, a disk."""


class UsageError(SignzooError, ValueError):
    """What was asked for cannot be meant: an unknown language, name or option."""


class MediaError(SignzooError):
    """A video, image or pose file is missing, empty, corrupt or of an unknown kind."""


class NoSignerError(MediaError):
    """A video was read, but no person was found in it."""


class LexiconError(SignzooError):
    """A lexicon folder is incomplete, or has no sign for what was asked."""


class ManifestError(SignzooError):
    """A row of a manifest is malformed or points nowhere."""


class WeightsError(SignzooError):
    """A checkpoint folder is incomplete, or does not fit its component."""


class DownloadError(SignzooError):
    """A file could not be fetched."""


class ChecksumError(DownloadError):
    """A fetched file is not the one that its record promises."""


class DiskError(SignzooError):
    """An output could not be written: no space left, no permission."""


class MissingPackageError(SignzooError, ImportError):
    """An optional package or a system library is not installed."""
