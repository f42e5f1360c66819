"""Says per frame whether someone is signing: trims clips, cuts long video."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "RestDetector": "signzoo.models.rest_detector.network",
        "RestDetectorConfig": "signzoo.models.rest_detector.network",
        "RestDetectorTask": "signzoo.models.rest_detector.task",
        "RestDetectorData": "signzoo.models.rest_detector.data",
    },
)
