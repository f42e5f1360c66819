"""The procedural lexicon: an invented sign for every gloss of a vocabulary.

It stands in where a language has sentences with glosses but no recorded signs, for training and
testing networks. It is not any sign language. Once made, a sign never moves: adding glosses leaves
those that are there as they are, and :attr:`ProceduralLexicon.hash` names what a corpus was made
of.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import write_text
from signzoo.errors import LexiconError
from signzoo.lexicon.articulation import Physique, articulate
from signzoo.lexicon.phonology import Motion, Sign, check_names, draw_sign, inventory, sign_motion
from signzoo.transforms.kinematics import FOREARM_ROLL
from signzoo.transforms.warping import squared_distances, warped_costs

FORMAT = "signzoo procedural lexicon"
# What is written on renderings.
MARK = "invented signs"
# Longer glosses are sentences that nobody split.
MAX_GLOSS = 100
# How unlike any two signs are at least, in shoulder widths; see :func:`sign_distances`.
LEAST_DISTANCE = 0.18
# A sign that asks a wrist for so many degrees more than it has is not made.
_MOST_TURNED = 20.0
# Frames on which two signs are compared.
_FRAMES = 16
# How much the fingers count beside the hand's place: a hand is small, and handshapes matter.
FINGER_WEIGHT = 1.5
_MOST_DRAWS = 1000


@dataclass(frozen=True)
class ProceduralLexicon:
    """Invented signs by their gloss.

    Attributes:
        signs: The parameters of each gloss's sign, in the order in which they were made.
        seed: What the signs were drawn with.
    """

    signs: Mapping[str, Sign]
    seed: int = 0

    @staticmethod
    def embedded() -> "ProceduralLexicon":
        """The lexicon that signzoo ships: the 1,085 glosses of PHOENIX-2014T's training set."""
        with files(__package__).joinpath("procedural.json").open(encoding="utf-8") as file:
            return _parse(json.load(file), "the embedded lexicon")

    @staticmethod
    def open(path: str | os.PathLike[str]) -> "ProceduralLexicon":
        """Read what :meth:`save` wrote.

        Raises:
            LexiconError: The file is missing, corrupt, or of another version of the inventory.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise LexiconError(f"There is no procedural lexicon {path}.") from error
        except (OSError, ValueError) as error:
            raise LexiconError(f"{path} is not a readable procedural lexicon: {error}.") from error
        return _parse(content, str(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the signs as JSON.

        Raises:
            DiskError: There is no room or no permission.
        """
        write_text(path, self._content() + "\n")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the signs and of the inventory that gives them their form."""
        form = files(__package__).joinpath("phonology.toml").read_bytes()
        return hashlib.sha256(self._content().encode() + form).hexdigest()

    def extended(self, glosses: Iterable[str]) -> "ProceduralLexicon":
        """Invent a sign for each gloss that has none yet, in their order.

        What is drawn depends on the gloss and the seed alone; it is drawn again while it is too
        much like a sign that is there, or asks a wrist or a forearm for more than it can do.

        Raises:
            LexiconError: A gloss is empty or too long, or there is no room for another sign.
        """
        missing = [gloss for gloss in dict.fromkeys(glosses) if gloss not in self.signs]
        if not missing:
            return self
        signs = dict(self.signs)
        shapes = np.empty((len(signs) + len(missing), _FRAMES, *_SHAPE), np.float32)
        shapes[: len(signs)] = _shapes(list(signs.values()))
        for gloss in missing:
            check_gloss(gloss)
            signs[gloss] = self._invent(gloss, shapes, len(signs))
        return ProceduralLexicon(signs, self.seed)

    def _invent(self, gloss: str, shapes: np.ndarray, count: int) -> Sign:
        """Draw a sign unlike the first ``count`` shapes, and put its shape after them."""
        digest = hashlib.sha256(f"{inventory()['version']}:{self.seed}:{gloss}".encode()).digest()
        random = np.random.default_rng(list(digest))
        for _ in range(_MOST_DRAWS):
            sign = draw_sign(random)
            if not _comfortable(sign):
                continue
            shapes[count] = _shapes([sign])[0]
            if _distances(shapes[count], shapes[:count]).min(initial=np.inf) >= LEAST_DISTANCE:
                return sign
        raise LexiconError(
            f"There is no room for another sign: of {_MOST_DRAWS} drawn for {gloss!r} each was too "
            f"much like one of the {count} that are there. Make a lexicon of fewer glosses."
        )

    def _content(self) -> str:
        rows = {gloss: list(asdict(sign).values()) for gloss, sign in self.signs.items()}
        lines = ",\n".join(
            f"  {json.dumps(gloss, ensure_ascii=False)}: {json.dumps(row)}"
            for gloss, row in rows.items()
        )
        head = {
            "format": FORMAT,
            "about": "invented signs, of no sign language",
            "version": inventory()["version"],
            "seed": self.seed,
            "fields": [field.name for field in fields(Sign)],
        }
        return f'{json.dumps(head, indent=1)[:-2]},\n "signs": {{\n{lines}\n }}\n}}'


def is_procedural(path: str | os.PathLike[str]) -> bool:
    """Whether a file looks like what :meth:`ProceduralLexicon.save` writes."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return FORMAT in file.read(200)
    except (OSError, UnicodeDecodeError):
        return False


def _parse(content: Any, where: str) -> ProceduralLexicon:
    """Build a lexicon from JSON, and check every parameter's name."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise LexiconError(f"{where} is not a procedural lexicon: it has no format {FORMAT!r}.")
    if content.get("version") != inventory()["version"]:
        raise LexiconError(
            f"{where} was made with version {content.get('version')} of the inventory of signs; "
            f"this signzoo has version {inventory()['version']}, in which its signs would move."
        )
    signs = {}
    try:
        for gloss, row in content["signs"].items():
            values = dict(zip(content["fields"], row, strict=True))
            signs[gloss] = Sign(**values)
            check_names(signs[gloss])
        return ProceduralLexicon(signs, int(content["seed"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LexiconError(f"{where} is corrupt: {type(error).__name__}: {error}.") from error


def sign_distances(sign: Sign, others: Sequence[Sign]) -> np.ndarray:
    """How unlike a sign is others as the usual body performs them, in shoulder widths, ``(N,)``.

    The cost of two frames is the distance of the wrists and the fingers' mean distance from the
    wrist, in the picture plane, since who looks at a video hardly sees depth; the result is its
    mean along the cheapest path (dynamic time warping).
    """
    return _distances(_shapes([sign])[0], _shapes(others))


def check_gloss(gloss: str, where: str = "") -> None:
    """Check that something can be the name of a sign.

    Args:
        gloss: The gloss.
        where: What the error begins with, ``"Row 'x': "`` for example.

    Raises:
        LexiconError: It is empty, or as long as a sentence.
    """
    if not gloss.strip():
        raise LexiconError(f"{where}A gloss is empty; every gloss needs a name to get a sign.")
    if len(gloss) > MAX_GLOSS:
        raise LexiconError(
            f"{where}The gloss {gloss[:40]!r}… has {len(gloss)} characters; up to {MAX_GLOSS} are "
            "one gloss, more are a sentence that was not split."
        )


def _comfortable(sign: Sign) -> bool:
    performed = articulate(sign_motion(sign, 6), Physique(), 25.0)
    hands = slice(0, 1 if sign.hands == "one" else 2)
    rolled = performed.rolled[:, hands]
    within = (rolled >= FOREARM_ROLL[0]) & (rolled <= FOREARM_ROLL[1])
    return bool(within.all() and (performed.turned[:, hands] <= _MOST_TURNED).all())


_SHAPE = (2, 22, 2)


def _shapes(signs: Sequence[Sign]) -> np.ndarray:
    """What signs look like, ``(N, 16, 2, 22, 2)``: both hands' wrists, and fingers from there."""
    if not signs:
        return np.empty((0, _FRAMES, *_SHAPE), np.float32)
    motion = Motion.joined([sign_motion(sign, _FRAMES) for sign in signs])
    pose = articulate(motion, Physique(), 25.0).pose
    parts = [pose.points[:, pose.skeleton.part(f"{side}_hand"), :2] for side in ("right", "left")]
    hands = np.stack(parts, axis=1)  # (N·T, 2, 21, 2)
    wrist = hands[:, :, :1]
    fingers = (hands - wrist) * FINGER_WEIGHT / np.sqrt(hands.shape[2])
    return np.concatenate([wrist, fingers], axis=2).reshape(len(signs), _FRAMES, *_SHAPE)


def _distances(shape: np.ndarray, others: np.ndarray) -> np.ndarray:
    """See :func:`sign_distances`; all N shapes at once, ``(N,)``."""
    return warped_costs(np.sqrt(squared_distances(shape, others)))
