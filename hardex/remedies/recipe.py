"""What is to be done about a model, as one value and as one file of YAML or JSON.

    augment:   {share: 0.5, rotation: [-45, 45], flip: true}
    balance:   {class_weights: true}
    clean:     {action: relabel, by: consensus, run: runs/train}
    collect:   {probes: true, folders: [new/]}
    adapt:     {statistics: new/, shares: new/}
    simple:    {network: lenet, examples: 10000}
    training:  {start: fine-tune, epochs: 10}
    reasons:   {augment: why, in a sentence}

Every part may be left out. A word that is not known is an error that names the nearest one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from hardex.bounded import json_of, read_bytes, why
from hardex.errors import HardexError
from hardex.remedies.words import meant
from hardex.training.augmentation import FIELDS, Amounts, Augmentation
from hardex.training.sampling import ALL, SAMPLINGS
from hardex.training.settings import LENET, NETWORKS, Training

SCHEMA = "hardex.recipe/1"
REMOVE, RELABEL = "remove", "relabel"
CONSENSUS, FINDINGS = "consensus", "findings"
EM, CONFUSION = "em", "confusion"
METHODS = (EM, CONFUSION)
_RECIPE_MOST = 2**20  # bytes
_REASON_MOST = 2_000  # characters

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Balance:
    """How classes of different sizes are made to count the same.

    Attributes:
        class_weights: whether examples of small classes count more.
        sampling: `oversample` or `undersample`; `all` for each example once.
        focal: exponent of the focal loss, which lets easy examples count less; 0 for none.
        logit_adjustment: how far the outputs are shifted by the logarithms of the class shares,
            after any training and without one; 1 is all the way, 0 is none.

    Source:
        Focal loss: Lin et al. 2017. Logit adjustment: Menon et al. 2021.
    """

    class_weights: bool = False
    sampling: str = ALL
    focal: float = 0.0
    logit_adjustment: float = 0.0

    def __post_init__(self) -> None:
        if self.sampling not in SAMPLINGS:
            raise HardexError(
                f"balance: sampling must be one of {', '.join(SAMPLINGS)}; received "
                f"{self.sampling!r}; {_end(meant(self.sampling, SAMPLINGS))}"
            )
        for name in ("focal", "logit_adjustment"):
            if not 0 <= getattr(self, name) <= 10:
                raise HardexError(
                    f"balance: {name} must be from 0 to 10; received {getattr(self, name):g}; 0 is "
                    "without it."
                )
        ways = [self.class_weights, self.sampling != ALL, self.logit_adjustment > 0]
        if sum(ways) > 1:
            raise HardexError(
                "balance: class_weights, sampling and logit_adjustment each make up for all of the "
                f"imbalance; received {sum(ways)} of them; keep one, focal may stand beside it."
            )

    @property
    def in_training(self) -> bool:
        """Whether it changes the training, not only what is done after it."""
        return self.class_weights or self.sampling != ALL or self.focal > 0


@dataclass(frozen=True, kw_only=True)
class Clean:
    """Which training examples are removed or relabelled.

    Attributes:
        action: `relabel` or `remove`.
        by: `consensus` of annotators, or confident `findings` that say mislabelled.
        run: a run over the training data, in which they were judged; "" for the run itself.
        confidence: least confidence of a finding; least share of the votes of a consensus.
        votes: least number of votes of a consensus.
    """

    action: str = RELABEL
    by: str = CONSENSUS
    run: str = ""
    confidence: float = 0.8
    votes: int = 2

    def __post_init__(self) -> None:
        for name, known in (("action", (RELABEL, REMOVE)), ("by", (CONSENSUS, FINDINGS))):
            value = getattr(self, name)
            if value not in known:
                raise HardexError(
                    f"clean: {name} must be {' or '.join(known)}; received {value!r}; "
                    f"{_end(meant(value, known))}"
                )
        if not 0 <= self.confidence <= 1 or self.votes < 1:
            raise HardexError(
                "clean: confidence must be from 0 to 1 and votes 1 or more; received "
                f"{self.confidence:g} and {self.votes}; try 0.8 and 2."
            )


@dataclass(frozen=True, kw_only=True)
class Collect:
    """Which images are added to the training data.

    Attributes:
        probes: whether the kept probes of the run that have an expected class are added, as they
            are after their transform.
        folders: data sets of new images with labels, named as DATA.
    """

    probes: bool = False
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Adapt:
    """How a trained model is corrected for new images, whose labels nobody knows.

    Attributes:
        statistics: images on which the means and deviations of batch normalisation are estimated
            anew; "" for none.
        shares: images among which the classes may have other shares than in the training, so that
            the outputs are corrected; "" for none.
        method: how the shares are estimated, `em` or `confusion`; see `hardex.remedies.shares`.

    Source:
        Statistics: Li et al., Revisiting Batch Normalization For Practical Domain Adaptation
        (2016).
    """

    statistics: str = ""
    shares: str = ""
    method: str = EM

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise HardexError(
                f"adapt: method must be {' or '.join(METHODS)}; received {self.method!r}; "
                f"{_end(meant(self.method, METHODS))}"
            )


@dataclass(frozen=True, kw_only=True)
class Simple:
    """A small network in place of the model, to see what little effort reaches.

    Attributes:
        network: one of `NETWORKS`: `lenet` has two convolutions, `hidden` one hidden layer.
        examples: how many training images it learns from at most, of each class its share.
    """

    network: str = LENET
    examples: int = 10_000

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise HardexError(
                f"simple: network must be {' or '.join(NETWORKS)}; received {self.network!r}; "
                f"{_end(meant(self.network, NETWORKS))}"
            )
        if self.examples < 2:
            raise HardexError(
                f"simple: examples must be 2 or more; received {self.examples}; try 10000."
            )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is to be done; parts that are None are not.

    Attributes:
        augment: transforms of the training images.
        balance, clean, collect, adapt, simple: see there.
        training: how the model is trained, with and without the remedies.
        reasons: for each part why it is there, a sentence.

    Example:
        >>> Recipe(augment=Augmentation((Amounts.up_to("rotation", 30),))).parts
        ('augment',)
    """

    augment: Augmentation | None = None
    balance: Balance | None = None
    clean: Clean | None = None
    collect: Collect | None = None
    adapt: Adapt | None = None
    simple: Simple | None = None
    training: Training = field(default_factory=Training)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, nothing in (("balance", Balance()), ("collect", Collect()), ("adapt", Adapt())):
            if getattr(self, name) == nothing:
                raise HardexError(
                    f"{name} in a recipe must say what is done; it does nothing; give it one of "
                    f"{', '.join(one.name for one in fields(nothing))}, or leave it out."
                )
        balance = self.balance or Balance()
        balances = balance.class_weights or balance.sampling != ALL or balance.logit_adjustment > 0
        if balances and self.adapt is not None and self.adapt.shares:
            raise HardexError(
                "adapt: shares corrects for the shares of the classes in the training; balance "
                "changes these, too; keep one of them."
            )
        if self.simple is not None and (self.clean is not None or self.collect is not None):
            other = "clean" if self.clean is not None else "collect"
            raise HardexError(
                f"simple learns from a part of the data, so {other} would change only that part; "
                f"make the two fixes one after the other."
            )

    @property
    def parts(self) -> tuple[str, ...]:
        """The remedies in it."""
        return tuple(name for name in REMEDIES if getattr(self, name) is not None)

    @property
    def trains(self) -> bool:
        """Whether the remedies need a training."""
        others = set(self.parts) - {"balance", "adapt"}
        return bool(others) or (self.balance is not None and self.balance.in_training)

    @property
    def shift(self) -> float:
        """How far the outputs are shifted by the shares of the classes; 0 for not at all."""
        return 0.0 if self.balance is None else self.balance.logit_adjustment

    @property
    def finishes(self) -> bool:
        """Whether anything is done to trained models."""
        return self.shift > 0 or self.adapt is not None

    def as_plain(self) -> dict[str, Any]:
        """The values of a file; `recipe_of` reads them again."""
        found: dict[str, Any] = {"schema": SCHEMA}
        if self.augment is not None:
            found["augment"] = _augment_as_plain(self.augment)
        for name in REMEDIES[1:]:
            part = getattr(self, name)
            if part is not None:
                found[name] = {
                    one.name: _plain(getattr(part, one.name))
                    for one in fields(part)
                    if getattr(part, one.name) != one.default
                }
        found["training"] = {
            one.name: getattr(self.training, one.name)
            for one in fields(Training)
            if getattr(self.training, one.name) is not None
        }
        if self.reasons:
            found["reasons"] = dict(self.reasons)
        return found


REMEDIES = ("augment", "balance", "clean", "collect", "adapt", "simple")
_WORDS = ("schema", *REMEDIES, "training", "reasons")


def read_recipe(path: str | Path) -> Recipe:
    """The recipe in a file of YAML or JSON.

    Raises:
        HardexError: it cannot be read, or is none.
    """
    place = Path(path).expanduser()
    try:
        text = read_bytes(place, _RECIPE_MOST).decode("utf-8-sig")
        if place.suffix.lower() == ".json":
            values = json_of(text)
        else:
            from hardex.remedies.yaml_text import values_of

            values = values_of(text)
    except (OSError, ValueError) as error:
        raise HardexError(
            f"a recipe must be a file of YAML or JSON; {place} cannot be read ({why(error)}); "
            "check the path, or write one with hardex fix RUN --suggest."
        ) from error
    return recipe_of(values, str(place))


def recipe_of(values: Any, source: str = "the recipe") -> Recipe:
    """The recipe of plain values, as `Recipe.as_plain` gives them.

    Args:
        values: a mapping.
        source: where they are from, for the error.

    Raises:
        HardexError: a word is unknown, or a value is not one of those possible.

    Example:
        >>> recipe_of({"augment": {"rotaton": 30}})
        Traceback (most recent call last):
        hardex.errors.HardexError: augment in the recipe must have the words share, rotation, \
shift, scale, shear, contrast, inversion, blur, noise, stroke, flip; received 'rotaton'; did you \
mean 'rotation'?
    """
    values = {} if values is None else values
    found = _mapping(values, _WORDS, "a recipe", source)
    if found.get("schema", SCHEMA) != SCHEMA:
        raise HardexError(
            f"a recipe must have the schema {SCHEMA}; {source} has "
            f"{str(found['schema'])[:40]!r}; install a newer hardex, or leave it out."
        )
    reasons = _mapping(found.get("reasons") or {}, _WORDS, "reasons", source)
    return Recipe(
        augment=None if found.get("augment") is None else _augment_of(found["augment"], source),
        balance=_part(Balance, found, "balance", source),
        clean=_part(Clean, found, "clean", source),
        collect=_part(Collect, found, "collect", source),
        adapt=_part(Adapt, found, "adapt", source),
        simple=_part(Simple, found, "simple", source),
        training=_part(Training, found, "training", source) or Training(),
        reasons={name: str(text)[:_REASON_MOST] for name, text in reasons.items()},
    )


def recipe_text(recipe: Recipe, *, as_json: bool = False) -> str:
    """The recipe as a file."""
    if as_json:
        return json.dumps(recipe.as_plain(), indent=2, ensure_ascii=False) + "\n"
    from hardex.remedies.yaml_text import text_of

    return text_of(recipe.as_plain())


def amounts_of(typed: str) -> Amounts:
    """`rotation=45`, `scale=0.7:1.3`, `shift=-3:3,0:2` or `flip` -> how much is done.

    Raises:
        HardexError: it has another form, or names no transform.

    Example:
        >>> amounts_of("rotation=-10:45").ranges, amounts_of("flip").ranges
        (((-10.0, 45.0),), ())
    """
    name, equals, text = typed.partition("=")
    if name not in FIELDS:
        advice = meant(name, tuple(FIELDS))
        raise HardexError(
            f"--augment must name one of {', '.join(FIELDS)}; received {name[:40]!r}; "
            f"{_end(advice)}"
        )
    try:
        if not equals:
            return Amounts(name)
        parts = [tuple(map(float, part.split(":"))) for part in text.split(",")]
    except ValueError as error:
        if isinstance(error, HardexError):
            raise
        raise HardexError(
            "--augment must be NAME=AMOUNT or NAME=LEAST:MOST; received "
            f"{typed!r}; write for example rotation=45 or scale=0.7:1.3."
        ) from error
    return _amounts(name, [list(part) for part in parts], "--augment")


def _augment_of(values: Any, source: str) -> Augmentation:
    found = _mapping(values, ("share", *FIELDS), "augment", source)
    share = found.pop("share", Augmentation.share)
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise _other_type("augment", "share", "a number", share, source)
    amounts = []
    for name, value in found.items():
        if value is False:
            continue
        if value is True:
            amounts.append(Amounts(name))
        else:
            amounts.append(_amounts(name, _parts(name, value, source), source))
    if not amounts:
        raise HardexError(
            f"augment must name a transform or more; {source} names none; add one, such as "
            "rotation: [-45, 45], or leave augment out."
        )
    return Augmentation(tuple(amounts), float(share))


def _parts(name: str, value: Any, source: str) -> list[list[float]]:
    """45, [-45, 45] or [[-3, 3], [0, 2]] -> a list of one or two numbers each."""
    several = isinstance(value, list) and all(isinstance(one, list) for one in value)
    parts = value if several else [value if isinstance(value, list) else [value]]
    for part in parts:
        for number in part:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise _other_type("augment", name, "an amount or [least, most]", value, source)
    return [list(map(float, part)) for part in parts]


def _amounts(name: str, parts: Sequence[Sequence[float]], source: str) -> Amounts:
    if not all(1 <= len(part) <= 2 and all(map(isfinite, part)) for part in parts):
        raise HardexError(
            f"{name} in {source} must be one amount, or the least and the most; received "
            f"{parts}; write for example rotation: [-45, 45]."
        )
    if len(parts) == 1 and len(parts[0]) == 1 and FIELDS[name]:
        return Amounts.up_to(name, parts[0][0])
    ranges = [(part[0], part[-1]) if len(part) == 2 else (part[0], part[0]) for part in parts]
    if name == "shift" and len(ranges) == 1:  # to all sides
        ranges *= 2
    return Amounts(name, tuple(ranges))


def _augment_as_plain(augment: Augmentation) -> dict[str, Any]:
    found: dict[str, Any] = {"share": augment.share}
    for one in augment.amounts:
        ranges = [list(ends) for ends in one.ranges]
        found[one.name] = True if not ranges else ranges[0] if len(ranges) == 1 else ranges
    return found


def _mapping(values: Any, words: Sequence[str], what: str, source: str) -> dict[str, Any]:
    """The values by name.

    Raises:
        HardexError: there are none, or a name is not one of the words.
    """
    where = what if what == "a recipe" else f"{what} in {source}"
    if not isinstance(values, dict):
        raise HardexError(
            f"{where} must be words with values; received {str(values)[:40]!r}; write for example "
            "augment: {rotation: 45}."
        )
    unknown = [str(name) for name in values if name not in words]
    if unknown:
        advice = meant(unknown[0], words)
        inside = f" in {source}" if what == "a recipe" else ""
        raise HardexError(
            f"{where} must have the words {', '.join(words)}; received {unknown[0][:40]!r}{inside}"
            f"{f' and {len(unknown) - 1} more' if len(unknown) > 1 else ''}; "
            f"{_end(advice)}"
        )
    return dict(values)


def _part(kind: type[T], found: Mapping[str, Any], name: str, source: str) -> T | None:
    """One part of a recipe as its dataclass; None if it is not there."""
    if found.get(name) is None:
        return None
    types = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    values = _mapping(found[name], tuple(types), name, source)
    return kind(**{it: _typed(name, types[it], value, source) for it, value in values.items()})


def _typed(part: str, one: Any, value: Any, source: str) -> Any:
    """A value in the type of its attribute.

    Raises:
        HardexError: it is of another type.
    """
    default = one.default if one.default is not MISSING else None
    if isinstance(default, bool):
        fine, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        fine, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif isinstance(default, float) or default is None:
        value = _number(value)
        fine, wanted = isinstance(value, float) or (value is None and default is None), "a number"
    elif isinstance(default, tuple):
        fine = isinstance(value, list) and all(isinstance(it, str) for it in value)
        wanted, value = "a list of texts", tuple(value) if fine else value
    else:
        fine, wanted = isinstance(value, str), "a text"
    if not fine:
        raise _other_type(part, one.name, wanted, value, source)
    return value


def _number(value: Any) -> Any:
    """A number as a decimal; also 1e-3, which YAML reads as a text."""
    if isinstance(value, bool):
        return value
    try:
        return float(value) if isinstance(value, int | float | str) else value
    except ValueError:
        return value


def _end(advice: str) -> str:
    return advice if advice.endswith("?") else f"{advice}."


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _other_type(part: str, name: str, wanted: str, value: Any, source: str) -> HardexError:
    return HardexError(
        f"{part}: {name} must be {wanted}; {source} has {str(value)[:40]!r}; write such a value."
    )
