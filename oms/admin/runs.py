"""Runs: one act on many rows, as a job that counts beforehand, tells of each row, and can be undone.

What a run is about is fixed when it begins, as rows of its own. Each row is acted on in one
transaction together with the mark that it was, so that a worker may be killed at any moment and
another goes on without doing a row twice.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, cast

from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import Case, Count, IntegerField, Model, QuerySet, Value, When
from django.http import HttpRequest, QueryDict

from oms import jobs, keys
from oms.admin.acts import Act, Told
from oms.admin.forms import ActForm
from oms.connections import gave_way
from oms.errors import DomainError
from oms.models import ApiKey, Job, JobRow, RowState

logger = logging.getLogger(__name__)

KIND = "act"  # of the job; see oms.wiring.JOBS
MOST_ROWS = 100_000
MOST_PAPERS = 2_000  # documents in one file
AT_ONCE = 200  # rows whose marks are read together
LONGEST_LABEL = 80
TRIES = 3  # of a row that lost a deadlock
ALLOWED = -1

FREEZE = """
INSERT INTO oms_jobrow (job_id, key, label, state, message)
SELECT %s, chosen.*, '', 'waiting', '' FROM ({chosen}) AS chosen
"""


class NothingChosen(DomainError):
    """No row matches."""

    code = "nothing_chosen"
    message = "Nothing matches; choose rows or change the filters."


class TooManyRows(DomainError):
    """More rows than one run takes."""

    code = "too_many_rows"
    message = "At most {most} rows at once; narrow the filters."


class NotYourAct(DomainError):
    """Whoever started the run may no longer do this."""

    code = "not_permitted"
    message = "Whoever started this may not do it, or no longer."


class BadInput(DomainError):
    """The form's input is not, or no longer, valid; `errors` are by field."""

    code = "invalid"
    message = "{sentence}"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = errors
        super().__init__(sentence=" ".join(f"{k}: {' '.join(v)}" for k, v in errors.items()))


class NotPossible(DomainError):
    """The row's state does not allow the act."""

    code = "not_possible"
    message = "{reason}"


class CannotBeUndone(DomainError):
    """The act has no way back, or was taken back before, or has not ended."""

    code = "cannot_be_undone"
    message = "{title} cannot be undone, or was undone before."


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do if it were done now; `refused` is empty where only trying would tell."""

    total: int
    refused: Mapping[str, int]
    knows: bool

    @property
    def allowed(self) -> int:
        """Rows that nothing speaks against."""
        return self.total - sum(self.refused.values())


def forecast(act: Act, rows: QuerySet[Any]) -> Forecast:
    """How many rows there are, and why some would be refused: two statements however many.

    Raises NothingChosen and TooManyRows.
    """
    most = MOST_PAPERS if act.gather else MOST_ROWS
    total = rows.order_by()[: most + 1].count()
    if not total:
        raise NothingChosen
    if total > most:
        raise TooManyRows(most=f"{most:,}")
    counted = _plain(rows).annotate(why=why_not(act)).order_by().values_list("why")
    found = dict(counted.annotate(rows=Count("pk"))) if act.refuses else {}
    reasons = enumerate(sentence for sentence, _ in act.refuses)
    refused = {sentence: found[at] for at, sentence in reasons if found.get(at)}
    return Forecast(total, refused, knows=bool(act.refuses))


def why_not(act: Act) -> Case:
    """Which of the act's refusals fits a row, by its place; ALLOWED when none does."""
    whens = [When(condition, then=Value(at)) for at, (_, condition) in enumerate(act.refuses)]
    return Case(*whens, default=Value(ALLOWED), output_field=IntegerField())


@transaction.atomic
def begin(act: Act, rows: QuerySet[Any], sent: QueryDict, *, by: str) -> Job:
    """Start a run of an act on the rows that match now, oldest first.

    `sent` holds the input of the act's form. Raises BadInput, NothingChosen and TooManyRows.
    """
    form = act.form(sent, obj=None)
    if not form.is_valid():
        raise BadInput(_sentences(form))
    meta = rows.model._meta  # noqa: SLF001 (public)
    total = forecast(act, rows).total
    noun = meta.verbose_name if total == 1 else meta.verbose_name_plural
    params = {"model": meta.label_lower, "act": act.name, "sent": _input(form, sent)}
    job = jobs.start(KIND, f"{act.label}: {total:,} {noun}", params, by=by)
    _freeze(job, rows)
    return job


@transaction.atomic
def undo(job: Job, *, by: str) -> Job:
    """Start a run that takes back what another did, row by row. Raises CannotBeUndone.

    Rows that somebody changed since are left as they are, and say so.
    """
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not can_be_undone(job):
        raise CannotBeUndone(title=job.title)
    done = job.rows.filter(state=RowState.DONE).exclude(back=None).order_by("pk")
    params = {**job.params, "undo": True}
    found = jobs.start(KIND, f"Undo {job.title[:180]}", params, by=by)
    found.undoes = job
    found.save(update_fields=["undoes"])
    JobRow.objects.bulk_create(
        [JobRow(job=found, key=row.key, label=row.label, back=row.back) for row in done],
        batch_size=2_000,
    )
    return found


def can_be_undone(job: Job) -> bool:
    """Whether the run has ended, did something that has a way back, and was not taken back."""
    if job.kind != KIND or job.params.get("undo") or job.state not in jobs.ENDED:
        return False
    if hasattr(job, "undone_by") or act_of(job).undo is None:
        return False
    return job.rows.filter(state=RowState.DONE).exclude(back=None).exists()


def act_of(job: Job) -> Act:
    """The act of a run. Raises CannotBeUndone for one that is no more."""
    admin = site.get_model_admin(apps.get_model(job.params["model"]))
    acts: Iterable[Act] = getattr(admin, "acts", ())
    for act in acts:
        if act.name == job.params["act"]:
            return act
    raise CannotBeUndone(title=job.title)


def perform(job: Job) -> None:
    """Do the rows of a run that were not done before; the runner of its job."""
    run = _Run(job)
    total = job.rows.count()
    left = job.rows.filter(state=RowState.WAITING).order_by("pk")
    done = total - left.count()
    job.failed = job.rows.filter(state__in=[RowState.REFUSED, RowState.FAILED]).count()
    jobs.progress(job, done, total)
    if run.act.gather:
        run.gather(list(left))
        return
    while chunk := list(left[:AT_ONCE]):
        done += run.pass_over(chunk)
        for row in chunk:
            if row.state == RowState.WAITING:
                jobs.progress(job, done)
                run.take(row)
                done += 1


class OnBehalf(HttpRequest):
    """Stands in for the request of whoever started a run, where only the person matters."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self.on_behalf_of = by
        kind, _, key = by.partition(":")
        user = get_user_model().objects.filter(pk=key).first() if kind == "user" else None
        self.user = cast("Any", user or AnonymousUser())
        found = ApiKey.objects.filter(prefix=key).first() if kind == "api-key" else None
        self.is_machine = found is not None and keys.is_usable(found)

    def may(self, permission: str) -> bool:
        """Whether a person holds the permission now; what a key may was asked by its scope."""
        return self.is_machine or self.user.has_perm(permission)


class _Run:
    """One run in hand: its act, its input, for whom it is done."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.act = act_of(job)
        self.request = OnBehalf(job.created_by)
        self.undoing = self.act.undo if job.params.get("undo") else None
        if not self.request.may((self.undoing or self.act).permission):
            raise NotYourAct

    @cached_property
    def data(self) -> dict[str, Any]:
        """The input, looked at again: what was valid when it was sent may not be now."""
        sent = QueryDict(mutable=True)
        for name, values in self.job.params["sent"].items():
            sent.setlist(name, values)
        form = self.act.form(sent, obj=None)
        if not form.is_valid():
            raise BadInput(_sentences(form))
        return form.cleaned_data

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The rows that the person may see, each with what speaks against the act."""
        model = apps.get_model(self.job.params["model"])
        admin = site.get_model_admin(model)
        rows = model._default_manager.all()  # noqa: SLF001 (public)
        rows = rows if self.request.is_machine else admin.get_queryset(self.request)
        return rows.annotate(why=why_not(self.act)) if self.act.refuses else rows

    def pass_over(self, chunk: Sequence[JobRow]) -> int:
        """Write down at once which of these rows refuse the act anyway; how many."""
        if self.undoing or not self.act.refuses:
            return 0
        refusing = self.rows.filter(pk__in=[row.key for row in chunk]).exclude(why=ALLOWED)
        found = {obj.pk: obj for obj in refusing}
        passed = [row for row in chunk if row.key in found]
        for row in passed:
            row.label, row.state = str(found[row.key])[:LONGEST_LABEL], RowState.REFUSED
        JobRow.objects.bulk_update(passed, ["label"])
        for at, (sentence, _) in enumerate(self.act.refuses):
            mine = [row.pk for row in passed if found[row.key].why == at]
            waiting = JobRow.objects.filter(pk__in=mine, state=RowState.WAITING)
            self.job.failed += waiting.update(state=RowState.REFUSED, message=sentence)
        return len(passed)

    def take(self, row: JobRow) -> None:
        """Act on one row and write down what came of it."""
        try:
            self._act_until_done(row)
        except DomainError as refusal:
            if refusal.afterwards:
                refusal.afterwards()
            self._miss(row, RowState.REFUSED, refusal.detail)
        except Exception as error:
            logger.exception("row %s of job %s failed", row.key, self.job.public_id)
            self._miss(row, RowState.FAILED, f"{type(error).__name__}; the log says more.")

    def gather(self, waiting: Sequence[JobRow]) -> None:
        """Make one file of all rows."""
        found = self.rows.in_bulk([row.key for row in waiting])
        shown = [found[row.key] for row in waiting if row.key in found]
        content = cast("Any", self.act.gather)(self.request, shown)
        stamp = self.job.created_at.strftime("%Y%m%d-%H%M%S")
        jobs.attach(self.job, f"{self.act.name}-{stamp}.pdf", BytesIO(content))
        for row in waiting:
            obj = found.get(row.key)
            row.label, row.state = str(obj or "")[:LONGEST_LABEL], RowState.DONE
        JobRow.objects.bulk_update(waiting, ["label", "state"], batch_size=500)

    def _act_until_done(self, row: JobRow) -> None:
        """Act; again where the database undid it in favour of somebody else."""
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                self._act(row)
            except OperationalError as error:
                if not tries_left or not gave_way(error):
                    raise
            else:
                return

    @transaction.atomic
    def _act(self, row: JobRow) -> None:
        mine = JobRow.objects.filter(pk=row.pk, state=RowState.WAITING)
        if not mine.update(state=RowState.DONE):
            return  # another worker was faster
        obj = self.rows.filter(pk=row.key).first()
        row.label = str(obj or row.label)[:LONGEST_LABEL]
        if obj is None:
            raise NotPossible(reason="It is no longer there.")
        if self.undoing:
            told: Any = self.undoing.run(self.request, obj, row.back or {})
        else:
            self._refuse(obj)
            told = self.act.run(self.request, obj, dict(self.data))
        row.back = told.back if isinstance(told, Told) else None
        row.message = str(told)
        JobRow.objects.filter(pk=row.pk).update(label=row.label, message=row.message, back=row.back)

    def _refuse(self, obj: Model) -> None:
        if self.act.refuses and (at := obj.why) != ALLOWED:  # type: ignore[attr-defined]
            raise NotPossible(reason=self.act.refuses[at][0])
        if not self.act.refuses and not self.act.allowed(obj):
            raise NotPossible(reason="Not possible in its present state.")

    def _miss(self, row: JobRow, state: RowState, message: str) -> None:
        mine = JobRow.objects.filter(pk=row.pk, state=RowState.WAITING)
        self.job.failed += mine.update(state=state, label=row.label, message=message)


def _plain(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows without what their list shows beside them."""
    model = rows.model
    return model._default_manager.filter(pk__in=rows.order_by().values("pk"))  # noqa: SLF001


def _freeze(job: Job, rows: QuerySet[Any]) -> None:
    """Write down which rows match now, in one statement."""
    chosen = _plain(rows).order_by("pk").values_list("pk")
    try:
        sql, values = chosen.query.sql_with_params()
    except EmptyResultSet as error:
        raise NothingChosen from error
    with connection.cursor() as cursor:
        cursor.execute(FREEZE.format(chosen=sql), [job.pk, *values])


def _input(form: ActForm, sent: QueryDict) -> dict[str, list[str]]:
    """What was sent for the form's own fields, those of several boxes included."""
    names = tuple(form.fields)
    boxes = tuple(f"{name}_" for name in names)
    mine = (name for name in sent if name in names or name.startswith(boxes))
    return {name: [str(value) for value in sent.getlist(name)] for name in mine}


def _sentences(form: ActForm) -> dict[str, list[str]]:
    return {name: [str(one) for one in told] for name, told in form.errors.items()}
