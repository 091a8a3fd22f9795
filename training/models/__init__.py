"""Models from code: files that MLflow runs by path, importing nothing of ours."""
