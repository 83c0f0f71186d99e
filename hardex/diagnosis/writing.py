"""Findings, self-test and diagnosis -> the results of a run."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hardex.diagnosis.overall import DIAGNOSIS, Diagnosis
from hardex.diagnosis.selftest import SELFTEST, write_json
from hardex.diagnosis.trial import Trial
from hardex.errors import RunError
from hardex.runs.findings import FINDINGS, Finding, write_findings


def write_all(results: Path, findings: Sequence[Finding], whole: Diagnosis, trial: Trial) -> None:
    """Replace what a former diagnosis wrote, once all of it is on the disk.

    Args:
        results: the folder.
        findings: one per example.
        whole: what they say together.
        trial: with the self-test.

    Raises:
        RunError: the folder cannot be written; what was there stays.
    """
    causes = () if trial.judge is None else trial.judge.causes
    try:
        with TemporaryDirectory(prefix=".diagnosis-", dir=results) as partial:
            new = Path(partial)
            if trial.selftest is not None:
                write_json(new / SELFTEST, trial.selftest.as_json())
            write_json(new / DIAGNOSIS, whole.as_json())
            write_findings(new / FINDINGS, findings, causes)
            if trial.selftest is None:
                (results / SELFTEST).unlink(missing_ok=True)
            for name in (SELFTEST, DIAGNOSIS, FINDINGS):  # the findings last: they are shown
                if (new / name).exists():
                    (new / name).replace(results / name)
    except OSError as error:
        raise RunError(
            f"the findings must be written into the run; {results} cannot be written "
            f"({error.strerror or error}); free some space or make the folder writable."
        ) from error
