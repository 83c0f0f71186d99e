"""What a diagnosis writes is whole, or nothing is changed."""

import json

import pytest
from fakes import contents

from hardex.diagnosis.overall import DIAGNOSIS, Diagnosis
from hardex.diagnosis.selftest import SELFTEST, SelfTest, share_of
from hardex.diagnosis.trial import Trial
from hardex.diagnosis.writing import write_all
from hardex.errors import RunError
from hardex.runs.findings import FINDINGS, Finding, read_findings

NONE = share_of(0, 0)
TESTED = SelfTest("m", "d", "t", "", "", 0, 70, (), NONE, NONE, 0.6, 0.0, ())
FOUND = [Finding(id="7", cause="rare", confidence=0.9)]


def whole(wrong=1):
    return Diagnosis(
        examples=1, wrong=wrong, chosen="", model="m", data="d", train="t", train_path="",
        train_hash="", scope="", judged=(), not_judged=(), counts=(), tests=(), label_errors=None,
        leakage=None, notes=(),
    )  # fmt: skip


def trial(selftest=TESTED):
    return Trial(setting=None, judge=None, selftest=selftest, notes=())


def test_all_three_files_are_written_and_nothing_else(tmp_path):
    write_all(tmp_path, FOUND, whole(), trial())
    assert set(contents(tmp_path)) == {DIAGNOSIS, FINDINGS, SELFTEST}
    assert read_findings(tmp_path / FINDINGS).cause.tolist() == ["rare"]
    assert json.loads((tmp_path / SELFTEST).read_text(encoding="utf-8"))["examples"] == 70


def test_without_a_self_test_the_former_one_goes(tmp_path):
    write_all(tmp_path, FOUND, whole(), trial())
    write_all(tmp_path, [], whole(), trial(None))
    assert set(contents(tmp_path)) == {DIAGNOSIS, FINDINGS}


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_cannot_be_written_to_the_end_changes_nothing(tmp_path, stop):
    def findings():
        yield FOUND[0]
        raise stop

    write_all(tmp_path, FOUND, whole(), trial())
    before = contents(tmp_path)
    expected = RunError if isinstance(stop, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_all(tmp_path, findings(), whole(wrong=99), trial(None))
    if expected is RunError:
        assert "cannot be written (No space left on device); free some space" in str(caught.value)
    assert contents(tmp_path) == before


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RunError, match=r"must be written into the run; .*absent cannot be written"):
        write_all(tmp_path / "absent", FOUND, whole(), trial())
