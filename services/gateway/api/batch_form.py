"""The form of POST /batches, as OpenAPI."""

from typing import Any

from services.gateway.api.upload_form import FORM_FIELDS

LONGEST_NAME = 200

BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "description": "The papers, one part each, with file names; instead of `archive`.",
                    },
                    "archive": {
                        "type": "string",
                        "format": "binary",
                        "description": "One ZIP of papers; a folder in it holds the pages of one paper.",
                    },
                    "manifest": {
                        "type": "string",
                        "description": "JSON or CSV: whose paper is in which files, and what differs for it. An archive"
                        " may hold it as manifest.json or manifest.csv.",
                        "examples": [
                            '{"papers": [{"files": ["1.jpg", "2.jpg"], "student_id": "s-1024", "class_id": "7-2"}]}',
                            "file,student_id,paper,page\n1.jpg,s-1024,a,1\n2.jpg,s-1024,a,2\n",
                        ],
                    },
                    "name": {"type": "string", "maxLength": LONGEST_NAME, "description": "What to call the batch."},
                    **FORM_FIELDS,
                    "priority": {"type": "string", "enum": ["interactive", "batch"], "default": "batch"},
                },
            },
        }
    },
}
HEADERS: dict[str, Any] = {
    "Location": {"description": "The batch.", "schema": {"type": "string"}},
    "Operation-Location": {"description": "Its progress.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until a look is worth while.", "schema": {"type": "integer"}},
}
