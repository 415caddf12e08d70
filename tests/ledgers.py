"""One line at the end of a test: every figure still proves itself."""

from oms.ledgers import run


def assert_ledgers_hold():
    """No invariant of any app is violated."""
    broken = [
        line
        for finding in run()
        for line in (finding.invariant.name, *finding.shown)
        if not finding.holds
    ]
    assert not broken, "\n".join(broken)
