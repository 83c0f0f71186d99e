"""The JavaScript of the pages, as ES modules that the browser imports.

Which addresses exist is fixed when the modules are read: a request is looked up in a table, and no
path is ever made of it. The version in each address changes with any of the files, so that browsers
may keep them for good.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

_APP = Path(__file__).parent.parent
_WHERE = ("ui/**/*.js", "pages/*/**/*.js")
_VERSION_CHARACTERS = 16

# Addresses are relative to the document: proxies and notebooks may show the app anywhere.
_LOADER = """\
Promise.all(
  [{addresses}].map((address) => import(new URL(address, document.baseURI).href)),
).then(
  ([page, {{ serverOf }}]) => page.start({{ element, props, server: serverOf({page}, {names}) }}),
  (error) => {{
    console.error(error);
    const sentence = document.createElement("p");
    sentence.className = "hx-problem";
    sentence.setAttribute("role", "alert");
    sentence.textContent = "Part of this page could not be loaded; reload the page.";
    element.before(sentence);
  }},
);
"""


@dataclass(frozen=True)
class Modules:
    """The modules of one version of the app.

    Attributes:
        version: a hash of all of them.
        served: the content of each, by its path on the server.
    """

    version: str
    served: Mapping[str, bytes]

    def address(self, name: str) -> str:
        """Where a module is served, relative to the page; `name` is relative to the app's folder.

        Raises:
            KeyError: the app has no such module.
        """
        path = f"/modules/{self.version}/{name}"
        if path not in self.served:
            raise KeyError(name)
        return path[1:]


@cache
def modules() -> Modules:
    """All modules of the app, read once.

    Example:
        >>> modules().address("ui/nav.js") == f"modules/{modules().version}/ui/nav.js"
        True
    """
    return read_modules(_APP)


def read_modules(app: Path) -> Modules:
    """The modules in an app's folder: the scripts of `ui/` and of each page, and nothing else."""
    paths = sorted({path for pattern in _WHERE for path in app.glob(pattern)})
    files = {path.relative_to(app).as_posix(): path.read_bytes() for path in paths}
    digest = sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    version = digest.hexdigest()[:_VERSION_CHARACTERS]
    served = {f"/modules/{version}/{name}": content for name, content in files.items()}
    return Modules(version, MappingProxyType(served))


def script(name: str, page: str, questions: Sequence[str]) -> str:
    """What Gradio runs once a component is drawn: it imports a module and calls its `start`.

    Args:
        name: the module, relative to the app's folder.
        page: whose questions it may ask.
        questions: their names.
    """
    addresses = [modules().address(one) for one in (name, "ui/server.js")]
    return _LOADER.format(
        addresses=", ".join(map(json.dumps, addresses)),
        page=json.dumps(page),
        names=json.dumps(list(questions)),
    )
