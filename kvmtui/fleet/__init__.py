"""The state of the app: hosts with their latest snapshots, actions, running tasks, the journal. asyncio, no Textual."""
