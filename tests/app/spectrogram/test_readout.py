from unbraid.app.spectrogram.readout import ReadOut


def test_a_readout_has_time_frequency_note_and_level() -> None:
    readout = ReadOut(42.137, 524.0, -31.2)
    assert readout.text == "0:42.137  524 Hz  C5 +2 c  −31 dB"
    assert readout.spoken == "0:42.137, 524 Hz, C5 +2 cents, −31 dB"


def test_silence_and_the_lowest_frequencies_have_words_too() -> None:
    assert ReadOut(0, 0, None).text == "0:00.000  0.0 Hz  < −120 dB"
