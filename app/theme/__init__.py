"""The look: tokens, stylesheet, fonts, icons, and the colours of stems."""

from unbraid.app.theme.icons import icon, refresh_icons, set_icon
from unbraid.app.theme.look import apply, changed, font, load_fonts, pad, set_property, theme
from unbraid.app.theme.motion import motion_ms, set_motion
from unbraid.app.theme.stems import ink_on, stem_colour, stem_letter, stem_title
from unbraid.app.theme.tokens import Theme

__all__ = [
    "Theme",
    "apply",
    "changed",
    "font",
    "icon",
    "ink_on",
    "load_fonts",
    "motion_ms",
    "pad",
    "refresh_icons",
    "set_icon",
    "set_motion",
    "set_property",
    "stem_colour",
    "stem_letter",
    "stem_title",
    "theme",
]
