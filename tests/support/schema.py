#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what nvirt printed against its schema.

schema.py SCHEMA FILE...: NAME.N.json is one document of that name of the schema, without a
member that the schema does not know; beside NAME.N.csv it must have the same data as that.
Exit status 1 and a line for each that is wrong.
"""
import csv
import json
import pathlib
import sys

import jsonschema


def strict(schema):
    """No member that is not declared: what is printed must be documented."""
    for definition in schema["definitions"].values():
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
    return schema


def cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, (list, dict)):
        return value
    return str(value)


def same(text, value):
    wanted = cell(value)
    if value == []:
        return text in ("", "[]")
    if isinstance(value, float):
        return float(text) == value
    return json.loads(text) == wanted if isinstance(wanted, (list, dict)) else text == wanted


def check_csv(path, document):
    objects = document if isinstance(document, list) else [document]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(objects):
        yield f"{len(rows)} rows for {len(objects)} objects"
    for row, one in zip(rows, objects):
        # What a lab's guest says goes on all the time: the file has grown since.
        if str(one.get("path")).endswith(".serial"):
            continue
        if set(one) - set(row):
            yield f"columns lack {set(one) - set(row)}"
        for name, text in row.items():
            if not same(text, one.get(name)):
                yield f"{name}: '{text}' is not {one.get(name)!r}"


def check(schema, path):
    document = json.loads(path.read_text())
    name = "print-" + path.name.split(".")[0]
    root = {"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]}
    for error in jsonschema.Draft7Validator(root).iter_errors(document):
        yield f"{'/'.join(map(str, error.path))}: {error.message}"
    table = path.with_suffix(".csv")
    if table.exists():
        yield from check_csv(table, document)


def main():
    schema = strict(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    jsonschema.Draft7Validator.check_schema(schema)
    wrong = 0
    for name in sys.argv[2:]:
        for problem in check(schema, pathlib.Path(name)):
            print(f"{name}: {problem}")
            wrong += 1
    return 1 if wrong else 0


sys.exit(main())
