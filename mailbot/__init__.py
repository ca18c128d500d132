"""mailbot: the email inbox processor for the inspectorate of children's social care in England."""

__version__ = "0.9.0"
