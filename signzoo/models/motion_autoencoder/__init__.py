"""Learns features of fast signing without labels, by undoing perturbed motion."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "MotionAutoencoder": "signzoo.models.motion_autoencoder.network",
        "MotionAutoencoderConfig": "signzoo.models.motion_autoencoder.network",
        "PerturbationConfig": "signzoo.models.motion_autoencoder.perturb",
        "MotionAutoencoderTask": "signzoo.models.motion_autoencoder.task",
        "MotionAutoencoderData": "signzoo.models.motion_autoencoder.data",
    },
)
