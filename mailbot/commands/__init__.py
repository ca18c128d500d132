"""The command line, a module for each kind of work; `mailbot.__main__` puts them together."""
