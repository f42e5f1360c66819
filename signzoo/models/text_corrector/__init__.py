"""Draft translations to fluent sentences: a sequence-to-sequence language model repairs them."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Correction": "signzoo.models.text_corrector.network",
        "ErrorRates": "signzoo.models.text_corrector.errors",
        "TextCorrector": "signzoo.models.text_corrector.network",
        "TextCorrectorConfig": "signzoo.models.text_corrector.network",
        "TextCorrectorData": "signzoo.models.text_corrector.data",
        "TextCorrectorTask": "signzoo.models.text_corrector.task",
        "fit_error_rates": "signzoo.models.text_corrector.errors",
    },
)
