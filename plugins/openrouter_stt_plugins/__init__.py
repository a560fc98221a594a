"""First-party plugins of openrouter-stt, one module each; they use only what any third party's can."""
