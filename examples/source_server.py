#!/usr/bin/env python3
"""A data source for Waybill in Python's standard library alone: a JSON file, a list of orders.
{"mcpServers": {"source": {"command": "python3", "args": ["source_server.py", "orders.json"]}}}"""
import hashlib, json, os, sys

PATH, OWN = os.path.abspath(sys.argv[1]), ("tracking_number", "shipped_at", "voided_at")

def load():
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)

def save(orders):  # what is acknowledged survives a crash: a new file, synced, in the old one's place
    with open(PATH + ".tmp", "w", encoding="utf-8") as file:
        json.dump(orders, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(PATH + ".tmp", PATH)
    folder = os.open(os.path.dirname(PATH), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)

def row(number, order):  # the checksum leaves out what Waybill writes itself
    digest = hashlib.sha256(json.dumps({**order, **dict.fromkeys(OWN)}, sort_keys=True).encode())
    data = {**dict.fromkeys(OWN, ""), **order}
    return {"row_number": number, "data": data, "checksum": digest.hexdigest()}

def describe_source(_):
    orders = load()
    names = dict.fromkeys(key for order in [*orders, dict.fromkeys(OWN)] for key in order)
    whole = hashlib.sha256("".join(row(0, order)["checksum"] for order in orders).encode())
    return {"kind": "json", "uri": "file://" + PATH, "row_count": len(orders),
            "fingerprint": whole.hexdigest(), "columns": [{"name": n, "type": "string"} for n in names]}

def get_rows(args):
    orders, first = load(), args.get("after_row", 0)
    last = min(first + args.get("limit", 100), len(orders))
    page = {"rows": [row(n + 1, orders[n]) for n in range(first, last)]}
    return {**page, "next_after": last} if last < len(orders) else page

def get_row(args):
    return row(args["row_number"], load()[args["row_number"] - 1])

def write_back(args):  # null takes the number of a voided label out
    orders, number = load(), args["tracking_number"] or ""
    order = orders[args["row_number"] - 1]
    if args.get("checksum") not in (None, row(0, order)["checksum"]):
        raise ValueError("the row is not the one that was shipped")
    new = {"tracking_number": number, "voided_at": args.get("voided_at", "")}
    if new.items() <= order.items():
        return {"status": "already_written"}
    if order.get("tracking_number", "") not in ("", number, args.get("replaces")):
        raise ValueError("conflict: the row holds " + order["tracking_number"])
    order.update(new, **({"shipped_at": args["shipped_at"]} if number else {}))
    save(orders)
    return {"status": "written"}

TOOLS = {tool.__name__: tool for tool in (describe_source, get_rows, get_row, write_back)}
TOOLS["flush"] = lambda _: {}  # every acknowledged number is in the file already

def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "json-source", "version": "1"}}
    if method != "tools/call":
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]}
    try:
        value, failed = TOOLS[params["name"]](params.get("arguments", {})), False
    except Exception as error:
        code = "conflict" if str(error).startswith("conflict") else "error"
        value, failed = {"code": code, "message": str(error)}, True
    text = [{"type": "text", "text": json.dumps(value)}]
    return {"content": text, "isError": failed, **({} if failed else {"structuredContent": value})}

for message in map(json.loads, sys.stdin):
    if "id" in message:
        result = answer(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
