"""TensorBoard: a folder of event files for each run, and its table of hyperparameters.

Written with TensorBoard's own package, not through torch, which a driver does not import.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.text import metadata as text
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from scaling_search.tracking.tracker import Parameter, TrackedRun, Tracker

_STATUS = {"finished": api_pb2.STATUS_SUCCESS, "stopped": api_pb2.STATUS_RUNNING}


class TensorBoardFiles(Tracker):
    """`tensorboard --logdir FOLDER`, or a folder above it, shows them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, EventFileWriter] = {}

    def begin(self, run: TrackedRun, there: str) -> str:
        name = there or run.name
        self._writers[name] = EventFileWriter(str(self._folder / name))
        if not there:
            start = plugin_data_pb2.SessionStartInfo(group_name=name, start_time_secs=time.time())
            for key, value in run.parameters.items():
                _set(start, key, value)
            data = plugin_data_pb2.HParamsPluginData(session_start_info=start)
            self._add(name, _session(hparams.SESSION_START_INFO_TAG, data))
        return name

    def point(self, there: str, epoch: int, values: Mapping[str, float]) -> None:
        self._add(there, *_scalars(values), step=epoch)

    def end(self, there: str, epoch: int, status: str, results: Mapping[str, float]) -> None:
        self._add(there, *_scalars(results), step=epoch)
        if status != "stopped":
            end = plugin_data_pb2.SessionEndInfo(
                status=_STATUS.get(status, api_pb2.STATUS_FAILURE), end_time_secs=time.time()
            )
            data = plugin_data_pb2.HParamsPluginData(session_end_info=end)
            self._add(there, _session(hparams.SESSION_END_INFO_TAG, data))
        self._writers.pop(there).close()

    def report(self, study: str, files: Sequence[Path]) -> None:
        """It keeps no files: the text of report.md, among its texts."""
        writer = self._writers["report"] = EventFileWriter(str(self._folder / "report"))
        for file in (file for file in files if file.suffix == ".md"):
            shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
            tensor = TensorProto(
                dtype=DT_STRING, tensor_shape=shape, string_val=[file.read_bytes()]
            )
            kind = text.create_summary_metadata(file.stem, "")
            self._add("report", Summary.Value(tag=file.stem, metadata=kind, tensor=tensor))
        writer.close()

    def _add(self, there: str, *values: Summary.Value, step: int = 0) -> None:
        event = Event(wall_time=time.time(), step=step, summary=Summary(value=values))
        self._writers[there].add_event(event)
        # So that people see it now, and an error of the disk is heard here.
        self._writers[there].flush()


def _scalars(values: Mapping[str, float]) -> list[Summary.Value]:
    return [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]


def _set(start: plugin_data_pb2.SessionStartInfo, name: str, value: Parameter) -> None:
    if isinstance(value, str):
        start.hparams[name].string_value = value
    else:
        start.hparams[name].number_value = value


def _session(tag: str, data: plugin_data_pb2.HParamsPluginData) -> Summary.Value:
    data.version = hparams.PLUGIN_DATA_VERSION
    kind = SummaryMetadata.PluginData(
        plugin_name=hparams.PLUGIN_NAME, content=data.SerializeToString()
    )
    empty = TensorProto(dtype=hparams.NULL_TENSOR.dtype)
    empty.CopyFrom(hparams.NULL_TENSOR)
    return Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=kind), tensor=empty)
