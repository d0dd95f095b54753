"""The mistakes a user can make or meet: each says what was given, what is allowed and what to do next."""


class UnbraidError(Exception):
    """Root of everything that becomes a notice to the user; any other exception is a bug of ours."""


class AudioFileError(UnbraidError):
    """A sound file that cannot be read, or a place where one cannot be written."""


class ProjectFileError(UnbraidError):
    """A project document that cannot be read or written."""


class ParameterError(UnbraidError):
    """A value outside of what a function or a separator allows."""


class PluginError(UnbraidError):
    """A separator that cannot be loaded, broke its contract, crashed or ran out of memory."""


class BitstreamError(UnbraidError):
    """Side-information that is damaged, of another version, or made for another mix."""


class Cancelled(BaseException):
    """The user stopped the work; no Exception, so that a broad `except Exception` cannot swallow it."""
