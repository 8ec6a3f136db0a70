"""Everything that is drawn: screens, dialogs and widgets. Widgets are told what to show and send messages; screens talk to the fleet."""
