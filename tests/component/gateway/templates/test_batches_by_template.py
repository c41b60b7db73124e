"""Papers of a batch name templates like single uploads."""

from tests.component.gateway.batches.conftest import jpeg, post
from tests.component.gateway.harness import Running
from tests.component.gateway.templates.conftest import make
from tests.component.gateway.templates.test_exams_by_template import stored


async def test_all_papers_of_a_batch_get_the_key_and_an_unknown_template_refuses_only_its_own(running: Running) -> None:
    template = await make(running)
    manifest = {"papers": [{"file": "a.jpg"}, {"file": "b.jpg", "template_id": "tpl_" + "0" * 32}]}
    files = {"a.jpg": jpeg(1), "b.jpg": jpeg(2)}
    answer = await post(running, files=files, manifest=manifest, template_id=template["id"])
    assert answer.status_code == 202, answer.text
    first, second = answer.json()["outcomes"]
    assert second["problem"]["code"] == "unknown_template"
    submission = await stored(running, first)
    assert submission.template is not None
    assert submission.answer_key is not None
    assert (submission.template.version, submission.answer_key.questions[0].answer) == (1, "B")
    shown = (await running.get(f"/exams/{first['exam_id']}")).json()
    assert (shown["template_id"], shown["template_version"]) == (template["id"], 1)
