"""Webhooks: the end of an exam, told to whoever asked for it, at least once under one id (Standard Webhooks 1.0.0).

`owed` records a delivery in the transaction that ends the exam, so that none is lost and none invented; `sender` sends
what is due through `egress`, which calls public addresses only.
"""
