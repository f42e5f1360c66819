"""The components: one folder each, with ``network.py``, ``task.py`` and ``data.py``."""
