"""A plugin that fails when it is imported."""

raise RuntimeError("this plugin needs a release that is gone")
