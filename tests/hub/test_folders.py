import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import signzoo
from signzoo.hub.folders import home as signzoo_home
from signzoo.hub.folders import is_offline, package_folder

ASK = "from signzoo.hub.folders import package_folder; print(package_folder('configs'))"


@pytest.fixture
def install(tmp_path):
    """Copy the package to ``tmp_path`` and ask the copy for its configs."""

    def put_and_ask(*others):
        shutil.copytree(
            Path(signzoo.__file__).parent,
            tmp_path / "signzoo",
            ignore=shutil.ignore_patterns("__pycache__", "checkpoints", "configs"),
        )
        for other in others:
            path = tmp_path / other
            path.touch() if path.suffix else path.mkdir()
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", ASK]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True
        )

    return put_and_ask


def test_a_checkout_has_them_beside_the_package(install, tmp_path):
    assert install("configs", "setup.cfg").stdout.strip() == str(tmp_path / "configs")


def test_a_wheel_has_them_inside_the_package(install, tmp_path):
    inside = str(tmp_path / "signzoo" / "configs")
    assert install("configs", "signzoo/configs").stdout.strip() == inside


def test_somebody_elses_folder_beside_an_installed_package_is_not_ours(install):
    done = install("configs")
    assert "This installation of signzoo lacks its configs/ folder" in done.stderr


def test_this_installation_has_both():
    assert package_folder("checkpoints").is_dir()
    assert package_folder("configs").is_dir()


def test_home_is_the_users_cache_unless_it_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path))
    assert signzoo_home() == tmp_path
    monkeypatch.setenv("SIGNZOO_HOME", "~/zoo")
    assert signzoo_home() == Path.home() / "zoo"
    monkeypatch.delenv("SIGNZOO_HOME")
    assert signzoo_home().name == "signzoo"


@pytest.mark.parametrize(
    ("value", "offline"), [("1", True), ("true", True), ("0", False), ("", False)]
)
def test_the_offline_switch_is_on_unless_it_is_empty_or_zero(monkeypatch, value, offline):
    monkeypatch.setenv("SIGNZOO_OFFLINE", value)
    assert is_offline() is offline
