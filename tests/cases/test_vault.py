"""What is sealed opens only where, and with the keys, it was sealed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.cases import database
from mailbot.cases.sealing.vault import Purpose, Vault, new_key_file, read_keys
from mailbot.errors import KeysMissing
from mailbot.pipeline import process
from tests.conftest import Installation
from tests.doubles import mail


@given(clear=st.binary(max_size=5000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sealed_comes_back_and_does_not_show(sqlite: Installation, clear: bytes) -> None:
    (vault_id,) = sqlite.vault.open_many(1)
    sealed = sqlite.vault.seal(vault_id, Purpose.IDENTITY, "t.c", clear)

    assert sqlite.vault.unseal(vault_id, Purpose.IDENTITY, "t.c", sealed) == clear
    assert len(clear) < 8 or clear not in sealed


def test_a_sealed_text_moved_elsewhere_does_not_open(sqlite: Installation) -> None:
    one, two = sqlite.vault.open_many(2)
    sealed = sqlite.vault.seal(one, Purpose.IDENTITY, "cases.sealed_identity", b"who wrote")

    for vault_id, purpose, place in (
        (two, Purpose.IDENTITY, "cases.sealed_identity"),
        (one, Purpose.NARRATIVE, "cases.sealed_identity"),
        (one, Purpose.IDENTITY, "cases.sealed_narrative"),
    ):
        with pytest.raises(KeysMissing):
            sqlite.vault.unseal(vault_id, purpose, place, sealed)


def test_one_changed_byte_is_noticed(sqlite: Installation) -> None:
    (vault_id,) = sqlite.vault.open_many(1)
    sealed = bytearray(sqlite.vault.seal(vault_id, Purpose.NARRATIVE, "t.c", b"words"))
    sealed[-1] ^= 1

    with pytest.raises(KeysMissing, match="changed or moved"):
        sqlite.vault.unseal(vault_id, Purpose.NARRATIVE, "t.c", bytes(sealed))


def test_another_key_file_opens_nothing_and_says_so(sqlite: Installation, tmp_path: Path) -> None:
    (vault_id,) = sqlite.vault.open_many(1)
    sealed = sqlite.vault.seal(vault_id, Purpose.IDENTITY, "t.c", b"words")
    new_key_file(tmp_path / "other", "test")
    store = database.open_database(f"sqlite:///{sqlite.folder}/keystore.sqlite3")

    with pytest.raises(KeysMissing, match="does not fit"):
        Vault(read_keys(tmp_path / "other", None), store).unseal(vault_id, Purpose.IDENTITY, "t.c", sealed)


def test_without_its_wrapped_key_a_record_is_gone_for_good(sqlite: Installation) -> None:
    (vault_id,) = sqlite.vault.open_many(1)
    sealed = sqlite.vault.seal(vault_id, Purpose.IDENTITY, "t.c", b"words")
    store = database.writing(database.open_database(f"sqlite:///{sqlite.folder}/keystore.sqlite3"))
    with store.begin() as connection:
        connection.execute(sa.text("DELETE FROM wrapped_key"))

    with pytest.raises(KeysMissing, match="erased"):
        Vault(sqlite.vault.keyring, store).unseal(vault_id, Purpose.IDENTITY, "t.c", sealed)


def test_the_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    new_key_file(path, "2026-11")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeysMissing, match="never overwritten"):
        new_key_file(path, "2026-12")


def test_damaged_keys_are_refused_without_showing_them(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    new_key_file(path, "2026-11")
    secret = path.read_text().split('"2026-11" = "')[1][:20]
    path.write_text(path.read_text().replace("=", "~", 3))

    with pytest.raises(KeysMissing) as caught:
        read_keys(path, None)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


def test_neither_sender_nor_words_stand_in_any_file_of_the_installation(sqlite: Installation) -> None:
    text = (
        "The plover was seen on Thursday by the boathouse, and nobody wrote it down.\n\nRegards\nPhilippa Quillfeather"
    )
    sender = "Philippa Quillfeather <p.quillfeather@post.example>"
    process(sqlite.ledger.keep([mail(text, sender=sender)]), sqlite.office)

    files = [path for path in sqlite.folder.rglob("*") if path.is_file() and path.name != "keys"]
    assert any(path.name.startswith("mailbot.sqlite3") for path in files)
    for path in files:
        content = path.read_bytes().lower()
        for secret in (b"plover", b"boathouse", b"quillfeather", b"larch house"):
            assert secret not in content, f"{secret!r} in {path.name}"
