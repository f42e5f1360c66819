import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from media_files import PALMS, PERSON, make_numbered

from signzoo.errors import MediaError, NoSignerError
from signzoo.media.holistic import HolisticEstimator, landmarks_of
from signzoo.structures import Skeleton, VideoClip

HOLISTIC = Skeleton.named("mediapipe-holistic")


def found(count, x=0.5, y=0.25, z=0.1, visibility=0.0):
    """What MediaPipe returns for one part: each landmark a bit further right than the last."""
    points = [
        SimpleNamespace(x=x + i / 1000, y=y, z=z + i / 1000, visibility=visibility)
        for i in range(count)
    ]
    return SimpleNamespace(landmark=points)


def results(body=True, face=False, left=False, right=False):
    return SimpleNamespace(
        pose_landmarks=found(33, visibility=0.75) if body else None,
        face_landmarks=found(468, z=-0.02) if face else None,
        left_hand_landmarks=found(21, z=0.0) if left else None,
        right_hand_landmarks=found(21, z=0.0) if right else None,
    )


def place(name):
    return HOLISTIC.landmarks.index(name)


def test_fractions_of_the_picture_become_pixels():
    points, confidence = landmarks_of(results(), (640, 480))
    nose = place("body/nose")
    assert points[nose].tolist() == pytest.approx([320, 120, 64])  # depth in widths, as x
    assert confidence[nose] == pytest.approx(0.75)


def test_parts_that_were_not_found_are_missing():
    points, confidence = landmarks_of(results(right=True), (640, 480))
    assert (confidence[HOLISTIC.part("right_hand")] == 1).all()
    for part in ("face", "left_hand"):
        assert not confidence[HOLISTIC.part(part)].any()
        assert not points[HOLISTIC.part(part)].any()
    points, confidence = landmarks_of(results(body=False), (640, 480))
    assert not confidence.any()
    assert not points.any()


def test_hands_and_face_take_their_depth_from_the_body():
    points, _ = landmarks_of(results(face=True, left=True, right=True), (640, 480))
    for part, joint in (
        ("left_hand/wrist", "body/left_wrist"),
        ("right_hand/wrist", "body/right_wrist"),
        ("face/1", "body/nose"),
    ):
        assert points[place(part), 2] == pytest.approx(points[place(joint), 2])
    hand = points[HOLISTIC.part("left_hand")]
    assert np.diff(hand[:, 2]) == pytest.approx(0.64, abs=1e-3)  # the hand's own depth is kept


@pytest.mark.usefixtures("mediapipe")
def test_landmarks_lie_on_a_drawn_person(person):
    pose = HolisticEstimator()(person)
    assert (len(pose), pose.size, pose.fps, pose.unit) == (6, (320, 320), 25.0, "pixel")
    for anchor, where in (PERSON | PALMS).items():
        position, confidence = pose.anchor(anchor)
        assert np.abs(position[-1, :2] - where).max() < 15, anchor
        assert confidence[-1] > 0.9, anchor
    assert pose.confidence[-1, place("body/left_ankle")] < 0.5  # below the picture


@pytest.mark.usefixtures("mediapipe")
def test_a_stream_yields_a_frame_for_a_frame_and_says_when_nobody_is_there(person):
    blank = np.zeros((320, 320, 3), np.uint8)
    pulled = []

    def camera():
        for frame in (blank, *person, blank):
            pulled.append(len(pulled))
            yield frame

    stream = HolisticEstimator().stream(camera())
    points, confidence = next(stream)
    assert len(pulled) == 1  # nothing is read ahead
    assert (points.shape, confidence.shape) == ((543, 3), (543,))
    assert not confidence.any()
    seen = [bool(confidence.any()) for _, confidence in stream]
    assert len(seen) == 7
    assert seen[:6] == [True] * 6


@pytest.mark.usefixtures("mediapipe")
def test_a_video_without_a_person_is_an_error_of_one_line():
    with pytest.raises(NoSignerError, match="No person was found in any of the 5 frames"):
        HolisticEstimator()(make_numbered(5))


def test_a_clip_without_frames_is_an_error():
    with pytest.raises(MediaError, match="no frames"):
        HolisticEstimator()(VideoClip.from_frames(np.zeros((0, 8, 8, 3), np.uint8), 25))


@pytest.mark.usefixtures("mediapipe")
def test_native_chatter_is_held_back_and_real_errors_are_not(tmp_path):
    code = (
        "import os, numpy as np\n"
        "from signzoo.media.holistic import HolisticEstimator\n"
        "frames = iter([np.zeros((64, 64, 3), np.uint8)] * 3)\n"
        "def camera():\n"
        "    yield next(frames)\n"
        "    os.write(2, b'E0000 the camera is on fire\\n')\n"
        "    yield from frames\n"
        "list(HolisticEstimator().stream(camera()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "E0000 the camera is on fire\n"


@pytest.mark.parametrize(
    ("stub", "message"),
    [
        ("raise ImportError('libGL.so.1: cannot open shared object file')", "apt install libgl1"),
        (
            "raise ImportError('libgthread-2.0.so.0: cannot open shared object file')",
            "apt install libglib2.0-0",
        ),
        ("__version__ = '0.10.31'", "pip install 'mediapipe>=0.10.9,<0.10.30'"),
        ("raise ModuleNotFoundError('no', name='mediapipe')", "Reading landmarks needs MediaPipe"),
    ],
)
def test_a_missing_library_is_named_with_its_package(tmp_path, stub, message):
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "__init__.py").write_text(stub)
    code = (
        "import numpy as np\n"
        "from signzoo.errors import MissingPackageError\n"
        "from signzoo.media.holistic import HolisticEstimator\n"
        "try:\n"
        "    next(HolisticEstimator().stream([np.zeros((8, 8, 3), np.uint8)]))\n"
        "except MissingPackageError as error:\n"
        "    print(error)\n"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert message in done.stdout, done.stderr
    assert done.stdout.count("\n") == 1
