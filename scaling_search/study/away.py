"""What workers on other machines need of this one."""

from __future__ import annotations

from pathlib import Path

from scaling_search.execution import Away
from scaling_search.proxy import DataSettings
from scaling_search.study.settings import Conduct
from scaling_search.text_file import expanded
from scaling_search.trainers import Job, JobTravel


def away_from_here(own: bool, data: DataSettings, conduct: Conduct) -> Away[Job]:
    """own: whether modules of the working directory train, or build networks.

    Studies, images and pixel caches stay where they are.
    """
    experiments = expanded(conduct.experiments_dir, "experiments_dir")
    # Where the working directory is itself the folder of studies, what they share.
    left_out = [
        experiments,
        *(experiments / name for name in ("store.db", "runs", "checkpoints", "starts")),
    ]
    left_out += [data.cache_folder(), *([data.local_path()] if data.path else [])]
    return Away(JobTravel(), Path.cwd() if own else None, left_out)
