"""What a pilot's templates must hold before they are a package; each control tells its faults.

These are the controls that cfn-guard's or checkov's rule sets have for the services in use, written
as plain functions over the packaged templates: rules of a rule language could not follow a queue
from its mapping through a parameter into the other stack. Four of those rule sets' controls are not
held; `EXCEPTIONS` says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.functions import API_STAGE, FUNCTIONS
from infra.templates import Template, of_type

RUNTIME = "python3.11"
CHALICE_TRIES, FEWEST_TRIES = 6, 3
SECRET = re.compile(r"TOKEN$|SECRET|PASSWORD|PRIVATE")

EXCEPTIONS = {
    "customer-managed keys for tables, queues, buckets and logs": (
        "Identity is sealed under a key of the pilot's own before it is written, so AWS's keys "
        "guard nothing alone; each further key would cost money every month and a call a read."
    ),
    "functions in a network of one's own": (
        "They reach AWS's services and the civil registry, all over TLS; a network would add a "
        "gateway that is paid by the hour, and slower first answers."
    ),
    "tracing by X-Ray": (
        "The tracer's import would be a large part of each cold start, and a request's number is "
        "in every line of the log anyway."
    ),
    "access logs of gateways and buckets": (
        "They hold callers' addresses beside the addresses of cases, for nobody to read; our own "
        "lines have neither."
    ),
}


@dataclass(frozen=True, slots=True)
class Built:
    """A pilot's templates.

    Attributes:
        apps: of each surface, as packaged.
        after: the same as SAM's transform leaves them.
        resources: the one of the resources, which no packaging touches.
        log_days: for which the pilot keeps logs.
    """

    apps: dict[str, Template]
    after: dict[str, Template]
    resources: Template
    log_days: int

    def functions(self) -> Iterator[tuple[str, str, Template]]:
        """Yield surface, logical name and properties of every function."""
        for surface, app in self.apps.items():
            for name, function in of_type(app, "AWS::Serverless::Function").items():
                yield surface, name, function["Properties"]


Control = Callable[[Built], Iterator[str]]


def logical(name: str) -> str:
    """Return Chalice's name of a function in a template, e.g. `CheckIdentity`."""
    if name == "api_handler":
        return "APIHandler"
    return "".join(part.capitalize() for part in name.split("_"))


def each_function_as_planned(built: Built) -> Iterator[str]:
    """Chalice takes what it does not find from elsewhere, and an unknown stage without a word."""
    planned = {(s, logical(f.name)): f for s, given in FUNCTIONS.items() for f in given}
    found = {(surface, name): properties for surface, name, properties in built.functions()}
    for place in sorted(planned.keys() ^ found.keys()):
        yield f"{'/'.join(place)} is {'missing' if place in planned else 'not in the table'}"
    for place in sorted(planned.keys() & found.keys()):
        plan, got = planned[place], found[place]
        said = {
            "MemorySize": plan.memory,
            "Timeout": plan.timeout,
            "ReservedConcurrentExecutions": plan.reserved,
            "Runtime": RUNTIME,
            "Architectures": ["arm64"],
            "CodeUri": f"./{place[0]}.zip",
        }
        for name, wanted in said.items():
            if got.get(name) != wanted:
                yield f"{'/'.join(place)}: {name} is {got.get(name)}, not {wanted}"


def no_public_stage_but_ours(built: Built) -> Iterator[str]:
    """Left alone, SAM adds a second stage, `Stage`, past the throttles."""
    for surface, template in built.after.items():
        named = of_type(template, "AWS::ApiGateway::Stage").values()
        stages = [each["Properties"]["StageName"] for each in named]
        if stages != ([API_STAGE] if of_type(built.apps[surface], "AWS::Serverless::Api") else []):
            yield f"{surface}: the stages are {stages}"


def gateways_are_throttled(built: Built) -> Iterator[str]:
    """Regional, throttled, and no bytes but text."""
    for surface, template in built.apps.items():
        for name, api in of_type(template, "AWS::Serverless::Api").items():
            properties = api["Properties"]
            if properties.get("EndpointConfiguration") != "REGIONAL":
                yield f"{surface}/{name} is not regional"
            if properties["DefinitionBody"].get("x-amazon-apigateway-binary-media-types") != []:
                yield f"{surface}/{name} takes binary bodies"
            everywhere = [
                each
                for each in properties.get("MethodSettings", [])
                if (each["ResourcePath"], each["HttpMethod"]) == ("/*", "*")
            ]
            if not all(
                "ThrottlingRateLimit" in each and "ThrottlingBurstLimit" in each
                for each in everywhere or [{}]
            ):
                yield f"{surface}/{name} is not throttled"


def queues_are_taken_in_part(built: Built) -> Iterator[str]:
    """A message that failed comes again alone, is parked in the end, and never twice at once."""
    queues = of_type(built.resources, "AWS::SQS::Queue")
    for surface, _, source, function in _mappings(built):
        where = f"{surface}/{function['name']}"
        if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{where}: a message that failed fails its whole batch"
        arn = _referred(source["EventSourceArn"])
        if arn.endswith("StreamArn"):
            yield from _stream_faults(where, source)
            continue
        queue = queues.get(_source_of(built, arn))
        if queue is None:
            yield f"{where}: {arn} is no queue of the resources"
            continue
        properties, timeout = queue["Properties"], function["Timeout"]
        window = source.get("MaximumBatchingWindowInSeconds", 0)
        if properties.get("VisibilityTimeout", 30) < CHALICE_TRIES * timeout + window:
            yield f"{where}: its queue hides a message for less than six times {timeout} s"
        redrive = properties.get("RedrivePolicy", {})
        dead = redrive.get("deadLetterTargetArn", {}).get("Fn::GetAtt", [""])[0]
        if dead not in queues or redrive.get("maxReceiveCount", 0) < FEWEST_TRIES:
            yield f"{where}: its queue parks nothing"
        most = source.get("ScalingConfig", {}).get("MaximumConcurrency")
        reserved = function.get("ReservedConcurrentExecutions")
        if reserved is not None and not (most and most <= reserved):
            yield f"{where}: more messages are taken than there are executions reserved"


def _stream_faults(where: str, source: Template) -> Iterator[str]:
    if source.get("StartingPosition") != "TRIM_HORIZON":
        yield f"{where}: what was written while it was off is skipped"
    if "Destination" not in source.get("DestinationConfig", {}).get("OnFailure", {}):
        yield f"{where}: what cannot be passed on goes nowhere"
    if not source.get("BisectBatchOnFunctionError"):
        yield f"{where}: one bad record holds its whole batch"


def _mappings(built: Built) -> Iterator[tuple[str, str, Template, Template]]:
    """Surface, name and properties of each event source, and what its function gets."""
    for surface, template in built.after.items():
        functions = of_type(template, "AWS::Lambda::Function")
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items():
            own = _referred(mapping["Properties"]["FunctionName"])
            about = {"name": own, **functions[own]["Properties"]}
            yield surface, name, mapping["Properties"], about


def _referred(value: Any) -> str:  # noqa: ANN401 - any JSON
    """The one parameter or resource that a value names."""
    text = value.get("Ref") or value.get("Fn::Sub") or value["Fn::GetAtt"][0]
    return str(text).removeprefix("${").removesuffix("}")


def _source_of(built: Built, parameter: str) -> str:
    """The resource that an app's parameter is an output of."""
    output = built.resources["Outputs"].get(parameter, {}).get("Value", {})
    return str(output.get("Fn::GetAtt", [""])[0])


def tables_survive(built: Built) -> Iterator[str]:
    """Kept when the stack goes, restorable, not to be deleted; but for what expires by itself."""
    for name, table in of_type(built.resources, "AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        if not properties.get("SSESpecification", {}).get("SSEEnabled"):
            yield f"{name} is not encrypted"
        if properties.get("TimeToLiveSpecification", {}).get("Enabled"):
            continue
        yield from _not_retained(name, table)
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        if recovery.get("PointInTimeRecoveryEnabled") is not True:
            yield f"{name} cannot be restored"
        if not _when_protected(properties.get("DeletionProtectionEnabled"), yes=True):
            yield f"{name} can be deleted"


def keys_buckets_and_pools_survive(built: Built) -> Iterator[str]:
    """Losing the opening key would lose every identity; losing the pool every account."""
    for kind in ("AWS::KMS::Key", "AWS::S3::Bucket", "AWS::Cognito::UserPool"):
        for name, resource in of_type(built.resources, kind).items():
            yield from _not_retained(name, resource)
    for name, key in of_type(built.resources, "AWS::KMS::Key").items():
        if key["Properties"].get("PendingWindowInDays") != 30:  # noqa: PLR2004 - the most there is
            yield f"{name} is gone in less than thirty days after somebody deletes it"
    for name, pool in of_type(built.resources, "AWS::Cognito::UserPool").items():
        properties = pool["Properties"]
        if not _when_protected(properties.get("DeletionProtection"), yes="ACTIVE"):
            yield f"{name} can be deleted"
        if not _when_protected(properties.get("MfaConfiguration"), yes="ON"):
            yield f"{name} lets somebody in without a second factor"
        if properties.get("AdminCreateUserConfig") != {"AllowAdminCreateUserOnly": True}:
            yield f"{name} lets anybody sign up"


def _not_retained(name: str, resource: Template) -> Iterator[str]:
    kept = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
    if kept != {"Retain"}:
        yield f"{name} goes with its stack, or when it is replaced"


def _when_protected(value: Any, *, yes: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a property is as it must be unless a local run says otherwise."""
    if isinstance(value, dict) and "Fn::If" in value:
        condition, held, _ = value["Fn::If"]
        return bool(condition == "Protected" and held == yes)
    return bool(value == yes)


def buckets_are_closed(built: Built) -> Iterator[str]:
    """Nobody's but the account's, and encrypted."""
    shut = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    for name, bucket in of_type(built.resources, "AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        access = properties.get("PublicAccessBlockConfiguration", {})
        if not all(access.get(each) is True for each in shut):
            yield f"{name} may be made public"
        if "BucketEncryption" not in properties:
            yield f"{name} is not encrypted"
        if properties.get("OwnershipControls") != owned:
            yield f"{name} takes files that belong to others"


def queues_are_closed(built: Built) -> Iterator[str]:
    """Encrypted where they lie and on their way."""
    queues = of_type(built.resources, "AWS::SQS::Queue")
    policies = of_type(built.resources, "AWS::SQS::QueuePolicy").values()
    named = [each["Ref"] for policy in policies for each in policy["Properties"]["Queues"]]
    for name, queue in queues.items():
        if queue["Properties"].get("SqsManagedSseEnabled") is not True:
            yield f"{name} is not encrypted"
        if named.count(name) != 1:
            yield f"{name} has {named.count(name)} policies; the one it may have asks for TLS"


def no_right_is_wide(built: Built) -> Iterator[str]:
    """No wildcard among actions; of resources only the pilot's own, by name."""
    for surface, template in built.after.items():
        for name, role in of_type(template, "AWS::IAM::Role").items():
            properties = role["Properties"]
            if properties.get("ManagedPolicyArns"):
                yield f"{surface}/{name} has policies that are not ours"
            for policy in properties.get("Policies", []):
                for statement in _statements(policy["PolicyDocument"]):
                    yield from _wide(f"{surface}/{name}/{statement.get('Sid', '')}", statement)
        for name in of_type(template, "AWS::IAM::ManagedPolicy"):
            yield f"{surface}/{name} is a policy that no function's file has"


def _wide(where: str, statement: Template) -> Iterator[str]:
    actions = _listed(statement.get("Action", "*"))
    if statement["Effect"] != "Allow" or {"NotAction", "NotResource"} & statement.keys():
        yield f"{where}: only what is allowed may be named"
    if any("*" in action for action in actions):
        yield f"{where}: {[action for action in actions if '*' in action]}"
    for resource in _listed(statement.get("Resource", "*")):
        text = resource if isinstance(resource, str) else _referred(resource)
        own_log = re.fullmatch(
            r"arn:\$\{AWS::Partition}:logs:\$\{AWS::Region}:\$\{AWS::AccountId}:log-group:"
            r"/aws/lambda/\$\{AWS::StackName}-\w+-\*",
            text,
        )
        if not (own_log or re.fullmatch(r"(\w+Arn)(}/[\w*/-]+)?", text)):
            yield f"{where}: {text} is not a resource of the pilot's own"


def _statements(document: Template) -> list[Template]:
    found: list[Template] = _listed(document["Statement"])
    return found


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    return value if isinstance(value, list) else [value]


def logs_end(built: Built) -> Iterator[str]:
    """Each function has a log that ends when the pilot's file says."""
    for surface, template in built.after.items():
        groups = of_type(template, "AWS::Logs::LogGroup").values()
        named = {_referred(g["Properties"]["LogGroupName"]).rpartition("${")[2] for g in groups}
        for name in of_type(template, "AWS::Lambda::Function").keys() - named:
            yield f"{surface}/{name} has no log of its own"
        for group in groups:
            if group["Properties"].get("RetentionInDays") != built.log_days:
                yield f"{surface}: {group['Properties']['LogGroupName']} does not end in time"


def no_secret_is_written(built: Built) -> Iterator[str]:
    """A secret comes as a parameter that nothing shows."""
    for surface, name, properties in built.functions():
        everybody = built.apps[surface]["Globals"]["Function"]["Environment"]["Variables"]
        own = properties.get("Environment", {}).get("Variables", {})
        for variable, value in {**everybody, **own}.items():
            if not SECRET.search(variable):
                continue
            parameter = built.apps[surface]["Parameters"].get(
                value.get("Ref") if isinstance(value, dict) else "", {}
            )
            if not parameter.get("NoEcho") or "Default" in parameter:
                yield f"{surface}/{name}: {variable} can be read"


def every_parameter_is_given(built: Built) -> Iterator[str]:
    """An app's parameter without a default is an output of the resources, or the deployment's."""
    outputs = built.resources["Outputs"].keys()
    for surface, template in built.apps.items():
        for name, parameter in template["Parameters"].items():
            if "Default" not in parameter and name not in outputs and name not in GIVEN:
                yield f"{surface}: nobody gives {name}"


GIVEN = {
    *("Stage", "Region", "SiteOrigin", "Model", "Rules", "CivilRegistryUrl", "CivilRegistryToken"),
    *("SealingKey", "TrustedProxy", "TokenIssuer", "JwksUrl", "LoginUrl", "UploadUrl"),
    "ReleasedUrl",
}
"""Parameters that the pilot's file or the deployment gives (`stages.parameters`, `deploy.py`)."""

CONTROLS: dict[str, Control] = {
    "every function as planned": each_function_as_planned,
    "no public stage but ours": no_public_stage_but_ours,
    "gateways regional, throttled, without bytes": gateways_are_throttled,
    "queues and streams: in part, dead letters, six times hidden": queues_are_taken_in_part,
    "tables kept, restorable, protected": tables_survive,
    "keys, buckets, accounts kept and protected": keys_buckets_and_pools_survive,
    "buckets closed and encrypted": buckets_are_closed,
    "queues encrypted, over TLS only": queues_are_closed,
    "no wide right": no_right_is_wide,
    "every log ends in time": logs_end,
    "no secret in a template": no_secret_is_written,
    "every parameter is given": every_parameter_is_given,
}


def faults(built: Built) -> dict[str, list[str]]:
    """Return what each control finds, by its name; all of them, also those that find nothing."""
    return {name: list(control(built)) for name, control in CONTROLS.items()}
