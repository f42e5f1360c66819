import subprocess
import sys

import pytest

from signzoo.cli.main import TRAINING_VERBS, VERBS, main


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "signzoo", *words], capture_output=True, text=True, check=False
    )


def test_help_lists_every_verb_with_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "examples:" in shown
    for verb in [*VERBS, *TRAINING_VERBS]:
        assert verb in shown


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_teaches(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    shown = capsys.readouterr().out
    assert shown.count("\n") > 8


def test_wrong_use_is_exit_code_2():
    assert run().returncode == 2
    assert run("dance").returncode == 2
    done = run("sign", "hi", "--language", "xx", "-o", "a.mp4")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "signzoo: No lexicon has" in done.stderr


def test_a_failure_is_exit_code_1_in_one_line():
    done = run("draw", "nothing.pose", "-o", "a.mp4")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("signzoo: ")


def test_the_version_is_the_packages():
    import signzoo

    assert run("--version").stdout == f"signzoo {signzoo.__version__}\n"
