"""A 3D human who performs any pose: body, retargeting, appearance, rendering, export."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AvatarRenderer": "signzoo.avatar.renderer",
        "Body": "signzoo.avatar.body",
        "BodyShape": "signzoo.avatar.body",
        "Camera": "signzoo.avatar.camera",
        "Figure": "signzoo.avatar.figure",
        "Signer": "signzoo.avatar.appearance",
        "Timing": "signzoo.avatar.timing",
        "avatar_landmarks": "signzoo.avatar.tracking",
        "compress": "signzoo.avatar.render",
        "correct_depth": "signzoo.avatar.depth",
        "express": "signzoo.avatar.face",
        "from_signzoo_axes": "signzoo.avatar.body",
        "relaxed": "signzoo.avatar.retargeting",
        "retarget": "signzoo.avatar.retargeting",
        "to_signzoo_axes": "signzoo.avatar.body",
        "write_gltf": "signzoo.avatar.gltf",
    },
)
