"""Keyed hashes of each case's words and senders, and each engine's own index over the words."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")

TAKE_OUT = "INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.case_id, old.tokens);"
PUT_IN = "INSERT INTO search_index (rowid, tokens) VALUES (new.case_id, new.tokens);"


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("tokens", sa.Text, nullable=False),
    )
    op.create_table(
        "senders",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("digest", sa.String(32), primary_key=True),
    )
    op.create_index("ix_senders_digest", "senders", ["digest"])
    op.create_index("ix_cases_received_at", "cases", ["received_at", "id", "restricted", "reference"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX search_index ON search_documents USING gin (string_to_array(tokens, ' '))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5(tokens, content='search_documents', content_rowid='case_id', "
        "detail=none, columnsize=0, tokenize='ascii')"
    )
    for verb, steps in (("insert", PUT_IN), ("delete", TAKE_OUT), ("update", TAKE_OUT + PUT_IN)):
        op.execute(f"CREATE TRIGGER search_documents_{verb} AFTER {verb.upper()} ON search_documents BEGIN {steps} END")
