"""The pipelines that load by name, and what each is made of. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from signzoo.errors import UsageError, did_you_mean

_Record = TypeVar("_Record")


@dataclass(frozen=True)
class TextToSignRecord:
    """What a pipeline from written text to signing is made of.

    Attributes:
        summary: What it is for, in one line.
        language: BCP 47 code of the written language.
        signed_language: ISO 639-3 code of the signed language.
        glosser: Weights of text2gloss.
    """

    summary: str
    language: str
    signed_language: str
    glosser: str


TEXT_TO_SIGN = {
    "text-to-sign-dgs": TextToSignRecord(
        "German weather forecasts in the glosses of German Sign Language, spelled or signed",
        "de",
        "gsg",
        "text2gloss-phoenix14t",
    ),
}


def find_text_to_sign(name: str) -> TextToSignRecord:
    """Find a pipeline by its name.

    Raises:
        UsageError: There is none of that name; the message lists them.
    """
    return _find(name, TEXT_TO_SIGN, "TextToSign.for_languages makes one for other languages.")


@dataclass(frozen=True)
class SignToTextRecord:
    """What a pipeline from signing to written text is made of.

    Attributes:
        summary: What it is for, in one line.
        signed_language: ISO 639-3 code of the signed language; empty where it is simulated.
        language: BCP 47 code of the written language.
        translator: Weights of signmst_c.
        corrector: Weights of text_corrector; empty for none.
        least_familiarity: Signing that is less familiar is not translated,
        sure: unless the translator's score is at least this.
    """

    summary: str
    signed_language: str
    language: str
    translator: str
    corrector: str = ""
    least_familiarity: float = 0.0
    sure: float = 1.0


SIGN_TO_TEXT = {
    "sign-to-text-demo": SignToTextRecord(
        "Invented signs of German weather forecasts to German text: simulated, no real language",
        "",
        "de",
        "signmst-c-tiny-phoenix-sim",
        "text-corrector-de",
    ),
    "sign-to-text-greetings": SignToTextRecord(
        "Nine greetings of Indian Sign Language to English; other signs are rejected, most times",
        "ins",
        "en",
        "signmst-c-tiny-include",
        # At both thresholds 6.7 % of WLASL's training clips are accepted, which show other signs.
        least_familiarity=0.12,
        sure=0.69,
    ),
}


def find_sign_to_text(name: str) -> SignToTextRecord:
    """Find a pipeline by its name.

    Raises:
        UsageError: There is none of that name; the message lists them.
    """
    return _find(name, SIGN_TO_TEXT, "weights of signmst_c, by name or folder, make one too.")


def _find(name: str, records: Mapping[str, _Record], otherwise: str) -> _Record:
    if name in records:
        return records[name]
    hint = did_you_mean(name, records)
    raise UsageError(
        f"There is no pipeline {name!r}. {hint}There are: {', '.join(records)}; {otherwise}"
    )
