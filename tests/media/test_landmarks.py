import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from media_files import draw_person, encode, make_numbered, write_sound

from signzoo.errors import NoSignerError, UsageError
from signzoo.media.holistic import HolisticEstimator
from signzoo.media.landmarks import estimator, extract_clips, extract_files, pose_paths
from signzoo.media.video import write_video
from signzoo.structures import Pose, Skeleton, VideoClip


@dataclass(frozen=True)
class Brightness:
    """An estimator without MediaPipe: both hands follow the brightness; black has nobody."""

    @property
    def skeleton(self):
        return Skeleton.named("hands-and-nose")

    def __call__(self, clip, progress=False):
        found = list(self.stream(clip))
        points, confidence = (np.stack(part) for part in zip(*found, strict=True))
        if not confidence.any():
            raise NoSignerError("No person was found.")
        return Pose(points, confidence, clip.fps, self.skeleton, "pixel", clip.size)

    def stream(self, frames):
        for frame in frames:
            yield np.full((3, 3), frame.mean()), np.full(3, float(frame.mean() > 5))


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("a.mp4", "b.gif"):
        write_video(make_numbered(6), folder / name)
    return folder


def extract(videos, out, **options):
    paths = sorted(videos.iterdir())
    options = {"suffix": ".npz", "progress": False, "backend": Brightness()} | options
    return extract_files(paths, out, **options)


def test_an_estimator_is_found_by_its_name():
    assert estimator("holistic") == HolisticEstimator()
    with pytest.raises(UsageError, match="no estimator 'openpose'; there are holistic"):
        estimator("openpose")


@pytest.mark.parametrize("suffix", [".npz", ".json", ".h5"])
def test_every_video_gets_a_pose_file_and_a_report(videos, tmp_path, suffix):
    first, second = extract(videos, tmp_path / "out", suffix=suffix)
    assert [r.target.name for r in (first, second)] == [f"a{suffix}", f"b{suffix}"]
    assert (first.frames, first.seconds, first.error) == (6, 6 / 25, "")
    assert (first.left_hand, first.right_hand, first.body) == (1.0, 1.0, 0.0)
    assert len(Pose.read(second.target)) == 6


def test_one_that_fails_does_not_stop_the_others(videos, tmp_path):
    (videos / "empty.mp4").write_bytes(b"")
    write_sound(videos / "sound.m4a")
    nobody = VideoClip.from_frames(np.zeros((5, 48, 64, 3), np.uint8), 25)
    write_video(nobody, videos / "nobody.mp4")
    reports = {report.source.name: report for report in extract(videos, tmp_path / "out")}
    assert "is empty" in reports["empty.mp4"].error
    assert "no pictures" in reports["sound.m4a"].error
    assert "No person was found" in reports["nobody.mp4"].error
    assert all(reports[name].target is None for name in ("empty.mp4", "sound.m4a", "nobody.mp4"))
    assert sorted(os.listdir(tmp_path / "out")) == ["a.npz", "b.npz"]


def test_a_second_run_takes_up_where_the_first_stopped(videos, tmp_path):
    extract(videos, tmp_path / "out")
    (tmp_path / "out/b.npz").unlink()
    first, second = extract(videos, tmp_path / "out")
    assert (first.skipped, second.skipped) == (True, False)
    assert (first.frames, first.left_hand) == (6, 1.0)
    assert not any(report.skipped for report in extract(videos, tmp_path / "out", overwrite=True))


@pytest.mark.parametrize("reason", ["corrupt", "older"])
def test_a_pose_that_cannot_be_relied_on_is_made_again(videos, tmp_path, reason):
    extract(videos, tmp_path / "out")
    if reason == "corrupt":
        content = (tmp_path / "out/a.npz").read_bytes()
        (tmp_path / "out/a.npz").write_bytes(content[: len(content) // 2])
    else:
        os.utime(tmp_path / "out/a.npz", (1, 1))
    first, second = extract(videos, tmp_path / "out")
    assert (first.skipped, second.skipped) == (False, True)
    assert len(Pose.read(first.target)) == 6


def test_the_pose_of_another_video_is_not_written_over(videos, tmp_path):
    extract(videos, tmp_path / "out")
    before = (tmp_path / "out/a.npz").read_bytes()
    other = tmp_path / "other/a.mp4"
    other.parent.mkdir()
    write_video(make_numbered(20), other)
    os.utime(other, (1, 1))
    (report,) = extract(other.parent, tmp_path / "out")
    assert "is of another video (6 frames" in report.error
    assert (tmp_path / "out/a.npz").read_bytes() == before


def test_videos_of_one_name_keep_apart():
    paths = [Path(name) for name in ("x/a/hello.mp4", "x/b/hello.mp4", "x/b/Hello.gif", "x/no.mp4")]
    targets = pose_paths(paths, Path("out"))
    assert [target.as_posix() for target in targets.values()] == [
        "out/a/hello.mp4.pose",
        "out/b/hello.mp4.pose",
        "out/b/Hello.gif.pose",
        "out/no.pose",
    ]


def test_a_video_may_be_named_like_the_long_name_of_another():
    paths = [Path(name) for name in ("a/x.mp4", "a/x.gif", "a/x.mp4.avi")]
    assert len({str(target) for target in pose_paths(paths, Path("out")).values()}) == 3


def test_a_video_given_twice_is_read_once(videos, tmp_path):
    paths = [videos / "a.mp4", videos / "../videos/a.mp4"]
    reports = extract_files(paths, tmp_path / "out", suffix=".npz", backend=Brightness())
    assert [report.source for report in reports] == [videos / "a.mp4"]


def test_clips_go_where_the_caller_says(videos, tmp_path):
    (videos / "empty.mp4").write_bytes(b"")
    pairs = [(path, tmp_path / "signs" / f"{path.name}.npz") for path in sorted(videos.iterdir())]
    problems = extract_clips(pairs, progress=False, backend=Brightness())
    assert list(problems) == [videos / "empty.mp4"]
    assert sorted(os.listdir(tmp_path / "signs")) == ["a.mp4.npz", "b.gif.npz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"suffix": ".txt"}, "written as .pose"), ({"workers": 0}, "At least one worker")],
)
def test_wrong_use_is_said_before_any_work(videos, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        extract(videos, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("mediapipe")
def test_worker_processes_write_what_one_process_writes(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    clip = VideoClip.from_frames(np.stack([draw_person()] * 3), 25)
    for name in ("one.mp4", "two.mp4"):
        encode(folder / name, clip)
    (folder / "empty.mp4").write_bytes(b"")
    paths = sorted(folder.iterdir())
    alone = extract_files(paths, tmp_path / "alone", progress=False)
    together = extract_files(paths, tmp_path / "together", workers=2, progress=False)
    assert [bool(report.error) for report in together] == [True, False, False]
    assert [report.error for report in together] == [report.error for report in alone]
    for mine, theirs in zip(alone[1:], together[1:], strict=True):
        one, two = Pose.read(mine.target), Pose.read(theirs.target)
        assert np.abs(one.points - two.points).max() < 1.0
        assert (theirs.body, theirs.left_hand, theirs.right_hand) == (1.0, 1.0, 1.0)
