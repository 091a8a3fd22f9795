"""A registered model as training logs it: code from a path, data as artifacts."""

import mlflow
from mlflow.pyfunc import PythonModel


class Tiny(PythonModel):
    """Carries the artifact; nobody asks it to predict."""

    def predict(self, context: object, model_input: list[str], params: object = None) -> list[str]:
        """Return the input."""
        return model_input


mlflow.models.set_model(Tiny())
