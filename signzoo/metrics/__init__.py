"""The scores, each written once: text against text, pose against pose.

Scoring needs neither torch nor torchmetrics; the torchmetrics classes are in
:mod:`signzoo.metrics.distributed` and are imported when they are first used.
"""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "PoseMetric": "signzoo.metrics.distributed",
        "PoseScorer": "signzoo.metrics.pose",
        "PoseScores": "signzoo.metrics.pose",
        "TextMetric": "signzoo.metrics.distributed",
        "TextScorer": "signzoo.metrics.text",
        "TextScores": "signzoo.metrics.text",
        "score_pose": "signzoo.metrics.pose",
        "score_text": "signzoo.metrics.text",
        "steadiness": "signzoo.metrics.pose",
    },
)
