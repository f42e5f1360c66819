"""How fast the avatar is rendered, and whether MediaPipe finds its signing hand.

    python benchmarks/avatar.py speed [--size 512] [--frames 48] [--rounds 5]
    python benchmarks/avatar.py hands [--letters 60] [--signers 4] [--size 512] [--sheet FILE.png]

`speed` prints ratios of frames a second, measured in turns so that other load on the machine hits
all alike, with their medians:

- the avatar (retargeting, skinning, normals, shading, picture) / VTK alone, which gets the finished
  vertices and normals of the same cut mesh and draws them with the same lights and samples (0.7);
- two processes / one, each kept to a core of its own, as `signzoo data synthesize --workers` keeps
  them (1.6); the same two / one that has all cores, which Mesa draws with; and the same two / VTK
  alone with all cores (1.6 times 0.7 is 1.12).

`hands` renders fingerspelled letters of all embedded alphabets, performed by signers drawn by seed,
and counts in how many frames MediaPipe Holistic finds the hand that the pose spells with (0.85).
"""

import argparse
import multiprocessing
import os
from collections.abc import Callable, Sequence
from functools import cache
from multiprocessing.pool import Pool
from time import perf_counter

import numpy as np

from signzoo.avatar import AvatarRenderer, Signer, retarget
from signzoo.avatar.render import Stage
from signzoo.lexicon import Lexicon
from signzoo.lexicon.fingerspelling import letter_clip
from signzoo.lexicon.joining import join_poses, prepare_clip
from signzoo.media.workers import keep_to_cores
from signzoo.structures import Pose, VideoClip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("speed", "hands"))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--letters", type=int, default=60)
    parser.add_argument("--signers", type=int, default=4)
    parser.add_argument("--sheet", help="also write the letters as a picture")
    arguments = parser.parse_args()
    if arguments.what == "speed":
        speed(arguments.size, arguments.frames, arguments.rounds)
    else:
        hands(arguments.letters, arguments.signers, arguments.size, arguments.sheet)


# --- speed


def speed(size: int, frames: int, rounds: int) -> None:
    renderer = AvatarRenderer(Signer(), (size, size))
    pose = spelled(frames)
    print(f"{len(pose)} frames of {size}×{size}, {len(os.sched_getaffinity(0))} cores", flush=True)
    start = perf_counter()
    next(iter(renderer(pose)))
    print(f"first frame after {perf_counter() - start:.2f} s", flush=True)
    plain = vtk_alone(renderer, pose)
    against_vtk: list[float] = []
    scaling: list[float] = []
    over_whole: list[float] = []
    over_vtk: list[float] = []
    for turn in range(rounds):
        ways: list[Callable[[], object]] = [plain, lambda: draw(size, frames)]
        taken = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            taken[which] = seconds(ways[which])
        against_vtk.append(taken[0] / taken[1])
        rates = [len(pose) / each for each in taken]
        print(f"round {turn + 1}: VTK alone {rates[0]:.1f} fps, avatar {rates[1]:.1f} fps")
    print_ratio("avatar / VTK alone (target 0.7)", against_vtk)
    first, second, *_ = sorted(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(1) as free,
        context.Pool(1, keep_to_cores, ({first},)) as one,
        context.Pool(1, keep_to_cores, ({second},)) as other,
    ):
        clip = (size, frames)
        for pool in (free, one, other):  # open the windows
            pool.apply(draw, clip)
        for _ in range(rounds):
            whole = seconds(lambda: free.starmap(draw, [clip] * 2))
            alone = seconds(lambda: one.starmap(draw, [clip] * 2))
            beside = seconds(lambda: each_draws_one((one, other), clip))
            scaling.append(alone / beside)
            over_whole.append(whole / beside)
            over_vtk.append(2 * seconds(plain) / beside)
    print_ratio("two processes / one, a core each (target 1.6)", scaling)
    print_ratio("two processes, a core each / one with all cores", over_whole)
    print_ratio("two processes, a core each / VTK alone with all cores (target 1.12)", over_vtk)


def each_draws_one(pools: Sequence[Pool], clip: tuple[int, int]) -> None:
    for drawing in [pool.apply_async(draw, clip) for pool in pools]:
        drawing.get()


def vtk_alone(renderer: AvatarRenderer, pose: Pose) -> Callable[[], object]:
    """What VTK has to do at least: take finished arrays, draw, give pixels."""
    figure = renderer.figure
    stage = Stage(figure, renderer.signer, renderer.camera)
    surface = figure.surface(figure.body.skin(retarget(pose, figure.body)))
    finished = list(zip(*(np.ascontiguousarray(array) for array in surface), strict=True))
    stage.draw(*finished[0])
    return lambda: [stage.draw(*arrays) for arrays in finished]


def draw(size: int, frames: int) -> int:
    """Render the same clip from its pose; returns the number of frames."""
    return sum(1 for _ in AvatarRenderer(Signer(), (size, size))(spelled(frames)))


def seconds(way: Callable[[], object]) -> float:
    start = perf_counter()
    way()
    return perf_counter() - start


def print_ratio(name: str, ratios: list[float]) -> None:
    low, middle, high = np.percentile(ratios, [10, 50, 90])
    print(f"{name}: {middle:.2f} (10th to 90th percentile {low:.2f} to {high:.2f}, {len(ratios)}x)")


@cache
def spelled(frames: int) -> Pose:
    """The American alphabet, spelled until there are so many frames."""
    letters = Lexicon.fingerspelling().letters("en", "ase").values()
    pose = join_poses([letter_clip(prepare_clip(entry.read(), 25.0)) for entry in letters]).pose
    return pose[np.arange(frames) % len(pose)]


# --- hands


def hands(num_letters: int, num_signers: int, size: int, sheet: str | None) -> None:
    from signzoo.media.drawing import contact_sheet, write_image
    from signzoo.media.landmarks import estimator

    lexicon = Lexicon.fingerspelling()
    entries = [e for pair in lexicon.languages for e in lexicon.letters(*pair).values()]
    order = np.random.default_rng(0).permutation(len(entries))[:num_letters]
    detect = estimator("holistic")
    found: dict[str, list[bool]] = {"signing hand": [], "face": [], "body": []}
    shown: list[np.ndarray] = []
    titles: list[str] = []
    for number, index in enumerate(order):
        pose = letter_clip(prepare_clip(entries[index].read(), 25.0))
        signer = Signer.drawn(number % num_signers)
        clip = VideoClip.from_frames(AvatarRenderer(signer, (size, size))(pose).frames, 25.0)
        seen = detect(clip)
        spelling = signing_hand(pose)
        frames = has(pose, spelling)  # a frame in which the pose has no hand asks for none
        for name, part in (("signing hand", spelling), ("face", "face"), ("body", "body")):
            found[name] += has(seen, part)[frames].tolist()
        shown.append(clip.frames[len(clip.frames) // 2])
        titles.append(f"{entries[index].signed_language} {entries[index].word}")
    for name, frames_found in found.items():
        share = np.mean(frames_found)
        print(f"{name}: found in {share:.1%} of {len(frames_found)} frames of {len(order)} letters")
    if sheet:
        columns = min(8, len(shown))
        still = VideoClip.from_frames(np.stack(shown), 1.0)
        write_image(contact_sheet(still, columns, len(shown), titles), sheet)


def signing_hand(pose: Pose) -> str:
    return max(("left_hand", "right_hand"), key=lambda part: has(pose, part).sum())


def has(pose: Pose, part: str) -> np.ndarray:
    return (pose.confidence[:, pose.skeleton.part(part)] > 0).any(axis=1)


if __name__ == "__main__":
    main()
