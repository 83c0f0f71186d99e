"""A fix -> the proof whether it helped."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.errors import HardexError
from hardex.predict.neighbours import Progress, silent
from hardex.proof.history import written
from hardex.proof.proof import Proof
from hardex.proof.prove import prove as prove_models
from hardex.remedies.fixed import CONTROL, REMEDIED, Fixed

PROOF = "proof.json"


def with_proof(
    fixed: Fixed,
    *,
    confirm: Data | None = None,
    model: Model | None = None,
    data: str | Path = "",
    trust_model: bool = False,
    progress: Progress = silent,
) -> Fixed:
    """A fix with its proof, which is written beside its models, too.

    What cannot be proved does not lose what was trained: a note says why.

    Args:
        fixed: the fix.
        confirm: as in `proof_of`.
        model, data, trust_model: as in `proof_of`.
        progress: called now and then.
    """
    try:
        proof = proof_of(
            fixed,
            confirm=confirm,
            model=model,
            data=data,
            trust_model=trust_model,
            progress=progress,
        )
    except HardexError as error:
        fixed = replace(fixed, notes=(*fixed.notes, f"It is not proved: {error}"))
        with suppress(OSError):
            fixed.save(fixed.folder)
        return fixed
    try:
        written(proof, fixed.folder / PROOF)
    except HardexError as error:  # the run keeps it, too
        fixed = replace(fixed, notes=(*fixed.notes, f"The proof is not kept here: {error}"))
    return replace(fixed, proof=proof)


def proof_of(
    fixed: Fixed,
    *,
    confirm: Data | None = None,
    model: Model | None = None,
    data: str | Path = "",
    trust_model: bool = False,
    progress: Progress = silent,
    prove: Callable[..., Any] = prove_models,
) -> Proof:
    """Whether the repaired model is better, and whether that is the remedy.

    Args:
        fixed: the fix.
        confirm: labelled images that nobody looked at; by default the sealed part of the run, of
            which a use is recorded.
        model, data: of the run, if they were moved.
        trust_model: whether models may run code of their own.
        progress: called now and then.
        prove: what proves.

    Raises:
        HardexError: nothing can be proved with these models.
    """

    def proved(target: str) -> Proof:
        found: Proof = prove(
            fixed.run,
            fixed.model,
            confirm=confirm,  # the training has left its images out by their pixels already
            placebo=fixed.paths(CONTROL),
            remedied=fixed.paths(REMEDIED)[1:],
            target=target,
            preprocess=fixed.preprocess,  # as it was trained: a doctor need not doubt it
            trust_model=trust_model,
            model=model,
            data=data,
            progress=progress,
        )
        return found

    try:
        return proved(fixed.target)
    except HardexError as error:
        if not fixed.target or "--target" not in str(error):
            raise
    return proved("")  # it cannot be planted on these images, which is no reason to prove nothing
