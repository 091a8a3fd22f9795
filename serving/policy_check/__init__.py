"""What is wrong with a catalogue and a policy, found without a running service."""
