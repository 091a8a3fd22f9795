"""What `python -m training` can do, a module for each kind of command."""
