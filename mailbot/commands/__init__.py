"""The command line, a module for each kind of work; `mailbot.commands.app` has all of them by name."""
