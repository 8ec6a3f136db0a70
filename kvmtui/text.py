"""Text for people: foreign text made harmless, and numbers as words.

Nothing else in the program turns a number into text or lets text from outside through.
Sources of the character classes: Unicode Standard, chapter 23 (format and control characters).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

UNKNOWN = "-"
"""What stands where a value is not known; never blank, never 0."""

_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20)},  # control pictures
    0x7F: 0x2421,
    **{0x1F1E6 + letter: 0x1F130 + letter for letter in range(26)},  # squared letters for a flag's halves
}
_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: a terminal acts on them
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, or they turn the direction
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors and tags: terminals disagree about their width
    "\ud800-\udfff\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff"  # not characters, or private ones
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"  # halves of flags and skin tones: their width depends on their neighbours
    "]"
)
_HARMFUL_BUT_LINES = re.compile(_HARMFUL.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))
_EMOJI_SELECTORS = "\ufe0e\ufe0f"


def _replacement(match: re.Match[str]) -> str:
    character = match.group()
    before = match.string[match.start() - 1 : match.start()]
    if character in _EMOJI_SELECTORS and not before.isascii():  # after ASCII it could make one name look like another
        return ""
    return chr(_PICTURES.get(ord(character), 0xFFFD))


def printable(text: str) -> str:
    """Return `text` as one line that a terminal shows and does not obey.

    Control characters become their pictures (U+2400…); what turns the writing direction, is no character or has no width of its
    own becomes U+FFFD, so that a name never looks like another one without it. Only the choice of an emoji's look vanishes.
    """
    return _HARMFUL.sub(_replacement, text) if not text.isascii() or not text.isprintable() else text


def printable_lines(text: str) -> str:
    """Return `text` like `printable` does, but keep its line feeds and tabs; CR LF becomes LF."""
    return _HARMFUL_BUT_LINES.sub(_replacement, text.replace("\r\n", "\n"))


_UNITS = ("", "K", "M", "G", "T", "P", "E")


def short_size(size: float | None) -> str:
    """Return bytes in at most five characters, binary units: `0`, `812`, `1.2K`, `34M`, `1.5T`."""
    if size is None:
        return UNKNOWN
    amount, unit = float(size), 0
    while abs(amount) >= 999.5 and unit < len(_UNITS) - 1:
        amount /= 1024
        unit += 1
    if unit and abs(amount) < 9.95:
        return f"{amount:.1f}{_UNITS[unit]}"
    return f"{amount:.0f}{_UNITS[unit]}"


def long_size(size: float | None) -> str:
    """Return bytes in words, binary units: `1.5 GiB`."""
    if size is None:
        return UNKNOWN
    import humanize

    return humanize.naturalsize(size, binary=True)


def gibibytes(size: float | None) -> str:
    """Return bytes in GiB with one digit and no unit: `0.8`."""
    return UNKNOWN if size is None else f"{size / 2**30:.1f}"


def percent(ratio: float | None) -> str:
    """Return a ratio (0 to 1, more where it can be) as `34%`; a trace of something is `<1%`."""
    if ratio is None:
        return UNKNOWN
    if 0 < ratio < 0.005:
        return "<1%"
    return f"{ratio * 100:.0f}%"


def count(number: int | None) -> str:
    """Return a whole number."""
    return UNKNOWN if number is None else str(number)


def short_duration(seconds: float | None) -> str:
    """Return seconds in at most seven characters: `42s`, `3m07s`, `3h12m`, `12d4h`, `512d`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 1:
        return f"{whole}s"
    if hours < 1:
        return f"{minutes}m{whole % 60:02}s"
    if days < 1:
        return f"{hours}h{minutes % 60:02}m"
    return f"{days}d{hours % 24}h" if days < 100 else f"{days}d"


def rough_duration(seconds: float | None) -> str:
    """Return seconds like `short_duration`, but from one minute on in whole minutes: `42s`, `3m`, `3h12m`."""
    return f"{int(seconds) // 60}m" if seconds is not None and 60 <= seconds < 3600 else short_duration(seconds)


def latency(seconds: float | None) -> str:
    """Return the time of one request: `0.4 ms`, `12 ms`, `1.3 s`."""
    if seconds is None:
        return UNKNOWN
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def clock(moment: datetime | None) -> str:
    """Return the local time of day of an aware moment, with its date when it is not today's."""
    if moment is None:
        return UNKNOWN
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%Y-%m-%d %H:%M:%S")


def several(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 domain`, `3 domains`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def yes_no(value: bool | None) -> str:
    """Return a truth as a word."""
    return UNKNOWN if value is None else "yes" if value else "no"
