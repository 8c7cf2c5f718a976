"""Where replications run: in this process, in several processes of this machine, or on a cluster.

All keep one contract (`contract.Executor`): an executor takes a study and a replication's number, and gives a future.
Whatever differs between replications is computed where they run. `completed` drives any executor.

To add one: a class with what `contract.Executor` asks for, and a name in `EXECUTORS`.
"""

from simulation.run.executors.contract import Executor, ExecutorFailed, Failed, WorkerLost, completed
from simulation.run.executors.open import EXECUTORS, open_executor, processors

__all__ = [
    "EXECUTORS",
    "Executor",
    "ExecutorFailed",
    "Failed",
    "WorkerLost",
    "completed",
    "open_executor",
    "processors",
]
