"""How well it goes: figures of the work, of the machine and of the intake."""
