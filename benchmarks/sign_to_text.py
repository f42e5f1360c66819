"""How fast signing is translated: a file against real time, and how far a stream lags behind.

    python benchmarks/sign_to_text.py VIDEO [VIDEO ...] [--model sign-to-text-demo]

For each video, brought to 25 frames a second:

- real time / translating the file, landmarks included (target 1);
- where the time goes: MediaPipe, the network's video encoder, and all the rest;
- as a stream of 12.5 frames a second, each handed over when a camera would have it: when the first
  partial result came as a share of the clip (target 0.5), the longest time that a result lagged
  behind the last frame it knows (target 2 s), and whether the last text is that of the same
  landmarks translated as a file, and that of the file with its video.

Loading the models is timed by itself. CPU seconds stand beside real ones: on a machine that is busy
with something else they say what an idle one would need.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter, process_time, sleep
from typing import TypeVar

import numpy as np

from signzoo import SignToText
from signzoo.media.video import open_video, resample_video
from signzoo.models.signmst_c.features import encode_clip
from signzoo.structures import Translation, VideoClip

Result = TypeVar("Result")
FPS, SLOW = 25.0, 12.5


@dataclass
class Taken:
    """Seconds by the clock and on all cores, which add up over videos."""

    clock: float = 0.0
    cores: float = 0.0

    def __call__(self, way: Callable[[], Result]) -> Result:
        """Do something and add what it took."""
        clock, cores = perf_counter(), process_time()
        result = way()
        self.clock += perf_counter() - clock
        self.cores += process_time() - cores
        return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("videos", nargs="+")
    parser.add_argument("--model", default="sign-to-text-demo")
    arguments = parser.parse_args()
    loading, whole, mediapipe, encoder = Taken(), Taken(), Taken(), Taken()
    clips = {path: in_memory(open_video(path), FPS) for path in arguments.videos}
    pipeline = loading(lambda: SignToText.from_pretrained(arguments.model))
    first = next(iter(clips.values()))
    warm = VideoClip.from_frames(first.frames[:25], FPS)
    loading(lambda: pipeline(warm))  # the first use loads MediaPipe's models
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(
        f"{os.cpu_count()} cores, load {load}; models loaded in {loading.clock:.1f} s", flush=True
    )
    for path, clip in clips.items():
        print(f"{path}: {seconds(clip):.1f} s")
        offline(pipeline, clip, whole, mediapipe, encoder)
        streamed(pipeline, clip)
    signed = sum(map(seconds, clips.values()))
    print(f"all files: real time / translation {signed / whole.clock:.2f} (target 1)")
    rest = Taken(
        whole.clock - mediapipe.clock - encoder.clock, whole.cores - mediapipe.cores - encoder.cores
    )
    parts = {"all": whole, "MediaPipe": mediapipe, "video encoder": encoder, "the rest": rest}
    for name, taken in parts.items():
        print(
            f"  {name}: {taken.clock / signed:.2f} s by the clock and {taken.cores / signed:.2f} s "
            "of a core for a second of video"
        )


def in_memory(clip: VideoClip, fps: float) -> VideoClip:
    """A clip in so many frames a second, decoded."""
    return VideoClip.from_frames(resample_video(clip, fps).frames, fps)


def seconds(clip: VideoClip) -> float:
    return len(clip.frames) / clip.fps


def offline(
    pipeline: SignToText, clip: VideoClip, whole: Taken, mediapipe: Taken, encoder: Taken
) -> None:
    before = whole.clock
    found = whole(lambda: pipeline(clip))
    taken = whole.clock - before
    print(f"  file: real time / translation {seconds(clip) / taken:.2f}; {told(found)}", flush=True)
    pose = mediapipe(lambda: pipeline.estimator(clip))
    if pipeline.translator.sees_video:
        network = pipeline.translator.own_encoder()
        encoder(lambda: encode_clip(network, clip, pose, "the video"))


def streamed(pipeline: SignToText, clip: VideoClip) -> None:
    slow = in_memory(clip, SLOW)
    shown = 0
    begun = perf_counter()

    def camera() -> Iterator[np.ndarray]:
        nonlocal shown
        for frame in slow.frames:
            due = begun + (shown + 1) / SLOW
            sleep(max(0.0, due - perf_counter()))
            shown += 1
            yield frame

    came, lags, last = [], [], None
    for each in pipeline.stream(camera(), SLOW):
        came.append(perf_counter() - begun)
        lags.append(came[-1] - shown / SLOW)
        last = each
    if last is None:
        print("  stream: no result: no hands are seen")
        return
    pose = pipeline.estimator(slow)
    same = [last.text == pipeline(source).text for source in (pose, slow)]
    print(
        f"  stream: {len(came)} results, the first after {came[0] / seconds(clip):.2f} of the "
        f"clip, lag at most {max(lags):.2f} s (mean {np.mean(lags):.2f}); the last text is "
        f"{'' if same[0] else 'not '}that of the landmarks as a file, "
        f"{'' if same[1] else 'not '}that of the video; {told(last)}",
        flush=True,
    )


def told(found: Translation) -> str:
    return repr(found.text) if found.text else f"no text: {found.reason}, draft {found.draft!r}"


if __name__ == "__main__":
    main()
