"""The document is a valid OpenAPI 3.1 document, and its own examples fit its schemas."""

import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from server import Server


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


class Schemas:
    """Checks values against schemas of the document."""

    def __init__(self, document):
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:document", resource)

    def problems(self, value, schema):
        schema = rebased(schema)
        validator = Draft202012Validator(schema, registry=self.registry, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def rebased(schema):
    """The same schema with its references pointing into the document."""
    if isinstance(schema, dict):
        return {
            key: "urn:document" + value if key == "$ref" else rebased(value) for key, value in schema.items()
        }
    return [rebased(item) for item in schema] if isinstance(schema, list) else schema


def named_examples(holder):
    return {name: example["value"] for name, example in holder.get("examples", {}).items()}


def check(document):
    problems = [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]
    schemas = Schemas(document)

    def fits(where, value, schema):
        problems.extend(f"{where}: {problem}" for problem in schemas.problems(value, schema))

    for name, schema in document["components"]["schemas"].items():
        for example in schema["examples"]:
            fits(f"schema {name}", example, schema)
    ids = set()
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        if operation["operationId"] in ids:
            problems.append(f"{where}: the operationId {operation['operationId']} stands twice")
        ids.add(operation["operationId"])
        for parameter in operation.get("parameters", []):
            for name, value in named_examples(parameter).items():
                fits(f"{where} {parameter['name']} {name}", value, parameter["schema"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name, value in named_examples(content).items():
                fits(f"{where} body {name}", value, content["schema"])
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                for name, value in named_examples(content).items():
                    fits(f"{where} {status} {name}", value, content["schema"])
    return problems


if __name__ == "__main__":
    document = Server().document()
    problems = check(document)
    print(f"{sum(1 for _ in operations(document))} operations, {len(document['components']['schemas'])} schemas")
    sys.exit("\n".join(problems) or 0)
