"""The multipart form of an upload, for the API's description."""

from typing import Any

from services.gateway.core.form import SUBJECTS

FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files", "subject", "grade"],
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "format": "binary"},
                        "description": "The pages in order, one part each: JPEG, PNG, WebP, TIFF, PDF, HEIC (an extra of the installation), or a ZIP of them.",
                    },
                    "subject": {"type": "string", "enum": list(SUBJECTS)},
                    "grade": {"type": "integer", "minimum": 1, "maximum": 12},
                    "student_id": {
                        "type": "string",
                        "maxLength": 128,
                        "description": "Your own id; a pseudonym is best.",
                    },
                    "title": {"type": "string", "maxLength": 300},
                    "class_id": {"type": "string", "maxLength": 128},
                    "answer_key": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": 'JSON: {"questions": [{"number", "path"?, "type"?, "answer"?, "max_score"?, "facility"?, "rubric"?}]}',
                        "examples": [
                            '{"questions": [{"number": "1", "type": "single_choice", "answer": "B", "max_score": 3}]}'
                        ],
                    },
                    "template_id": {
                        "type": "string",
                        "maxLength": 64,
                        "description": "Instead of answer_key: the newest version of this template, copied into the exam.",
                        "examples": ["tpl_7c0a4f0be2c84b8f9f0d3c5a1b2e4d6f"],
                    },
                    "priority": {"type": "string", "enum": ["interactive", "batch"], "default": "interactive"},
                    "locale": {"type": "string", "default": "zh-CN"},
                    "callback_url": {
                        "type": "string",
                        "format": "uri",
                        "maxLength": 2048,
                        "description": "Told once, signed, when this exam ends: https to a public address. The secret is"
                        " at GET /webhooks/callback/secret.",
                    },
                },
            },
            "encoding": {"files": {"contentType": "image/*, application/pdf, application/zip"}},
        }
    },
}

FORM_FIELDS: dict[str, Any] = dict(FORM["content"]["multipart/form-data"]["schema"]["properties"])
FORM_FIELDS.pop("files")
