"""What no intake can be faster than: fetch, keep the bytes durably, move, and nothing else. Run by `bench.intake`.

python -m bench.transfer HOST PORT CA_FILE USER PASSWORD DATABASE
"""

from __future__ import annotations

import sqlite3
import ssl
import sys

from imapclient import IMAPClient

BATCH = 100


def main(host: str, port: str, ca_file: str, user: str, password: str, path: str) -> int:
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE mails(uid, content)")
    with IMAPClient(host, int(port), ssl_context=ssl.create_default_context(cafile=ca_file)) as client:
        client.login(user, password)
        client.select_folder("INBOX")
        client.create_folder("Processed")
        uids = client.search("ALL")
        for at in range(0, len(uids), BATCH):
            batch = uids[at : at + BATCH]
            fetched = client.fetch(batch, ["BODY.PEEK[]"])
            with database:
                database.executemany(
                    "INSERT INTO mails VALUES (?, ?)", [(one, fetched[one][b"BODY[]"]) for one in batch]
                )
            client.move(batch, "Processed")
    return len(uids)


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
