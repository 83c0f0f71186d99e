"""What the rules about curves ask for.

Set on trainings with planted faults (`benchmarks/curves.py`), and reported on data and
architectures held out whole.
"""

SURE = 3.0  # deviations of the noise
MOST_LOSS = 16.2  # of one example; Keras takes no probability below 1e-7
SMOOTHED = 1.2  # the most that label smoothing of 0.1 leaves of the loss, for 1,000 classes
FEWEST = 3  # rows needed before a shape is judged
FEW_EXAMPLES = 100  # of validation
MAYBE_ONE_CLASS = 0.75  # accuracy, up to which a class may well have this share
MAYBE_CHANCE = 0.5  # accuracy, above which standing still alone is no failure
STUCK_GAIN = 0.02  # of accuracy
STUCK_DROP = 0.02  # relative, of the loss
JUMP = 0.2  # of the loss, from one row to the next
JUMPS = 0.15  # share of the rows that rise so much
RISES = 0.1  # of the level, that the rises make for each row
RISES_OF_FALL = 0.01  # of the whole fall, that the rises make for each row
TURNS = 0.9  # of the rows, that turn where two states take turns; of jitter, two thirds do
NO_LOSS = 0.02  # below which a loss jumps, and no answer changes
VAL_DROP = 0.15  # of the validation accuracy, from one row to the next
WAITS = 0.03  # of the whole fall, that a loss falls at most while it waits
LOW = 0.6  # accuracy, below which a training at rest fits too little, whatever the task
PACE = 0.015  # of the loss for each row, below which a training is slow
LEARNS_SOMETHING = 0.3  # fall of the loss after its first row
MANY_EXAMPLES = 500  # of validation, of which the same share again and again is no chance
LEARNS = 0.15  # gain of accuracy, with which a slow training is given time unless it goes straight
RESTS = 1 / 3  # of its first pace, at which a loss still falls that has come to rest
NO_GAIN = 0.03  # of accuracy, over the whole training
GOOD = 0.9  # accuracy, above which a flat curve is no failure
