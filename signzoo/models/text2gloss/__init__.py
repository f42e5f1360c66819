"""Written text to glosses: a language model with LoRA, and retrieval over the sign vocabulary."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DecodingConfig": "signzoo.models.text2gloss.decoding",
        "GlossSequence": "signzoo.models.text2gloss.translation",
        "GlossVocabulary": "signzoo.models.text2gloss.vocabulary",
        "SentenceIndex": "signzoo.models.text2gloss.sentence_index",
        "SignGlosser": "signzoo.models.text2gloss.glosser",
        "Text2Gloss": "signzoo.models.text2gloss.network",
        "Text2GlossConfig": "signzoo.models.text2gloss.network",
        "Text2GlossData": "signzoo.models.text2gloss.data",
        "Text2GlossTask": "signzoo.models.text2gloss.task",
    },
)
