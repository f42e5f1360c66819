"""The options of the verbs that gloss: which model, with what beside it, and how it searches."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.models.text2gloss.decoding import DecodingConfig
    from signzoo.models.text2gloss.network import Text2Gloss
    from signzoo.models.text2gloss.sentence_index import SentenceIndex

# Field of DecodingConfig, type, metavar and help; a test holds the defaults to the fields'.
_SEARCH = (
    ("beams", int, "N", "sequences followed at the same time (default: 30)"),
    ("length_penalty", float, "X", "more means longer sequences (default: 1.2)"),
)
_RISK = ("risk_temperature", float, "T", "at less the likely beams count more (default: 0.5)")
_NEIGHBOURS = (
    ("neighbours", int, "K", "training tokens looked up at each step (default: 64)"),
    ("neighbour_weight", float, "W", "share of the neighbours, 0 to 1 (default: 0.05)"),
    ("neighbour_temperature", float, "T", "less means only the nearest count (default: 50)"),
)


def add_model_arguments(parser: argparse.ArgumentParser, partners: bool = True) -> None:
    """Add which model glosses, and what it has beside it."""
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="a name of `signzoo models`, or a folder"
    )
    if partners:
        parser.add_argument(
            "--with",
            dest="partners",
            action="append",
            metavar="NAME",
            help="another model whose answers count as much; may be given again (default: those "
            "that the model names); none: the model alone",
        )
    else:
        parser.set_defaults(partners=[])
    parser.add_argument(
        "--index", metavar="DIR", help="a sentence index that `signzoo index build` made"
    )
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how glosses are searched for."""
    for field, kind, metavar, text in _SEARCH:
        _add(parser, field, kind, metavar, text)
    parser.add_argument(
        "--minimum-bayes-risk",
        action=argparse.BooleanOptionalAction,
        help="choose the beam with the greatest expected BLEU, which is the default, or the most "
        "likely one",
    )
    for field, kind, metavar, text in (_RISK, *_NEIGHBOURS):
        _add(parser, field, kind, metavar, text)


def _add(
    parser: argparse.ArgumentParser, field: str, kind: type[object], metavar: str, text: str
) -> None:
    # No defaults here: they are the fields', which need torch to be read.
    parser.add_argument(f"--{field.replace('_', '-')}", type=kind, metavar=metavar, help=text)


def decoding_config(arguments: argparse.Namespace) -> "DecodingConfig":
    """How to search, of those options that the verb has and that were given.

    Raises:
        UsageError: An option is impossible, or has no effect without another.
    """
    from signzoo.models.text2gloss.decoding import DecodingConfig

    fields = (field for field, *_ in (*_SEARCH, _RISK, *_NEIGHBOURS))
    names = ("n_best", "minimum_bayes_risk", *fields)
    asked = {name: getattr(arguments, name, None) for name in names}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    alone = [field for field, *_ in _NEIGHBOURS if field in given and not arguments.index]
    if alone:
        raise UsageError(
            f"--{alone[0].replace('_', '-')} is about a sentence index; give one with --index, "
            "which `signzoo index build` makes."
        )
    if "risk_temperature" in given and not given.get("minimum_bayes_risk", True):
        raise UsageError("--risk-temperature has no effect with --no-minimum-bayes-risk.")
    return DecodingConfig(**given)


def open_network(
    arguments: argparse.Namespace,
) -> "tuple[Text2Gloss, tuple[Text2Gloss, ...], SentenceIndex | None]":
    """Open the model, its partners if the verb has them, and its sentence index.

    Raises:
        SignzooError: One of them is unknown, damaged, or of another model.
    """
    from signzoo.models.text2gloss.network import Text2Gloss

    network = Text2Gloss.from_pretrained(arguments.model, arguments.device)
    names = partner_names(arguments, network)
    partners = tuple(Text2Gloss.from_pretrained(name, arguments.device) for name in names)
    if not arguments.index:
        return network, partners, None
    from signzoo.models.text2gloss.sentence_index import SentenceIndex

    return network, partners, SentenceIndex.open(arguments.index, network.fingerprint)


def partner_names(arguments: argparse.Namespace, network: "Text2Gloss") -> list[str]:
    """The models that answer beside the first: those of --with, or else those that it names.

    Raises:
        UsageError: --with names a model and also none.
    """
    if arguments.partners is None:
        return list(network.config.partners)
    names = [name for name in arguments.partners if name != "none"]
    if names and len(names) < len(arguments.partners):
        raise UsageError("--with none means the model alone; give it by itself.")
    return names


def options_of(arguments: argparse.Namespace, names: Sequence[str]) -> list[str]:
    """The words of a command line that gives these options again, where they were given."""
    words = []
    for name in names:
        value = getattr(arguments, name)
        option = "--with" if name == "partners" else f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option[2:]}")
        elif isinstance(value, list):
            words += [word for one in value for word in (option, str(one))]
        elif value is not None:
            words += [option, str(value)]
    return words


def option_names() -> list[str]:
    """The options of :func:`add_model_arguments` and :func:`add_search_arguments`, in order."""
    search = [field for field, *_ in (*_SEARCH, _RISK, *_NEIGHBOURS)]
    return ["model", "partners", "index", "device", "minimum_bayes_risk", *search]
