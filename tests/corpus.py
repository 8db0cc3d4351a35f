"""Small corpora for tests: a root folder with seeds/ as given."""

from pathlib import Path

from qabot.config import Config

SEED = Path(__file__).parent.parent / "seeds" / "000_6cf532a91651e651.txt"


def make_root(folder: Path, files: dict[str, str | bytes], toml: str = "") -> Config:
    """Write files under ``folder/seeds`` and the configuration beside it, and load that."""
    for name, content in files.items():
        path = folder / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    (folder / "seeds").mkdir(exist_ok=True)
    if toml:
        (folder / "qabot.toml").write_text(toml, encoding="utf-8")
    return Config.load(folder, environ={})
