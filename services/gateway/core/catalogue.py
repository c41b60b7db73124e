"""What each code means: its status, its title, and what to do."""

from dataclasses import dataclass

from services.gateway.core.codes import Code


@dataclass(frozen=True)
class Kind:
    """One row of the catalogue; `detail` says what to do when the raiser knows nothing better."""

    status: int
    title: str
    detail: str


CATALOGUE: dict[Code, Kind] = {
    Code.UNAUTHORIZED: Kind(
        401, "No valid API key", "Send 'Authorization: Bearer rk_…' with a key that is neither revoked nor expired."
    ),
    Code.KEY_REVOKED: Kind(
        401, "The API key was revoked", "Use another key of the tenant; a revoked one stays revoked."
    ),
    Code.KEY_EXPIRED: Kind(
        401, "The API key has expired", "Use the key that replaced it, or have one made: `keys create`, `keys rotate`."
    ),
    Code.INSUFFICIENT_SCOPE: Kind(
        403, "The API key lacks a scope", "Use a key that was made with the scope named in 'scope'."
    ),
    Code.NOT_FOUND: Kind(404, "No such resource", "Check the path against /api/v1/openapi.json."),
    Code.EXAM_NOT_FOUND: Kind(404, "No such exam", "Check the exam_id; exams are visible to their own tenant only."),
    Code.PAGE_NOT_FOUND: Kind(404, "No such page", "Pages are numbered from 1 in the order of the result document."),
    Code.TEMPLATE_NOT_FOUND: Kind(
        404,
        "No such template",
        "Check the id against GET /api/v1/templates; templates are visible to their own tenant only.",
    ),
    Code.TEMPLATE_NAME_TAKEN: Kind(
        409, "Another template has this name", "Choose another name, or send a new version of that template with PUT."
    ),
    Code.TEMPLATE_LIMIT: Kind(409, "Too many templates", "Delete templates that are not used any more."),
    Code.UNKNOWN_TEMPLATE: Kind(
        422,
        "No such template",
        "Check template_id against GET /api/v1/templates, or send the answer_key itself.",
    ),
    Code.UNKNOWN_SUBJECT: Kind(404, "No such subject", "Use one of the subjects of POST /api/v1/exams."),
    Code.ITEM_NOT_FOUND: Kind(
        404, "No such item", "Check the id against GET /api/v1/items; items are visible to their own tenant only."
    ),
    Code.ITEM_LIMIT: Kind(409, "Too many items", "Delete items that are not used any more."),
    Code.PRACTICE_NOT_FOUND: Kind(
        404,
        "No such practice paper",
        "Check the id against GET /api/v1/practice; papers are visible to their own tenant only, and go with their exams.",
    ),
    Code.PRACTICE_LIMIT: Kind(409, "Too many practice papers", "Delete papers that are not used any more."),
    Code.PRACTICE_WITHOUT_POINTS: Kind(
        422,
        "Nothing to practise is known",
        "No knowledge point is weak: name what to practise in 'points', or raise 'weak_below' of the subject's rules.",
    ),
    Code.PRACTICE_WITHOUT_ITEMS: Kind(
        422,
        "The bank has no fitting item",
        "Import items on the points named in 'points' (POST /api/v1/items), or ask for less: types, grade, language.",
    ),
    Code.PROPOSAL_NOT_FOUND: Kind(
        404,
        "No such proposal",
        "Check the id against GET /api/v1/subjects/{subject}/proposals; proposals are visible to their own tenant only.",
    ),
    Code.PROPOSAL_ACCEPTED: Kind(
        409,
        "The proposal was accepted otherwise",
        "Its points count already: change them with PUT /api/v1/subjects/{subject}/points.",
    ),
    Code.PROPOSAL_LIMIT: Kind(409, "Too many proposals", "Delete proposals that are not needed any more."),
    Code.COURSE_WITHOUT_POINTS: Kind(
        422,
        "No point was found in the text",
        "Send text with headings or with sentences that define what they speak of, or name the points yourself with PUT"
        " /api/v1/subjects/{subject}/points.",
    ),
    Code.WEBHOOK_NOT_FOUND: Kind(
        404,
        "No such webhook",
        "Check the id against GET /api/v1/webhooks; webhooks are visible to their own tenant only.",
    ),
    Code.DELIVERY_NOT_FOUND: Kind(
        404, "No such delivery", "Check the id against the webhook's deliveries, which are kept for 30 days."
    ),
    Code.BATCH_NOT_FOUND: Kind(
        404, "No such batch", "Check the batch_id; batches are visible to their own tenant only."
    ),
    Code.IMPORT_NOT_FOUND: Kind(
        404, "No such import", "Check the import_id; imports are visible to their own tenant only, for 90 days."
    ),
    Code.STUDENT_NOT_FOUND: Kind(
        404, "No such student", "Check the student_id: no exam and no imported record of your tenant names it."
    ),
    Code.QUESTION_NOT_FOUND: Kind(
        404,
        "No such question",
        "Name it by its number in the result, such as 17(1), or by its path joined with dots, such as 三.17.(1).",
    ),
    Code.REVISION_NOT_FOUND: Kind(
        404, "No such revision", "Check the number against GET /api/v1/exams/{exam_id}/revisions."
    ),
    Code.REVIEW_ITEM_NOT_FOUND: Kind(
        404, "No such open item", "It was decided or superseded by a new revision: take another of GET /api/v1/review."
    ),
    Code.REVIEW_ITEM_LEASED: Kind(
        409, "Somebody else works on this item", "Take another item, or wait until 'leased_until'."
    ),
    Code.PRECONDITION_REQUIRED: Kind(
        428, "If-Match is missing", "Send If-Match with the ETag you read, or If-Match: * to change whatever is there."
    ),
    Code.METHOD_NOT_ALLOWED: Kind(405, "Method not allowed", "Use a method of the Allow header."),
    Code.NOT_ACCEPTABLE: Kind(
        406, "Not available in this form", "Send an Accept header that allows one of 'available', or none."
    ),
    Code.INVALID_TICKET: Kind(
        401, "No valid ticket", "Get another from POST /exams/{id}/tickets: each opens one stream, once and soon."
    ),
    Code.TOO_MANY_STREAMS: Kind(
        429,
        "Too many live streams",
        "Close streams that are of no use, or poll the status; try again after Retry-After.",
    ),
    Code.UNSUPPORTED_CONTENT_TYPE: Kind(
        415, "Unsupported content type", "Send the upload as multipart/form-data with a boundary."
    ),
    Code.MALFORMED_MULTIPART: Kind(
        400, "Malformed multipart body", "Let your HTTP library write the multipart body and its boundary."
    ),
    Code.TRUNCATED_BODY: Kind(
        400, "The body ended early", "The closing boundary is missing: send the whole upload again."
    ),
    Code.UPLOAD_TIMEOUT: Kind(
        408, "The upload was too slow", "Send the upload again, over a faster line or in smaller files."
    ),
    Code.BODY_TOO_LARGE: Kind(413, "The upload is too large", "Upload fewer or smaller files."),
    Code.FILE_TOO_LARGE: Kind(413, "A file is too large", "Lower the resolution or split the file."),
    Code.FIELD_TOO_LARGE: Kind(413, "A form field is too large", "Shorten the field named in the detail."),
    Code.TOO_MANY_PARTS: Kind(413, "Too many parts", "Upload fewer files and fields at a time, or a ZIP of the files."),
    Code.NO_FILE: Kind(422, "No file", "Add at least one part named 'files'."),
    Code.EMPTY_FILE: Kind(422, "A file is empty", "Upload a file that has content."),
    Code.UNSUPPORTED_MEDIA: Kind(
        415,
        "Unsupported kind of file",
        "Upload JPEG, PNG, WebP, TIFF or PDF files, or a ZIP of them; convert HEIC to JPEG.",
    ),
    Code.FILE_DAMAGED: Kind(422, "A file can't be read", "Pack or export the file anew and upload it again."),
    Code.ARCHIVE_REFUSED: Kind(422, "The archive is refused", "Pack photos and PDFs into an ordinary ZIP."),
    Code.MANIFEST_MISMATCH: Kind(422, "Manifest and files don't agree", "Correct the manifest's row and upload again."),
    Code.BATCH_REFUSED: Kind(
        422, "No paper of the batch can be accepted", "Correct what 'papers' says of each and upload again."
    ),
    Code.BATCH_NOT_ENDED: Kind(
        409, "The batch has not ended", "Poll the batch, or subscribe to batch.completed, until it is COMPLETED."
    ),
    Code.BATCH_ENDED: Kind(409, "The batch has already ended", "Nothing to do: an ended batch can't be cancelled."),
    Code.CLASS_REPORT_MIXED: Kind(
        409, "The batch holds different papers", "Ask for one: add ?subject= and ?grade= as 'choices' lists them."
    ),
    Code.CLASS_REPORT_EMPTY: Kind(
        409,
        "No paper to report on",
        "No exam of the batch, or of what was asked for, is COMPLETED: retry those that failed.",
    ),
    Code.UNREADABLE_FILE: Kind(
        422, "A file can't be read", "It is damaged or incomplete: export or photograph it again."
    ),
    Code.ENCRYPTED_PDF: Kind(422, "A PDF is encrypted", "Remove its password and upload it again."),
    Code.ENCRYPTED_ARCHIVE: Kind(422, "A ZIP is encrypted", "Remove its password and upload it again."),
    Code.TOO_MANY_PAGES: Kind(422, "Too many pages", "Split it: one upload is one student's paper."),
    Code.IMAGE_TOO_LARGE: Kind(422, "An image has too many pixels", "Lower its resolution and upload it again."),
    Code.IMAGE_TOO_SMALL: Kind(422, "An image is too small", "Nothing can be read on it: photograph it from nearer."),
    Code.FILE_TOO_COMPLEX: Kind(
        422, "A file takes too much to open", "Save it as plain pictures or as a plain PDF and upload it again."
    ),
    Code.CHECKS_UNAVAILABLE: Kind(
        503,
        "Files can't be checked now",
        "Upload without a check: what is wrong with a file is told in the exam's status.",
    ),
    Code.VALIDATION_FAILED: Kind(422, "The request is not valid", "Correct what 'errors' names and send it again."),
    Code.INVALID_IDEMPOTENCY_KEY: Kind(
        400, "Invalid Idempotency-Key", "Send 1 to 255 printable ASCII characters, such as a UUID."
    ),
    Code.IDEMPOTENCY_IN_FLIGHT: Kind(
        409, "A request with this Idempotency-Key is in flight", "Wait for its answer, or send the same request later."
    ),
    Code.IDEMPOTENCY_MISMATCH: Kind(
        422,
        "Idempotency-Key was used for another payload",
        "Use a new key for a new upload; repeat the old one unchanged.",
    ),
    Code.INVALID_CURSOR: Kind(
        400, "Invalid cursor", "Pass next_cursor of the page before, unchanged, or leave it out."
    ),
    Code.PRECONDITION_FAILED: Kind(
        412, "It was changed meanwhile", "Fetch it again, and send your change with the ETag of what you fetched."
    ),
    Code.INVALID_LAST_EVENT_ID: Kind(
        400, "Invalid Last-Event-ID", "Send the id of the last event received on this exam, or leave the header out."
    ),
    Code.EXAM_NOT_COMPLETED: Kind(
        409, "The exam has no result", "Poll its status or subscribe to its events until it is COMPLETED."
    ),
    Code.EXAM_ENDED: Kind(409, "The exam has already ended", "Nothing to do: an ended exam can't be cancelled."),
    Code.EXAM_IN_FLIGHT: Kind(
        409, "The exam has not ended", "Wait until it has, or cancel it, before it is tried again."
    ),
    Code.EXAM_DELETED: Kind(
        410,
        "The exam of this Idempotency-Key was deleted",
        "Nothing was made, so that a late repetition doesn't bring it back. Upload under a new key if you want it again.",
    ),
    Code.ARTEFACT_GONE: Kind(
        410, "What the stage reads is no longer stored", "Begin at an earlier stage, or upload the paper again."
    ),
    Code.RESULT_GONE: Kind(410, "The result is no longer stored", "Upload the paper again."),
    Code.RANGE_NOT_SATISFIABLE: Kind(
        416, "Range not satisfiable", "Ask for a range inside the size of the Content-Range header."
    ),
    Code.TOO_MANY_IN_FLIGHT: Kind(
        429,
        "Too many exams in flight",
        "Upload again when some of your exams have ended, or cancel what is not needed.",
    ),
    Code.RATE_LIMITED: Kind(
        429, "Too many requests", "Wait for Retry-After seconds; RateLimit of every answer says what is left."
    ),
    Code.QUOTA_EXCEEDED: Kind(
        429,
        "The month's quota is used up",
        "Nothing was accepted: see GET /usage. Ask for a higher quota, or upload after Retry-After, when it is reset.",
    ),
    Code.OVERLOADED: Kind(503, "Too much is waiting already", "Nothing was accepted: try again after Retry-After."),
    Code.STORE_UNAVAILABLE: Kind(
        503,
        "A store is not reachable",
        "Try again after Retry-After, with the same Idempotency-Key: under one key an upload is accepted once,"
        " even if this answer came too late to know.",
    ),
    Code.REQUEST_REFUSED: Kind(400, "The request was refused", "Check the request against the API's description."),
    Code.INTERNAL: Kind(
        500, "Internal error", "Try again later with the same Idempotency-Key; if it persists, report the trace_id."
    ),
}
