"""A small question, and a model to put it to."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from scripted_model import ScriptedModel

from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.wire import Ask, Part, Prompt

WORD = "苹果"


class Word(BaseModel):
    word: str


def question(text: str = "apple", **more: Any) -> Ask[Word]:
    return Ask(Prompt("word", 1, 'Translate. Reply in json: {"word": "梨"}'), (Part("word", text),), Word, **more)


def nobody() -> str:
    """The address of a Redis that isn't there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{free.getsockname()[1]}/0"


@dataclass
class World:
    llm: Llm
    server: ScriptedModel
    tenant: str

    def account(self, exam: str = "exam:1", seconds: float = 60, check: Callable[[], None] = lambda: None) -> Account:
        return self.llm.account(self.tenant, exam, seconds, check)
