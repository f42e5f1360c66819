"""From a name to a loaded network: the catalogue of weights, downloads and checkpoint folders."""

from signzoo._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Component": "signzoo.hub.registry",
        "component": "signzoo.hub.registry",
        "components": "signzoo.hub.registry",
        "register": "signzoo.hub.registry",
        "RemoteFile": "signzoo.hub.catalog",
        "Weights": "signzoo.hub.catalog",
        "find_weights": "signzoo.hub.catalog",
        "list_weights": "signzoo.hub.catalog",
        "fetch": "signzoo.hub.download",
        "Pretrained": "signzoo.hub.checkpoint",
        "load": "signzoo.hub.checkpoint",
        "read_folder": "signzoo.hub.checkpoint",
        "save_folder": "signzoo.hub.checkpoint",
    },
)
