"""A 3D human who performs any pose: body, retargeting, appearance, rendering, export."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Body": "signzoo.avatar.body",
        "BodyShape": "signzoo.avatar.body",
        "Timing": "signzoo.avatar.timing",
        "avatar_landmarks": "signzoo.avatar.tracking",
        "correct_depth": "signzoo.avatar.depth",
        "from_signzoo_axes": "signzoo.avatar.body",
        "relaxed": "signzoo.avatar.retargeting",
        "retarget": "signzoo.avatar.retargeting",
        "to_signzoo_axes": "signzoo.avatar.body",
    },
)
