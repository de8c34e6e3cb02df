"""What is made once for all suites: the package, a bare local AWS, a running Tepat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from _pytest.nodeid import NodeId
from botocore.loaders import create_loader
from hypothesis import settings
from jinja2 import Environment
from moto.core import responses
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import method_names_from_class

from infra.build import Package, build
from infra.layer import this_machine
from infra.local_aws.server import LocalAws
from tests import local_aws, rights_watch
from tests.canaries.watch import (  # noqa: F401 - pytest finds its hooks here
    pytest_runtest_makereport,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.local_aws import Tepat

# How long an example takes says more of the machine than of the code: nothing here is timed.
settings.register_profile("tepat", deadline=None)
settings.load_profile("tepat")


def pytest_configure(config: pytest.Config) -> None:
    """Let what functions ask of AWS be compared with their rights in every test."""
    config.pluginmanager.register(rights_watch)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that share something costly in one process: the local AWS, a fitted model.

    The group goes into the name that xdist deals by. xdist 3.8 does this itself from its mark, but
    in a way that pytest 9.2 no longer sees: then each process would start a stack of its own.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if group := _group_of(item):
            item._id = NodeId.parse(f"{item.nodeid}@{group}")


def _group_of(item: pytest.Item) -> str:
    shared = {"package", "bare_aws", "tepat"} & set(getattr(item, "fixturenames", ()))
    if shared or item.get_closest_marker("local_aws"):
        return "local_aws"
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else ""


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """Read AWS's descriptions of its services, and compile a template, once for the whole run.

    Each test makes its clients and its environment anew, as a cold start does; a third of the time
    of the tests on moto went into reading the same files. Another part went into moto's looking up,
    for each answer anew, which methods a service has and under which names an answer has its parts.
    """
    compiled: dict[Any, Any] = {}
    compile_template = Environment.compile

    def compile_once(engine: Environment, source: str, *about: Any, **more: Any) -> Any:
        key = source, about, tuple(more.items())
        if key not in compiled:
            compiled[key] = compile_template(engine, source, *about, **more)
        return compiled[key]

    parts: dict[Any, Any] = {}
    names_of = XFormedAttributePicker.get_possible_keys

    def names_once(picker: XFormedAttributePicker, about: AttributePickerContext) -> Any:
        if type(about.obj) is not dict:  # a class may bring names of its own
            return names_of(picker, about)
        key = type(picker), about.key, id(about.shape)
        if key not in parts:
            parts[key] = about.shape, tuple(names_of(picker, about))  # kept, so that its id stays
        return parts[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "method_names_from_class", cache(method_names_from_class))
        patch.setattr(XFormedAttributePicker, "get_possible_keys", names_once)
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        patch.setattr(Environment, "compile", compile_once)
        yield


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Both surfaces and the site, built for this machine."""
    folder = tmp_path_factory.mktemp("package")
    return build(local_aws.STAGE, folder / "built", this_machine())


@pytest.fixture(scope="session")
def bare_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with nothing in it: tables are made by `create_in`."""
    with local_aws.bare(tmp_path_factory.mktemp("bare")) as aws:
        yield aws


@pytest.fixture(scope="session")
def tepat(tmp_path_factory: pytest.TempPathFactory, package: Package) -> Iterator[Tepat]:
    """The whole of Tepat, deployed and served."""
    with local_aws.running(tmp_path_factory.mktemp("tepat"), package) as running:
        yield running
