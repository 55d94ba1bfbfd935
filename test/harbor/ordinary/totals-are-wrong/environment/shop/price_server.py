"""Tells prices over MCP, for whoever talks to its standard streams."""

import json
import sys

tool = {
    "name": "price_of",
    "description": "What one of a thing costs",
    "inputSchema": {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]},
}


def answer(method, params):
    if method == "initialize":
        version = params["protocolVersion"]
        info = {"name": "prices", "version": "1"}
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [tool]}
    lines = open("/app/prices/list.txt").read().split("\n")
    prices = dict(line.split() for line in lines if line)
    return {"content": [{"type": "text", "text": prices.get(params["arguments"]["thing"], "no such thing")}]}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = answer(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
