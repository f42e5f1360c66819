"""Knows every component by strings, so that listing them imports none of them.

A component is a folder in ``signzoo/models``; the folder's ``component.toml`` says which classes it
offers, and the folder's name is the component's name. There is no table to edit: a folder with that
file is a component. A data file was chosen over an attribute of the folder's ``__init__`` because
reading it can never import torch, whatever the component's author writes into the package.

Another package adds components in one of two ways. With an entry point, which needs no import by
the user::

    [project.entry-points."signzoo.components"]
    my_component = "my_package.component:COMPONENT"

which must be a :class:`Component`, in a module that imports nothing heavy; or by calling
:func:`register` when it is imported.
"""

import importlib
import logging
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any, Literal

from signzoo.errors import MissingPackageError, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Part = Literal["network", "task", "data"]

_CLASS_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_log = logging.getLogger(__name__)
_registered: dict[str, "Component"] = {}


@dataclass(frozen=True)
class Component:
    """One kind of model, by the names of its classes.

    Attributes:
        name: Name of its folder, for example ``"rest_detector"``.
        network: ``"module:Class"`` of the network, a :class:`signzoo.hub.Pretrained`.
        task: ``"module:Class"`` of the LightningModule that trains it.
        data: ``"module:Class"`` of the LightningDataModule that feeds it.
        summary: What it does, in one line.
    """

    name: str
    network: str
    task: str
    data: str
    summary: str = ""

    def __post_init__(self) -> None:
        for part in (self.network, self.task, self.data):
            if not _CLASS_PATH.fullmatch(part):
                raise UsageError(f"Component {self.name!r} needs 'module:Class'; got {part!r}.")

    def load(self, part: Part) -> type[Any]:
        """Import one of the component's classes.

        Raises:
            MissingPackageError: The module, or a package that it needs, is not installed.
        """
        module_name, _, class_name = getattr(self, part).partition(":")
        try:
            loaded: type[Any] = getattr(importlib.import_module(module_name), class_name)
        except (ImportError, AttributeError) as error:
            raise MissingPackageError(
                f"The {part} of component {self.name!r} cannot be imported: {error}."
            ) from error
        return loaded


def register(component: Component) -> None:
    """Add a component of another package.

    Registering the same component twice changes nothing.

    Raises:
        UsageError: Another component has that name.
    """
    known = _known(component.name)
    if known not in (None, component):
        raise UsageError(
            f"Component {component.name!r} exists already ({known.network if known else ''}); "
            f"register {component.network} under another name."
        )
    _registered[component.name] = component


def component(name: str) -> Component:
    """Look a component up.

    Raises:
        UsageError: There is none of that name; the message lists those that exist.
    """
    found = _known(name)
    if found is None:
        known = ", ".join(each.name for each in components())
        raise UsageError(f"There is no component {name!r}; there are: {known}.")
    return found


def components() -> tuple[Component, ...]:
    """All components, by name: signzoo's own, those of other packages, those registered."""
    found = {**_from_entry_points(), **_registered, **_built_in()}
    return tuple(found[name] for name in sorted(found))


def _known(name: str) -> Component | None:
    # Entry points last: reading them looks into every installed distribution.
    return _built_in().get(name) or _registered.get(name) or _from_entry_points().get(name)


@cache
def _built_in() -> dict[str, Component]:
    found = {}
    for folder in (files("signzoo") / "models").iterdir():
        description = folder / "component.toml"
        if description.is_file():
            table = tomllib.loads(description.read_text("utf-8"))
            found[folder.name] = Component(folder.name, **table)
    return found


@cache
def _from_entry_points() -> dict[str, Component]:
    found: dict[str, Component] = {}
    for point in entry_points(group="signzoo.components"):
        try:
            loaded = point.load()
        except Exception as error:  # whatever another package raises must not break ours
            _log.warning("Component %r (%s) is left out: %s", point.name, point.value, error)
            continue
        if not isinstance(loaded, Component):
            _log.warning("Component %r (%s) is left out: no Component", point.name, point.value)
            continue
        found[loaded.name] = loaded
    return found
