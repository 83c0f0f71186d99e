"""Where does my image classifier fail, why, and did my fix really help?

    import hardex

    run = hardex.rank("mnist_cnn", "mnist:test", out="runs/mine")
    run.hard.head()            # the hard examples, a data frame
    run.image(run.hard.id[0])  # the pixels of the first, an array

Every verb of the command line is a function of the same name here. `hardex.errors` is the module of
the exceptions, too, and can be called all the same; `hardex.analyze_errors` is its other name.
Importing hardex loads no other library: each name loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hardex.version import VERSION as __version__

if TYPE_CHECKING:
    from hardex import errors as errors
    from hardex.annotate.agreement import agreement as agreement
    from hardex.annotate.exchange import export_annotations as export_annotations
    from hardex.annotate.exchange import import_annotations as import_annotations
    from hardex.comparison.compare import compare as compare
    from hardex.comparison.table_files import read_comparison as read_comparison
    from hardex.diagnosis.diagnose import diagnose as diagnose
    from hardex.diagnosis.selftesting import selftest as selftest
    from hardex.error_analysis.analyze import analyze_errors as analyze_errors
    from hardex.errors import AccessError as AccessError
    from hardex.errors import ClassifierError as ClassifierError
    from hardex.errors import DatasetError as DatasetError
    from hardex.errors import HardexError as HardexError
    from hardex.errors import LinkOverError as LinkOverError
    from hardex.errors import LogError as LogError
    from hardex.errors import MisplacedError as MisplacedError
    from hardex.errors import RunError as RunError
    from hardex.errors import ServingError as ServingError
    from hardex.errors import StorageError as StorageError
    from hardex.errors import TrainingError as TrainingError
    from hardex.learning_curves.curve_doctor import CurveDoctor as CurveDoctor
    from hardex.learning_curves.data_size import data_curve as data_curve
    from hardex.learning_curves.judging import curves as curves
    from hardex.pipeline.check import check as check
    from hardex.pipeline.rank import rank as rank
    from hardex.probing.export import export_probes as export_probes
    from hardex.probing.replay import probes as probes
    from hardex.proof.prove import prove as prove
    from hardex.remedies.evaluation import clean_evaluation as clean_evaluation
    from hardex.remedies.fix import fix as fix
    from hardex.remedies.fixed import read_fix as read_fix
    from hardex.remedies.pool import more_like as more_like
    from hardex.remedies.suggest import suggest as suggest
    from hardex.reporting.exports.export import export as export
    from hardex.reporting.report import report as report
    from hardex.runs.run import Run as Run
    from hardex.runs.run import load as load
    from hardex.serving import demo as demo
    from hardex.serving import serve as serve

_HOMES = {
    "AccessError": "hardex.errors",
    "ClassifierError": "hardex.errors",
    "CurveDoctor": "hardex.learning_curves.curve_doctor",
    "DatasetError": "hardex.errors",
    "HardexError": "hardex.errors",
    "LinkOverError": "hardex.errors",
    "LogError": "hardex.errors",
    "MisplacedError": "hardex.errors",
    "Run": "hardex.runs.run",
    "RunError": "hardex.errors",
    "ServingError": "hardex.errors",
    "StorageError": "hardex.errors",
    "TrainingError": "hardex.errors",
    "agreement": "hardex.annotate.agreement",
    "analyze_errors": "hardex.error_analysis.analyze",
    "check": "hardex.pipeline.check",
    "clean_evaluation": "hardex.remedies.evaluation",
    "compare": "hardex.comparison.compare",
    "curves": "hardex.learning_curves.judging",
    "data_curve": "hardex.learning_curves.data_size",
    "demo": "hardex.serving",
    "diagnose": "hardex.diagnosis.diagnose",
    "export": "hardex.reporting.exports.export",
    "export_annotations": "hardex.annotate.exchange",
    "export_probes": "hardex.probing.export",
    "import_annotations": "hardex.annotate.exchange",
    "fix": "hardex.remedies.fix",
    "load": "hardex.runs.run",
    "more_like": "hardex.remedies.pool",
    "probes": "hardex.probing.replay",
    "prove": "hardex.proof.prove",
    "rank": "hardex.pipeline.rank",
    "read_fix": "hardex.remedies.fixed",
    "read_comparison": "hardex.comparison.table_files",
    "report": "hardex.reporting.report",
    "selftest": "hardex.diagnosis.selftesting",
    "serve": "hardex.serving",
    "suggest": "hardex.remedies.suggest",
}

__all__ = ["__version__", "errors", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "errors":  # the module of the exceptions, which can be called
        return import_module("hardex.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'hardex' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
