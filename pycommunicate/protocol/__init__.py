"""The wire as pure values: no I/O, no Flask, no gevent. `docs/wire.md` describes it message by message."""
