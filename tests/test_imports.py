"""What is imported when, and that imports point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import signzoo

PACKAGE = Path(signzoo.__file__).parent
# Each layer may import itself and those before it (docs/concepts.md).
LAYERS = [
    {"errors", "_lazy"},
    {"_files"},
    {"structures"},
    {"transforms", "media", "lexicon", "hub"},
    {"avatar"},
    {"metrics"},
    {"data"},
    {"models"},
    {"pipelines"},
    {"evaluation"},
    {"cli"},
    {"__main__"},
]
ORDER = {name: level for level, names in enumerate(LAYERS) for name in names}
# Among equals, too, an import needs a reason: lexicons hold poses and words, which transforms know.
SIDEWAYS = {("lexicon", "transforms"), ("media", "transforms")}


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def imported_by(module):
    """The signzoo modules that a file names in its imports, in functions too."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("signzoo."):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("signzoo."))


def test_every_package_has_its_layer():
    found = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert found - set(ORDER) <= {"__init__", "__pycache__", "checkpoints", "configs"}


def test_imports_point_one_way():
    wrong = []
    for module in PACKAGE.rglob("*.py"):
        place = module.relative_to(PACKAGE).with_suffix("").parts[0]
        if place == "__init__":
            continue
        for name in imported_by(module):
            target = name.split(".")[1]
            allowed = ORDER[target] < ORDER[place] or target == place
            if not allowed and (place, target) not in SIDEWAYS:
                wrong.append(f"{module.relative_to(PACKAGE)} imports {name}")
    assert not wrong


def test_importing_signzoo_loads_nothing_heavy():
    loaded = run("import sys, signzoo; print(*sys.modules)")
    heavy = {"torch", "lightning", "numpy", "mediapipe", "transformers", "scipy", "matplotlib"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize("words", [["--help"], ["models"], ["sign", "--help"]])
def test_help_and_listings_load_no_torch(words):
    code = (
        "import sys\nfrom signzoo.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sys.modules)"
    )
    loaded = run(code)
    loaded = loaded[loaded.index("LOADED") :]
    assert not {"torch", "lightning", "numpy"} & set(loaded)


def test_inference_never_loads_lightning(tmp_path):
    code = (
        "import sys\nfrom signzoo.cli.main import main\n"
        f"code = main(['sign', 'ab', '--language', 'en', '-o', {str(tmp_path / 'a.mp4')!r}])\n"
        "assert code == 0, code\n"
        "print('LOADED', *sys.modules)"
    )
    loaded = run(code)
    loaded = loaded[loaded.index("LOADED") :]
    assert "torch" in loaded  # the rest detector ran
    assert not {"lightning", "pytorch_lightning", "torchmetrics"} & set(loaded)


def test_public_names_are_all_there():
    for name in signzoo.__all__:
        assert getattr(signzoo, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = signzoo.nothing
