"""Sign language translation in both directions: signing to text, text to signing.

Names are imported on first use, so that ``import signzoo`` loads neither torch nor lightning.
"""

from signzoo._lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Gloss": "signzoo.structures",
        "Pose": "signzoo.structures",
        "Production": "signzoo.structures",
        "Skeleton": "signzoo.structures",
        "Span": "signzoo.structures",
        "Translation": "signzoo.structures",
        "VideoClip": "signzoo.structures",
        "Waveform": "signzoo.structures",
        "SignzooError": "signzoo.errors",
        "Lexicon": "signzoo.lexicon",
        "SignToText": "signzoo.pipelines",
        "TextToSign": "signzoo.pipelines",
        "RestDetector": "signzoo.models.rest_detector",
        "list_weights": "signzoo.hub",
        "load": "signzoo.hub",
    },
)
