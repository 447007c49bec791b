"""The rows of "what happens when" in docs/operating.md, measured with the real programs. See scripts/measure-operating."""
