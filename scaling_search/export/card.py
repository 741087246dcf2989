"""config.json and README.md: what the exported network is, reaches, expects and comes from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from typing import Any

from scaling_search.baselines import MACS, FamilyMember
from scaling_search.export.member import Chosen
from scaling_search.export.model_source import network_name
from scaling_search.export.weights import Weights
from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.metric import Metric
from scaling_search.proxy.exported import MADE_BY
from scaling_search.study.files.environment_json import read_environment
from scaling_search.study.starts import start_phrase
from scaling_search.text_file import one_line
from scaling_search.wording import capital, percent

#: What the built-in training gives a network.
_PIXELS = {
    "of": "bytes, 0 to 255",
    "mean": 127.5,
    "std": 64.0,
    "resampling": "the central square, averaged over areas",
}


def _costs(member: FamilyMember) -> list[tuple[str, str]]:
    """Multiply-adds, and what else the study's budget is counted in."""
    quantity, ratio = member.baseline.quantity, f"({member.cost_ratio:.3f} times the baseline's)"
    macs = f"{member.cost.macs:,}"
    if quantity == MACS:
        return [("multiply-adds", f"{macs} {ratio}")]
    return [("multiply-adds", macs), (quantity.what, f"{quantity.text(member.amount)} {ratio}")]


def _coefficients(chosen: Chosen) -> dict[str, Any]:
    """Those that scale the baseline; where the shares change with size, the study they are of."""
    family = chosen.study.definition.settings.family
    return {"curve_from": family.curve_from} if family.curve else vars(chosen.coefficients)


def _scaled_by(chosen: Chosen) -> tuple[str, str]:
    family, c = chosen.study.definition.settings.family, chosen.coefficients
    if family.curve:
        return "scaled by", family.follows
    return "coefficients", f"α = {c.alpha:.4g}, β = {c.beta:.4g}, γ = {c.gamma:.4g}"


def config(chosen: Chosen, weights: Weights | str, data_license: str) -> dict[str, Any]:
    """What config.json holds."""
    member, facts = chosen.member, chosen.study.definition.facts
    cost, metric = member.cost, chosen.study.definition.metric
    return {
        "made_by": MADE_BY,
        "name": chosen.name,
        "network": network_name(member.baseline.name),
        "architecture": asdict(chosen.architecture),
        "input": {
            "resolution": member.resolution,
            "channels": chosen.architecture.in_channels,
            **(_PIXELS if not chosen.study.definition.settings.trainer.own else {}),
        },
        "coefficients": {**_coefficients(chosen), "phi": chosen.phi},
        "multipliers": {
            "depth": member.depth_mult,
            "width": member.width_mult,
            "resolution": member.resolution_mult,
        },
        "cost": {**vars(cost), "cost_ratio": member.cost_ratio},
        "error": {
            "metric": metric.error_on(_part(chosen)),
            "level": LEVEL,
            "measured": chosen.measured and _known(chosen.measured),
            "runs": len(chosen.runs),
            "forecast": chosen.forecast
            if isinstance(chosen.forecast, str)
            else _known(chosen.forecast),
        },
        "weights": None if isinstance(weights, str) else _of_weights(weights),
        "study": {
            "name": chosen.study.folder.resolve().name,
            "baseline": member.baseline.name,
            "data": facts.name,
            "data_identity": facts.identity,
            "data_license": data_license or None,
            "start": chosen.study.definition.settings.recipe.start or None,
            "sha256": {name: _sha256(chosen, name) for name in ("study.yaml", "runs.csv")},
            **_made_with(chosen),
        },
    }


def card(chosen: Chosen, weights: Weights | str, data_license: str, onnx: float | None) -> str:
    """The text of README.md. onnx: the largest difference of its logits; None without model.onnx"""
    member, definition = chosen.member, chosen.study.definition
    cost, facts = member.cost, definition.facts
    baseline, name = member.baseline.name, network_name(member.baseline.name)
    side, channels = member.resolution, chosen.architecture.in_channels
    trained = not isinstance(weights, str)
    use = "load()  # its weights, in evaluation mode" if trained else f"{name}()  # fresh weights"
    digests = ", ".join(f"{n} `{_sha256(chosen, n)[:16]}`" for n in ("study.yaml", "runs.csv"))
    made = ", ".join(f"{what} {version}" for what, version in _made_with(chosen).items())
    size = f"{side} x {side} px"
    rows = [
        ("baseline", baseline),
        _scaled_by(chosen),
        ("φ", f"{chosen.phi:.4g}"),
        ("depth", f"x{member.depth_mult:.3f}, {sum(chosen.architecture.repeats)} blocks"),
        ("width", f"x{member.width_mult:.3f}"),
        ("resolution", f"x{member.resolution_mult:.3f}, {size}"),
        *_costs(member),
        ("parameters", f"{cost.params:,}"),
        ("activations", f"{cost.activations:,}"),
    ]
    table = "\n".join(["| | |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])
    onnx_text = ""
    if onnx is not None:
        onnx_text = (
            f"\n`model.onnx`{'' if trained else ', with fresh weights,'} takes normalised images, "
            f"(batch, {channels}, {side}, {side}); its logits agree with torch's to {onnx:.1g}.\n"
        )
    return f"""# {chosen.name}

{baseline} with {member.cost_ratio:.3g} times the multiply-adds, by compound scaling at φ = \
{chosen.phi:.4g}. `model.py` needs torch and nothing else.

```python
from model import {"load" if trained else name}, normalise

network = {use}
logits = network(normalise(images))  # images: (B, {channels}, {side}, {side}) bytes
```

Where timm is installed, `import timm_entry` lets `timm.create_model("{chosen.name}")` find it.
{onnx_text}
## Network

{table}

Multiply-adds are those of convolutions and linear layers, which the EfficientNet paper prints as
FLOPs.

## Error

{_errors(chosen)}

{chosen.answer} That holds for the study's data, its recipe and one split of them.

## Weights

{weights if isinstance(weights, str) else _weights_text(chosen, weights)}

## Images

{_images(chosen)}

## Where it comes from

- Study: {_code(chosen.study.folder.resolve().name)} ({digests}; SHA-256), {made}.
- Data: {_code(facts.name)}, content `{facts.identity}`, {facts.num_classes:,} classes.
- License of the data: {_code(data_license) if data_license else "not stated"}.
"""


def _errors(chosen: Chosen) -> str:
    metric, part = chosen.study.definition.metric, _part(chosen)
    what, sentences = capital(metric.error_on(part)), []
    if chosen.measured is not None:
        runs = [metric.text(e) for one in chosen.runs if (e := chosen.judged(one)) is not None]
        interval = _interval(chosen.measured, metric)
        of = f"the mean of {len(runs)} runs ({', '.join(runs)})" if len(runs) > 1 else "one run"
        sentences.append(f"{what}, measured: {metric.text(chosen.measured.value)}{interval}, {of}.")
    if isinstance(chosen.forecast, str):
        sentences.append(f"There is no forecast: {chosen.forecast}.")
    else:
        told = f"{metric.text(chosen.forecast.value)}{_interval(chosen.forecast, metric)}"
        law = "The law of all trained sizes says"
        sentences.append(f"{law if sentences else f'{what}, forecast, not measured:'} {told}.")
    if chosen.above_native:
        native = chosen.study.definition.facts.largest_resolution
        sentences.append(
            f"The study's images have {native} px, fewer than the network asks for: no forecast "
            "holds for images that are enlarged."
        )
    if start := chosen.study.definition.settings.recipe.start:
        sentences.append(f"Trainings of the study start from weights: {start_phrase(start)}.")
    return " ".join(sentences)


def _images(chosen: Chosen) -> str:
    side, channels = chosen.member.resolution, chosen.architecture.in_channels
    if chosen.study.definition.settings.trainer.own:
        return (
            f"{channels} x {side} x {side}. The study's trainings are the user's own: what they "
            "make of pixels is theirs to say, and `normalise` need not be it."
        )
    return (
        f"{channels} channel{'s' * (channels > 1)} of bytes: the central square of an image, "
        f"averaged over areas to {side} x {side} px; `normalise` makes (x - 127.5) / 64 of them."
    )


def _interval(known: Interval, metric: Metric) -> str:
    if not known.low < known.high:
        return ""
    return f" ({percent(LEVEL, 0)} interval {metric.between(known.low, known.high)}{metric.unit})"


def _weights_text(chosen: Chosen, weights: Weights) -> str:
    metric, row = chosen.study.definition.metric, weights.trained.row
    test = ""
    if row.test_error is not None:
        test = f", {metric.error_on('test')} {metric.text(row.test_error)}"
    averaged = chosen.study.definition.settings.recipe.ema_horizon
    return (
        f"`weights.safetensors` are those of run `{row.run}`, seed {row.seed}: "
        f"{metric.error_on('val')} {metric.text(row.val_error or 0.0)}{test}; {weights.how}. "
        + ("They are the averaged weights, which were evaluated. " if averaged else "")
        + "The file holds tensors alone: nothing in it can be run."
    )


def _of_weights(weights: Weights) -> dict[str, Any]:
    row = weights.trained.row
    return {
        "file": "weights.safetensors",
        "run": row.run,
        "seed": row.seed,
        "val_error": row.val_error,
        "test_error": row.test_error,
        "how": weights.how,
    }


def _known(interval: Interval) -> dict[str, float | None]:
    named = interval.named("value")
    return {name: number if number == number else None for name, number in named.items()}


def _part(chosen: Chosen) -> str:
    return "test" if chosen.study.definition.has_test else "val"


def _made_with(chosen: Chosen) -> dict[str, str]:
    environment = read_environment(chosen.study.folder)
    made = {"torch": chosen.study.definition.platform.torch_version}
    if environment is not None:
        made["scaling_search"] = environment.scaling_search
        if environment.git.commit:
            made["commit"] = environment.git.commit
    return made


def _sha256(chosen: Chosen, name: str) -> str:
    return hashlib.sha256((chosen.study.folder / name).read_bytes()).hexdigest()


def _code(text: str) -> str:
    """A name from outside, as Markdown that is nothing but its text."""
    return f"`{re.sub('`', ' ', one_line(text)).strip() or ' '}`"
