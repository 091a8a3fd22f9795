"""What is being served right now, and how what is newer on disk takes its place."""
