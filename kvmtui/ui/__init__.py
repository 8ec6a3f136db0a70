"""Everything that is drawn: screens, dialogs, widgets. Widgets are told what to show; screens talk to the fleet."""
