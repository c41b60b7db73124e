"""What a class report reads is what the result document has."""

import pytest
from pydantic import BaseModel

from contracts.result import Result, ResultQuestion, ResultStudent
from services.gateway.classreport.core.sheet import Asked, Outcome, Person


@pytest.mark.parametrize(("read", "written"), [(Outcome, Result), (Asked, ResultQuestion), (Person, ResultStudent)])
def test_every_field_that_is_read_is_a_field_of_the_result(read: type[BaseModel], written: type[BaseModel]) -> None:
    def names(model: type[BaseModel]) -> set[str]:
        return {field.alias or name for name, field in model.model_fields.items()}

    assert names(read) <= names(written)
    nested = {"student", "questions"}
    for name in set(read.model_fields) - nested:
        assert read.model_fields[name].annotation == written.model_fields[name].annotation, name
