"""A routing rule as a form: conditions as a tree, ranking by order or by price."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from inventory.enums import LocationKind
from inventory.models import LocationGroup, RoutingRule
from inventory.queries.products import product_classes
from inventory.queries.sourcing.vocabulary import CRITERIA, NAMED
from oms import words
from oms.admin import ActForm
from oms.condition_form import ALWAYS, ConditionsField
from oms.conditions import check

RANKS = 4  # criteria that a form offers one below the other
NO_RANK = [("", "–")]


def places() -> list[tuple[str, str]]:
    """Groups that a rule may name: our own, and one for each kind of location."""
    own = list(LocationGroup.objects.order_by("name").values_list("code", "name"))
    kinds = [(f"kind:{value}", f"Every {label.lower()}") for value, label in LocationKind.choices]
    return [*own, *kinds]


def _percent(share: Decimal | None) -> str:
    return "" if share is None else words.percent(share).removesuffix(" %")


class RuleForm(forms.ModelForm):
    """One rule; its conditions are edited by the page."""

    conditions = ConditionsField(NAMED)
    groups = forms.MultipleChoiceField(
        label="Only from", required=False, widget=forms.CheckboxSelectMultiple
    )
    without = forms.MultipleChoiceField(
        label="Never from", required=False, widget=forms.CheckboxSelectMultiple
    )
    weighed = forms.ChoiceField(
        label="Rank by",
        choices=[("order", "One criterion after the other"), ("prices", "A price for each")],
        widget=forms.RadioSelect,
    )
    min_accuracy = forms.DecimalField(
        label="Stock accuracy at least, %",
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        help_text="How often units were found where they were asked for; see Location services.",
    )
    apart = forms.CharField(
        label="Never in one parcel",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="A pair of product classes a line, as in: hazardous, food",
    )

    class Meta:
        model = RoutingRule
        fields = (
            "name",
            "max_km",
            "leaves_within",
            "keeps_back",
            "minds_capacity",
            "max_parcels",
            "min_parcel_value",
            "one_country",
            "on_failure",
        )
        labels = {
            "max_km": "At most this far away, km",
            "leaves_within": "Leaves within, days",
            "keeps_back": "Units kept back",
            "minds_capacity": "Only where the day is not full",
            "max_parcels": "At most so many parcels",
            "min_parcel_value": "Where it is split, each parcel is worth at least",
            "one_country": "All from one country",
            "on_failure": "When it cannot serve the whole order",
        }
        help_texts = {
            "leaves_within": "0: only where it leaves today. Knows cut-off, weekends and holidays.",
            "keeps_back": "Of every product and location, beyond safety stock.",
            "minds_capacity": "Orders a day, as stated at each location.",
            "min_parcel_value": "In the currency of the order.",
        }

    def __init__(self, data: QueryDict | None = None, *, instance: RoutingRule) -> None:
        ranking = instance.ranking or {"order": ["parcels", "distance"]}
        initial = {
            "groups": instance.groups,
            "without": instance.without,
            "weighed": "prices" if ranking.get("prices") else "order",
            "min_accuracy": _percent(instance.min_accuracy),
            "apart": "\n".join(", ".join(pair) for pair in instance.apart),
            "conditions": instance.conditions or ALWAYS,
        }
        super().__init__(data, instance=instance, initial=initial)
        if known := product_classes():
            self.fields["apart"].help_text += f". Classes of products: {', '.join(known)}."
        self.fields["groups"].choices = self.fields["without"].choices = places()
        ranks = [*ranking.get("order", ()), *[""] * RANKS][:RANKS]
        for at, chosen in enumerate(ranks, start=1):
            self.fields[f"rank_{at}"] = forms.ChoiceField(
                label="First" if at == 1 else "then",
                required=False,
                initial=chosen,
                choices=[*NO_RANK, *((row.name, row.label) for row in CRITERIA)],
            )
        for row in CRITERIA:
            unit = f", per {row.unit}" if row.unit else ""
            self.fields[f"price_{row.name}"] = forms.DecimalField(
                label=f"{row.label}{unit}",
                required=False,
                min_value=0,
                initial=ranking.get("prices", {}).get(row.name),
            )

    def clean_min_accuracy(self) -> Decimal | None:
        """As a share."""
        percent: Decimal | None = self.cleaned_data["min_accuracy"]
        return None if percent is None else percent / 100

    def clean_apart(self) -> list[list[str]]:
        """A pair a line, or nothing."""
        pairs = []
        for line in self.cleaned_data["apart"].splitlines():
            named = list(dict.fromkeys(part.strip() for part in line.split(",") if part.strip()))
            if named and len(named) != 2:  # noqa: PLR2004 (a pair)
                raise forms.ValidationError(
                    "Name two different classes a line, with a comma between."
                )
            pairs += [named] if named else []
        return pairs

    def clean(self) -> dict[str, Any]:
        """The ranking and the conditions as they are stored."""
        data = super().clean() or self.cleaned_data
        data["ranking"] = self._ranking(data)
        if not any(data["ranking"].values()):
            self.add_error("rank_1", "Choose at least one criterion.")
        for mistake in check(data.get("conditions", ALWAYS), NAMED):
            self.add_error(None, mistake)
        return data

    def values(self) -> dict[str, Any]:
        """What `operations.save_rule` takes."""
        data = self.cleaned_data
        names = (
            *self.Meta.fields,
            "min_accuracy",
            "groups",
            "without",
            "apart",
            "ranking",
            "conditions",
        )
        return {name: data[name] for name in names}

    def preview(self) -> RoutingRule:
        """The rule as the form has it, unsaved."""
        return RoutingRule(position=0, **self.values())

    def _ranking(self, data: dict[str, Any]) -> dict[str, Any]:
        if data.get("weighed") == "prices":
            prices = {row.name: data.get(f"price_{row.name}") for row in CRITERIA}
            return {"prices": {name: str(price) for name, price in prices.items() if price}}
        named = [data.get(f"rank_{at}") for at in range(1, RANKS + 1)]
        return {"order": list(dict.fromkeys(name for name in named if name))}

    def _post_clean(self) -> None:
        """The operation checks the model, with the draft under lock."""


class NewRulesForm(ActForm):
    """What a draft begins with."""

    template = forms.ChoiceField(label="Begin with")


class SimulateForm(ActForm):
    """How far back."""

    days = forms.IntegerField(min_value=1, max_value=365, initial=30, help_text="Days of orders.")


class CopyForm(ActForm):
    """What the copy is called."""

    name = forms.CharField(max_length=100)
