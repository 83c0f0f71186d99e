"""Every endpoint through the client that users have."""

import base64
import io
import json
import urllib.request
import zipfile

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from hardex.data.dataset import ArrayDataset
from hardex.images import as_png
from hardex.predict.neighbours import build
from hardex.probing.saved_probes import kept_probes
from hardex_app import browsing, probing
from hardex_app.background import Status
from hardex_app.cards import overview_with_pictures
from hardex_app.workspace import Workspace

from .fake_runs import serving, small_run

ONE = {"kind": "example", "id": "1"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    run, classifier = small_run(tmp_path_factory.mktemp("run"), input_shape=(6, 6, 1))
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier, workspace.status = classifier, Status("ready")
    images = np.stack([run.image(str(number)) for number in range(9)])
    workspace.neighbours = build(ArrayDataset.of(images, np.arange(9) % 3), None)
    return workspace


@pytest.fixture(scope="module")
def address(workspace):
    with serving(workspace) as served:
        yield served.url


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


def same(told, expected):
    """Equal once both are JSON."""
    assert told == json.loads(json.dumps(expected))


def test_every_endpoint_has_a_name_and_a_description(client):
    info = client.view_api(return_format="dict", print_info=False)
    assert set(info["named_endpoints"]) == {
        "/status", "/overview", "/embedding_map", "/filters", "/browse", "/example", "/image",
        "/neighbours", "/causes", "/curves", "/compare", "/compared_examples", "/suggested_recipe",
        "/fix_state", "/proofs",
        "/probe", "/curve", "/smallest", "/take", "/keep_probe", "/kept_probes", "/export_probes",
        "/judge", "/next_example", "/annotate", "/undo", "/progress",
    }  # fmt: skip
    assert info["unnamed_endpoints"] == {}
    for endpoint in info["named_endpoints"].values():
        assert len(endpoint["description"]) > 20


def test_openapi_knows_them_too(address):
    with urllib.request.urlopen(address + "gradio_api/openapi.json", timeout=30) as response:
        paths = json.load(response)["paths"]
    assert any(path.endswith("/browse") for path in paths)


def test_the_run_can_be_asked(client, workspace):
    run = workspace.run
    same(client.predict(api_name="/overview"), overview_with_pictures(run))
    same(client.predict(api_name="/filters"), browsing.facts(run))
    words = {"list": "all", "given": "1", "sort": "loss"}
    same(client.predict(words, api_name="/browse"), browsing.browse(words, run))
    same(client.predict("3", api_name="/example"), browsing.example("3", run))
    same(client.predict("3", api_name="/image"), browsing.image("3", run))
    near = client.predict("3", api_name="/neighbours")
    same(near, browsing.neighbours("3", run, workspace.neighbours))
    assert client.predict(api_name="/status")["stage"] == "ready"


def test_the_model_can_be_asked(client, workspace):
    run, classifier = workspace.run, workspace.classifier
    turned = {"source": ONE, "transform": {"rotation": 30}}
    told = client.predict(ONE, {"rotation": 30}, api_name="/probe")
    same(told, probing.probe(turned, run, classifier))
    told = client.predict(ONE, {}, "scale", api_name="/curve")
    same(told, probing.curve({"source": ONE, "transform": {}, "along": "scale"}, run, classifier))
    told = client.predict(ONE, api_name="/smallest")
    same(told, probing.smallest({"source": ONE}, run, classifier))


def test_a_drawing_and_a_file_can_be_probed(client):
    drawn = {"kind": "sketch", "strokes": [[[40, 40], [200, 200]]]}
    assert client.predict(drawn, {}, api_name="/probe")["before"]["shape"] == [6, 6, 1]
    file = base64.b64encode(as_png(np.full((9, 9, 3), 200, np.uint8))).decode()
    taken = client.predict(file, api_name="/take")
    picture = {"kind": "image", "pixels": taken["pixels"], "shape": taken["shape"]}
    assert client.predict(picture, {}, api_name="/probe")["before"]["shape"] == [6, 6, 1]


def test_a_verdict_is_stored(client, workspace):
    assert "2" not in workspace.desk.queue._gold
    lines = client.predict("2", "wrong", "1", "looks odd", api_name="/judge")
    assert lines[-1].endswith("owner: mislabelled, it is 1: looks odd")
    event = workspace.run.annotations.all()[-1]
    assert (event.id, event.verdict, event.comment) == ("2", "wrong", "looks odd")
    assert workspace.desk.queue._gold["2"] == "1"  # at once


def test_a_program_can_judge_as_an_annotator_does(client, workspace):
    (example,) = client.predict(api_name="/next_example")["examples"]
    assert client.predict(api_name="/next_example")["examples"] == [example]
    before = client.predict(api_name="/progress")
    sent = [example["ticket"], "1", "", "odd", 2.5, "0b8f7d0e-8f64-4f0b-9a3f-1d2f5f0f7a10"]
    told = client.predict(*sent, api_name="/annotate")
    assert client.predict(*sent, api_name="/annotate") == told  # stored once
    event = workspace.run.annotations.all()[-1]
    assert (event.said, event.shown, event.comment) == ("1", "blind", "odd")
    assert told["given"] == workspace.run.given_label(event.id)
    assert client.predict(api_name="/progress")["done"] == before["done"] + 1
    client.predict(example["ticket"], told["event_id"], api_name="/undo")
    assert client.predict(api_name="/progress") == before
    with pytest.raises(AppError, match="one that you were given"):
        client.predict(event.id, "1", api_name="/annotate")


def test_a_probe_is_kept_listed_and_exported(client, workspace):
    kept = client.predict(ONE, {"rotation": 30}, "turned", "1", "a note", api_name="/keep_probe")
    (probe,), problems = kept_probes(workspace.run.folder)
    assert (probe.probe_id, probe.name, probe.expected, problems) == (kept, "turned", "1", [])
    assert probe.annotator == "owner" and probe.transform == {"rotation": 30}
    listed = client.predict(api_name="/kept_probes")["probes"]
    assert [one["id"] for one in listed] == [kept]
    data = base64.b64decode(client.predict(api_name="/export_probes")["zip"])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert any(name.endswith("metadata.csv") for name in file.namelist())


@pytest.mark.parametrize(
    ("endpoint", "values", "says"),
    [
        ("/example", ["nobody"], "none has the id 'nobody'"),
        ("/browse", [{"given": "dog"}], "class of a view must be one of"),
        ("/browse", [["all"]], "filters must be values by name"),
        ("/probe", [{"kind": "example", "id": "nobody"}, {}], "none has the id"),
        ("/probe", [ONE, {"rotation": "much"}], "rotation"),
        ("/curve", [ONE, {}, "colour"], "colour"),
        ("/judge", ["1", "superb"], "a verdict must be one of"),
        ("/take", ["no file"], "base64"),
    ],
)
def test_a_refusal_is_one_sentence(client, endpoint, values, says):
    with pytest.raises(AppError, match=says):
        client.predict(*values, api_name=endpoint)


def test_before_the_run_is_ready_every_endpoint_says_so(tmp_path):
    waiting = Workspace(lambda workspace: None)
    waiting.status = Status("ranking", 1, 2)

    with serving(waiting) as served:
        client = Client(served.url, verbose=False)
        assert client.predict(api_name="/status")["done"] == 1
        for endpoint, values in (("/overview", []), ("/browse", [{}]), ("/probe", [ONE, {}])):
            with pytest.raises(AppError, match=r"not ready yet \(ranking\)"):
                client.predict(*values, api_name=endpoint)
