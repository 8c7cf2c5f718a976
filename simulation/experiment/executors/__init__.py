"""Where replications run: in this process, in several processes of this machine, or on a cluster.

One contract for all of them (`contract.Executor`): it takes a study and a replication's number, and gives a future.
What differs between replications is made where they run. `completed` drives any of them.

To add an executor: a class with what `contract.Executor` asks for, a name in `EXECUTORS`.
"""

from simulation.experiment.executors.contract import Executor, ExecutorFailed, Failed, WorkerLost, completed
from simulation.experiment.executors.open import EXECUTORS, open_executor, processors

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
