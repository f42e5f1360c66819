import hashlib
import json
import logging

import pytest

from signzoo.errors import ChecksumError, DownloadError, UsageError
from signzoo.hub.download import locate

FILES = {
    "config.json": b'{"format": 1}',
    "model.safetensors": bytes(range(256)) * 4,
    "README.md": b"# Card\n",
    "modeling.py": b"raise SystemExit('code from outside')",
}
FIRST, SECOND = "a" * 40, "b" * 40


@pytest.fixture
def push(server, monkeypatch):
    """Make the server answer for a model repository as the real one does, at a new commit."""
    monkeypatch.setenv("HF_ENDPOINT", server.url)

    def put(commit=FIRST, files=FILES, revision="main", repository="someone/tiny-signer"):
        siblings = []
        for name, content in files.items():
            sha256 = hashlib.sha256(content).hexdigest()
            sha1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            large = name.endswith(".safetensors")
            lfs = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            sibling = {"rfilename": name, "size": len(content), "blobId": sha1}
            siblings.append({**sibling, "lfs": lfs} if large else sibling)
            path = f"/{repository}/resolve/{commit}/{name}"
            server.contents[path] = content
            etag = f'"{sha256 if large else sha1}"'
            server.headers[path] = {"ETag": etag, "X-Repo-Commit": commit}
        listing = {"id": repository, "modelId": repository, "sha": commit, "siblings": siblings}
        listing |= {"private": False, "tags": [], "downloads": 0, "likes": 0}
        for known in {revision, commit}:
            path = f"/api/models/{repository}/revision/{known}"
            server.contents[path] = json.dumps(listing).encode()

    return put


def test_a_repository_gives_its_checkpoint_and_no_code(push, server):
    push()
    folder = locate("hf://someone/tiny-signer")
    assert {path.name for path in folder.iterdir()} == set(FILES) - {"modeling.py"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert not [path for path in server.seen if path.endswith(".py")]


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_network_with_its_own_language_model_works_from_there(push, tiny_text2gloss):
    from signzoo.models.text2gloss import DecodingConfig, Text2Gloss

    push(files={**contents(tiny_text2gloss), "language_model/run.py": b"raise SystemExit"})
    network = Text2Gloss.from_pretrained("hf://someone/tiny-signer")
    local, decoding = Text2Gloss.from_pretrained(tiny_text2gloss), DecodingConfig(max_tokens=8)
    texts = ["morgen regnet es", "heute schneit es"]
    assert network.translate(texts, decoding) == local.translate(texts, decoding)


def test_a_language_model_of_transformers_is_a_base(push, server, fake_corpora):
    from signzoo.models.text2gloss import Text2Gloss, Text2GlossConfig

    push(files={**contents(fake_corpora / "compact"), "pytorch_model.bin": b"pickle"})
    adapter = Text2Gloss(Text2GlossConfig("hf://someone/tiny-signer", lora_rank=2))
    local = Text2Gloss(Text2GlossConfig(str(fake_corpora / "compact"), lora_rank=2))
    assert adapter.config.language_model_sha256 == local.config.language_model_sha256
    assert not [path for path in server.seen if path.endswith(".bin")]


def test_a_repository_is_fetched_once_and_asked_for_news(push, server):
    push()
    first = locate("hf://someone/tiny-signer")
    requests = len(server.seen)
    assert locate("hf://someone/tiny-signer") == first
    assert server.seen[requests:] == ["/api/models/someone/tiny-signer/revision/main"]


def test_a_branch_that_moves_gives_the_new_commit_and_keeps_the_old(push):
    push(FIRST)
    old = locate("hf://someone/tiny-signer")
    push(SECOND, {**FILES, "config.json": b'{"format": 1, "new": true}'})
    new = locate("hf://someone/tiny-signer")
    assert (old.name, new.name) == (FIRST, SECOND)
    assert (old / "config.json").read_bytes() == b'{"format": 1}'


def test_a_commit_that_is_here_is_asked_for_no_more(push, server):
    push(FIRST)
    folder = locate(f"hf://someone/tiny-signer@{FIRST}")
    requests = len(server.seen)
    assert locate(f"hf://someone/tiny-signer@{FIRST}") == folder
    assert len(server.seen) == requests


def test_a_tag_is_a_revision(push):
    push(SECOND, revision="v1.0")
    assert locate("hf://someone/tiny-signer@v1.0").name == SECOND


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_is_not_the_listed_one_is_refused(push, server, list_downloads, name):
    push()
    path = f"/someone/tiny-signer/resolve/{FIRST}/{name}"
    server.contents[path] = bytes(len(FILES[name]))
    with pytest.raises(ChecksumError, match=f"{name} of hf://someone/tiny-signer has hash"):
        locate("hf://someone/tiny-signer")
    assert not list_downloads()


@pytest.mark.parametrize("manner", ["truncated", "404"])
def test_a_failed_download_is_one_clear_line_and_leaves_nothing(
    push, server, list_downloads, manner
):
    push()
    server.manners = ["whole", manner]
    with pytest.raises(DownloadError, match="Cannot fetch hf://someone/tiny-signer") as caught:
        locate("hf://someone/tiny-signer")
    assert "\n" not in str(caught.value)
    assert not list_downloads()


def test_an_unknown_repository_is_one_clear_line(push):
    push()
    with pytest.raises(DownloadError, match="hf://no/body: the server answered 404"):
        locate("hf://no/body")


def test_a_repository_without_a_checkpoint_is_refused(push, list_downloads):
    push(files={"pytorch_model.bin": b"pickle"})
    with pytest.raises(DownloadError, match=r"it has no config\.json"):
        locate("hf://someone/tiny-signer")
    push(files={"pytorch_model.bin": b"pickle", "config.json": b"{}"})
    with pytest.raises(DownloadError, match="it has no safetensors file"):
        locate("hf://someone/tiny-signer")
    assert not list_downloads()


def test_a_server_that_is_not_there_is_one_clear_line(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="no connection to the server"):
        locate("hf://someone/tiny-signer")


def test_without_its_server_a_branch_means_what_it_meant_last(push, server, caplog):
    push()
    folder = locate("hf://someone/tiny-signer")
    server.manners = ["503"]
    with caplog.at_level(logging.WARNING):
        assert locate("hf://someone/tiny-signer") == folder
    assert f"Using commit {FIRST}, fetched before." in caplog.text


def test_offline_opens_no_socket(push, monkeypatch, opened_sockets):
    monkeypatch.setenv("SIGNZOO_OFFLINE", "1")
    push()
    with pytest.raises(DownloadError, match="SIGNZOO_OFFLINE forbids"):
        locate("hf://someone/tiny-signer")
    assert not opened_sockets


def test_offline_a_branch_means_what_it_meant_last(push, monkeypatch, request):
    push()
    folder = locate("hf://someone/tiny-signer")
    monkeypatch.setenv("SIGNZOO_OFFLINE", "1")
    attempts = request.getfixturevalue("opened_sockets")
    assert locate("hf://someone/tiny-signer") == folder
    assert locate(f"hf://someone/tiny-signer@{FIRST}") == folder
    assert not attempts


@pytest.mark.parametrize(
    "address",
    ["hf://", "hf://someone", "hf://../tiny", "hf://a/b/c", "hf://a/b@../../etc", "hf://a/b@"],
)
def test_what_is_no_address_is_wrong_use(address):
    with pytest.raises(UsageError, match="is no address; write hf://owner/repo"):
        locate(address)
