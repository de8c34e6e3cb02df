"""One mapping of a YAML file and where it stands, so that every refusal names both."""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from modelling.survey_table import SurveyFaultsError


class Place:
    """One mapping of the file, and where it stands.

    Attributes:
        name: the file and the place in it, for messages.
        value: the mapping.
    """

    def __init__(self, name: str, value: object) -> None:
        self.name = name
        if not isinstance(value, dict):
            raise SurveyFaultsError(f"{name}: must be a mapping of names to values")
        self.value: dict[str, Any] = value

    def only(self, allowed: str) -> None:
        """Refuse a name that is not among those allowed, which are parted by spaces."""
        if unknown := sorted(map(str, self.value.keys() - set(allowed.split()))):
            raise SurveyFaultsError(f"{self.name}: unknown `{unknown[0]}`")

    def get(self, key: str, kind: type, default: Any = ...) -> Any:  # noqa: ANN401 - any YAML
        """The value of a name, of the kind asked for; the default where it is left out."""
        value = self.value.get(key, default)
        if value is ...:
            self.refuse(key, "is missing")
        if value is not default and type(value) is not kind:
            self.refuse(key, f"must be a {kind.__name__}")
        return value

    def refuse(self, key: str, why: str) -> NoReturn:
        """Say what is wrong with the value of a name.

        Raises:
            SurveyFaultsError: always.
        """
        raise SurveyFaultsError(f"{self.name}: `{key}` {why}")


def read_place(name: str, text: str) -> Place:
    """The whole of a YAML file.

    Args:
        name: of the file, for messages.
        text: YAML.

    Raises:
        SurveyFaultsError: it is not YAML, or no mapping.
    """
    try:
        return Place(name, yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise SurveyFaultsError(f"{name}: not YAML: {error}") from error
