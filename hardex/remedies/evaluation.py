"""What people say of the examples of a run -> a new version of the evaluation data.

Only people may change what models are measured with: a finding comes from the model itself. And a
changed test set is another test set: figures on both cannot be compared.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardex.data.dataset import Dataset
from hardex.data.part import Part
from hardex.diagnosis.inputs import same_dataset
from hardex.errors import HardexError, RunError
from hardex.new_files import check_free, whole_folder
from hardex.predict.neighbours import Progress, silent
from hardex.remedies.clean import Change, changes_for, check_confirmed
from hardex.remedies.new_version import DATA, LINEAGE, write_lineage, write_version
from hardex.remedies.recipe import CONSENSUS, Clean
from hardex.runs.run import Run, opened

SCHEMA = "hardex.evaluation/1"
EVALUATION = "evaluation.json"
NOTE = "A changed test set is another test set: compare models only on the same one."


@dataclass(frozen=True)
class CleanedEvaluation:
    """A new version of evaluation data.

    Attributes:
        folder: where it is.
        changes: what was done, the surest first.
        before, after: accuracy of the model of the run, on the examples that it was ranked on.
        examples_before, examples_after: how many these are.
    """

    folder: Path
    changes: tuple[Change, ...]
    before: float
    after: float
    examples_before: int
    examples_after: int

    def as_json(self) -> dict[str, Any]:
        """What evaluation.json says."""
        return {
            "schema": SCHEMA,
            "changes": [asdict(one) for one in self.changes],
            "before": self.before,
            "after": self.after,
            "examples_before": self.examples_before,
            "examples_after": self.examples_after,
            "note": NOTE,
        }


def clean_evaluation(
    run: str | Path | Run,
    *,
    out: str | Path,
    clean: Clean | None = None,
    yes: bool = False,
    force: bool = False,
    data: str | Path = "",
    command: str = "",
    progress: Progress = silent,
) -> CleanedEvaluation:
    """Write the evaluation data anew, with the classes that annotators agree on.

    Sealed examples are copied as they are.

    Args:
        run: the run, or its folder.
        out: the folder to write; it is whole or absent.
        clean: how sure people must be, and whether examples are relabelled or removed.
        yes: whether the changes are confirmed.
        force: whether to replace a former version in `out`.
        data: where the images of the run are now, if they were moved.
        command: that was typed, for the lineage.
        progress: called now and then; if it raises, nothing is left.

    Raises:
        ChangesToConfirm: they are not confirmed.
        HardexError: people agree on no change, or the data cannot be read or written.
    """
    found, target, wanted = opened(run, data=data), Path(out), clean or Clean()
    if wanted.by != CONSENSUS:
        raise HardexError(
            "evaluation data is changed only by the consensus of annotators, never by findings of "
            f"the model that it measures; the recipe says by: {wanted.by}; write by: consensus."
        )
    check_free(target, "a new version of the data", force=force, kind="folder")
    if target.exists() and not (target / EVALUATION).exists():
        raise RunError(
            f"--force replaces a former version; {target} has no {EVALUATION}, so it is none; "
            "choose another --out."
        )
    part = same_dataset(found)
    whole: Dataset = part.whole if isinstance(part, Part) else part
    names = found.manifest.class_names
    changes = changes_for(wanted, found, whole, names)
    check_confirmed(changes, yes)
    labels = np.array(whole.labels, np.int64)
    stays = np.ones(len(whole), bool)
    for one in changes:
        stays[one.position] = one.label != ""
        labels[one.position] = names.index(one.label) if one.label else labels[one.position]
    rows = np.flatnonzero(stays)
    origins = np.zeros(len(rows), np.int64)
    table = found.predictions
    positions, predicted = table["position"].to_numpy(), table["predicted_index"].to_numpy()
    kept = stays[positions]
    cleaned = CleanedEvaluation(
        target,
        changes,
        float((table["given_index"].to_numpy() == predicted).mean()),
        float((labels[positions] == predicted)[kept].mean()),
        len(table),
        int(kept.sum()),
    )
    with whole_folder(target, "a new version of the data") as partial:
        files = write_version(partial / DATA, [whole], origins, rows, labels[rows], names, progress)
        write_lineage(partial / LINEAGE, whole, [], changes, [], files, origins, command=command)
        text = json.dumps(cleaned.as_json(), indent=2, ensure_ascii=False)
        (partial / EVALUATION).write_text(text + "\n", encoding="utf-8")
    return cleaned
