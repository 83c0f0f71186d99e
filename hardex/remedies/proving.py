"""A fix -> the proof whether it helped."""

from collections.abc import Callable
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
        written(proof, fixed.folder / PROOF)
    except HardexError as error:
        return replace(fixed, notes=(*fixed.notes, f"It is not proved: {error}"))
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
    found: Proof = prove(
        fixed.run,
        fixed.model,
        confirm=confirm,
        placebo=fixed.paths(CONTROL),
        remedied=fixed.paths(REMEDIED)[1:],
        # With a seal, the training has left these images out by their pixels already.
        train=None if confirm is None else fixed.train,
        target=fixed.target,
        preprocess=fixed.preprocess,  # as it was trained: a doctor need not doubt it
        trust_model=trust_model,
        model=model,
        data=data,
        progress=progress,
    )
    return found
