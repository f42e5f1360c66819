"""What a wheel carries, and that it works outside any checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that the wheel is installed into."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: setuptools leaves a build folder behind
    source.mkdir()
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("signzoo", "configs", "checkpoints"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "-q"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = [*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(target, check=True, capture_output=True)
    return folder / "site"


def test_the_wheel_carries_configs_records_cards_and_weights(installed):
    for name in ("configs", "checkpoints"):
        shipped = {path.relative_to(ROOT / name) for path in (ROOT / name).rglob("*.*")}
        carried = {
            path.relative_to(installed / "signzoo" / name)
            for path in (installed / "signzoo" / name).rglob("*.*")
        }
        assert shipped
        assert carried == shipped


def test_the_demo_runs_from_the_wheel_outside_any_checkout(installed, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(installed), "SIGNZOO_OFFLINE": "1"}
    code = "import signzoo; print(signzoo.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(installed))
    done = subprocess.run(
        [sys.executable, "-m", "signzoo", "demo"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo" / "morgen.mp4").stat().st_size > 10_000


def test_the_test_command_of_the_readme_is_there_for_ci():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv .venv && ")]
    assert len(commands) == 2
    assert commands[0].endswith("signzoo demo")
    assert commands[1].endswith("pytest")


def test_the_python_example_of_the_readme_runs(tmp_path):
    text = (ROOT / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "0% signed, missing: []\n", done.stderr
    assert (tmp_path / "morgen.mp4").is_file()


def test_the_weights_table_of_the_readme_is_what_the_records_say():
    from signzoo.hub.catalog import index_markdown

    assert index_markdown(links="checkpoints/") in (ROOT / "README.md").read_text("utf-8")


def test_the_reference_names_every_verb():
    from signzoo.cli.main import TRAINING_VERBS, VERBS

    page = (ROOT / "docs/reference/command_line.md").read_text("utf-8")
    for verb in [*VERBS, *TRAINING_VERBS]:
        assert f"`signzoo {verb}" in page


@pytest.mark.parametrize(
    "card", sorted(ROOT.glob("checkpoints/*/README.md")), ids=lambda p: p.parent.name
)
def test_what_the_python_examples_of_a_card_import_is_there(card):
    examples = re.findall(r"```python\n(.*?)```", card.read_text("utf-8"), re.DOTALL)
    lines = [line for text in examples for line in text.splitlines()]
    imports = [line for line in lines if line.startswith(("from ", "import "))]
    assert imports
    exec("\n".join(imports), {})
