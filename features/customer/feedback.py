"""What the customer says: scores and complaints."""

from ibis import _

from features.definitions import Feature, Unit, in_days, only_if, within
from features.grains import FEEDBACK

_COMPLAINT = "complaint"

FEEDBACKS = (
    Feature(
        "feedback_all", Unit.COUNT, "gave feedback {value} time(s)", _.entries.sum().cast("float64"), FEEDBACK
    ),
    Feature("days_since_feedback", Unit.DAYS, "last feedback {value} ago", in_days(_.age.min()), FEEDBACK),
    Feature(
        "nps_last",
        Unit.LEVEL,
        "last recommendation score {value}",
        only_if((_.kind == "nps") & (_.rank == 0), _.score).max(),
        FEEDBACK,
    ),
    Feature(
        "csat_last",
        Unit.LEVEL,
        "last satisfaction score {value}",
        only_if((_.kind == "csat") & (_.rank == 0), _.score).max(),
        FEEDBACK,
    ),
    Feature(
        "complaints_all",
        Unit.COUNT,
        "{value} complaint(s)",
        ((_.kind == _COMPLAINT).cast("float64") * _.entries).sum(),
        FEEDBACK,
    ),
    Feature(
        "complaints_84d",
        Unit.COUNT,
        "{value} complaint(s) in the last 84 days",
        ((_.kind == _COMPLAINT).cast("float64") * _.entries * within(84, _.age)).sum(),
        FEEDBACK,
    ),
    Feature(
        "days_since_complaint",
        Unit.DAYS,
        "last complaint {value} ago",
        in_days(only_if(_.kind == _COMPLAINT, _.age).min()),
        FEEDBACK,
    ),
)
