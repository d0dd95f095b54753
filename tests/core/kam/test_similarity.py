import numpy as np
import pytest

from unbraid.core.kam.similarity import Likeness, band_edges, band_features, similar_frames, with_context

FREQS = np.arange(257) * 44100 / 512


def events(kinds, frames_each=4, seed=0, loudness=1.0):
    """A sequence of sounds, the same number the same spectrum, a little noise. (F, T)."""
    rng = np.random.default_rng(seed)
    spectra = rng.gamma(0.3, size=(257, 10))
    V = np.repeat(spectra[:, kinds], frames_each, axis=1) * rng.uniform(0.8, 1.2, (257, len(kinds) * frames_each))
    return (loudness * V).astype(np.float32)


def test_bands_cover_all_bins_above_the_lowest_once():
    edges = band_edges(FREQS, 64, 60.0)
    assert np.all(np.diff(edges) > 0)
    assert edges[0] == 1
    assert edges[-1] < 257
    assert list(band_edges(FREQS[:1], 64, 60.0)) == [0]


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_features_have_unit_length_at_any_loudness(loudness):
    features = band_features(events([0, 1, 2], loudness=loudness), FREQS)
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    assert np.allclose(features, band_features(events([0, 1, 2]), FREQS), atol=1e-4)


def test_a_sound_that_never_changes_has_no_features():
    V = np.repeat(events([0])[:, :1], 20, axis=1)
    assert np.all(band_features(V, FREQS) == 0)


@pytest.mark.parametrize("context", [0, 2])
def test_neighbours_are_the_same_sounds(context):
    kinds = np.random.default_rng(1).integers(0, 4, 60)
    features = band_features(events(kinds), FREQS)
    index, counts = similar_frames(features, Likeness(6, 4, 0.0, context))
    kind_of = np.repeat(kinds, 4)
    assert np.all(index[:, 0] == np.arange(240))
    assert np.all(counts == 6)
    assert np.mean(kind_of[index] == kind_of[:, None]) > 0.97


def test_neighbours_keep_their_distance():
    features = band_features(events(np.random.default_rng(2).integers(0, 3, 50)), FREQS)
    index, counts = similar_frames(features, Likeness(12, 7))
    for row, n in zip(index, counts, strict=True):
        assert np.diff(np.sort(row[:n])).min(initial=99) >= 7


def test_a_threshold_leaves_only_what_is_alike():
    _, counts = similar_frames(band_features(events([0, 1, 0, 2, 0, 3]), FREQS), Likeness(20, 3, 0.8))
    assert np.all(counts[np.r_[0:4, 8:12, 16:20]] >= 3)
    assert np.all(counts[4:8] <= 2)


def test_silence_is_like_nothing_but_itself():
    V = np.zeros((257, 30), np.float32)
    index, counts = similar_frames(band_features(V, FREQS), Likeness(5, 3, 0.1))
    assert np.all(counts == 1)
    assert np.all(index[:, 0] == np.arange(30))


def test_context_is_as_long_as_it_says():
    features = band_features(events([0, 1]), FREQS, bands=16)
    stacked = with_context(features, 3)
    assert stacked.shape == (8, 7 * features.shape[1])
    assert np.allclose(np.linalg.norm(stacked, axis=1), 1, atol=1e-5)
    assert with_context(features, 0) is features


def test_rows_in_blocks_are_the_same_as_at_once(monkeypatch):
    features = band_features(events(np.random.default_rng(3).integers(0, 5, 100)), FREQS)
    whole = similar_frames(features, Likeness(5, 4))
    monkeypatch.setattr("unbraid.core.kam.similarity.ROWS", 37)
    parts = similar_frames(features, Likeness(5, 4))
    assert np.array_equal(whole[0], parts[0])


def test_nothing_out_of_reach_is_a_neighbour(monkeypatch):
    kinds = np.random.default_rng(3).integers(0, 4, 200)
    features = band_features(events(kinds), FREQS)
    monkeypatch.setattr("unbraid.core.kam.similarity.ROWS", 64)
    index, counts = similar_frames(features, Likeness(7, 4, -1.0, reach=100))
    everything, _ = similar_frames(features, Likeness(7, 4, -1.0))
    away = np.abs(index - np.arange(len(index))[:, None])[index >= 0]
    assert away.max() <= 100 + 64
    assert np.all(counts == 7)
    assert np.abs(everything - np.arange(len(index))[:, None]).max() > 164
