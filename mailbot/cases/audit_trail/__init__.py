"""The audit trail after it is written: read, gone over, and vouched for elsewhere."""
