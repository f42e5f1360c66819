"""What the parts of a pipeline promise each other."""

from collections.abc import Callable
from typing import Protocol

from signzoo.structures import Gloss, Pose, VideoClip


class Glosser(Protocol):
    """Turns written text into the glosses of its signs."""

    def __call__(self, text: str) -> tuple[Gloss, ...]:
        """Gloss a text; one without words gives no glosses."""
        ...


class Renderer(Protocol):
    """Turns a pose into pictures of a signer."""

    def __call__(self, pose: Pose, caption: Callable[[int], str]) -> VideoClip:
        """Render a pose in shoulder widths.

        Args:
            pose: What the signer does.
            caption: The words under each frame, by its number.
        """
        ...

    def place(self, pose: Pose) -> Pose:
        """Where the landmarks of a pose in shoulder widths lie in the rendered picture."""
        ...
