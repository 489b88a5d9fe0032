"""Checks of where the memory of a process is: its account, the C heap, mappings, free slots, stacks, and the collector's pace."""
from checking import THREADS_STARTED, check, differ, outside, still

MALLOC_SLACK = 16 << 10  # bytes in blocks for threads that start
THREAD_ARENA = 132 << 10  # bytes of the arena that malloc makes for a thread
RESIDENT_SLACK = 192 << 10   # bytes that were never written to: of the room for the line of truth, and of small spans

PARTS = ("live", "garbage", "free", "stacks", "runtime", "globals", "c_heap", "mappings", "files", "rest")


@check
def parts_of_the_account_add_up(case):
    account = case.answer("report")["account"]
    if not account.get("known", True):
        return
    parts = {k: v for k, v in account.items() if k in PARTS}
    if sum(parts.values()) != account["rss"]:
        yield differ("sum of the account's parts", f"rss {account['rss']}", f"{sum(parts.values())} of {parts}")


@check
def holders_and_what_is_outside_the_heap_are_the_whole_process(case):
    """Of what is in memory each byte is a live object, a stack of somebody who holds objects, or in one part outside."""
    report = case.answer("report")
    account, outside_heap = report["account"], report["outside_the_heap"]
    if not account["known"]:
        if outside_heap:
            yield differ("outside_the_heap without an account", [], outside_heap)
        return
    stacks = min(account["stacks"], sum(h.get("stack_bytes", 0) for h in report["holders"]))
    parts = sum(account.get(name, 0) for name in PARTS)
    got = account["live"] + stacks + sum(o["bytes"] for o in outside_heap)
    if got != parts and parts == account["rss"]:  # the check above says so otherwise
        yield differ("live objects, stacks of holders and what is outside", parts, got)
    known = {m.get("first") for m in report["memory"]["mappings"]}
    for row in outside_heap:
        if row["bytes"] == 0 or ("first" in row and row["first"] not in known):
            yield differ("a part outside of the heap", "bytes, and a mapping that there is", row)


@check(when=lambda case: still(case) and "absent_live_bytes" in case.truth["facts"])
def memory_that_is_not_there_is_in_no_part_of_the_account(case):
    """Live memory that is not resident must not make garbage of what is. A core does not say what was resident."""
    account, facts = case.answer("report")["account"], case.truth["facts"]
    if account["of_mappings"] != (case.kind == "core"):
        yield differ("account.of_mappings", case.kind == "core", account["of_mappings"])
    resident = account["known"] and not account["of_mappings"]
    absent = facts["absent_live_bytes"] if resident else 0
    live = case.heap["reachable_bytes"] - absent
    yield from outside("account.live", live - RESIDENT_SLACK, live, account["live"])
    garbage = facts["resident_garbage_bytes"] if resident else facts["garbage_bytes"]
    yield from outside("account.garbage", garbage, garbage + RESIDENT_SLACK, account["garbage"])  # some is the runtime's own


@check(when=lambda case: case.kind == "live" and "c_heap_bytes" in case.truth["facts"])
def c_heap_is_seen(case):
    account, least = case.answer("report")["account"], case.truth["facts"]["c_heap_bytes"]
    got = account["c_heap"] + account["mappings"]
    yield from outside("C heap and mappings", least, least * 2, got)


def memory(case):
    return case.answer("report")["memory"]


@check(when=lambda case: still(case) and "never_idle" not in case.truth["facts"])
def free_memory_is_the_programs_own(case):
    """What is free in spans and what objects take are all of the spans in use; pages and stacks are the runtime's figures.
    All of one look: between two the runtime may take a slot for itself."""
    free, stacks = memory(case)["free"], memory(case)["stacks"]
    yield from outside("objects and free slots", *case.range("HeapInuse"), case.heap["bytes"] + free["slots"] + free["tails"])
    yield from outside("pages given back", *case.range("HeapReleased"), free["released"])
    yield from outside("stacks", *case.range("StackInuse"), stacks["in_use"])
    yield from outside("stacks of goroutines", stacks["used"], stacks["in_use"], stacks["goroutines"])
    if sum(c["free_bytes"] for c in free["classes"]) != free["slots"]:
        yield differ("free slots by size", free["slots"], sum(c["free_bytes"] for c in free["classes"]))
    account = case.answer("report")["account"]
    if account["released_resident"] > account["free_pages"] or account["free_pages"] > account["free"]:
        yield differ("parts of account.free", account["free"], (account["released_resident"], account["free_pages"]))


@check(when=still)
def the_pace_is_the_programs_own(case):
    pace = memory(case)["pace"]
    yield from outside("pace.last_collection_at_ns", *case.range("LastGC"), pace["last_collection_at_ns"])
    percent = -1 if "collector_off" in case.truth["facts"] else 100
    if pace["memory_limit"] is not None or pace["gc_percent"] != percent:
        yield differ("GOGC and GOMEMLIMIT", (percent, None), (pace["gc_percent"], pace["memory_limit"]))


@check(when=lambda case: still(case) and "malloc_used_bytes" in case.truth["facts"])
def the_c_heap_is_what_malloc_says(case):
    """The sums are those of mallinfo2. Threads that start meanwhile take a few blocks."""
    facts, got = case.truth["facts"], memory(case)["c_heap"]
    if not got["recognised"]:
        yield differ("c_heap.recognised", True, False)
        return
    for fact, name in (("malloc_large_bytes", "large_bytes"), ("malloc_large_blocks", "large_blocks")):
        yield from outside(f"c_heap.{name}", facts[fact], facts[fact], got[name])
    started = got["heap_bytes"] - facts["malloc_heap_bytes"]
    if started not in range(0, (THREADS_STARTED + 1) * THREAD_ARENA, THREAD_ARENA):
        yield differ("c_heap.heap_bytes", f"{facts['malloc_heap_bytes']}, and {THREAD_ARENA} for a thread", got["heap_bytes"])
    for name, bytes in (("used_bytes", facts["malloc_used_bytes"]), ("free_bytes", facts["malloc_free_bytes"] + started)):
        yield from outside(f"c_heap.{name}", bytes - MALLOC_SLACK, bytes + MALLOC_SLACK, got[name])
    yield from outside("c_heap.used_blocks", facts["malloc_blocks_at_least"], facts["malloc_blocks_at_least"] * 11 // 10, got["used_blocks"])
    yield from outside("c_heap.arenas", facts["malloc_arenas_at_least"], facts["malloc_arenas_at_least"] + 4 + THREADS_STARTED, got["arenas"])
    yield from outside("c_heap.largest", 4 << 20, facts["malloc_large_bytes"], got["largest"])
    yield from outside("account.c_heap", facts["malloc_used_bytes"] * 9 // 10, facts["malloc_heap_bytes"] + facts["malloc_large_bytes"],
                       case.answer("report")["account"]["c_heap"])


@check(when=lambda case: still(case) and "mapped_file_bytes" in case.truth["facts"])
def what_points_at_a_mapping_is_named(case):
    facts = case.truth["facts"]
    for fact, use, type_name in (("mapped_file_bytes", "file", "main.cache"), ("mapped_plain_bytes", "other", "main.machine")):
        found = [m for m in memory(case)["mappings"] if m["use"] == use and facts[fact] <= m["bytes"] < facts[fact] + (4 << 20)]
        if len(found) != 1:
            yield differ(f"mappings of {facts[fact]} bytes", "one", found)
            continue
        yield from outside(f"resident of {use}", facts[fact], found[0]["bytes"], found[0]["resident"])
        if not any(p["place"] and (p["type"] == type_name or not case.mode.dwarf) for p in found[0]["pointing"]):
            yield differ(f"what points at {found[0]['name'] or use}", type_name, found[0]["pointing"])


@check(when=lambda case: still(case) and "streams" in case.truth["facts"])
def deep_stacks_are_told_by_depth_and_frame(case):
    facts, rows = case.truth["facts"], case.answer("report")["goroutines"]
    for count, depth in ((facts["streams"], facts["streams_depth"]), (facts["deep_streams"], facts["deep_streams_depth"])):
        found = [g for g in rows if g["count"] == count and depth <= g["depth"] <= depth + 8]
        if len(found) != 1:
            yield differ(f"groups of {count} goroutines that are {depth} deep", "one", [(g["count"], g["depth"]) for g in rows[:5]])
            continue
        yield from outside("largest frame", facts["frame_at_least"], facts["frame_at_least"] * 2, found[0]["largest_frame_bytes"])
        if "render" not in found[0]["largest_frame"]:
            yield differ("the largest frame", "that of render", found[0]["largest_frame"])
        least = count * depth * facts["frame_at_least"]
        yield from outside("stack in use", least, found[0]["stack_bytes"], found[0]["stack_used"])
    if rows[0]["count"] not in (facts["streams"], facts["deep_streams"]):
        yield differ("the first group by heap and stack", "streams", rows[0]["top"])


@check(when=lambda case: still(case) and "kept_pages" in case.truth["facts"])
def what_keeps_free_slots_apart_is_named(case):
    facts = case.truth["facts"]
    first = memory(case)["free"]["classes"][0]
    yield from outside("objects in sparse spans", facts["kept_pages"] * 9 // 10, facts["kept_pages"] + 20, first["sparse_objects"])
    if case.mode.dwarf and first["sparse_type"] != "main.page":
        yield differ("what they are", "main.page", first["sparse_type"])


@check(when=lambda case: case.kind == "live" and still(case) and facts_of_huge_pages(case))
def what_was_given_back_and_is_resident_is_seen(case):
    """Huge pages bring back what lies between the pages that were kept; some of them the collapsing program used itself."""
    account, facts = case.answer("report")["account"], case.truth["facts"]
    yield from outside("account.huge", facts["collapsed_bytes"] * 3 // 4, facts["collapsed_bytes"], account["huge"])
    yield from outside("account.released_resident", facts["collapsed_bytes"] // 4, account["released"], account["released_resident"])


def facts_of_huge_pages(case):
    """Whether the kernel makes huge pages when it is asked to: where it does not, there is nothing to see."""
    return case.truth["facts"].get("collapsed_bytes", 0) >= 16 << 20
