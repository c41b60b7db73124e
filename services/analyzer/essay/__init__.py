"""Essays: what can be counted and known of one without judgement, and what a language model may add to it. Pure.

Rules name only what can't be right; everything else is for a model or a teacher. What a model quotes has to stand in the
essay, character by character, or it is dropped; the corrected text is made here, of the corrections that are left.
"""
