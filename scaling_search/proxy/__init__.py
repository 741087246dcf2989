"""One training run: data, pixel cache, augmentation, recipe, train()."""

from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.recipe import Recipe
from scaling_search.proxy.result import RunStatus
from scaling_search.proxy.run import Job, Outcome, RunSpec, carry_out
from scaling_search.proxy.task import ProxyTask, TaskFacts, own_facts, proxy_task

__all__ = [
    "DataSettings",
    "Job",
    "Outcome",
    "ProxyTask",
    "Recipe",
    "RunSpec",
    "RunStatus",
    "TaskFacts",
    "carry_out",
    "own_facts",
    "proxy_task",
]
