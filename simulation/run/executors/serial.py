"""Replications one after another in this process."""

from __future__ import annotations

from concurrent.futures import Future

from simulation.run.replicate import ReplicationResult, replicate
from simulation.study.study import Study


class SerialExecutor:
    """Runs each replication at once, in this process."""

    n_at_once = 1

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Run one replication now; its future is done."""
        future: Future[ReplicationResult] = Future()
        try:
            future.set_result(replicate(study, number))
        except Exception as error:  # given to whoever reads the future, as by every executor
            future.set_exception(error)
        return future

    def stop(self) -> None:
        """Nothing runs between calls."""

    def close(self) -> None:
        """There are no workers."""
