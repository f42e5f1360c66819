import os
import subprocess
import sys

import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.media.plots import plot_trajectories
from signzoo.structures import Pose, Skeleton


def test_a_plot_shows_both_hands(waving, signer, tmp_path):
    from PIL import Image

    path = np.linspace((220, 200), (320, 300), 30)
    both = signer(path, left_hand=path + (100, 0))
    plot_trajectories(both, tmp_path / "both.png")
    plot_trajectories(waving, tmp_path / "right.png")

    def orange(name):
        pixels = np.asarray(Image.open(tmp_path / name).convert("RGB")).astype(int)
        return int((np.abs(pixels - (226, 82, 26)).max(axis=2) < 12).sum())

    assert orange("both.png") > 10 * max(orange("right.png"), 20)


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_a_plot_may_be_a_drawing_of_lines(waving, tmp_path, suffix):
    plot_trajectories(waving, tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size > 2000


def test_a_skeleton_without_wrists_and_unseen_hands_plot_too(tmp_path):
    skeleton = Skeleton.named("hands-and-nose")
    pose = Pose(np.zeros((5, 3, 3)), np.zeros((5, 3)), 25, skeleton)
    plot_trajectories(pose, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_suffix_is_wrong_use(waving, tmp_path):
    with pytest.raises(UsageError, match="does not end like a plot"):
        plot_trajectories(waving, tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == []


def test_drawing_a_skeleton_loads_no_plotting():
    code = (
        "import sys, numpy as np\n"
        "from signzoo.media.drawing import draw_pose\n"
        "from signzoo.structures import Pose, Skeleton\n"
        "pose = Pose(np.zeros((1, 3, 3)), np.ones((1, 3)), 25, Skeleton.named('hands-and-nose'))\n"
        "draw_pose(pose, label=str).frames\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "cv2", "mediapipe", "torch"} & set(done.stdout.split())
