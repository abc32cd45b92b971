"""Measure the processor time of a request: that of the processes that answer it and that of Postgres."""

import psutil

from scripts.benchmarks.ground import Ground, Program


class Cpu:
    """The processor time that some programs and Postgres use between two moments.

    A process that ends meanwhile is not counted; the connections of what is measured stay open.
    """

    def __init__(self, ground: Ground, programs: list[Program]) -> None:
        pid = ground.server.pid
        assert pid is not None
        self._postgres = psutil.Process(pid)
        self._programs = [program.process for program in programs]
        self._began = self._used()

    def per_request(self, answers: int) -> tuple[float, float]:
        """Return the µs per answer since the object was made: the programs' and Postgres'."""
        now = self._used()
        programs, postgres = (
            sum(used - self._began[which].get(pid, 0.0) for pid, used in now[which].items()) for which in (0, 1)
        )
        return programs / answers * 1e6, postgres / answers * 1e6

    def _used(self) -> tuple[dict[int, float], dict[int, float]]:
        """Return the seconds that each process has used so far, by its id: of the programs and of Postgres."""
        programs = {pid: used for program in self._programs for pid, used in _used_in_tree(program).items()}
        return programs, _used_in_tree(self._postgres)


def _used_in_tree(root: psutil.Process) -> dict[int, float]:
    used = {}
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used[process.pid] = times.user + times.system
    return used
