"""Writes a network to a folder and reads it back: ``config.json`` and ``model.safetensors``.

``config.json`` is ``{"format": 1, "component": NAME, "config": {FIELD: VALUE, ...}}`` with plain
values. Neither file can carry code.
"""

import dataclasses
import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from typing_extensions import Self

from signzoo._files import atomic_path
from signzoo.errors import DiskError, UsageError, WeightsError
from signzoo.hub.download import locate
from signzoo.hub.registry import component as find_component

FORMAT = 1
CONFIG, TENSORS = "config.json", "model.safetensors"
_log = logging.getLogger(__name__)
_Network = TypeVar("_Network", bound=nn.Module)


class Pretrained(nn.Module):
    """A network that loads from, and saves to, a checkpoint folder.

    A subclass takes its config as the only argument and keeps it as ``self.config``.

    Attributes:
        component: Name of the component that the network belongs to.
        config_class: The frozen dataclass of plain values (numbers, strings, booleans, ``None``,
            and tuples of them) that the network is built from. A field that is added later needs
            a default that leaves old checkpoints as they were.
        files: Names of what else the network keeps in its folder.
        config: Its instance.
    """

    component: ClassVar[str]
    config_class: ClassVar[type[Any]]
    files: ClassVar[tuple[str, ...]] = ()
    config: Any

    @classmethod
    def build(cls, config: Any, folder: Path) -> Self:
        """Make the network of a checkpoint folder, without its tensors.

        A component that keeps more in its folder than config and tensors reads it here.
        """
        return cls(config)

    def write_files(self, folder: Path) -> None:
        """Write what :meth:`build` reads beside config and tensors; its names are :attr:`files`."""

    def prepare_export(self) -> None:
        """Compute what `signzoo export` keeps although training does not need it."""

    def saved_config(self) -> dict[str, Any]:
        """The fields of the config as a checkpoint holds them."""
        return dataclasses.asdict(self.config)

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        device: str | torch.device = "cpu",
        *,
        replace: tuple[str, ...] = (),
        changes: Mapping[str, Any] | None = None,
    ) -> Self:
        """Load a network, ready for inference.

        Every tensor must fit, except those of parts that are replaced on purpose: a new head for
        fine-tuning is ``from_pretrained(name, replace=("head",), changes={"num_classes": 5})``.

        Args:
            source: A name in the catalogue (``signzoo models``), ``hf://owner/repo[@revision]``, or
                a folder.
            device: Where to put it.
            replace: Parts, by the beginning of their tensors' names, that are not loaded but keep
                their fresh initialisation. They are reported as a warning.
            changes: Fields of the config that take another value than the checkpoint's.

        Returns:
            The network on ``device``, in evaluation mode.

        Raises:
            UsageError: Nothing is known by that name, or there is no such device.
            WeightsError: The checkpoint is incomplete or does not fit.
            DownloadError: It could not be fetched.
        """
        folder = locate(source)
        _, values, tensors = read_folder(folder, cls.component)
        try:
            config = dataclasses.replace(make_config(cls.config_class, values), **(changes or {}))
        except (TypeError, ValueError) as error:
            raise WeightsError(
                f"{folder / CONFIG} does not fit {cls.__name__}: {error}."
            ) from error
        # Not on the meta device: buffers that are computed when the network is built and not saved,
        # a table of positions for example, would stay empty.
        network = cls.build(config, folder)
        _fill(network, tensors, replace, folder)
        return _put(network.eval(), device)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write the network to a new folder, from which :meth:`from_pretrained` loads it.

        Raises:
            UsageError: The folder holds something else already.
            DiskError: It could not be written.
        """
        files = (self.files, self.write_files)
        save_folder(folder, self.component, self.saved_config(), _own_tensors(self), *files)


def load(source: str | os.PathLike[str], device: str | torch.device = "cpu") -> nn.Module:
    """Load a network of whatever component the checkpoint says it is.

    Args:
        source: As for :meth:`Pretrained.from_pretrained`.
        device: Where to put it.

    Raises:
        As :meth:`Pretrained.from_pretrained`.
    """
    folder = locate(source)
    name, _ = _read_config(folder)
    network: nn.Module = find_component(name).load("network").from_pretrained(folder, device)
    return network


def save_folder(
    folder: str | os.PathLike[str],
    component: str,
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    files: tuple[str, ...] = (),
    write_files: Callable[[Path], None] | None = None,
) -> None:
    """Write a checkpoint folder in one atomic step.

    Args:
        folder: A new folder, an empty one, or an older checkpoint, which is replaced.
        component: Name of the component.
        config: The fields of its network's config, plain values.
        tensors: The network's tensors by name, none of which share memory.
        files: Names of what else an older checkpoint of that component may hold.
        write_files: Writes those into the folder that it is given.

    Raises:
        UsageError: The folder holds something else, which would be lost.
        DiskError: It could not be written.
    """
    folder = Path(folder)
    known = {CONFIG, TENSORS, *files}
    others = {path.name for path in folder.iterdir()} - known if folder.is_dir() else ()
    if others:
        raise UsageError(f"{folder} holds {min(others)}; save to a new folder, so that it stays.")
    text = json.dumps({"format": FORMAT, "component": component, "config": config}, indent=2)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic_path(folder, folder=True) as part:
        (part / CONFIG).write_text(text + "\n", encoding="utf-8")
        if write_files is not None:
            write_files(part)
        try:
            safetensors.torch.save_file(plain, part / TENSORS)
            # It makes a file for its owner only; others may read a checkpoint as any other file.
            (part / TENSORS).chmod((part / CONFIG).stat().st_mode)
        except SafetensorError as error:  # which is how it reports a full disk
            raise DiskError(f"Cannot write {folder}: {error}. Nothing was left behind.") from error


def read_folder(
    folder: str | os.PathLike[str], component: str | None = None
) -> tuple[str, dict[str, Any], dict[str, Tensor]]:
    """Read a checkpoint folder.

    Args:
        folder: Where ``config.json`` and ``model.safetensors`` lie.
        component: The component that it must be of, if that matters.

    Returns:
        Name of the component, the fields of the config, and the tensors on the CPU.

    Raises:
        WeightsError: A file is missing or damaged, of another component, or of a newer format.
    """
    folder = Path(folder)
    name, config = _read_config(folder)
    if component not in (None, name):
        raise WeightsError(
            f"{folder} holds a {name!r}, not a {component!r}; signzoo.load reads it."
        )
    try:
        return name, config, safetensors.torch.load_file(folder / TENSORS)
    except FileNotFoundError as error:
        raise WeightsError(f"{folder} has no {TENSORS}; it is incomplete.") from error
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{folder / TENSORS} cannot be read: {error}.") from error


def make_config(config_class: type[Any], values: Mapping[str, Any]) -> Any:
    """Make a config of the plain values that ``config.json`` or a Lightning checkpoint holds.

    Lists become tuples, which JSON and YAML cannot write.

    Raises:
        ValueError: A field is unknown, or a value is impossible.
        TypeError: A field is missing.
    """
    unknown = values.keys() - {field.name for field in dataclasses.fields(config_class)}
    if unknown:
        raise ValueError(f"{config_class.__name__} has no field {', '.join(sorted(unknown))}")
    return config_class(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, (list, tuple)) else value


def _read_config(folder: Path) -> tuple[str, dict[str, Any]]:
    path = folder / CONFIG
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{folder} has no {CONFIG}; it is no checkpoint folder.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.") from error
    version = content.get("format") if isinstance(content, dict) else None
    if type(version) is not int:
        raise WeightsError(f"{path} was not written by signzoo: it has no format number.")
    if version > FORMAT:
        raise WeightsError(f"{path} has format {version}, this signzoo reads {FORMAT}: update it.")
    name, config = content.get("component"), content.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise WeightsError(f"{path} does not say which component it configures, or how.")
    return name, config


def _aliases(network: nn.Module) -> dict[str, str]:
    """Names of parameters that are another one's, such as an output layer tied to an embedding."""
    first: dict[int, str] = {}
    aliases = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        owner = first.setdefault(id(parameter), name)
        if owner != name:
            aliases[name] = owner
    return aliases


def _own_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The tensors of a checkpoint: no aliases, and no extra state, which lies in other files."""
    aliases = _aliases(network)
    return {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name not in aliases and not name.endswith("_extra_state")
    }


def _fill(
    network: nn.Module, tensors: dict[str, Tensor], replace: tuple[str, ...], folder: Path
) -> None:
    """Copy tensors into a network: all of them and nothing else, but for the replaced parts."""
    own = _own_tensors(network)
    for part in replace:
        if not any(_belongs(name, (part,)) for name in own):
            tops = ", ".join(dict.fromkeys(name.split(".")[0] for name in own))
            raise UsageError(f"There is no part {part!r} to replace; there are {tops}.")
    expected = {name: tensor for name, tensor in own.items() if not _belongs(name, replace)}
    given = {name: tensor for name, tensor in tensors.items() if not _belongs(name, replace)}
    problems = [
        *_listed("lacks", expected.keys() - given.keys()),
        *_listed("has unknown", given.keys() - expected.keys()),
        *(
            f"has {name} of shape {tuple(given[name].shape)}, not {tuple(tensor.shape)}"
            for name, tensor in expected.items()
            if name in given and given[name].shape != tensor.shape
        ),
    ]
    if problems:
        kind = type(network).__name__
        raise WeightsError(f"{folder / TENSORS} does not fit {kind}: it {'; it '.join(problems)}.")
    network.load_state_dict(given, strict=False)  # checked above; not strict for the rest's sake
    if replace:
        fresh = ", ".join(name for name in own if name not in expected)
        _log.warning("Not loaded from %s but new: %s.", folder, fresh)


def _belongs(name: str, parts: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{part.rstrip('.')}.") for part in parts)


def _listed(verb: str, names: Iterable[str]) -> list[str]:
    found = sorted(names)
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return [f"{verb} {', '.join(found[:5])}{more}"] if found else []


def _put(network: _Network, device: str | torch.device) -> _Network:
    try:
        return network.to(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().split("\n")[0]
        raise UsageError(f"There is no device {str(device)!r} here: {reason}") from error
