"""Video and landmarks to text: SignMST-C, translates signing."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Encoded": "signzoo.models.signmst_c.network",
        "SignLossConfig": "signzoo.models.signmst_c.losses",
        "SignMSTC": "signzoo.models.signmst_c.network",
        "SignMSTCConfig": "signzoo.models.signmst_c.network",
        "SignMSTCTask": "signzoo.models.signmst_c.task",
        "SignedSentenceData": "signzoo.models.signmst_c.data",
        "Signing": "signzoo.models.signmst_c.signing",
        "TextDecodingConfig": "signzoo.models.signmst_c.decoding",
        "TextHypothesis": "signzoo.models.signmst_c.decoding",
    },
)
