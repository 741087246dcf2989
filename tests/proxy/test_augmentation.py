"""What a change does to pixels, measured on pictures whose change is known."""

import pytest
import torch

from scaling_search.errors import InvalidInput
from scaling_search.proxy.augmentation import Augmentation, augment

ALL = Augmentation(shift=0.1, rotate=10, scale=0.2, shear=0.1, flip=True)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(count: int = 16, side: int = 12) -> torch.Tensor:
    return torch.rand((count, 3, side, side), generator=generator(9))


def dots(count: int, side: int = 32) -> torch.Tensor:
    x_BCHW = torch.zeros(count, 1, side, side)
    x_BCHW[:, :, side // 2 - 1 : side // 2 + 1, side // 2 - 1 : side // 2 + 1] = 1
    return x_BCHW


def centres(x_BCHW: torch.Tensor) -> torch.Tensor:
    """(B, 2): x and y of the centre of mass in pixels from the middle of the image."""
    side = x_BCHW.shape[-1]
    at = torch.arange(side) + 0.5 - side / 2
    mass = x_BCHW.sum((1, 2, 3))
    x = (x_BCHW.sum((1, 2)) * at).sum(1) / mass
    y = (x_BCHW.sum((1, 3)) * at).sum(1) / mass
    return torch.stack([x, y], 1)


@pytest.mark.parametrize("nothing", [Augmentation(), ALL.scaled(0.0)])
def test_no_augmentation_leaves_images_alone(nothing: Augmentation) -> None:
    images = random_images()
    assert torch.equal(augment(images, nothing, generator()), images)


def test_flip_mirrors_about_half_of_the_images() -> None:
    images = random_images(200)
    out = augment(images, Augmentation(flip=True), generator())
    mirrored = torch.tensor([torch.equal(o, i.flip(2)) for o, i in zip(out, images)])
    kept = torch.tensor([torch.equal(o, i) for o, i in zip(out, images)])
    assert bool((mirrored ^ kept).all())
    assert 60 < int(mirrored.sum()) < 140


def test_flip_with_a_shift_mirrors_too() -> None:
    # An image that is dark on the left and bright on the right shows which way round it is.
    ramp = torch.linspace(0, 1, 16).expand(100, 1, 16, 16).clone()
    out = augment(ramp, Augmentation(shift=0.05, flip=True), generator())
    rising = out[:, 0, 8, 12] > out[:, 0, 8, 3]
    assert 25 < int(rising.sum()) < 75


def test_shift_stays_in_range_and_goes_all_ways() -> None:
    images = dots(400)
    moved = centres(augment(images, Augmentation(shift=0.25), generator()))
    furthest = 0.25 * 32
    assert moved.abs().max() <= furthest + 0.01
    for axis in (0, 1):
        # Uniform over the range on both axes: quartiles at plus and minus half of it.
        low, middle, high = moved[:, axis].quantile(torch.tensor([0.25, 0.5, 0.75]))
        assert low == pytest.approx(-furthest / 2, abs=1.2)
        assert middle == pytest.approx(0, abs=1.2)
        assert high == pytest.approx(furthest / 2, abs=1.2)
    assert abs(float(torch.corrcoef(moved.T)[0, 1])) < 0.15


def test_shift_moves_the_whole_picture_by_one_amount() -> None:
    images = dots(30)
    out = augment(images, Augmentation(shift=0.2), generator())
    # A shift keeps the mass, and every picture but an unmoved one differs from its original.
    assert torch.allclose(out.sum((1, 2, 3)), images.sum((1, 2, 3)), atol=1e-3)
    assert (out - images).abs().amax((1, 2, 3)).min() > 0.01


def test_scale_changes_size_in_range() -> None:
    disc = torch.zeros(200, 1, 64, 64)
    disc[:, :, 22:42, 22:42] = 1
    out = augment(disc, Augmentation(scale=0.2), generator())
    sizes = (out.sum((1, 2, 3)) / 400).sqrt()
    assert float(sizes.min()) == pytest.approx(0.8, abs=0.03)
    assert float(sizes.max()) == pytest.approx(1.2, abs=0.03)
    assert centres(out).abs().max() < 0.05


def test_rotation_turns_by_at_most_its_angle() -> None:
    bar = torch.zeros(200, 1, 65, 65)
    bar[:, :, 32, 8:57] = 1
    out = augment(bar, Augmentation(rotate=30), generator())[:, 0]
    at = torch.arange(65) - 32.0
    x2 = (out * at[None, None] ** 2).sum((1, 2))
    y2 = (out * at[None, :, None] ** 2).sum((1, 2))
    xy = (out * at[None, None] * at[None, :, None]).sum((1, 2))
    degrees = torch.rad2deg(0.5 * torch.atan2(2 * xy, x2 - y2))
    assert degrees.abs().max() <= 30.5
    assert degrees.min() < -25
    assert degrees.max() > 25


def test_same_generator_state_same_images() -> None:
    images = random_images()
    first, again = (augment(images, ALL, generator(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(augment(images, ALL, generator(4)), first)


@pytest.mark.parametrize("kind", [Augmentation(), Augmentation(flip=True), ALL])
def test_every_kind_uses_the_generator_alike(kind: Augmentation) -> None:
    # So that the order of the images in a run is the same whatever the augmentation.
    source, reference = generator(), generator()
    augment(random_images(), kind, source)
    augment(random_images(), Augmentation(), reference)
    assert torch.equal(source.get_state(), reference.get_state())


def test_shape_and_range_are_kept() -> None:
    images = random_images()
    out = augment(images, ALL, generator())
    assert out.shape == images.shape
    assert out.dtype == images.dtype
    assert float(out.min()) >= float(images.min()) - 1e-6
    assert float(out.max()) <= float(images.max()) + 1e-6


def test_strength_scales_every_kind() -> None:
    half = ALL.scaled(0.5)
    assert (half.shift, half.rotate, half.scale, half.shear) == (0.05, 5, 0.1, 0.05)
    assert half.flip
    assert ALL.scaled(1.0) == ALL


@pytest.mark.parametrize(
    ("name", "value"),
    [("shift", 0.6), ("shift", -0.1), ("rotate", 181.0), ("scale", 1.0), ("shear", float("nan"))],
)
def test_values_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=rf"data\.augmentation\.{name} is"):
        Augmentation(**{name: value})
