"""Load on the whole product, with real stages: `make load`. No part of the tests."""
