import logging
import os
import signal
import subprocess
import sys
import time

import pytest

from signzoo.errors import ChecksumError, DiskError, DownloadError, UsageError
from signzoo.hub.catalog import find_weights
from signzoo.hub.download import copy_to, fetch, locate, whereabouts

FETCH = "import sys; from signzoo.hub.download import locate; print(locate(sys.argv[1]))"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Repeat failed downloads without waiting long."""
    monkeypatch.setattr("signzoo.hub.download._WAITS", (0.01, 0.01))


def start_fetching(name):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def test_a_fetched_folder_holds_what_the_record_promises(serve, home):
    files = {"config.json": b"{}", "words/de list.txt": b"haus\n"}
    weights = serve("rest-words", files)
    assert whereabouts(weights) == "remote"
    folder = fetch(weights)
    assert folder == home / "downloads" / "rest-words"
    assert {path: (folder / path).read_bytes() for path in files} == files
    assert whereabouts(weights) == "cached"


def test_a_weight_is_fetched_once(serve, server):
    weights = serve()
    fetch(weights)
    fetch(weights)
    assert sorted(server.seen) == ["/rest-tiny/config.json", "/rest-tiny/model.safetensors"]


def test_a_wrong_file_is_refused_and_removed(serve, server, list_downloads):
    weights = serve()
    server.manners = ["whole", "wrong"]
    with pytest.raises(ChecksumError, match=r"model\.safetensors has SHA-256 .* was removed"):
        fetch(weights)
    assert server.seen.count("/rest-tiny/model.safetensors") == 1
    assert not list_downloads()


def test_a_file_of_another_length_is_refused_by_its_hash(serve, server, list_downloads):
    weights = serve()
    server.contents["/rest-tiny/config.json"] = b"<html>Please log in</html>"
    with pytest.raises(ChecksumError, match="has 26 bytes, expected 13, and SHA-256"):
        fetch(weights)
    assert not list_downloads()


@pytest.mark.parametrize(
    ("manner", "reason", "asked"),
    [
        ("truncated", "only [0-9]+ of 512000 bytes arrived", 3),
        ("reset", "only [0-9]+ of 512000 bytes arrived", 3),
        ("stalled", "no answer for 0.3 s", 3),
        ("503", "the server answered 503 Service Unavailable", 3),
        ("404", "the server answered 404 Not Found", 1),
        ("403", "the server answered 403 Forbidden", 1),
    ],
)
def test_a_failed_download_is_one_clear_line_and_leaves_nothing(
    serve, server, list_downloads, manner, reason, asked
):
    weights = serve()
    server.manners = ["whole", manner]
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch(weights)
    assert "\n" not in str(caught.value)
    assert f"{server.url}/rest-tiny/model.safetensors" in str(caught.value)
    assert server.seen.count("/rest-tiny/model.safetensors") == asked
    assert not list_downloads()


def test_a_server_that_is_not_there_is_one_clear_line(publish, list_downloads):
    weights = publish(url="http://127.0.0.1:9/weights")
    with pytest.raises(DownloadError, match="no connection to the server"):
        fetch(weights)
    assert not list_downloads()


@pytest.mark.parametrize("manner", ["truncated", "reset", "stalled", "503", "429"])
def test_a_failure_that_passes_is_overcome(serve, server, manner):
    weights = serve()
    server.manners = [manner, manner, "whole"]
    assert (fetch(weights) / "config.json").is_file()
    assert len(server.seen) == 4


def test_ctrl_c_leaves_nothing_half_written(serve, server, list_downloads):
    serve()
    server.manners = ["slow"]
    process = start_fetching("rest-tiny")
    wait_for(lambda: "/rest-tiny/model.safetensors" in server.seen)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert not list_downloads()


def test_what_a_killed_process_left_is_cleared_by_the_next(serve, server, home, list_downloads):
    weights = serve()
    server.manners = ["stalled"]
    process = start_fetching("rest-tiny")
    wait_for(lambda: server.seen)
    process.kill()
    process.communicate(timeout=20)
    assert whereabouts(weights) == "remote"
    assert list((home / "downloads").glob(".rest-tiny.????????"))
    server.manners = ["whole"]
    fetch(weights)
    assert list_downloads() == {
        "downloads/rest-tiny/config.json",
        "downloads/rest-tiny/model.safetensors",
    }


def test_two_processes_that_ask_at_once_fetch_once(serve, server, home):
    serve()
    server.manners = ["slow"]
    processes = [start_fetching("rest-tiny") for _ in range(2)]
    printed = [process.communicate(timeout=30)[0].strip() for process in processes]
    assert printed == [str(home / "downloads" / "rest-tiny")] * 2
    assert sorted(server.seen) == ["/rest-tiny/config.json", "/rest-tiny/model.safetensors"]


def test_a_full_disk_is_one_clear_line(serve, small_disk):
    serve()
    failed = small_disk(FETCH, "rest-tiny")
    assert "DiskError: Cannot write" in failed.stderr
    assert "no space left on the disk" in failed.stderr
    assert not [name for name in failed.stdout.split() if not name.endswith(".lock")]


def test_a_mirror_is_asked_before_the_address_of_the_record(server, publish, monkeypatch):
    weights = publish(files={"config.json": b"{}"}, url="http://127.0.0.1:9")
    server.contents["/mirror/rest-tiny/config.json"] = b"{}"
    monkeypatch.setenv("SIGNZOO_MIRROR", f"{server.url}/mirror/")
    assert (fetch(weights) / "config.json").read_bytes() == b"{}"


def test_a_folder_is_a_mirror(publish, write_files, tmp_path, monkeypatch):
    write_files(tmp_path / "stick" / "rest-tiny")
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "stick"))
    assert (fetch(publish()) / "model.safetensors").is_file()


def test_a_mirror_without_the_file_or_with_a_wrong_one_is_passed_over(
    serve, write_files, tmp_path, monkeypatch
):
    weights = serve()
    write_files(tmp_path / "stick" / "rest-tiny", {"config.json": b"another"})
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "stick"))
    assert (fetch(weights) / "config.json").read_bytes() == b'{"format": 1}'


def test_when_every_source_fails_each_is_named(publish, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "empty"))
    with pytest.raises(DownloadError, match=r"empty.*no such file.*127\.0\.0\.1:9.*no connection"):
        fetch(publish(url="http://127.0.0.1:9"))


def test_without_any_address_the_error_says_to_set_a_mirror(publish):
    with pytest.raises(DownloadError, match=r"Set SIGNZOO_MIRROR .* with rest-tiny/config\.json"):
        fetch(publish())


def test_offline_opens_no_socket(serve, monkeypatch, opened_sockets):
    weights = serve()
    monkeypatch.setenv("SIGNZOO_OFFLINE", "1")
    with pytest.raises(DownloadError, match="SIGNZOO_OFFLINE forbids"):
        fetch(weights)
    assert not opened_sockets
    monkeypatch.delenv("SIGNZOO_OFFLINE")
    with pytest.raises(DownloadError, match="no connection"):
        fetch(weights)
    assert opened_sockets, "the trap must catch what it is there to catch"


def test_offline_still_finds_what_is_here(
    publish, write_files, home, tmp_path, monkeypatch, opened_sockets
):
    monkeypatch.setenv("SIGNZOO_OFFLINE", "1")
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "stick"))
    beside, cached, mirrored = (publish(name) for name in ("rest-a", "rest-b", "rest-c"))
    write_files(beside.folder)
    write_files(home / "downloads" / "rest-b")
    write_files(tmp_path / "stick" / "rest-c")
    assert [whereabouts(each) for each in (beside, cached, mirrored)] == [
        "embedded",
        "cached",
        "remote",
    ]
    assert [fetch(each).parent for each in (beside, cached, mirrored)] == [
        home / "checkpoints",
        home / "downloads",
        home / "downloads",
    ]
    assert not opened_sockets


def test_a_damaged_file_beside_its_record_is_refused(publish, write_files):
    weights = publish()
    write_files(weights.folder, {"config.json": b"{}", "model.safetensors": b"damaged"})
    with pytest.raises(ChecksumError, match=r"config\.json has .* install signzoo again"):
        fetch(weights)


def test_a_damaged_file_in_the_cache_is_fetched_again(serve, caplog):
    weights = serve()
    damaged = fetch(weights) / "model.safetensors"
    damaged.write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert (fetch(weights) / "model.safetensors").stat().st_size == 512000
    assert "is damaged; it is fetched again" in caplog.text


def test_a_weight_that_comes_without_its_large_file_is_fetched_whole(serve, write_files, home):
    weights = serve()
    write_files(weights.folder, {"config.json": b'{"format": 1}'})
    assert whereabouts(weights) == "remote"
    assert fetch(weights) == home / "downloads" / "rest-tiny"
    assert whereabouts(weights) == "cached"


def test_a_copy_is_a_mirror(publish, write_files, tmp_path, monkeypatch):
    weights = publish()
    write_files(weights.folder, {"README.md": b"# Card\n"})
    write_files(weights.folder)
    copy = copy_to(weights, tmp_path / "stick")
    names = {"README.md", "config.json", "model.safetensors", "weights.toml"}
    assert {path.name for path in copy.iterdir()} == names
    assert copy_to(weights, tmp_path / "stick") == copy
    (weights.folder / "config.json").unlink()
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "stick"))
    assert (fetch(weights) / "config.json").read_bytes() == b'{"format": 1}'


def test_a_copy_replaces_nothing_that_was_there(publish, write_files, tmp_path):
    weights = publish()
    write_files(weights.folder)
    write_files(tmp_path / "rest-tiny", {"diary.txt": b"mine"})
    with pytest.raises(UsageError, match="holds something else"):
        copy_to(weights, tmp_path)
    assert (tmp_path / "rest-tiny" / "diary.txt").is_file()


def test_a_name_is_located_before_a_folder_of_that_name(
    publish, write_files, tmp_path, monkeypatch
):
    weights = publish()
    write_files(weights.folder)
    (tmp_path / "rest-tiny").mkdir()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate("rest-tiny") == weights.folder
    assert locate("./rest-tiny").resolve() == tmp_path / "rest-tiny"
    assert locate("mine").resolve() == tmp_path / "mine"
    assert locate(tmp_path / "mine") == tmp_path / "mine"


@pytest.mark.parametrize("source", ["./nowhere", "~/nowhere/at/all", os.sep + "nowhere"])
def test_a_folder_that_is_not_there_is_wrong_use(source):
    with pytest.raises(UsageError, match="There is no folder"):
        locate(source)


def test_an_unknown_name_is_wrong_use(publish):
    publish()
    with pytest.raises(UsageError, match="Did you mean rest-tiny"):
        locate("rest-tyni")


def test_a_timeout_that_is_no_number_is_wrong_use(serve, monkeypatch):
    monkeypatch.setenv("SIGNZOO_TIMEOUT", "soon")
    with pytest.raises(UsageError, match="positive number of seconds, not 'soon'"):
        fetch(serve())


def test_a_cache_that_cannot_be_written_is_one_clear_line(serve, home, monkeypatch):
    weights = serve()
    home.joinpath("downloads").write_text("a file where the folder should be")
    with pytest.raises(DiskError):
        fetch(find_weights(weights.name))
