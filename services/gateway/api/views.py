"""What all answers of the API are made of, and its problems: explicit models, so that a new column never leaks."""

from pydantic import BaseModel, ConfigDict, Field


class View(BaseModel):
    """Base of the answers."""

    model_config = ConfigDict(extra="forbid")


class FieldError(View):
    """One thing that is wrong with a request."""

    pointer: str = Field(
        description="JSON pointer into the form or query.", examples=["/answer_key/questions/3/max_score"]
    )
    detail: str = Field(examples=["must be a number of points from 0 to 10000"])
    row: int | None = Field(default=None, description="In a spreadsheet: as it counts them, from 1.")
    column: str | None = Field(default=None, description="In a spreadsheet: as it is headed.")


class ProblemView(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:redink:problem:validation_failed"])
    title: str = Field(examples=["The request is not valid"])
    status: int = Field(examples=[422])
    code: str = Field(description="Stable: branch on this.", examples=["validation_failed"])
    detail: str = Field(
        description="What was wrong and what to do.", examples=["Correct what 'errors' names and send it again."]
    )
    instance: str | None = Field(default=None, examples=["/api/v1/exams"])
    trace_id: str = Field(description="Give it to support.", examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    errors: list[FieldError] | None = None
