"""Adds the top-level folders configs/ and checkpoints/ to the packages; setup.cfg says the rest.

setup.cfg can find packages or list them, not both, and a new component should edit neither.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["signzoo", "signzoo.*"]),
        "signzoo.checkpoints",
        "signzoo.configs",
    ],
    package_dir={"signzoo.checkpoints": "checkpoints", "signzoo.configs": "configs"},
)
