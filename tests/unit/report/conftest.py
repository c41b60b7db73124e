"""Fixtures of the report's tests."""

import pytest
from made_exam import made_exam, picture


@pytest.fixture
def made():
    return made_exam


@pytest.fixture
def page_jpeg():
    return picture()
