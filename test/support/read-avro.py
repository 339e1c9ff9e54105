"""Reads Avro records with fastavro: a JSON object a line in, {"writer", "reader" or null, "body" in hex}, the value a line out.

What JSON cannot hold exactly is tagged: {"$int": "1"}, {"$float": "1.5"}, {"$bytes": "00ff"}, {"$decimal": "1.50"}, {"$time": "…"}.
"""

import datetime
import decimal
import io
import json
import sys

import fastavro


def plain(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"$int": str(value)}
    if isinstance(value, float):
        return {"$float": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, decimal.Decimal):
        return {"$decimal": format(value, "f")}
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return {"$time": value.isoformat()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {name: plain(each) for name, each in value.items()}


schemas = {}


def schema(text):
    if text not in schemas:
        schemas[text] = fastavro.parse_schema(json.loads(text), named_schemas={})
    return schemas[text]


for line in sys.stdin:
    request = json.loads(line)
    body = io.BytesIO(bytes.fromhex(request["body"]))
    reader = schema(request["reader"]) if request["reader"] else None
    value = fastavro.schemaless_reader(body, schema(request["writer"]), reader)
    if body.read(1):
        raise ValueError("bytes are left behind the record")
    print(json.dumps(plain(value)))
