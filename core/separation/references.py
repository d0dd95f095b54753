"""The reference recordings of a guide, brought to the rate, the length and the channels of the song they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.render import total
from unbraid.core.resample import resample, resampled_frames
from unbraid.core.separation.guide import Guide


def fitted(guide: Guide, mix: Audio) -> Guide:
    """The guide with references like `mix`: resampled, cut or continued with silence, one channel spread over all.

    References that fit already are kept as they are; a number of channels that cannot be matched is a ParameterError.
    """
    if not guide.references:
        return guide
    return replace(guide, references={name: _like(name, audio, mix) for name, audio in guide.references.items()})


def _like(name: str, audio: Audio, mix: Audio) -> Audio:
    if audio.channels not in (1, mix.channels):
        raise ParameterError(
            f"the reference {name} has {audio.channels} channels and the song {mix.channels}; "
            "give it as many as the song, or one"
        )
    if (audio.rate, audio.frames) != (mix.rate, mix.frames):
        audio = resample(audio, mix.rate, frames=mix.frames)
    if audio.channels != mix.channels:
        audio = Audio(np.broadcast_to(audio.samples, mix.samples.shape), mix.rate)
    return audio


def added_up(recordings: Mapping[str, Audio]) -> Audio:
    """The sum of recordings that belong to one song, as long as the longest and with the channels of the widest."""
    rate = max(audio.rate for audio in recordings.values())
    frames = max(resampled_frames(audio.frames, audio.rate, rate) for audio in recordings.values())
    channels = max(audio.channels for audio in recordings.values())
    song = Audio(np.broadcast_to(np.float32(0), (frames, channels)), rate)
    return total({name: _like(name, audio, song) for name, audio in recordings.items()})


def of_channels(guide: Guide, group: Sequence[int]) -> Guide:
    """The guide with these channels of its references only."""
    return replace(guide, references={name: channels_of(audio, group) for name, audio in guide.references.items()})


def channels_of(audio: Audio, group: Sequence[int]) -> Audio:
    """The channels numbered in `group`, copied."""
    return Audio(np.ascontiguousarray(audio.samples[:, list(group)]), audio.rate)
