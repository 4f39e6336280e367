"""Questions that are known before they are asked, and answers that come along with events. The rule is in docs/wire.md."""
