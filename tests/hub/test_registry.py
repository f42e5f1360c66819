import subprocess
import sys

import pytest

from signzoo.errors import MissingPackageError, UsageError
from signzoo.hub.registry import Component, component, components, register

PARTS = ("network", "task", "data")


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Forget after each test what it registered."""
    monkeypatch.setattr("signzoo.hub.registry._registered", {})


def make(name="mine", network="json:JSONDecoder"):
    return Component(name, network, "json:JSONEncoder", "json:JSONDecodeError")


def test_every_component_loads_its_three_classes():
    for each in components():
        for part in PARTS:
            assert isinstance(each.load(part), type), (each.name, part)


def test_a_folder_is_a_component():
    found = component("rest_detector")
    assert found.network == "signzoo.models.rest_detector.network:RestDetector"
    assert found.summary


def test_a_registered_component_is_found_and_listed():
    register(make())
    assert component("mine") in components()
    assert component("mine").load("network").__name__ == "JSONDecoder"


def test_registering_twice_changes_nothing_but_another_one_is_refused():
    register(make())
    register(make())
    with pytest.raises(UsageError, match="'mine' exists already"):
        register(make(network="json:JSONEncoder"))
    with pytest.raises(UsageError, match="'rest_detector' exists already"):
        register(make("rest_detector"))
    assert component("mine").network == "json:JSONDecoder"


def test_an_unknown_component_lists_the_known_ones():
    register(make())
    with pytest.raises(UsageError, match="no component 'yours'; there are: mine, .*rest_detector"):
        component("yours")


@pytest.mark.parametrize("network", ["json", "json.JSONDecoder", "json:", ":JSONDecoder", "a b:C"])
def test_a_part_that_names_no_class_is_refused(network):
    with pytest.raises(UsageError, match="'mine' needs 'module:Class'"):
        make(network=network)


@pytest.mark.parametrize("network", ["not_installed:Network", "json:NoSuchClass"])
def test_a_class_that_is_not_there_is_one_clear_line(network):
    with pytest.raises(MissingPackageError, match="The network of component 'mine' cannot be"):
        make(network=network).load("network")


def list_with(tmp_path, module_text):
    """List the components in a process where another package offers some by entry points."""
    (tmp_path / "other_package.py").write_text(module_text, "utf-8")
    info = tmp_path / "other_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[signzoo.components]\nother = other_package:COMPONENT\n"
    )
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r});"
        "from signzoo.hub import component, components;"
        "print([each.name for each in components()], 'torch' in sys.modules);"
        "print(component('other').network)"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_another_package_adds_components_by_entry_points(tmp_path):
    made = 'COMPONENT = Component("other", "other_package:N", "other_package:T", "other_package:D")'
    done = list_with(tmp_path, f"from signzoo.hub import Component\n{made}\n")
    listed, network = done.stdout.splitlines()
    assert "'other'" in listed
    assert listed.endswith("False"), "listing must not import torch"
    assert network == "other_package:N"


@pytest.mark.parametrize("text", ["import not_installed", "COMPONENT = 'a string'"])
def test_a_broken_package_does_not_hide_the_others(tmp_path, text):
    done = list_with(tmp_path, text)
    assert "rest_detector" in done.stdout
    assert "Component 'other' (other_package:COMPONENT) is left out" in done.stderr
    assert "There is no component 'other'" in done.stderr
