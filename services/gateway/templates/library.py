"""Templates and subject rules as uploads use them: which version is the newest is asked of Postgres, what it says of a cache."""

from dataclasses import dataclass, replace

import asyncpg

from contracts.artefacts import AnswerKey, SubjectRules, TemplateRef
from contracts.taxonomy import Point, Taxonomy, taxonomy
from services.gateway.caching.layered import Layered
from services.gateway.core.form import Filling, Form
from services.gateway.core.problems import Code, Problem
from services.gateway.courses import store as own
from services.gateway.courses.core.own import POINTS
from services.gateway.templates import queries, rules
from services.gateway.templates.document import Document, answer_key
from services.gateway.templates.queries import Head


@dataclass(frozen=True)
class Known:
    """A version's document and the key that stages read of it."""

    document: Document
    key: AnswerKey


def known(text: str) -> Known:
    """The version of a stored text; ValueError."""
    document = Document.model_validate_json(text)
    return Known(document, answer_key(document))


def school_points(text: str) -> tuple[Point, ...]:
    """A school's own points of a stored text; ValueError."""
    return POINTS.validate_json(text)


def settled(text: str) -> SubjectRules:
    """The rules of a stored text; ValueError."""
    return SubjectRules.model_validate_json(text)


@dataclass(frozen=True)
class Library:
    """A change is used by the next upload, whichever gateway process takes it: versions never change, so none is stale."""

    pool: asyncpg.Pool
    versions: Layered[Known]
    rules: Layered[SubjectRules]
    points: Layered[tuple[Point, ...]]

    async def find(self, tenant: str, template_id: str) -> tuple[Head, Known] | None:
        """The newest version; None when there is no such template of this tenant."""
        head = await queries.find(self.pool, tenant, template_id)
        found = await self.version(tenant, template_id, head.version) if head else None
        return (head, found) if head and found else None

    async def version(self, tenant: str, template_id: str, number: int) -> Known | None:
        """A version of a template that exists; None when it isn't kept."""
        return await self.versions.get(
            f"{tenant}:{template_id}:{number}", lambda: queries.document(self.pool, tenant, template_id, number)
        )

    async def rules_of(self, tenant: str, subject: str) -> SubjectRules:
        """What the tenant has settled for the subject."""
        return await self._rules(tenant, subject, (await rules.versions(self.pool, tenant, subject)).rules)

    async def taxonomy_of(self, tenant: str, subject: str) -> Taxonomy:
        """The subject's points: those that ship, and the tenant's own."""
        number = (await rules.versions(self.pool, tenant, subject)).points
        return taxonomy(subject).with_own(await self._points(tenant, subject, number))

    async def _points(self, tenant: str, subject: str, number: int) -> tuple[Point, ...]:
        if not number:
            return ()
        key = f"{tenant}:{subject}:{number}"
        return await self.points.get(key, lambda: own.text(self.pool, tenant, subject)) or ()

    async def _rules(self, tenant: str, subject: str, number: int) -> SubjectRules:
        if not number:
            return SubjectRules()
        # Read at a version and stored under it: a change in between is told by the version, so the text may be newer.
        found = await self.rules.get(f"{tenant}:{subject}:{number}", lambda: rules.text(self.pool, tenant, subject))
        return found or SubjectRules()

    async def fill(self, tenant: str, form: Form) -> Form:
        """The form with its template, its subject's rules and the tenant's points; Problem(UNKNOWN_TEMPLATE | VALIDATION_FAILED)."""
        now = await rules.versions(self.pool, tenant, form.subject)
        form = replace(
            form,
            rules=await self._rules(tenant, form.subject, now.rules),
            points=await self._points(tenant, form.subject, now.points),
        )
        if form.template_id is None:
            return form
        found = await self.find(tenant, form.template_id)
        if found is None:
            errors = [{"pointer": "/template_id", "detail": "is no template of this tenant"}]
            raise Problem(Code.UNKNOWN_TEMPLATE, errors=errors)
        head, template = found
        if head.subject != form.subject:
            wrong = f"is a template of {head.subject}, and this upload of {form.subject}: correct one of the two"
            raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "/template_id", "detail": wrong}])
        ref = TemplateRef(id=head.id, version=head.version)
        return replace(form, filling=Filling(ref, template.key, template.document.title))
