#!/usr/bin/env python3
"""Checks what `goroutines --goroutine`, `goroutines --share`, `spans` and `slices` say of a program that states it.

  tests/e2e/inside.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped]

Builds the program `inside`, and asks the process, a core, and captures with content and without. A comparison that cannot
fail proves nothing: each is also given a truth that is wrong.
"""
import json
import re
import subprocess
import sys

import stated

RELEASES = ("1.19", "1.23", "1.26")
SMALL = 8 << 10  # records of the runtime, closures and the like


def run(holdfast, *arguments):
    return subprocess.run([holdfast, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def ask(holdfast, *arguments):
    done = run(holdfast, *arguments, "--json")
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def differ(thing, expected, got):
    return f"{thing}: expected {expected!r}, got {got!r}"


def not_about(thing, wanted, got):
    if not wanted <= got < wanted + SMALL:
        yield differ(thing, f"{wanted} and a little", got)


def goids(places):
    return sorted(goid for place in places for goid in place["goids"])


def wrong_sender(facts, number, answer):
    """A goroutine that waits with a payload of its own, with three others, for a full channel that nobody empties."""
    payload = hex(facts[f"ask {number} payload"])
    if len(answer["channels"]) != 1:
        yield differ("channels that a sender waits for", 1, answer["channels"])
        return
    channel = answer["channels"][0]
    state = [channel[k] for k in ("length", "capacity", "closed", "sends", "receives")]
    if state != [3, 3, False, True, False]:
        yield differ("the channel of a sender", [3, 3, False, True, False], state)
    others = sorted(facts[f"ask {i}"] for i in range(4) if i != number)
    if goids(channel["beside"]) != others:
        yield differ("senders beside", others, channel["beside"])
    if channel["opposite"]:
        yield differ("receivers", [], channel["opposite"])
    if goids(channel["on_stacks"]) != [facts["hold"]]:
        yield differ("others that have the channel on their stacks", [facts["hold"]], channel["on_stacks"])
    pointers = [(frame["place"] or {}).get("function") for frame in answer["frames"] for p in frame["pointers"]
                if p["to"] == payload and p["alone"] and not p["conservative"]]
    if not set(pointers) & {"main.ask", "main.startGoroutines.func1"}:
        yield differ(f"frames that have {payload}", "main.ask", pointers)
    yield from not_about("what a sender alone keeps", 64 << 10, answer["retained_bytes"])


def wrong_receiver(facts, answer):
    channel = answer["channels"][0]
    if (channel["receives"], channel["sends"], channel["capacity"]) != (True, False, 0):
        yield differ("the channel of a receiver", "unbuffered, to receive", channel)
    others = sorted([facts["pair 0"], facts["pair 1"], facts["single"]])
    if goids(channel["beside"]) != others:
        yield differ("receivers beside", others, channel["beside"])


def wrong_locked(facts, answer):
    """A goroutine that waits with another one for a mutex in an object."""
    word = answer["waits_on"]
    if answer["channels"] or word is None or word["object"] != hex(facts["lock"]) or ".mu" not in word["what"]:
        yield differ("what a goroutine waits for", f".mu of {facts['lock']:#x}", (answer["channels"], word))
    elif goids(word["beside"]) != [facts["enter 1"]]:
        yield differ("others that wait for the mutex", facts["enter 1"], word["beside"])


def wrong_goroutines(holdfast, target, facts, mode):
    for number in range(4):
        yield from wrong_sender(facts, number, ask(holdfast, "goroutines", target, "--goroutine", facts[f"ask {number}"]))
    yield from wrong_locked(facts, ask(holdfast, "goroutines", target, "--goroutine", facts["enter 0"]))
    yield from wrong_receiver(facts, ask(holdfast, "goroutines", target, "--goroutine", facts["hold"]))
    for arguments, code, words in ((["--goroutine", 999999], 1, "no goroutine 999999"), (["--goroutine", "x"], 2, "not the number"),
                                   (["--goroutine", 1, "--each"], 2, "--goroutine"), (["--share", "--stacks"], 2, "--share")):
        done = run(holdfast, "goroutines", target, *arguments)
        if done.returncode != code or words not in done.stderr:
            yield differ(f"goroutines {arguments}", (code, words), (done.returncode, done.stderr))


def group_at(answer, function):
    groups = [i for i, group in enumerate(answer["groups"]) if f"{function} " in group["who"] or group["who"].endswith(function)]
    return groups[0] if len(groups) == 1 else None


def wrong_shares(facts, answer):
    sums = answer["no_goroutine"] + sum(g["alone"] + g["together"] for g in answer["groups"]) + sum(s["bytes"] for s in answer["sets"])
    if sums != answer["live_bytes"]:
        yield differ("the sum of all parts", answer["live_bytes"], sums)
    rows = {name: group_at(answer, f"main.{name}") for name in ("ask", "pair", "single", "hold")}
    if None in rows.values():
        yield differ("groups", "one each", (rows, [g["who"] for g in answer["groups"]]))
        return
    pair = answer["groups"][rows["pair"]]
    ask_group = answer["groups"][rows["ask"]]
    yield from not_about("what single senders reach", 4 * (64 << 10), ask_group["alone"])
    yield from not_about("what the pair alone has together", 128 << 10, pair["together"])
    yield from not_about("what the pair has with another group", 256 << 10, pair["with_goroutines"])
    yield from not_about("what the pair has with a variable", 512 << 10, pair["with_others"])
    for name, groups, others in (("both", {rows["pair"], rows["single"]}, 0), ("common", {rows["pair"]}, 1)):
        address = hex(facts[name])
        sets = [s for s in answer["sets"] if address in [o["address"] for o in s["largest"]]]
        if len(sets) != 1 or set(sets[0]["groups"]) != groups or len(sets[0]["others"]) != others:
            yield differ(f"who shares {name}", (groups, others), sets)


def wrong_share_of_one(facts, answer):
    """One of two goroutines at one place: what both have, it shares with the other one."""
    one = answer["groups"][answer["one"]]
    sums = answer["no_goroutine"] + answer["other_sets"] + sum(g["alone"] + g["together"] for g in answer["groups"]) + sum(
        s["bytes"] for s in answer["sets"])
    if sums != answer["live_bytes"] or (one["goid"], one["goroutines"], one["together"]) != (facts["pair 0"], 1, 0):
        yield differ("the shares of one", (answer["live_bytes"], facts["pair 0"], 1, 0), (sums, one))
    for name, goids in (("pairs", ["pair 0", "pair 1"]), ("both", ["pair 0", "pair 1", "single"]), ("common", ["pair 0", "pair 1"])):
        address = hex(facts[name])
        sets = [s for s in answer["sets"] if address in [o["address"] for o in s["largest"]]]
        got = [sorted(answer["groups"][g]["goid"] for g in s["groups"]) for s in sets]
        if got != [sorted(facts[goid] for goid in goids)]:
            yield differ(f"which goroutines share {name}", goids, got)
    if any(answer["one"] not in s["groups"] and not s["too_many"] for s in answer["sets"]):
        yield differ("sets", "only those with it", answer["sets"])


def wrong_span(facts, answer):
    slot = (facts["kept"] - int(answer["address"], 16)) // 2048
    if (answer["slot_bytes"], answer["has_pointers"], answer["stays"]) != (2048, False, "live objects"):
        yield differ("the span of a page", (2048, False, "live objects"), answer)
    elif answer["picture"][slot] != "#" or len(answer["picture"]) != answer["slots"]:
        yield differ(f"slot {slot}", "#", answer["picture"])
    if answer["picture"].count("#") != answer["live"] or answer["picture"].count("x") != answer["garbage"]:
        yield differ("the picture", (answer["live"], answer["garbage"]), answer["picture"])
    if not any("kept" in keeper["who"] or "main" in keeper["who"] for keeper in answer["keepers"]):
        yield differ("who keeps the span", "main.kept", answer["keepers"])
    if sum(keeper["objects"] for keeper in answer["keepers"]) + answer["left_out_objects"] != answer["live"]:
        yield differ("objects of the keepers", answer["live"], answer["keepers"])
    record = answer["record"]
    if record is None or record["free_index"] > answer["slots"] or not record["sweep"]:
        yield differ("the runtime's record of it", "known", record)
    elif any(slot == "." for slot in answer["picture"][:record["free_index"]]):
        yield differ("slots below freeindex", "taken", (record, answer["picture"]))


def wrong_spans(holdfast, target, facts, memstats):
    yield from wrong_span(facts, ask(holdfast, "spans", target, "--span", hex(facts["kept"] + 100)))
    classes = ask(holdfast, "spans", target, "--classes", "--top", 0)["span-classes"]
    spans = ask(holdfast, "spans", target, "--top", 0)["spans"]
    for column in ("size", "slots", "objects"):
        sums = sum(row[column] for row in classes), sum(row[column] for row in spans)
        if sums[0] != sums[1]:
            yield differ(f"{column} of all classes and of all spans", sums[1], sums[0])
    if sum(row["size"] for row in classes) != memstats["HeapInuse"]:
        yield differ("size of all classes", memstats["HeapInuse"], sum(row["size"] for row in classes))
    for row in classes:
        if row["fragmentation"] != row["size"] - row["allocated"] or row["reached"] > row["allocated"]:
            yield differ("fragmentation", "size less allocated", row)
    done = run(holdfast, "spans", target, "--span", "0x10")
    if done.returncode != 1 or "no span at 0x10" not in done.stderr:
        yield differ("spans --span 0x10", "exit 1", (done.returncode, done.stderr))


def wrong_caches(holdfast, fixture):
    """ReadMemStats has emptied the caches of all Ps. What is allocated afterwards lies in spans that a P has."""
    fixture.ask("stacks")
    spans = ask(holdfast, "spans", fixture.pid, "--top", 0)["spans"]
    cached = [row for row in spans if row["p"] is not None]
    if not cached or len(cached) > 136 * (max(row["p"] for row in cached) + 1):
        yield differ("spans in caches of Ps", "some, at most 136 of each", cached)
    for row in cached[:1]:
        one = ask(holdfast, "spans", fixture.pid, "--span", row["address"])
        if one["record"]["processor"] is None or one["record"]["sweep"] != "swept":
            yield differ(f"the span {row['address']}", "swept and cached", one["record"])


def wrong_slice(name, facts, rows, typed):
    """Of a stripped program not all variables have types: then a slice there is a pointer among others, and covers nothing."""
    wanted = {k: facts[f"slice {name} {k}"] for k in ("size", "covered", "spare", "headers", "others")}
    row = rows.get(hex(facts[f"slice {name}"]))
    if row is None and not typed:
        return
    got = row and {k: row[k] for k in wanted}
    if row and not typed and row["headers"] < wanted["headers"]:
        if row["covered"] > wanted["covered"] or row["headers"] + row["others"] != wanted["headers"] + wanted["others"]:
            yield differ(f"slice {name}", wanted, got)
    elif got != wanted:
        yield differ(f"slice {name}", wanted, got)
    elif not row["by"]:
        yield differ(f"who has slice {name}", "somebody", row["by"])


def wrong_frame(facts, name, rows, typed):
    """A slice or string that the program has in a frame. Lengths of variables that lie in no memory as a whole may be
    unknown, and of a stripped program the whole header; what is said must be right."""
    row = next((row for row in rows if row["pointer"] == hex(facts[f"frame {name}"])), None)
    if row is None:
        if typed:
            yield differ(f"the header {name}", "a row", [row["variable"] for row in rows])
        return
    wanted = [facts[f"frame {name} len"], facts.get(f"frame {name} cap")]
    got = [row["len"], row["cap"]]
    is_whole = typed and name.startswith("r.")
    if any(g != w and (is_whole or g is not None) for g, w in zip(got, wanted)):
        yield differ(f"len and cap of {name}", wanted, got)
    if typed and (row["variable"], row["known_by"], row["covers"]) != (name, "dwarf", got[0] or 0):
        yield differ(f"the header {name}", (name, "dwarf", got[0] or 0), row)
    if row["known_by"] == "nearness" and row["covers"] != 0:
        yield differ(f"what {name} covers", 0, row)
    if not row["by"] or f"--object {row['object']}" not in row["open"]:
        yield differ(f"what opens {name}", "slices --object", (row["open"], row["by"]))


def names_in_frames(facts):
    return [m.group(1) for m in map(re.compile(r"frame (\S+) len$").match, facts) if m]


def wrong_frames(holdfast, target, facts, mode):
    whose = {name: facts["requester" if name.startswith("r.") else "reader"] for name in names_in_frames(facts)}
    if len(whose) != 6:
        yield differ("headers in frames", 6, whose)
    answers = {goid: ask(holdfast, "slices", target, "--goroutine", goid, "--top", 0) for goid in set(whose.values())}
    every = ask(holdfast, "slices", target, "--all", "--top", 0)["slice-headers"]
    for name, goid in whose.items():
        rows = answers[goid]["slice-headers"]
        yield from wrong_frame(facts, name, rows, mode.dwarf)
        if any(row["goroutine"] != goid for row in rows):
            yield differ(f"rows of goroutine {goid}", goid, rows)
        for row in rows:
            if row["size"] >= 256 and row not in every:
                yield differ(f"{row['variable']} among all headers", row, [r for r in every if r["pointer"] == row["pointer"]])
        if "Of frames" not in answers[goid]["remark"]:
            yield differ("the remark", "Of frames ...", answers[goid]["remark"])
    if not any(row["goroutine"] is None and row["place"] == "main.view.Part" and row["headers"] == 3 for row in every):
        yield differ("headers at main.view.Part", 3, [row for row in every if row["goroutine"] is None])
    one = ask(holdfast, "slices", target, "--object", hex(facts["frame object"]))["slices"][0]
    if mode.dwarf and (one["covered"], one["headers"], one["in_frames"]) != (facts["frame r.Body len"], 1, 1):
        yield differ("what the frame covers of a large object", facts["frame r.Body len"], one)
    if not mode.dwarf and one["covered"] not in (0, facts["frame r.Body len"]):
        yield differ("what the frame covers of a large object", "nothing or all", one)


def names_of_slices(facts):
    return [m.group(1) for m in map(re.compile(r"slice (\w+)$").match, facts) if m]


def wrong_large_slices(holdfast, target, facts, mode):
    """Without content the lengths are known of what refers to 1 KiB or more."""
    answer = ask(holdfast, "slices", target, "--top", 0)
    rows = {row["address"]: row for row in answer["slices"]}
    if not rows or any(row["size"] < 1024 for row in rows.values()) or "--with-content" not in answer["remark"]:
        yield differ("slices without content", "rows of 1 KiB or more", answer)
    large = [name for name in names_of_slices(facts) if hex(facts[f"slice {name}"]) in rows]
    if "large" not in large:
        yield differ("large slices without content", "large", large)
    for name in large:
        yield from wrong_slice(name, facts, rows, mode.dwarf)
    for name in [name for name in names_of_slices(facts) if facts[f"slice {name} size"] < 1024]:
        done = run(holdfast, "slices", target, "--object", hex(facts[f"slice {name}"]))
        if done.returncode != 1 or "--with-content" not in done.stderr:
            yield differ(f"the small slice {name} without content", "exit 1", (done.returncode, done.stderr))


def wrong_slices(holdfast, target, facts, mode, content):
    if not content:
        yield from wrong_large_slices(holdfast, target, facts, mode)
        return
    rows = {row["address"]: row for row in ask(holdfast, "slices", target, "--top", 0)["slices"]}
    if len(rows) < 2:
        yield differ("rows of slices", "some", rows)
    for name in names_of_slices(facts):
        yield from wrong_slice(name, facts, rows, mode.dwarf)
        one = ask(holdfast, "slices", target, "--object", hex(facts[f"slice {name}"]))["slices"]
        yield from wrong_slice(name, facts, {row["address"]: row for row in one}, mode.dwarf)
    places = ask(holdfast, "slices", target, "--places", "--top", 0)["slice-places"]
    for column in ("size", "covered", "spare", "uncovered"):
        if sum(row[column] for row in places) != sum(row[column] for row in rows.values()):
            yield differ(f"{column} of all places", sum(row[column] for row in rows.values()), sum(row[column] for row in places))
    parts = [row for row in places if row["place"] == "main.view.Part"]
    if not parts or parts[0]["example"] != hex(facts["slice numbers"]) or parts[0]["objects"] != 1:
        yield differ("the place main.view.Part", hex(facts["slice numbers"]), parts)
    large = hex(facts["slice large"])
    if not any("main.cut.window" in line for line in rows.get(large, {"by": []})["by"]):
        yield differ("who has the large slice", "main.cut.window", rows.get(large))
    yield from wrong_frames(holdfast, target, facts, mode)
    done = run(holdfast, "slices", target, "--object", "0x10")
    if done.returncode != 1 or "no object at 0x10" not in done.stderr:
        yield differ("slices --object 0x10", "exit 1", (done.returncode, done.stderr))


def blind(holdfast, target, facts, content):
    """Yields comparisons that do not see a wrong truth."""
    answer = ask(holdfast, "goroutines", target, "--goroutine", facts["ask 0"])
    for wrong in ({"hold": 1}, {"ask 1": 1}, {"ask 0 payload": 16}):
        if not list(wrong_sender(facts | wrong, 0, answer)):
            yield f"a wrong {list(wrong)} is not found"
    locked = ask(holdfast, "goroutines", target, "--goroutine", facts["enter 0"])
    for wrong in ({"lock": 16}, {"enter 1": 1}):
        if not list(wrong_locked(facts | wrong, locked)):
            yield f"a wrong {list(wrong)} is not found"
    shares = ask(holdfast, "goroutines", target, "--share", "--top", 0)
    if not list(wrong_shares(facts | {"both": facts["common"]}, shares)):
        yield "a wrong set of sharers is not found"
    if not list(wrong_shares(facts, shares | {"no_goroutine": 1})):
        yield "a wrong sum of shares is not found"
    one = ask(holdfast, "goroutines", target, "--share", "--goroutine", facts["pair 0"])
    if not list(wrong_share_of_one(facts | {"single": facts["hold"]}, one)) or not list(wrong_share_of_one(facts, one | {"other_sets": 1})):
        yield "wrong sharers of one goroutine are not found"
    span = ask(holdfast, "spans", target, "--span", hex(facts["kept"]))
    if not list(wrong_span(facts, span | {"picture": span["picture"].replace("#", ".")})):
        yield "a wrong picture of a span is not found"
    if content:
        rows = {row["address"]: row for row in ask(holdfast, "slices", target, "--top", 0)["slices"]}
        for name in names_of_slices(facts):
            if hex(facts[f"slice {name}"]) in rows and not list(wrong_slice(name, facts | {f"slice {name} covered": 1}, rows, True)):
                yield f"a wrong cover of {name} is not found"
        rows = ask(holdfast, "slices", target, "--goroutine", facts["requester"])["slice-headers"]
        for row in rows[:1]:
            name = next(name for name in names_in_frames(facts) if hex(facts[f"frame {name}"]) == row["pointer"])
            if row["len"] is not None and not list(wrong_frame(facts | {f"frame {name} len": 1}, name, rows, False)):
                yield f"a wrong length of {name} is not found"


def wrong(holdfast, _, target, truth, mode, content):
    facts = truth["facts"]
    try:
        yield from wrong_goroutines(holdfast, target, facts, mode)
        yield from wrong_shares(facts, ask(holdfast, "goroutines", target, "--share", "--top", 0))
        yield from wrong_share_of_one(facts, ask(holdfast, "goroutines", target, "--share", "--goroutine", facts["pair 0"]))
        each = ask(holdfast, "goroutines", target, "--share", "--each")
        if any(g["goroutines"] != 1 or g["together"] for g in each["groups"]) or each["one"] is not None:
            yield differ("groups of --share --each", "one goroutine each", each["groups"])
        yield from wrong_spans(holdfast, target, facts, truth["memstats"])
        yield from wrong_slices(holdfast, target, facts, mode, content)
        yield from blind(holdfast, target, facts, content)
    except RuntimeError as error:
        yield str(error)


if __name__ == "__main__":
    sys.exit(stated.main(__doc__, "inside", RELEASES, wrong, wrong_caches))
