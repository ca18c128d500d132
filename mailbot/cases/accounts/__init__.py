"""Who signs in, and what else is let in on their account."""
