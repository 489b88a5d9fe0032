#!/usr/bin/env python3
"""Checks what `holdfast show` says of an object whose program states it.

  tests/e2e/shown.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped]

Builds the program `shown`, looks at its object in the process, in a core, and in captures with content and without, and
compares every value that the program states, all entries of its maps, and what the slot, the collector and those who
refer to it must be. A comparison that cannot fail proves nothing: each is also given a stated value that is wrong.
"""
import json
import shlex
import subprocess
import sys

import stated

RELEASES = ("1.19", "1.22", "1.24", "1.26")
MIB = 1 << 20


def run(holdfast, *arguments):
    return subprocess.run([holdfast, "show", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def show(holdfast, target, address, *options):
    done = run(holdfast, target, hex(address) if isinstance(address, int) else address, "--json", *options)
    if done.returncode:
        return {"failed": done.stderr}
    return json.loads(done.stdout)


def flat(value, path=""):
    """Returns {path: value} of a value and all its parts."""
    path += value["name"]
    found = {path: value}
    for part in value["parts"]:
        found |= flat(part, path)
    return found


def differ(thing, expected, got):
    return f"{thing}: expected {expected!r}, got {got!r}"


def wrong_values(stated, values):
    for path, text in stated.items():
        if path not in values:
            yield f"there is no value {path}"
        elif values[path]["text"] != text:
            yield differ(path, text, values[path]["text"])


def wrong_maps(values):
    """Each map of .Sizes has the squares of all numbers below its own place."""
    for size in range(201):
        path = f".Sizes[{size}]"
        keys = {part["name"]: part["text"] for part in values[path]["parts"]}
        if keys != {f"[{k}]": str(k * k) for k in range(size)}:
            yield f"{path}: {len(keys)} entries, which are not the squares of 0 to {size - 1}"
    large = [part for part in values[".Large"]["parts"]]
    if sorted(part["name"] for part in large) != sorted(f'["key {i}"]' for i in range(3000) if i % 3):
        yield f".Large: {len(large)} entries with other keys than those that were not deleted"
    wide = values[".Wide"]["parts"]
    if len(wide) != 1 or not wide[0]["name"].startswith("[{3, ") or wide[0]["parts"][0]["text"] != "33":
        yield differ(".Wide", "one entry {3, ...} of {33, ...}", wide)


def wrong_kinds(values):
    for path, holds in {".Boxed": "main.point", ".Direct": "*main.item", ".Err": "*errors.errorString", ".Degrees": "main.celsius",
                        ".Raw": "main.item"}.items():
        if values[path].get("holds") != holds:
            yield differ(f"what {path} holds", holds, values[path].get("holds"))
    if not values[".Closure"]["text"].startswith("main.others.func1"):
        yield differ(".Closure", "main.others.func1", values[".Closure"]["text"])
    if "lead here" not in values[".Self"].get("more", ""):
        yield differ(".Self", "a pointer back", values[".Self"])


def wrong_facts(case, truth, answer, mode):
    if (answer["type"], answer["collector"]["reachable"], answer["collector"]["marked"]) != ("main.shown", True, True):
        yield differ("type and collector", "main.shown, reachable and marked", (answer["type"], answer["collector"]))
    slot = answer["slot"]
    if not truth["size"] <= slot["bytes"] < 2 * truth["size"] or slot["slot"] >= slot["slots"]:
        yield differ("slot", f"{truth['size']} B or a little more", slot)
    if mode.dwarf and answer["held_by"] != "main.root":
        yield differ("held by", "main.root", answer["held_by"])
    owners = [row["pointers"] for row in answer["referred_to_by"]["rows"] if row["from"] == "main.item.Owner"]
    if owners != [100]:
        yield differ("pointers from main.item.Owner", [100], owners)
    fields = {row["field"]: row["type"] for row in answer["refers_to"]["rows"]}
    for field, kind in {".Text": "string data", ".Self": "main.shown", ".Items": "[]*main.item"}.items():
        if fields.get(field) != kind:
            yield differ(f"what {field} refers to", kind, fields.get(field))


def wrong_elsewhere(holdfast, target, truth, content):
    inner = show(holdfast, target, truth["inner_b"])
    if inner.get("field_asked") != ".Inner.B":
        yield differ("the field at an inner address", ".Inner.B", inner.get("field_asked", inner))
    item = show(holdfast, target, f"(*main.item)({truth['item_1']:#x})")
    if [special["kind"] for special in item["collector"]["specials"]] != ["finalizer"]:
        yield differ("specials of an item", ["finalizer"], item["collector"]["specials"])
    if content:
        yield from wrong_weights(holdfast, target, truth)
        other = flat(show(holdfast, target, truth["item_1"], "--type", "main.item")["value"])
        if other[".ID"]["text"] != "1":
            yield differ("an item read as one", "1", other[".ID"]["text"])
    header = show(holdfast, target, truth["numbers"])
    if content and [part["text"] for part in header["value"]["parts"]] != ["3", "4", "5"]:
        yield differ("elements of a channel", ["3", "4", "5"], header["value"])
    for arguments, code, words in (([target, truth["root"], "--type", "main.Shown"], 2, "main.shown"),
                                   ([target, hex(truth["variable"])], 1, "variable"),
                                   ([target, "0x10"], 1, "not mapped" if content is not None else ""),
                                   ([target, "0x10 0x20"], 2, "2 addresses")):
        done = run(holdfast, *arguments)
        if done.returncode != code or words not in done.stderr:
            yield differ(f"show {arguments[1:]}", f"exit {code} and {words!r}", (done.returncode, done.stderr))


def pages_of(holdfast, target, value, kind, length):
    """Returns the parts of a value, page by page, as its cut list says how to get them."""
    parts = []
    while True:
        page = show(holdfast, target, value["address"], "--type", kind, "--top", length, "--offset", len(parts))
        if "failed" in page:
            return [page["failed"]]
        parts += [(part["name"], part["text"]) for part in page["value"]["parts"]]
        if not page["value"]["parts"] or len(parts) >= page["value"]["part_count"]:
            return parts


def wrong_pages(holdfast, target, values):
    """Pages, one behind the other, are the whole."""
    for path, kind in {".Items": "[]*main.item", ".Large": "map[string]*main.item", ".Numbers": "chan int"}.items():
        whole = [(part["name"], part["text"]) for part in values[path]["parts"]]
        paged = pages_of(holdfast, target, values[path], kind, 700 if path == ".Large" else 40)
        if paged != whole:
            yield differ(f"pages of {path}", f"{len(whole)} parts", (len(paged), paged[:3]))
        done = run(holdfast, target, values[path]["address"], "--type", kind, "--offset", len(whole))
        if done.returncode != 2 or "none is left" not in done.stderr:
            yield differ(f"a page behind the end of {path}", "exit 2", (done.returncode, done.stderr))
    whole = "long " * 1000
    for options, expected in ((["--offset", "102"], f'"{whole[102:302]}"… (4,898 bytes)'), (["--top", "0"], f'"{whole}"')):
        text = show(holdfast, target, values[".Long"]["address"], "--type", "string", *options)["value"]
        if text["text"] != expected or text.get("first_part", 0) != (102 if "--offset" in options else 0):
            yield differ(f"the text with {options}", expected, text)
    done = run(holdfast, target, values[".Inner"]["address"], "--offset", "1")
    if done.returncode != 2 or "no elements" not in done.stderr:
        yield differ("a page of fields", "exit 2", (done.returncode, done.stderr))


def wrong_groups(holdfast, target, values):
    """The only group of a small map has its entries by key."""
    for size in (1, 5, 8):
        header = show(holdfast, target, values[f".Sizes[{size}]"]["points_to"])
        groups = [row["address"] for row in header["refers_to"]["rows"]]
        # Without pointers in them, groups are objects that no row of pointers is needed for.
        group = show(holdfast, target, groups[0])["value"] if groups else {"parts": []}
        got = {part["name"]: part["text"] for part in group["parts"]}
        if got != {f"[{k}]": str(k * k) for k in range(size)}:
            yield differ(f"the group of .Sizes[{size}]", f"{size} squares", group)


def wrong_list(holdfast, target, truth):
    """The list of a type is what the table of types counts."""
    def table(*options):
        done = subprocess.run([holdfast, "types", str(target), "--json", "--top", "0", *options], capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else {"objects": [], "types": [], "failed": done.stderr}

    counted = table("--filter", "type=main.item")["types"]
    listed = table("--list", "main.item")
    rows = listed["objects"]
    if not counted or len(rows) != counted[0]["count"] or sum(row["own"] for row in rows) != counted[0]["own"]:
        yield differ("the list of main.item", counted, (len(rows), listed.get("failed")))
    if hex(truth["item_1"]) not in [row["address"] for row in rows]:
        yield f"{truth['item_1']:#x} is in no row of the list"
    if [row["retained"] for row in rows] != sorted((row["retained"] for row in rows), reverse=True):
        yield "the list is not in the order of what is retained"
    word = shlex.quote(str(target))
    if rows and rows[0]["open"] != f"holdfast show {word} {rows[0]['address']}":
        yield differ("what opens a row", rows[0]["address"], rows[0]["open"])
    if counted and counted[0]["open"] != f"holdfast types {word} --list main.item":
        yield differ("what opens a row of types", "--list main.item", counted[0]["open"])
    for name, code in (("main.nothing", 1), ("", 2)):
        done = subprocess.run([holdfast, "types", str(target), "--list", name], capture_output=True, text=True)
        if done.returncode != code or not done.stderr:
            yield differ(f"the list of {name!r}", f"exit {code}", (done.returncode, done.stderr))


def wrong_weights(holdfast, target, truth):
    """By what each alone keeps: of two keys that share one array, neither keeps it."""
    value = show(holdfast, target, truth["heavy_map"], "--by", "retained", "--top", "5")["value"]
    names = [part["name"] for part in value["parts"]]
    if names != [f'["weight {i}"]' for i in range(20, 15, -1)]:
        yield differ("the heaviest keys", "weight 20 to 16", names)
    for part, weight in zip(value["parts"], range(20, 15, -1)):
        if not 0 <= part["alone_bytes"] - (weight << 16) <= 64:
            yield differ(f"what {part['name']} alone keeps", weight << 16, part["alone_bytes"])
    left = sum(i << 16 for i in range(1, 16))
    if not 0 <= value["left_out_alone_bytes"] - left <= 17 * 64:
        yield differ("what the other keys alone keep", left, value["left_out_alone_bytes"])


def wrong(holdfast, case, target, truth, mode, content):
    truth = truth["facts"] | {"stated": truth["shown"]}
    answer = show(holdfast, target, truth["root"], "--depth", "3", "--top", "0")
    if "failed" in answer:
        yield answer["failed"]
        return
    values = flat(answer["value"])
    yield from wrong_facts(case, truth, answer, mode)
    yield from wrong_elsewhere(holdfast, target, truth, content)
    yield from wrong_list(holdfast, target, truth)
    if not content:
        shown = {path: value["text"] for path, value in values.items() if value["text"] and ".Numbers" not in path}
        if answer["has_content"] or ".Inner.B" not in values or "content" not in answer["remark"]:
            yield differ("without content", "fields without values, and why", answer["remark"])
        texts = {path for path in shown if path not in (".Texts", ".Meeting")}
        if texts:
            yield differ("values without content", "none", texts)
        return
    said = json.loads(truth["stated"])
    yield from wrong_values(said, values)
    yield from wrong_maps(values)
    yield from wrong_kinds(values)
    yield from wrong_pages(holdfast, target, values)
    yield from wrong_groups(holdfast, target, values)
    for path in said:
        if not list(wrong_values({path: said[path] + "?"}, values)):
            yield f"a wrong text of {path} is not found"
    values[".Sizes[200]"]["parts"][0]["text"] = "-1"
    if not list(wrong_maps(values)):
        yield "a wrong entry of a map is not found"


if __name__ == "__main__":
    sys.exit(stated.main(__doc__, "shown", RELEASES, wrong))
