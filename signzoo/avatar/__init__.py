"""A 3D human who performs any pose: body, retargeting, appearance, rendering, export."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Body": "signzoo.avatar.body",
        "BodyShape": "signzoo.avatar.body",
        "from_signzoo_axes": "signzoo.avatar.body",
        "to_signzoo_axes": "signzoo.avatar.body",
    },
)
