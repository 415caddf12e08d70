"""Input of the buttons of fulfilment pages; validation only."""

from fulfillment.forms.buyer import BuyerReturnForm
from fulfillment.forms.claims import (
    AnswerClaimForm,
    BookClaimForm,
    OpenClaimForm,
    SendClaimForm,
    UndoClaimForm,
)
from fulfillment.forms.origin import BringBackForm, ReshipForm
from fulfillment.forms.returns import (
    DeclineForm,
    ExchangeForm,
    GiveUpForm,
    InspectForm,
    ReceiveForm,
    RequestReturnForm,
    verdicts_in,
    wishes_in,
)
from fulfillment.forms.work import (
    CancelOrderForm,
    CollectForm,
    PackForm,
    RecallForm,
    RejectForm,
    ShipForm,
    TrackForm,
    lots_in,
    units_in,
)

__all__ = [
    "AnswerClaimForm",
    "BookClaimForm",
    "BringBackForm",
    "BuyerReturnForm",
    "CancelOrderForm",
    "CollectForm",
    "DeclineForm",
    "ExchangeForm",
    "GiveUpForm",
    "InspectForm",
    "OpenClaimForm",
    "PackForm",
    "RecallForm",
    "ReceiveForm",
    "RejectForm",
    "RequestReturnForm",
    "ReshipForm",
    "SendClaimForm",
    "ShipForm",
    "TrackForm",
    "UndoClaimForm",
    "lots_in",
    "units_in",
    "verdicts_in",
    "wishes_in",
]
