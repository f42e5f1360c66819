"""A home of its own for each test, records to publish, and a web server that can misbehave."""

import hashlib
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from signzoo.hub.catalog import find_weights

FILES = {"config.json": b'{"format": 1}', "model.safetensors": bytes(range(256)) * 2000}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The user's own folder, empty, with no mirror, online, and with little patience."""
    for name in ("SIGNZOO_MIRROR", "SIGNZOO_OFFLINE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIGNZOO_TIMEOUT", "0.3")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home"


def record(name, files, url=""):
    """Write a well-formed ``weights.toml``; the paths are put behind the address ``url``."""
    described = "".join(
        f'[[files]]\npath = "{path}"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        f"size = {len(content)}\n" + (f'url = "{url}/{path}"\n' if url else "")
        for path, content in files.items()
    )
    return f"""
name = "{name}"
component = "rest_detector"
summary = "A weight for a test."
signed_languages = ["gsg"]
written_languages = ["de", "zh-Hant"]
training_data = ["numbers"]

[licence]
code = "Apache-2.0"
weights = "CC0-1.0"
data = "none"

[[metrics]]
name = "F1"
value = 0.912
interval = [0.9, 0.93]
dataset = "numbers"
split = "dev"
signature = "threshold 0.5"
command = "signzoo test"

{described}"""


@pytest.fixture
def publish(home):
    """Put the record of a weight, without its files, where the catalogue finds it."""

    def put(name="rest-tiny", files=FILES, url=""):
        folder = home / "checkpoints" / name
        folder.mkdir(parents=True)
        (folder / "weights.toml").write_text(record(name, files, url), encoding="utf-8")
        return find_weights(name)

    return put


@pytest.fixture
def write_files():
    """Write a weight's files to a folder, which is returned."""

    def write(folder, files=FILES):
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder

    return write


@pytest.fixture
def list_downloads(home):
    """List all files in ``SIGNZOO_HOME`` except the records and the locks, which stay there."""

    def found():
        paths = (path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")
        names = {path.relative_to(home).as_posix() for path in paths}
        return {name for name in names if not name.startswith("checkpoints/")}

    return found


class Server(ThreadingHTTPServer):
    """Serves bytes by path, each answer in the manner that stands next in ``manners``.

    Manners: ``whole``; ``wrong`` (other bytes), ``truncated`` (half, then a proper end), ``reset``
    (half, then the connection is torn down), ``stalled`` (half, then silence), ``slow`` (a second
    for the whole), or a status such as ``404``. The last manner holds for all further requests.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.contents = {}
        self.headers = defaultdict(dict)
        self.manners = ["whole"]
        self.seen = []
        self.closing = threading.Event()

    def handle_error(self, request, client_address):
        """Stay silent when a client goes away, which some tests make it do."""


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self._start()

    def do_GET(self):
        self.server.seen.append(self._name())
        manners = self.server.manners
        manner = manners.pop(0) if len(manners) > 1 else manners[0]
        if manner.isdigit():
            self.send_error(int(manner))
        elif self._start():
            self._send(self.server.contents[self._name()], manner)

    def _name(self):
        return unquote(urlsplit(self.path).path)

    def _start(self):
        content = self.server.contents.get(self._name())
        if content is None:
            self.send_error(404)
            return False
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        for name, value in self.server.headers[self._name()].items():
            self.send_header(name, value)
        self.end_headers()
        return True

    def _send(self, content, manner):
        if manner == "whole":
            self.wfile.write(content)
        elif manner == "wrong":
            self.wfile.write(bytes(len(content)))
        elif manner == "slow":
            step = len(content) // 10 + 1
            for start in range(0, len(content), step):
                self.wfile.write(content[start : start + step])
                time.sleep(0.1)
        else:
            self.wfile.write(content[: len(content) // 2])
        if manner == "stalled":
            self.server.closing.wait(10)
        if manner == "reset":
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

    def log_message(self, format, *args):
        """Write nothing to standard error."""


@pytest.fixture
def server():
    """A running :class:`Server`."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def serve(server, publish):
    """Publish a weight whose files the server has."""

    def put(name="rest-tiny", files=FILES):
        server.contents |= {f"/{name}/{path}": content for path, content in files.items()}
        return publish(name, files, f"{server.url}/{name}")

    return put


@pytest.fixture
def opened_sockets(monkeypatch):
    """Make every attempt to open a socket fail, and list the attempts."""
    attempts = []

    def refuse(*arguments, **options):
        attempts.append(arguments)
        raise OSError("this test opens no sockets")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return attempts


@pytest.fixture
def small_disk(tmp_path, home):
    """Run Python code while ``tmp_path/full`` is a real disk of 64 kB.

    ``SIGNZOO_HOME/downloads`` lies on it. What is on the disk afterwards is printed last.
    """
    mount = 'mount -t tmpfs -o size=64k small "$0"'
    disk = tmp_path / "full"
    disk.mkdir()
    home.mkdir(exist_ok=True)
    (home / "downloads").symlink_to(disk)
    tried = subprocess.run(["unshare", "-rm", "sh", "-c", mount, disk], capture_output=True)
    if tried.returncode:
        pytest.skip("needs the right to mount a small disk (unshare -rm)")

    def run(code, *arguments):
        script = f'{mount} && {{ "$@"; find "$0" -type f; }}'
        command = ["unshare", "-rm", "sh", "-c", script, disk, sys.executable, "-c", code]
        return subprocess.run([*command, *arguments], capture_output=True, text=True)

    return run
