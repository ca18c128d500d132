"""From a mailbox to an email we can read."""
