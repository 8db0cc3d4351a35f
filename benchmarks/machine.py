"""Where a benchmark ran: processor, cores, load, and the versions of what was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MEASURED = "qabot onnxruntime faiss-cpu tantivy tokenizers numpy sentence-transformers transformers torch".split()
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")


def describe() -> dict[str, Any]:
    """The machine as data; ``load`` is that of the minute before, and more than a core's worth spoils the times."""
    return {
        "cpu": _cpu_line("model name") or platform.processor() or platform.machine(),
        "flags": [flag for flag in _CPU_FLAGS if flag in _cpu_line("flags").split()],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in MEASURED},
    }


def as_text(machine: dict[str, Any]) -> str:
    """Three lines for a person."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if number)
    return (
        f"{machine['cpu']} ({' '.join(machine['flags'])}), {machine['cores']} cores, load {machine['load']}\n"
        f"{machine['system']}, Python {machine['python']}\n{versions}"
    )


def peak_bytes(status: Path = Path("/proc/self/status")) -> int:
    """The greatest resident memory that this process has had (elsewhere than on Linux by getrusage)."""
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _cpu_line(name: str) -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
