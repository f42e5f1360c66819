"""Trains and scores a component: `signzoo fit|validate|test|predict`, on the public LightningCLI.

Which component is a line ``component: rest_detector`` in a YAML, or ``--component rest_detector``.
Its task is then configured under ``model``, its datamodule under ``data``, Lightning's trainer
under ``trainer``. Several ``--config`` files lie over one another, the later over the earlier.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from signzoo.errors import UsageError
from signzoo.hub.registry import component, components

HELP = """\
usage: signzoo {verb} --component NAME [options]
       signzoo {verb} --config FILE.yaml [--config MORE.yaml ...] [options]

A YAML names the component in a line `component: NAME`; options override it. Ready ones lie in
configs/. The options depend on the component: `signzoo {verb} --component NAME --help` lists them.

components:
{components}

examples:
  signzoo fit --config configs/rest_detector/boston104.yaml --data.folder DATA
  signzoo fit --config configs/rest_detector/boston104.yaml --config configs/trainer/multi_gpu.yaml
  signzoo fit --config runs/rest_detector/version_0/config.yaml --ckpt_path last   continue it
  signzoo test --config configs/rest_detector/boston104.yaml --ckpt_path last
"""


def main(argv: Sequence[str]) -> int:
    """Run one training verb.

    Args:
        argv: The words after ``signzoo``: the verb and its options.

    Returns:
        The exit code: 0 done, 130 stopped by the user, after an orderly end.

    Raises:
        UsageError: No component was named, or there is no such component or file.
    """
    words = list(argv)
    name = find_component(words[1:])
    if name is None and ({"-h", "--help"} & set(words) or len(words) == 1):
        listed = "\n".join(f"  {each.name:<20}{each.summary}" for each in components())
        print(HELP.format(verb=words[0], components=listed))
        return 0
    if name is None:
        raise UsageError(
            "Say which component to train: `component: NAME` in a --config file, or --component "
            f"NAME. There are: {', '.join(each.name for each in components())}."
        )
    from signzoo.cli.lightning import run  # takes seconds to import

    try:
        run(component(name), words)
    except SystemExit as stop:
        # Lightning shuts down in order at Ctrl-C, and then leaves with this.
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        print(
            "\nsignzoo: stopped. Its last whole epoch is kept; the same command with "
            "`--ckpt_path last` continues there.",
            file=sys.stderr,
        )
        return 130
    return 0


def find_component(words: Sequence[str]) -> str | None:
    """Find the component that options or config files name; the last one counts, options first.

    Raises:
        UsageError: A config file is missing or not YAML.
    """
    named = _values(words, ("--component",))
    if not named:
        named = [
            str(content["component"])
            for content in map(_read_yaml, _values(words, ("--config", "-c")))
            if content.get("component") is not None
        ]
    return named[-1] if named else None


def _values(words: Sequence[str], options: tuple[str, ...]) -> list[str]:
    """What is given to an option, as ``--option value`` or ``--option=value``."""
    found = []
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in options:
            found += [value] if equals else list(words[place + 1 : place + 2])
    return found


def _read_yaml(path: str) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UsageError(f"There is no config file {path}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path} is not readable YAML: {reason}.") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} must hold `name: value` pairs, such as `component: NAME`.")
    return content
