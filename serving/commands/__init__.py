"""The command line of the service, one module for each kind of command."""
