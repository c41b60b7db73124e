"""What work cost: CPU, tokens, money; and what a language model was asked for."""

from pydantic import Field

from contracts.base import Contract


class Tokens(Contract):
    """Tokens of a language model: `in` were read anew, `cached` came from the provider's prefix cache."""

    in_: int = Field(default=0, alias="in", serialization_alias="in")
    cached: int = 0
    out: int = 0

    model_config = Contract.model_config | {"populate_by_name": True}


class Cost(Contract):
    """`amount` is of money, in `currency`, at the prices configured when it was spent."""

    cpu_seconds: float = 0.0
    llm_tokens: Tokens = Tokens()
    amount: float = 0.0
    currency: str = "CNY"


class LlmUse(Contract):
    """How a language model took part: of `asked` questions, `graded` have its grade. `named`: how many got knowledge points.

    `kept_local`: why the others kept the local engine's grade, and how many: `breaker_open`, `tenant_budget`,
    `distrusted` and so on; docs/llm.md has them all.
    """

    model: str
    asked: int = 0
    graded: int = 0
    named: int = 0
    kept_local: dict[str, int] = {}
