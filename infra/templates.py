"""CloudFormation templates as data: read from YAML, with `!Ref` and its kin in their long form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RESOURCES = HERE / "resources.yaml"

PILOT = "Fn::Pilot"  # long form of `!Pilot`, which only a build knows

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's short tags; everything else is plain YAML."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    text = str(node.value)
    return {name: text.split(".", 1) if suffix == "GetAtt" else text}


_Loader.add_multi_constructor("!", _short_tag)


def read(path: Path) -> Template:
    """Read a template.

    Args:
        path: a YAML (or JSON) file.

    Returns:
        The template with intrinsic functions in their long form, ready for `json.dumps`.
    """
    template: Template = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 # nosec B506 - a SafeLoader
    return template


def filled(node: Any, stage: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Put a pilot's own values in the places of `!Pilot`.

    Args:
        node: a template or a part of one.
        stage: what the pilot's file says.

    Raises:
        KeyError: the file says no such thing.
    """
    if isinstance(node, list):
        return [filled(item, stage) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {PILOT}:
        found: Any = stage
        for name in node[PILOT].split("."):
            found = found[name]
        return found
    return {key: filled(item, stage) for key, item in node.items()}


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """Return the resources of one type by logical name, e.g. `AWS::SQS::Queue`."""
    return {k: v for k, v in template["Resources"].items() if v.get("Type") == kind}
