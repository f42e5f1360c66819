"""Finds the verb, runs it, and turns every error a user can cause into one line."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from signzoo import __version__
from signzoo.cli import add_verb
from signzoo.errors import SignzooError, UsageError

# Each module offers SUMMARY (one line), add_arguments(parser) and run(arguments).
VERBS = {
    "demo": "signzoo.cli.demo",
    "sign": "signzoo.cli.sign",
    "gloss": "signzoo.cli.gloss",
    "translate": "signzoo.cli.translate",
    "extract": "signzoo.cli.extract",
    "draw": "signzoo.cli.draw",
    "reconstruct": "signzoo.cli.reconstruct",
    "lexicon": "signzoo.cli.lexicon",
    "data": "signzoo.cli.data",
    "index": "signzoo.cli.index",
    "models": "signzoo.cli.models",
    "show": "signzoo.cli.show",
    "download": "signzoo.cli.download",
    "evaluate": "signzoo.cli.evaluate",
    "export": "signzoo.cli.export",
}
TRAINING_VERBS = {
    "fit": "train a component (LightningCLI)",
    "validate": "score a Lightning checkpoint on the validation set",
    "test": "score a Lightning checkpoint on the test set",
    "predict": "run a Lightning checkpoint over a data set",
}
EPILOG = """\
examples:
  signzoo demo                                    see both directions work, offline
  signzoo sign "Hallo Zürich" --language de --signed-language sgg -o hallo.mp4
  signzoo translate me.mp4                        signing to text
  signzoo extract holiday.mp4 -o poses            landmarks of the person in a video
  signzoo draw poses/holiday.pose -o skeleton.mp4
  signzoo fit --config configs/rest_detector/boston104.yaml

`signzoo VERB --help` explains one verb. Exit codes: 0 done, 2 wrong use, 1 failed.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after ``signzoo``; those of the process by default.

    Returns:
        The exit code: 0 done, 2 wrong use, 1 failed, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in TRAINING_VERBS:
            from signzoo.cli.train import main as train

            return train(words)
        arguments = _parser(words[0] if words else None).parse_args(words)
        return importlib.import_module(VERBS[arguments.verb]).run(arguments) or 0
    except UsageError as error:
        return _fail(error, 2)
    except SignzooError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("Interrupted; what was not finished was removed.", 130)
    except BrokenPipeError:  # the reader of our output went away, as in `signzoo models | head`
        sys.stderr.close()
        return 1


def _fail(message: object, code: int) -> int:
    print(f"signzoo: {message}", file=sys.stderr)
    return code


def _parser(verb: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the verb that was asked for adds its arguments."""
    parser = argparse.ArgumentParser(
        prog="signzoo",
        description="Sign language translation in both directions.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"signzoo {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, module_name in VERBS.items():
        module, child = add_verb(verbs, name, module_name)
        if name == verb:
            module.add_arguments(child)
    for name, summary in TRAINING_VERBS.items():
        verbs.add_parser(name, help=summary)
    return parser
