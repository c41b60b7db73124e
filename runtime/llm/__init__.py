"""One client for any OpenAI-compatible language model: limits, retries, breaker, cache, ledger and cassettes.

`open_llm` yields the client that the settings describe, or None. `Llm.ask` returns a validated reply or raises `Failed`
with a reason; who asks then does without. Prompts and what replies mean belong to the stages.
"""
