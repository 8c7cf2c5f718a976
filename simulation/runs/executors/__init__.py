"""Where replications run: in this process, in several processes of this machine, or on a cluster.

All keep one contract (`executor.Executor`): an executor takes a study and a replication's number, and gives a future.
Whatever differs between replications is computed where they run. `completed` drives any executor.
"""
