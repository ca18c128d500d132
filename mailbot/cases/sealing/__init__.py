"""Encryption: what is kept is sealed under keys of its own, and how those are kept and changed."""
