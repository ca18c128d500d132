"""Parting who wrote from what they wrote, before either is sealed."""
