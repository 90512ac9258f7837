"""The command itself, as a process: ready line, parent pipe, taken ports, unusable folders."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from backend_stub.cli import build_parser
from backend_stub.errors import StartError
from backend_stub.logs import redact
from backend_stub.secret import load_or_make
from backend_stub.supervisor import running_backend

FREE = ["--port", "0", "--edge-port-base", "0", "--no-films"]


@contextlib.contextmanager
def served(data_dir, *arguments):
    command = [sys.executable, "-m", "backend_stub", "serve", "--data", str(data_dir), *FREE, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_the_ready_line_says_where_everything_is_and_the_end_of_the_pipe_ends_it(tmp_path):
    with served(tmp_path, "--parent-pipe", "--edges", "3") as (process, ready):
        assert ready["event"] == "ready"
        assert [edge["id"] for edge in ready["edges"]] == ["edge-a", "edge-b", "edge-c"]
        for url in (f"{ready['gateway']}/v1/health", *(f"{edge['url']}/health" for edge in ready["edges"])):
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
        process.stdin.close()
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_an_interrupt_ends_it_without_a_traceback(tmp_path):
    with served(tmp_path) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
        assert b"Traceback" not in process.stderr.read()


def run(*arguments, **environment):
    command = [sys.executable, "-m", "backend_stub", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **environment}
    )


def test_a_taken_port_is_named_with_the_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("serve", "--no-films", "--port", str(port), EVENFLOW_DATA_DIR=str(tmp_path))
    assert result.returncode == 2
    assert f"Port {port}" in result.stderr
    assert "--port 0" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_data_folder_that_is_a_file_is_said_to_be_unusable(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("serve", *FREE, "--data", str(tmp_path / "file" / "data"))
    assert result.returncode == 3
    assert "--data DIR" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_api_is_described_and_help_shows_examples():
    described = json.loads(run("openapi").stdout)
    assert "/v1/steering/{title_id}" in described["paths"]
    assert "--port 0 --edge-port-base 0" in build_parser().format_help()
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args(["serve", "--port", "70000"])


async def test_a_short_answer_is_not_held_back_for_an_acknowledgement(house):
    async with house(edges=1) as client:
        connections = client.backend._gateway_listener._server.server_state.connections
        sockets = [connection.transport.get_extra_info("socket") for connection in connections]
        assert [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for sock in sockets] == [1]


async def test_a_taken_edge_port_leaves_nothing_open(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="--edge-port-base 0"):
            async with running_backend(tmp_path, edges=1, edge_port_base=port):
                pass


async def test_a_damaged_database_is_named(tmp_path):
    (tmp_path / "evenflow.db").write_bytes(b"this is not a database file at all" * 100)
    with pytest.raises(StartError, match="not a usable database"):
        async with running_backend(tmp_path):
            pass


def test_a_damaged_key_file_is_named(tmp_path):
    assert load_or_make(tmp_path / "key") == load_or_make(tmp_path / "key")
    (tmp_path / "key").write_text("oops")
    with pytest.raises(StartError, match="damaged"):
        load_or_make(tmp_path / "key")


def test_the_log_blots_out_what_opens_a_door():
    line = 'GET /s/1700000000-0123456789abcdef0123456789abcdef/titles/a Bearer abc.def {"password": "evenflow"}'
    assert redact(line) == 'GET /s/***/titles/a Bearer *** {"password": "***"}'
