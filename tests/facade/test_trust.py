"""Certificates are read once for all clients, and again when they are others."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from openrouter_stt._trust import trusted


def authority(path: Path) -> Path:
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def names(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]


def test_two_clients_share_what_was_read() -> None:
    assert trusted(True) is trusted(True)


def test_a_file_of_the_environment_is_heeded_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trusted(True)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path / "authority.pem")))
    assert (names(trusted(True)), names(trusted(False))) == (1, names(before))


def test_a_file_that_was_exchanged_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = authority(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    first = trusted(True)
    authority(tmp_path / "other.pem").replace(path)
    assert trusted(True) is not first
