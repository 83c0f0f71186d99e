"""Probabilities and labels in memory -> both lists, as `hardex.rank` makes them without images."""

from itertools import islice

import numpy as np

from hardex.arrays import Labels, Probabilities
from hardex.predict.predictions import from_probabilities
from hardex.ranking.adjusted import ClassConfidence
from hardex.ranking.lists import ListCandidates, Shortlists, needs_whole_set, scores_of
from hardex.ranking.order import Ranking, Rule, in_turn
from hardex.ranking.scored import ScoredPredictions


def both_lists(p: Probabilities, y: Labels, rule: Rule) -> dict[str, Ranking]:
    """`unsure` and `wrong`, checks included; only the scores that the rule names are computed."""
    k = p.shape[1]
    confidence = ClassConfidence.empty(k).update(p, y) if needs_whole_set(rule) else None
    functions, lists = scores_of(rule, confidence), Shortlists.empty(rule, k)
    for batch in from_probabilities(p, None, y):
        lists = lists.update(ScoredPredictions.of(batch, functions))
    return {name: _chosen(found, rule, k) for name, found in lists.result().items()}


def _chosen(found: ListCandidates, rule: Rule, k: int) -> Ranking:
    hardest, turns = found.hardest, rule.needed(k)
    order = in_turn(hardest, pool=rule.pool, turns=turns, refuse=None)
    rows = np.fromiter(islice(order, rule.total(k)), np.int64)
    return Ranking(hardest.positions[rows], hardest.scores[rows])
