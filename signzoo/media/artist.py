"""Paints the skeleton of one frame: what is drawn, in which colour, how thick and how faint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from signzoo.structures import Pose, Skeleton

if TYPE_CHECKING:
    from PIL.Image import Image

Color = tuple[int, int, int]

# Painted so many times larger and then averaged, which smooths the edges.
OVERSAMPLING = 2

# One hand is warm and the other cold, and from thumb to little finger each grows darker: hands and
# fingers differ in lightness or in blue against orange, which hardly any eye confuses.
_FINGERS = ("thumb", "index_finger", "middle_finger", "ring_finger", "pinky")
_HANDS: dict[str, tuple[Color, ...]] = {
    "left_hand": ((250, 184, 70), (246, 137, 40), (226, 82, 24), (178, 32, 38), (112, 12, 44)),
    "right_hand": ((112, 208, 196), (46, 170, 205), (26, 122, 196), (36, 72, 160), (38, 26, 104)),
}
_PALMS: dict[str, Color] = {"left_hand": (206, 92, 40), "right_hand": (40, 112, 168)}
# Bones of the body and lines of the face, on light grounds and on dark or moving ones.
_ON_LIGHT: dict[str, Color] = {"body": (84, 92, 104), "face": (122, 128, 138)}
_ON_DARK: dict[str, Color] = {"body": (238, 241, 245), "face": (222, 228, 236)}
# Thickness of lines, radius of joints, and the gap left around what lies in front, in shoulder
# widths of the signer.
_SLIM = 0.026
_WIDTHS = {"body": 0.05, "face": 0.012, "left_hand": _SLIM, "right_hand": _SLIM}
_JOINTS = {"body": 0.03, "left_hand": 0.019, "right_hand": 0.019}
_GAP = 0.01
_LONE_JOINT = 0.12  # a hand or nose that is one landmark
# Landmarks of the body that stand for a face or hand, needed while that is not found itself.
_STANDINS = {
    "face": ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "mouth"),
    "left_hand": ("left_pinky", "left_index", "left_thumb"),
    "right_hand": ("right_pinky", "right_index", "right_thumb"),
}
_LEGS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle", "heel"))
_LEGS += ("left_foot", "right_foot")
# Below the first confidence nothing is painted, from the second on in full colour. Legs that
# MediaPipe guesses below the picture's edge have up to a half.
_FAINT, _SURE, _LEG_SEEN = 0.1, 0.6, 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """The bones ``(from, to, color, width)`` and joints ``(landmark, color, radius)`` of a part."""

    bones: tuple[tuple[int, int, Color, float], ...]
    joints: tuple[tuple[int, Color, float], ...]
    gap: float


@dataclass(frozen=True, slots=True, eq=False)
class Artist:
    """Paints the frames of one pose.

    Attributes:
        places: Where each landmark is painted, ``(T, V, 2)`` pixels of the oversampled canvas.
        opacity: How strongly, ``(T, V)`` from 0 to 255.
        parts: What is joined, by part of the body.
        order: For each frame the parts from the farthest to the nearest.
        ground: The colour around what lies in front.
    """

    places: np.ndarray
    opacity: np.ndarray
    parts: dict[str, _Part]
    order: tuple[tuple[str, ...], ...]
    ground: Color

    @staticmethod
    def of(pose: Pose, points: np.ndarray, ground: Color, light: bool, shortest: int) -> "Artist":
        """Prepare all that does not change from frame to frame.

        Args:
            pose: What to paint.
            points: Its landmarks in pixels of the picture, ``(T, V, 2)``.
            ground: The colour around what lies in front.
            light: Whether the ground is light.
            shortest: The picture's shorter side in pixels.
        """
        places = _with_joined_wrists(pose, points) * OVERSAMPLING
        shoulders = _shoulder_width(pose, places, shortest * OVERSAMPLING)
        parts = {
            name: _style(pose.skeleton, name, shoulders, _ON_LIGHT if light else _ON_DARK)
            for name in pose.skeleton.parts
        }
        return Artist(places, _opacity(pose), parts, _order(pose), ground)

    def paint(self, frame: int, canvas: "Image") -> np.ndarray:
        """Paint one frame on its canvas.

        Args:
            frame: Index of the frame.
            canvas: RGB, :data:`OVERSAMPLING` times the picture; it is painted over.

        Returns:
            The picture, ``(H, W, 3)`` uint8.
        """
        from PIL import ImageDraw

        draw = ImageDraw.Draw(canvas, "RGBA")
        places = [tuple(place) for place in self.places[frame].tolist()]
        opacity = self.opacity[frame].tolist()
        for part in (self.parts[name] for name in self.order[frame]):
            bones = [bone for bone in part.bones if opacity[bone[0]] and opacity[bone[1]]]
            for a, b, _, width in bones if part.gap else ():
                ink = (*self.ground, min(opacity[a], opacity[b]))
                draw.line((places[a], places[b]), ink, round(width + 2 * part.gap))
            for a, b, color, width in bones:
                ink = (*color, min(opacity[a], opacity[b]))
                draw.line((places[a], places[b]), ink, round(width))
            for landmark, color, radius in part.joints:
                if opacity[landmark]:
                    x, y = places[landmark]
                    box = (x - radius, y - radius, x + radius, y + radius)
                    draw.ellipse(box, (*color, opacity[landmark]))
        return np.asarray(canvas.reduce(OVERSAMPLING))


def _with_joined_wrists(pose: Pose, points: np.ndarray) -> np.ndarray:
    """Let the forearm end at the wrist of the hand: that of the body is smoothed and lags."""
    points = points.copy()
    names = pose.skeleton.landmarks
    for side in ("left", "right"):
        arm, hand = f"body/{side}_wrist", f"{side}_hand/wrist"
        if arm in names and hand in names:
            found = pose.confidence[:, names.index(hand)] > 0
            points[found, names.index(arm)] = points[found, names.index(hand)]
    return points


def _shoulder_width(pose: Pose, places: np.ndarray, shortest: int) -> float:
    """The signer's shoulder width on the canvas; a fifth of it where there are no shoulders."""
    if not {"left_shoulder", "right_shoulder"} <= set(pose.skeleton.anchors):
        return 0.2 * shortest
    left, right = (pose.skeleton.anchor(f"{side}_shoulder")[0] for side in ("left", "right"))
    seen = (pose.confidence[:, left] > 0) & (pose.confidence[:, right] > 0)
    if not seen.any():
        return 0.2 * shortest
    width = np.median(np.linalg.norm((places[:, left] - places[:, right])[seen], axis=1))
    return max(float(width), 0.06 * shortest)  # seen from the side shoulders have no width


def _style(skeleton: Skeleton, part: str, shoulders: float, ink: dict[str, Color]) -> _Part:
    where = skeleton.part(part)
    label = {i: skeleton.landmarks[i].split("/")[1] for i in range(where.start, where.stop)}
    colors = {i: _color(part, name, ink) for i, name in label.items()}
    palm = _color(part, "", ink)
    inside = [(a, b) for a, b in skeleton.bones if a in label and b in label]
    bones = tuple(
        (
            *(a, b),
            colors[b] if _finger(label[a]) == _finger(label[b]) else palm,
            _width(part, label[a], label[b], shoulders),
        )
        for a, b in inside
    )
    if not inside:
        joints = [(i, colors[i], _LONE_JOINT * shoulders) for i in label]
    else:
        ends = sorted({end for bone in inside for end in bone}) if part in _JOINTS else []
        radius = max(_JOINTS.get(part, 0) * shoulders, 0.8 * OVERSAMPLING)
        joints = [(i, colors[i], radius) for i in ends]
    gap = max(_GAP * shoulders, 0.6 * OVERSAMPLING) if part != "face" else 0.0
    return _Part(bones, tuple(joints), gap)


def _width(part: str, first: str, second: str, shoulders: float) -> float:
    """How thick the bone between two landmarks of a part is."""
    share = _WIDTHS.get(part, _SLIM)
    standins = tuple(label for labels in _STANDINS.values() for label in labels)
    if part == "body" and (first.startswith(standins) or second.startswith(standins)):
        share = _SLIM
    return max(share * shoulders, 1.2 * OVERSAMPLING)


def _color(part: str, label: str, ink: dict[str, Color]) -> Color:
    if part not in _HANDS:
        return ink.get(part, ink["body"])
    finger = _finger(label)
    color = np.array(_PALMS[part] if finger is None else _HANDS[part][finger])
    if ink is _ON_DARK and color.mean() < 110:  # the darkest fingers would drown
        color = color + (255 - color) * 35 // 100
    red, green, blue = color.tolist()
    return red, green, blue


def _finger(label: str) -> int | None:
    """Which finger a landmark of a hand lies on; ``None`` for its wrist or for no hand."""
    return next((i for i, name in enumerate(_FINGERS) if label.startswith(name)), None)


def _opacity(pose: Pose) -> np.ndarray:
    """How strongly each landmark is painted, ``(T, V)`` uint8."""
    confidence = pose.confidence
    sure = np.clip((confidence - _FAINT) / (_SURE - _FAINT), 0, 1)
    opacity = np.where(confidence < _FAINT, 0, 60 + 195 * sure)
    names = pose.skeleton.landmarks
    legs = _body_landmarks(names, _LEGS)
    opacity[:, legs] *= confidence[:, legs] >= _LEG_SEEN
    for part, labels in _STANDINS.items():
        if part in pose.skeleton.parts:
            found = (confidence[:, pose.skeleton.part(part)] > 0).any(axis=1)
            opacity[:, _body_landmarks(names, labels)] *= ~found[:, None]
    for side in ("left", "right"):  # a palm hangs on its wrist
        fingers = _body_landmarks(names, _STANDINS[f"{side}_hand"])
        wrist = _body_landmarks(names, (f"{side}_wrist",))
        opacity[:, fingers] *= (opacity[:, wrist] > 0).any(axis=1, keepdims=True)
    return opacity.astype(np.uint8)


def _body_landmarks(names: Sequence[str], labels: tuple[str, ...]) -> list[int]:
    wanted = tuple(f"body/{label}" for label in labels)
    return [i for i, name in enumerate(names) if name.startswith(wanted)]


def _order(pose: Pose) -> tuple[tuple[str, ...], ...]:
    """The parts of each frame in the order of painting: body, face, far hand, near hand."""
    parts = pose.skeleton.parts
    hands = [part for part in parts if part in _HANDS]
    others: list[str] = [part for part in ("body", "face") if part in parts]
    others += [part for part in parts if part not in (*others, *hands)]
    if not hands:
        return (tuple(others),) * len(pose)
    depths = np.stack([pose.points[:, pose.skeleton.part(hand), 2].mean(axis=1) for hand in hands])
    farthest_first = np.argsort(-depths, axis=0, kind="stable").T  # (T, hands)
    return tuple((*others, *(hands[i] for i in row)) for row in farthest_first)
