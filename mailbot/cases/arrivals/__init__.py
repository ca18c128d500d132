"""What becomes of a message on its way into the record: kept, joined to its case or filed as a new one."""
