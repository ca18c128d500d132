"""Who wrote: who may see it, for how long and on what record; and what any officer may do to protect it."""
