"""The choices of an export, and the `Export` that they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from unbraid.app.export import formats
from unbraid.app.export.folder_field import FolderField
from unbraid.app.export.stem_choice import StemChoice
from unbraid.app.theme import set_property
from unbraid.app.translation import mark, tr, tr_known
from unbraid.core.clipping import Clipping
from unbraid.core.errors import ParameterError
from unbraid.core.export import TEMPLATES, Existing, Export, What
from unbraid.core.formats.table import TYPES
from unbraid.core.material import Material

CLIPPING: tuple[tuple[Clipping, str], ...] = (
    ("common_gain", mark("Lower all files by the same amount")),
    ("soft", mark("Round off the peaks")),
    ("clamp", mark("Cut the peaks off")),
    ("none", mark("Leave it to the file")),
)
EXISTING: tuple[tuple[Existing, str], ...] = (
    ("refuse", mark("Ask")),
    ("replace", mark("Replace them")),
    ("number", mark("Add a number")),
)
SOUND = ((True, mark("As heard, through the mixer")), (False, mark("As separated, at their own level")))
HINTS: dict[What, str] = {
    "remix": mark("The song with every fader, balance, mute and solo as it is now."),
    "stems": mark("Stems as separated and the residual add up to the song."),
    "karaoke": mark("The song minus the stems with a tick, not the sum of the others: nothing else is lost."),
    "stem_file": mark("Players that do not know stems play the mix; fewer than four are filled up with silence."),
    "workstation": mark("Tracks of one length from zero. Levels, balance, mute and solo are in the project file."),
}


class ExportForm(QWidget):
    """All choices but what is exported; `wanted` puts them together."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what: What = "stems"
        self._template = dict(TEMPLATES)
        self._format: dict[What, str] = {}
        self._as_heard: dict[What, bool] = {"stems": False}
        self._quality: dict[str, str] = {}
        self._bits = "24"
        self._quiet = False
        self._material: Material | None = None
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        set_property(self.hint, kind="muted")
        self.stems = StemChoice()
        self.sound = _combo(SOUND, tr("Sound of the stems"))
        self.format, self.quality = QComboBox(), QComboBox()
        self.format.setAccessibleName(tr("Format"))
        self.quality.setAccessibleName(tr("Quality"))
        self.self_contained = QCheckBox(tr("Put the sounds into the project file as well"))
        self.self_contained.setToolTip(
            tr("Every workstation that knows the format finds them then; takes the space twice")
        )
        self.self_contained.setChecked(True)
        self.clipping = _combo(CLIPPING, tr("When it is too loud for the format"))
        self.level = QLabel()
        self.level.setWordWrap(True)
        set_property(self.level, kind="readout")
        self.level.setMinimumHeight(2 * self.level.fontMetrics().lineSpacing())  # it comes and wraps while one looks
        self.level.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.folder = FolderField()
        self.template = QLineEdit()
        self.template.setAccessibleName(tr("File names"))
        self.template.setToolTip(tr("{track}, {stem}, {number} and {ext} are filled in; / makes folders"))
        self.existing = _combo(EXISTING, tr("Files that are there already"))
        self._build()
        self._connect()

    def _build(self) -> None:
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(8)
        layout.setHorizontalSpacing(16)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._layout = layout
        layout.addRow(self.hint)
        self._stems_title = QLabel(tr("Stems"))
        layout.addRow(self._stems_title, self.stems)
        layout.addRow(tr("Sound"), self.sound)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.format, 3)
        row.addWidget(self.quality, 2)
        layout.addRow(tr("Format"), row)
        layout.addRow("", self.self_contained)
        layout.addRow(tr("Too loud"), self.clipping)
        layout.addRow("", self.level)
        layout.addRow(tr("Folder"), self.folder)
        layout.addRow(tr("Names"), self.template)
        layout.addRow(tr("Existing files"), self.existing)

    def _connect(self) -> None:
        self.stems.changed.connect(self._tell)
        self.sound.currentIndexChanged.connect(lambda _: self._sound_chosen())
        self.format.currentIndexChanged.connect(lambda _: self._format_chosen())
        self.quality.currentIndexChanged.connect(lambda _: self._quality_chosen())
        self.self_contained.toggled.connect(lambda _: self._tell())
        self.clipping.currentIndexChanged.connect(lambda _: self._tell())
        self.folder.changed.connect(self._tell)
        self.template.textChanged.connect(self._template_typed)
        self.existing.currentIndexChanged.connect(lambda _: self._tell())

    def start(self, initial: Export, bits: str) -> None:
        """Show the choices of `initial`. bits: the depth where none is chosen."""
        self._quiet, self._bits, self.what = True, bits, initial.what
        self.folder.set_folder(initial.folder)
        self.stems.start(initial.what, initial.left_out or initial.only)
        if initial.template:
            self._template[initial.what] = initial.template
        self._format[initial.what] = initial.write.format or ("m4a" if initial.what == "stem_file" else "wav")
        for key in filter(None, (initial.write.bits, initial.write.bitrate_kbps)):
            self._quality[self._format[initial.what]] = str(key)
        self.self_contained.setChecked(initial.self_contained)
        if initial.as_heard:
            self._as_heard[initial.what] = True
        self.clipping.setCurrentIndex(self.clipping.findData(initial.clipping))
        self.existing.setCurrentIndex(self.existing.findData(initial.existing))
        self._quiet = False

    def show_what(self, what: What, material: Material) -> None:
        """Show the choices there are for `what`."""
        self._quiet, self.what, self._material = True, what, material
        self.hint.setText(tr_known(HINTS[what]))
        self.sound.setCurrentIndex(self.sound.findData(self._as_heard.get(what, True)))
        self._show_stems(material)
        self._layout.setRowVisible(self.sound, what != "remix" and bool(material.names))
        self._layout.setRowVisible(self.self_contained, what == "workstation")
        self.format.clear()
        for name in formats.formats_of(what):
            self.format.addItem(formats.TITLES[name], name)
        self.format.setCurrentIndex(max(0, self.format.findData(self._format.get(what, ""))))
        self._show_qualities()
        self.template.setText(self._template[what])
        self._quiet = False

    def wanted(self) -> Export:
        """What the choices ask for."""
        name, what = self.format.currentData(), self.what
        return Export(
            self.folder.folder,
            TYPES[name].suffixes[0].lstrip("."),
            self.template.text().strip() or TEMPLATES[what],
            formats.options(name, self.quality.currentData()),
            self.clipping.currentData(),
            only=self._only(),
            existing=self.existing.currentData(),
            what=what,
            left_out=self.stems.ticked if what == "karaoke" else (),
            groups=self.stems.groups if what == "stem_file" else {},
            as_heard=what == "remix" or bool(self.sound.currentData()),
            self_contained=self.self_contained.isChecked(),
        )

    def _only(self) -> tuple[str, ...]:
        """The stems that are written where not all are."""
        if self.what in ("remix", "stem_file"):
            return ()
        if not self.stems.ticked:
            raise ParameterError(tr("Tick at least one stem."))
        return () if self.what == "karaoke" or self.stems.all_ticked else self.stems.ticked

    @property
    def holds_any_level(self) -> bool:
        """Whether nothing can be too loud for the format."""
        return formats.holds_any_level(self.format.currentData(), self.quality.currentData())

    def show_level(self, text: str) -> None:
        """What is known of the loudest sample."""
        self.level.setText(text)
        self._layout.setRowVisible(self.level, bool(text))
        self._layout.setRowVisible(self.clipping, not self.holds_any_level)

    def set_folder(self, folder: Path) -> None:
        """Another folder."""
        self.folder.set_folder(folder)

    def _show_stems(self, material: Material) -> None:
        names: Sequence[str] = material.stems(self.wanted_sound())
        self._stems_title.setText({"karaoke": tr("Without"), "stem_file": tr("Streams")}.get(self.what, tr("Stems")))
        self.stems.show_stems(self.what, names, dict(material.colours))
        self._layout.setRowVisible(self.stems, bool(self.stems.boxes or self.stems.combos))

    def wanted_sound(self) -> Export:
        """As much of `wanted` as decides which stems there are."""
        return Export(Path(), what=self.what, as_heard=bool(self.sound.currentData()))

    def _show_qualities(self) -> None:
        name = self.format.currentData()
        self.quality.clear()
        for quality in formats.qualities_of(name):
            self.quality.addItem(quality.title, quality.key)
        key = self._quality.get(name) or formats.usual_quality(name, self._bits)
        self.quality.setCurrentIndex(max(0, self.quality.findData(key)))

    def _sound_chosen(self) -> None:
        if not self._quiet:
            self._as_heard[self.what] = self.sound.currentData()
            if self._material is not None:
                self._show_stems(self._material)
            self._tell()

    def _format_chosen(self) -> None:
        if not self._quiet:
            self._quiet = True
            self._format[self.what] = self.format.currentData()
            self._show_qualities()
            self._quiet = False
            self._tell()

    def _quality_chosen(self) -> None:
        if not self._quiet:
            self._quality[self.format.currentData()] = self.quality.currentData()
            self._tell()

    def _template_typed(self, text: str) -> None:
        self._template[self.what] = text.strip() or TEMPLATES[self.what]
        self._tell()

    def _tell(self) -> None:
        if not self._quiet:
            self.changed.emit()


def _combo(choices: Sequence[tuple[object, str]], name: str) -> QComboBox:
    combo = QComboBox()
    for value, title in choices:
        combo.addItem(tr_known(title), value)
    combo.setAccessibleName(name)
    return combo
