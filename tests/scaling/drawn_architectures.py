"""Architectures, rounding policies and multipliers as hypothesis draws them."""

from hypothesis import strategies as st

from scaling_search.scaling import Architecture, FineRounding, PaperRounding, Stage


def _stages(block: str, expansions: list[int], se_ratios: list[float]) -> st.SearchStrategy[Stage]:
    return st.builds(
        Stage,
        block=st.just(block),
        repeats=st.integers(1, 3),
        channels=st.integers(1, 24),
        kernel=st.sampled_from([3, 5]),
        stride=st.sampled_from([1, 2]),
        expansion=st.sampled_from(expansions),
        se_ratio=st.sampled_from(se_ratios),
    )


stages = st.one_of(
    _stages("mbconv", [1, 2, 3, 6], [0.0, 0.1, 0.25, 0.5]),
    _stages("fused_mbconv", [2, 4], [0.0, 0.25]),
    _stages("separable", [1], [0.0]),
    _stages("basic", [1], [0.0]),
    _stages("bottleneck", [1, 2, 4], [0.0]),
)
architectures = st.builds(
    Architecture,
    stem_channels=st.integers(1, 24),
    stem_stride=st.sampled_from([1, 2]),
    stages=st.lists(stages, min_size=1, max_size=4).map(tuple),
    head_channels=st.integers(0, 40),
    num_classes=st.integers(1, 50),
    in_channels=st.integers(1, 4),
    identity_start=st.booleans(),
    activation=st.sampled_from(["silu", "relu", "relu6"]),
    stem_kernel=st.sampled_from([1, 3, 7]),
    stem_pool=st.booleans(),
)
policies = st.one_of(
    st.sampled_from([PaperRounding(), PaperRounding(keep_last=True)]),
    st.builds(FineRounding, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2])),
)
mults = st.floats(0.3, 4)
