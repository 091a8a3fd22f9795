"""`python -m benchmarks.with_nothing run`: the command line of the service, with a route more that does nothing.

The route lies behind the same layers as all others: key, metrics, log and limits.
"""

from fastapi import FastAPI

from serving.process.lightgbm_alone import import_lightgbm_alone
from serving.process.one_thread import use_one_thread

NOTHING = "/v1/nothing"


async def nothing() -> None:
    """Answer at once."""


def add_nothing() -> None:
    """Let every service that this process makes from now on have the route."""
    from serving import app  # noqa: PLC0415 - the libraries below it read variables when they are imported
    from serving.routes.scopes import security  # noqa: PLC0415 - as above

    create_app = app.create_app

    def with_nothing(*parts: object, **named: object) -> FastAPI:
        made = create_app(*parts, **named)  # type: ignore[arg-type]  # handed on as they are
        made.add_api_route(NOTHING, nothing, openapi_extra=security("read"))
        return made

    app.create_app = with_nothing


if __name__ == "__main__":
    use_one_thread()
    import_lightgbm_alone()
    add_nothing()
    from serving.__main__ import main

    main()
