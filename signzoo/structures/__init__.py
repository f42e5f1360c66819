"""What flows between components: frozen dataclasses over numpy arrays."""

from signzoo.structures.clip import VideoClip, Waveform
from signzoo.structures.language import Gloss, Production, Span, Translation
from signzoo.structures.pose import Pose
from signzoo.structures.skeleton import Skeleton

__all__ = [
    "Gloss",
    "Pose",
    "Production",
    "Skeleton",
    "Span",
    "Translation",
    "VideoClip",
    "Waveform",
]
