"""Backups: copies of record and keys that were read back, and what may leave the mail server after them."""
