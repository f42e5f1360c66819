"""Names the landmarks of a pose and says which are joined, mirrored and anchored."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np

from signzoo.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Skeleton:
    """A landmark layout, looked up by name and never guessed from an array's shape.

    Attributes:
        name: Name in ``skeletons.toml``, for example ``"mediapipe-holistic"``.
        landmarks: ``"part/landmark"`` for each of the V landmarks, for example
            ``"left_hand/wrist"``. Left and right are the signer's.
        bones: Pairs of landmark indices that a drawing joins.
        mirrored: For each landmark the index of its counterpart on the other side of the body.
        anchors: Places that every layout agrees on (``head``, ``left_shoulder``, ``left_hand``,
            ...) and the indices of the landmarks whose mean is that place. A layout without a
            place leaves it out.
    """

    name: str
    landmarks: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    mirrored: tuple[int, ...]
    anchors: Mapping[str, tuple[int, ...]]

    def __repr__(self) -> str:
        return f"Skeleton({self.name!r}, {len(self.landmarks)} landmarks)"

    @staticmethod
    def named(name: str) -> "Skeleton":
        """Look a skeleton up.

        Args:
            name: A name in ``skeletons.toml``, or a selection from it: the name, then parts and
                landmarks in brackets, as in ``"mediapipe-holistic[left_hand,body/nose]"``.

        Raises:
            UsageError: No skeleton has that name, part or landmark.
        """
        whole, bracket, wanted = name.removesuffix("]").partition("[")
        return _select(whole, tuple(wanted.split(","))) if bracket else _load(name)

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names that :meth:`named` knows."""
        return tuple(_definitions())

    def part(self, name: str) -> slice:
        """The landmarks of one part (``body``, ``face``, ``left_hand``, ``right_hand``).

        Raises:
            UsageError: The skeleton has no such part.
        """
        where = [i for i, landmark in enumerate(self.landmarks) if landmark.startswith(f"{name}/")]
        if not where:
            raise UsageError(
                f"Skeleton {self.name!r} has no part {name!r}; it has {', '.join(self.parts)}."
            )
        return slice(where[0], where[-1] + 1)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts in the order in which their landmarks stand."""
        return tuple(dict.fromkeys(landmark.split("/")[0] for landmark in self.landmarks))

    def anchor(self, name: str) -> tuple[int, ...]:
        """The landmarks whose mean is the named place.

        Raises:
            UsageError: The skeleton does not have that place.
        """
        if name not in self.anchors:
            raise UsageError(
                f"Skeleton {self.name!r} has no {name!r}; it has {', '.join(self.anchors)}."
            )
        return self.anchors[name]


@cache
def _definitions() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("skeletons.toml").read_text("utf-8"))


@cache
def _load(name: str) -> Skeleton:
    if name not in _definitions():
        raise UsageError(
            f"There is no skeleton {name!r}; there are {', '.join(_definitions())}. "
            "A new layout is an entry in signzoo/structures/skeletons.toml."
        )
    landmarks: list[str] = []
    bones: list[tuple[int, int]] = []
    mirrored: list[int] = []
    for part in _definitions()[name]["parts"]:
        start = len(landmarks)
        landmarks += [f"{part['name']}/{label}" for label in _labels(part)]
        for chain in part.get("chains", []):
            bones += [(start + a, start + b) for a, b in pairwise(chain)]
    for index, landmark in enumerate(landmarks):
        twin = _swap_sides(landmark)
        mirrored.append(landmarks.index(twin) if twin in landmarks else index)
    for part in _definitions()[name]["parts"]:
        if "midline" in part:
            start = landmarks.index(f"{part['name']}/0")
            for a, b in enumerate(_mirror_mesh(part["count"], part["midline"])):
                mirrored[start + a] = start + b
    anchors = {
        place: tuple(i for i, landmark in enumerate(landmarks) if _matches(landmark, wanted))
        for place, wanted in _definitions()[name]["anchors"].items()
    }
    return Skeleton(
        name, tuple(landmarks), tuple(bones), tuple(mirrored), MappingProxyType(anchors)
    )


@cache
def _select(name: str, wanted: tuple[str, ...]) -> Skeleton:
    whole = _load(name)
    for place in wanted:
        if not any(_matches(landmark, place) for landmark in whole.landmarks):
            raise UsageError(
                f"Skeleton {name!r} has no {place!r}; its parts are {', '.join(whole.parts)}."
            )
    kept = [
        i
        for i, landmark in enumerate(whole.landmarks)
        if any(_matches(landmark, place) for place in wanted)
    ]
    new = {old: i for i, old in enumerate(kept)}
    anchors = {
        place: tuple(new[i] for i in where if i in new) for place, where in whole.anchors.items()
    }
    return Skeleton(
        f"{name}[{','.join(wanted)}]",
        tuple(whole.landmarks[i] for i in kept),
        tuple((new[a], new[b]) for a, b in whole.bones if a in new and b in new),
        tuple(new.get(whole.mirrored[i], new[i]) for i in kept),
        MappingProxyType({place: where for place, where in anchors.items() if where}),
    )


def _labels(part: dict[str, Any]) -> list[str]:
    return part["landmarks"] if "landmarks" in part else [str(i) for i in range(part["count"])]


def _matches(landmark: str, wanted: str) -> bool:
    return landmark == wanted or landmark.split("/")[0] == wanted


def _swap_sides(landmark: str) -> str:
    return landmark.replace("left", "\0").replace("right", "left").replace("\0", "right")


def _mirror_mesh(count: int, midline: list[int]) -> np.ndarray:
    """Pair the points of a mesh numbered first down one side, then down the other, ``(count,)``."""
    twins = np.arange(count)
    sides = np.setdiff1d(twins, midline)
    first, second = np.split(sides, 2)
    twins[first], twins[second] = second, first
    return twins
