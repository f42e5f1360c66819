"""Whole jobs, each made of parts that can be swapped."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Glosser": "signzoo.pipelines.base",
        "Renderer": "signzoo.pipelines.base",
        "SignToText": "signzoo.pipelines.sign_to_text",
        "SkeletonRenderer": "signzoo.pipelines.text_to_sign",
        "TextToSign": "signzoo.pipelines.text_to_sign",
        "WordGlosser": "signzoo.pipelines.text_to_sign",
    },
)
