"""The record: what is kept of every message and case, who may see it, and how it is kept from everybody else."""
