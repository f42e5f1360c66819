"""From a gloss to a pose: lexicon folders, look-up, fingerspelling and joining."""

from signzoo.lexicon.folder import Entry, Lexicon
from signzoo.lexicon.joining import JoinedPose, join_poses
from signzoo.lexicon.lookup import Found, find_glosses, merge_phrases, signed_language_for

__all__ = [
    "Entry",
    "Found",
    "JoinedPose",
    "Lexicon",
    "find_glosses",
    "join_poses",
    "merge_phrases",
    "signed_language_for",
]
