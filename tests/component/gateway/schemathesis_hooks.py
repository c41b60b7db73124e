"""What schemathesis has to be told beside its configuration: how bodies of other media types are written."""

import schemathesis

schemathesis.serializer.alias(["application/x-ndjson", "application/jsonl"], "text/plain")
