"""The templates over HTTP."""

from core.domain.templates import BUILT_IN

TEMPLATES = "/api/v1/llm/test/templates"


def test_the_ten_templates_are_told_in_their_order(signed_in):
    told = signed_in.get(TEMPLATES).json()["templates"]
    assert [template["id"] for template in told] == [template.id for template in BUILT_IN]
    assert all(
        set(template) == {"id", "name", "prompt", "category", "description", "suggested_models"} for template in told
    )


def test_whoever_is_not_signed_in_sees_no_template(client, product):
    assert client.get(TEMPLATES).status_code == 401
