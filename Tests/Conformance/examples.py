"""Sends every example of the document; each must get the status under which it stands, and an answer that fits."""

import sys
from urllib.parse import quote

from server import URL, Server
from validate import Schemas, named_examples, operations


def exchanges(operation):
    """(name, status) of every example: an answer bears the same name as the parts of its request."""
    for status, response in operation["responses"].items():
        for name in response.get("x-examples", []):
            yield name, status
        for content in response.get("content", {}).values():
            for name in named_examples(content):
                yield name, status


def text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, list) else str(value)


def send(server, method, path, operation, name):
    query, headers, body = {}, {}, {}
    for parameter in operation.get("parameters", []):
        values = named_examples(parameter)
        if name not in values:
            continue
        value = text(server.sample(values[name]) if isinstance(values[name], str) else values[name])
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(value, safe=""))
        elif parameter["in"] == "query":
            query[parameter["name"]] = ",".join(value) if parameter.get("explode") is False else value
        else:
            headers[parameter["name"]] = value
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if name in named_examples(content):
            value = named_examples(content)[name]
            if isinstance(value, dict):
                value = {key: server.sample(member) if isinstance(member, str) else member for key, member in value.items()}
            body = {"json": value}
    return server.session.request(
        method, URL + path, params=query, headers=headers, timeout=300, stream=True, allow_redirects=False, **body)


def problems_of(response, operation, status, schemas):
    if str(response.status_code) != status:
        return [f"answered {response.status_code}, not {status}: {response.text[:500]}"]
    contents = operation["responses"][status].get("content", {})
    if not contents:
        return [] if not response.content else [f"has a body: {response.text[:200]}"]
    media_type = response.headers.get("Content-Type", "").split(";")[0]
    if media_type not in contents:
        return [f"has the type {media_type}, which the document does not know"]
    if media_type == "text/event-stream":
        response.close()
        return []
    value = response.json() if media_type.endswith("json") else response.text
    return schemas.problems(value, contents[media_type]["schema"])


def main():
    server = Server()
    document = server.document()
    schemas = Schemas(document)
    problems, sent = [], 0
    for method, path, operation in operations(document):
        for name, status in exchanges(operation):
            server.job()
            server.secret()
            server.schedules()
            server.nomad_job()
            response = send(server, method, path, operation, name)
            sent += 1
            found = problems_of(response, operation, status, schemas)
            problems.extend(f"{method.upper()} {path} {name}: {problem}" for problem in found)
        if not any(True for _ in exchanges(operation)):
            problems.append(f"{method.upper()} {path} has no example")
    print(f"{sent} examples sent")
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
