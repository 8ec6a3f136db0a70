"""What exists: frozen dataclasses and pure functions. Nothing here knows libvirt or Textual.

Units everywhere: bytes, seconds, ratios (1.0 is all of it), aware UTC datetimes. `None` means "not known".
All text has passed `text.printable`.
"""
