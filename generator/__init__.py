"""The maintainers' tool: from the published API document to the generated client.

``python -m generator sync SOURCE`` reads a documentation page or a specification, writes ``openapi.yaml`` and
regenerates ``generated/``; ``python -m generator check`` tells whether ``generated/`` still follows from it.
"""
