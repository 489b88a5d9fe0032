"""What must hold for every cell: one small function for each demand.

A check takes a Case and yields a sentence for each thing that is wrong (thing, expected, got); nothing means that all is
well. To add one: write the function, decorate it with @check, give it a failing and a passing example in checks_test.py.

What the checks read of holdfast's JSON:
  report      heap.{objects,bytes,reachable_objects,reachable_bytes,edges,roots,typed_bytes}, account, audit, holders,
              types, losses, target.{go_version,stripped,layout_source}
  audit       clean, objects, floating, marked, gc_cycles, causes[].{id,objects,shown,examples}, unexplained{,_objects,_bytes},
              alloc_count_mismatches, pointers_to_free_slots, goroutines_checked, not_unwound,
              counters[].{name,runtime,ours,must_match}, mem_stats{}, losses
  goroutines  goroutines[].{count,state,wait_reason,created_by}
  labels      labels[].{key,value,goroutines,exclusive,shared}
  spans       spans[] with bytes; types: types[] with bytes and count
"""
import collections
import re

import account_checks  # adds its checks to the list
import cells
from checking import (  # CHECKS, Case, applicable: for who imports this
    CHECKS, THREADS_STARTED, Case, applicable, check, differ, outside, still)

FLOATING_LIMIT = 20      # so many objects may only be in the last mark, on an idle fixture after two collections
LIVE_TOLERANCE = 0.001   # of the live bytes
SMALL_HEAP_SLACK = 4096  # bytes, for heaps so small that a few objects of the runtime are more than that
THREAD_RECORD_BYTES = 8192  # the most that the runtime keeps for a thread on the heap
WRONG_WITHOUT_DWARF = 0.001
EXACT = ("header", "interface", "closure")  # evidence that is never wrong
LONGEST_TYPE = 80        # letters of one that a variable is called after
LABELLED_FROM = 0.001    # of the live bytes: variables that hold more must have a label
LABEL = re.compile(r"(global( \S+)* (of|behind one of)|global\+0x[0-9a-f]+ of|variable (perhaps )?behind|0x[0-9a-f]+ after a global of) \S.* "
                   r"\((data|bss)\+0x[0-9a-f]+( of [\w.]+)?\)([.\[].*)?")
SYMBOL_SOURCES = {"the twin", "a file of debug information", "a folder by build id"}
LIKE_DWARF = 0.99        # of the bytes that debug information types, without it
LIKE_DWARF_BEFORE_HEADERS = 0.97  # up to Go 1.21, where no object names its type
LIKE_DWARF_OBJECTS = 0.97
MANY_OBJECTS = 5000
NO_COLLECTION = 1 << 62  # the goal with the collector off: it goes up and down with what else the runtime has
LARGE_VARIABLES = 0.95   # of those that hold over a thousandth, without debug information
FRAME_SLOTS = 0.9        # of the pointers of frames, likewise
MANY_SLOTS = 100
TYPED_WITH_DWARF = 0.97  # of the live bytes
LABEL_SLACK = 16 << 10   # bytes
NAMED_FROM = 0.01        # holders of a smaller share need not stand in the report
WITHOUT_TRUTH = 0.05     # of the estimates by samples: intervals of 95 %
FEW_WITHOUT_TRUTH = 2
MANY_ESTIMATES = 40      # of the program that is made for them
SETS_THE_RATE = {"heap_profile", "rate_changed"}  # of the memory profile, after it has allocated much
VERBS = ("report", "audit", "types", "roots", "spans", "goroutines")
LABELS, EACH_GOROUTINE = "labels --top 0", "goroutines --each --top 0"  # for programs that state labels
VOLATILE = {"pause_ms", "predicted_ms", "pause", "took_ms", "peak_rss_bytes", "bytes_read", "waiting", "longest_waiting_ns", "since",
            "age", "age_ns", "account", "memory", "target"}


@check
def nothing_is_unexplained(case):
    for name in ("unexplained_objects", "unexplained_bytes"):
        if case.audit[name] != 0:
            yield differ(name, 0, f"{case.audit[name]} at {case.audit['unexplained'][:5]}")


@check
def the_audit_is_clean(case):
    """Other programs rely on its own verdict, so that must be neither stricter nor laxer than the checks here."""
    if not case.audit["clean"]:
        yield differ("audit.clean", True, {k: case.audit[k] for k in ("unexplained_objects", "floating", "alloc_count_mismatches",
                                                                     "pointers_to_free_slots", "not_unwound", "losses")})


@check(when=still)
def little_floats(case):
    yield from outside("floating objects", 0, FLOATING_LIMIT, case.audit["floating"])


# Facts of `marks` -> the cause that must be shown, and objects for each.
CAUSES = {"ended_threads": ("ended-thread", 2), "resurrected": ("resurrection", 2), "named_by_a_word": ("conservative-word", 1)}


@check(when=lambda case: still(case) and CAUSES.keys() & case.truth["facts"].keys())
def causes_are_shown(case):
    """Checks objects that were marked and are not held, each of a kind made on purpose; an ended thread has at least an m and a g0."""
    causes = {c["id"]: c for c in case.audit["causes"]}
    for fact, (cause, objects) in CAUSES.items():
        most = case.truth["facts"].get(fact, 0) * objects
        # A span shows its sweep for all its objects or for none, so those beside a survivor stay floating.
        least = most // 2 if fact == "resurrected" else most
        got = causes.get(cause, {"objects": 0, "shown": 0, "examples": []})
        # Only the size of a thread's records varies, with what the release keeps in them.
        yield from outside(f"objects of cause {cause}", least, most * 4 if fact == "ended_threads" else most, got["objects"])
        if most and not (0 < got["shown"] <= got["objects"] and got["examples"]):
            yield differ(f"what shows {cause}", "objects with addresses", got)


@check
def allocation_counts_agree(case):
    if case.audit["alloc_count_mismatches"] != 0:
        yield differ("spans whose allocCount is not our count of slots", 0, case.audit["alloc_count_mismatches"])


@check
def no_pointer_leads_to_a_free_slot(case):
    if case.audit["pointers_to_free_slots"] != 0:
        yield differ("precise pointers to free slots", 0, case.audit["pointers_to_free_slots"])


@check
def every_parked_goroutine_unwinds(case):
    if case.audit["not_unwound"]:
        yield differ("goroutines whose stack does not end at stktopsp", "none", case.audit["not_unwound"])
    if case.audit["goroutines_checked"] == 0:
        yield differ("goroutines checked", "at least 1", 0)


@check
def counters_equal_the_runtimes(case):
    counters = {c["name"]: c for c in case.audit["counters"]}
    for name in ("HeapObjects", "HeapAlloc", "HeapInuse"):
        if name not in counters:
            yield differ("counters", f"one named {name}", sorted(counters))
    for name, c in counters.items():
        if c["must_match"] and c["ours"] != c["runtime"]:
            yield differ(f"{name} by our count", c["runtime"], c["ours"])


@check(when=still)
def counters_equal_the_programs_own(case):
    for c in case.audit["counters"]:
        if c["name"] in case.truth["memstats"]:
            yield from outside(f"{c['name']} as the runtime has it", *case.range(c["name"]), c["runtime"])


@check(when=still)
def mem_stats_equal_the_programs_own(case):
    stats = case.audit["mem_stats"]
    for name in case.truth["memstats"]:
        if name not in stats:
            yield differ("mem_stats", f"a field {name}", sorted(stats))
        elif name != "NextGC" or stats[name] < NO_COLLECTION or case.range(name)[0] < NO_COLLECTION:
            yield from outside(f"mem_stats.{name}", *case.range(name), stats[name])


@check(when=still)
def audited_objects_are_the_programs_own(case):
    yield from outside("audit.objects", *case.range("HeapObjects"), case.audit["objects"])


@check(when=still)
def heap_equals_the_programs_own(case):
    yield from outside("heap.objects", *case.range("HeapObjects"), case.heap["objects"])
    yield from outside("heap.bytes", *case.range("HeapAlloc"), case.heap["bytes"])


@check(when=still)
def live_bytes_are_the_truth(case):
    low, high = case.range("HeapAlloc")
    slack = max(SMALL_HEAP_SLACK, int(high * LIVE_TOLERANCE))
    garbage = case.truth["facts"].get("garbage_bytes", 0)  # what the program made on purpose; records of threads are beside it
    slack += case.truth["facts"].get("ended_threads", 0) * THREAD_RECORD_BYTES
    # One that writes its own profile after the last collection leaves garbage of a size that it does not know.
    least = int(case.truth.get("live_at_least", low - garbage))
    yield from outside("heap.reachable_bytes", least - slack, high - garbage, case.heap["reachable_bytes"])


def place_of(root):
    """The place in data or bss of a root that is a variable without a name: a row of roots, or of a step in a chain."""
    if not root or root.get("variable") or not root.get("section"):
        return None
    return root.get("module"), root["section"], root["offset"]


def nameless_holder(case, texts, wanted):
    """A stripped program has no names of variables, so what one place of data or bss retains must be as large as the holder."""
    if case.mode.dwarf or not wanted["name"].startswith("main."):
        return False
    held, shared = collections.Counter(), collections.Counter()
    for h, _ in texts:
        if place := next(filter(None, (place_of(step.get("root")) for step in h["chain"])), None):
            held[place] += h["bytes"]
            shared[place] += h["bytes"] if len(h["owners"]) != 1 else 0
    for root in case.answer("roots")["roots"]:
        if root.get("kind") == "global":
            # No root retains what others hold as well, but the program counts it.
            place = place_of(root)
            held[place] = max(held[place], root["retained"] + shared[place])
    return max(held.values(), default=0) >= wanted["bytes"] * (1 - LIVE_TOLERANCE)


def retained_by(case, name):
    """Returns what the variable of that name, or the frames of the function, retain."""
    return sum(r["retained"] for r in case.answer("roots")["roots"] if r.get("kind") in ("global", "frame") and name in r["name"])


@check(when=lambda case: case.kind == "live")
def what_is_read_was_foreseen(case):
    """The prediction counts these bytes, and room for them is made before the target is held: a fifth is to spare. How
    much of the threads' C stacks is in use is known only then."""
    most = case.foreseen["bytes"] * 6 // 5 + (1 << 20) + case.foreseen["threads"] * (256 << 10)
    yield from outside("bytes read", 1, most, case.answer("report")["bytes_read"])


@check(when=lambda case: case.kind == "live" and still(case))
def the_memory_that_is_needed_was_foreseen(case):
    """What holdfast takes at its peak is what it compares with the room that there is, before it stops the target."""
    need = case.foreseen["memory"]["need_bytes"]
    yield from outside("memory at the peak", 1, need + need // 10 + (8 << 20), case.answer("report")["peak_rss_bytes"])


@check(when=still)
def holders_are_named(case):
    texts = [(h, " ".join([h["what"], *(link["text"] for link in h["chain"])])) for h in case.answer("report")["holders"]]
    roots = None
    for wanted in case.truth["holders"]:
        name = wanted["name"].split(".", 1)[-1] if wanted["name"].startswith("main.") else wanted["name"]
        found = [h for h, text in texts if name in text]
        if found and wanted["bytes"]:
            # Holders do not overlap; a holder counts what one group of objects retains, its root all that hangs on it.
            most = max(sum(h["bytes"] for h in found), retained_by(case, name))
            # In a program that never rests, a stale word elsewhere may share what a stopped thread works on.
            if most < wanted["bytes"] * (1 - LIVE_TOLERANCE) and "never_idle" not in case.truth["facts"]:
                yield differ(f"bytes held by {wanted['name']}", f"at least {wanted['bytes']}", most)
        elif wanted["bytes"] >= NAMED_FROM * case.heap["bytes"] and not nameless_holder(case, texts, wanted):
            yield differ("holders", f"one that names {wanted['name']} with {wanted['bytes']} bytes",
                         [f"{h['bytes']}: {h['what']}" for h, _ in texts[:10]])
        elif case.mode.dwarf and wanted["name"].startswith("main."):
            roots = roots or " ".join(r["name"] for r in case.answer("roots")["roots"])
            if wanted["name"] not in roots:
                yield differ("roots", f"one named {wanted['name']}", f"{len(roots)} characters of other names")


@check(when=lambda case: still(case) and "shared_bytes" in case.truth["facts"])
def shared_objects_belong_to_no_single_holder(case):
    """The records of `diamond` have two holders: neither must retain them alone."""
    shared = case.truth["facts"]["shared_bytes"]
    for h in case.answer("report")["holders"]:
        if len(h["owners"]) == 1 and h["bytes"] >= shared:
            yield differ(f"bytes that `{h['what']}` holds alone", f"less than the shared {shared}", h["bytes"])


@check(when=lambda case: still(case) and case.truth.get("owned"))
def each_thing_is_told_once_under_its_owners(case):
    """One line for each: who has it, all who share it, how many there are, with all that belongs to it."""
    rows = case.answer("report")["holders"]
    for wanted in case.truth["owned"]:
        names, count = wanted["names"], wanted["count"]
        found = [h for h in rows if len(h["owners"]) == len(names) and h["count"] == count and h["bytes"] >= wanted["bytes"]
                 and (not case.mode.dwarf or all(any(name in owner for owner in h["owners"]) for name in names))]
        if len(found) != 1:
            yield differ(f"lines about {count} {wanted['type']} of {', '.join(names)}", "1",
                         [f"{h['bytes']}: {h['what']}" for h in found or rows[:12]])
        elif wanted["in"] and wanted["in"] != found[0]["container"]:
            yield differ(f"what the {count} {wanted['type']} of {', '.join(names)} lie in", wanted["in"], found[0]["container"])
        elif case.mode.dwarf and wanted["type"] not in found[0]["what"]:
            yield differ(f"the line about what {', '.join(names)} has", wanted["type"], found[0]["what"])
    for h in rows:
        jumps = [link["field"] for before, link in zip(h["chain"], h["chain"][1:])
                 if before["kind"] == "object" == link["kind"] and not link["field"] and before.get("type") != "interface {}"]
        if jumps and case.mode.dwarf:
            yield differ(f"the chain of `{h['what']}`", "a field for every step", [link["text"] for link in h["chain"]])


@check
def rules_that_are_shown_stand_in_the_file(case):
    """A rule that has a say in a chain is told with its line in data/owner_rules.txt."""
    lines = [" ".join(line.split()) for line in (cells.ROOT / "data/owner_rules.txt").read_text().split("\n")]
    for h in case.answer("report")["holders"]:
        shown = [rule for step in h["chain"] for rule in step.get("rules", ())]
        shown += [also["rule"] for also in h.get("also_held_by", ()) if "rule" in also]
        for rule in shown:
            if rule["file"] or lines[rule["line"] - 1:rule["line"]] != [rule["rule"]]:
                yield differ(f"line {rule['line']} of the owner rules", lines[rule["line"] - 1:rule["line"]], rule["rule"])


def states_of(dump):
    """Returns {wait reason or state: goroutines} of a dump as runtime.Stack writes it."""
    found = collections.Counter()
    for words in re.findall(r"^goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[([^\]]*)\]:$", dump, re.M):
        found[re.sub(r"(, \d+ minutes)?(, locked to thread)?$", "", words)] += 1
    return found


@check(when=lambda case: still(case) and "never_idle" not in case.truth["facts"])
def goroutines_wait_for_what_the_runtime_says(case):
    ours = collections.Counter()
    for g in case.answer("goroutines")["goroutines"]:
        leaked = " (leaked)" if g["state"] == "leaked" else ""  # as the dump has it, from Go 1.27 on
        ours[(g["wait_reason"] or g["state"]) + leaked] += g.get("count", 1)
    for reason, count in states_of(case.stacks).items():
        # The main goroutine wrote the dump; when we looked it waited for its input in a system call.
        reason = "syscall" if reason == "running" else reason
        if reason == "semacquire":
            # Up to Go 1.23 the runtime has one name for some locks; we tell these apart by the functions that wait.
            ours[reason] += sum(n for name, n in ours.items() if name.startswith("sync."))
        if ours[reason] < count:
            yield differ(f"goroutines in {reason!r}", f"at least {count}", f"{ours[reason]} of {dict(ours)}")


@check
def the_main_goroutine_was_made_by_nobody(case):
    for g in case.answer("goroutines")["goroutines"]:
        if g["goid"] == 1 and g["created_by"]:
            yield differ("creator of goroutine 1", "none, as in the runtime's own dumps", g["created_by"])


@check(when=still)
def nothing_was_lost(case):
    """Also of a program that calls one thing by two names on purpose: the zoo converts nodes."""
    if losses := case.answer("report")["losses"]:
        yield differ("losses", "none", losses)


@check
def the_program_is_recognised(case):
    target = case.answer("report")["target"]
    if target["go_version"] != case.truth["go_version"].split("-X:")[0].split(" X:")[0] and \
            target["go_version"] != case.truth["go_version"]:
        yield differ("target.go_version", case.truth["go_version"], target["go_version"])
    source = "dwarf" if case.mode.dwarf else "table"
    if not target["layout_source"].startswith(source):
        yield differ("target.layout_source", source, target["layout_source"])


@check
def a_capture_is_called_one(case):
    """The report of a file must not pass for that of the process: it says what it is of, when and where it was taken."""
    target = case.answer("report")["target"]
    expected = {"hold": ("capture", "live"), "live": ("live", None)}.get(case.kind, ("core", None))
    if (target["kind"], target.get("of")) != expected:
        yield differ("target.kind and of", expected, (target["kind"], target.get("of")))
    for what, known in (("captured_at", True), ("host", True), ("kernel", True), ("captured_with", True),
                        ("core_written_at", expected[0] == "core")):
        if bool(target[what]) != known:
            yield differ(f"target.{what}", "something" if known else "nothing", target[what])


@check(when=lambda case: case.mode.dwarf and still(case))
def debug_information_types_the_heap(case):
    # Before Go 1.24, objects that only an unsafe.Pointer leads to have no type anywhere: up to 1.21 objects name none, and large
    # types with a GC program are named by a copy without a name in 1.22 and 1.23 (runtime.heapSetType).
    hidden = case.truth["facts"].get("hidden_bytes", 0) if cells.minor(case.release) < 24 else 0
    share = case.heap["typed_bytes"] / max(1, case.heap["reachable_bytes"] - hidden)
    if share < TYPED_WITH_DWARF:
        yield differ("share of live bytes with a type", f"at least {TYPED_WITH_DWARF:.0%}", f"{share:.1%}")


# This check takes debug information for the truth.
@check(when=lambda case: case.mode.dwarf and case.kind == "core")
def machine_code_names_no_wrong_types(case):
    sums = case.answer("type-comparison")["agreement"]
    live = sum(row["bytes"] for row in sums.values())
    if live != case.heap["reachable_bytes"]:
        yield differ("bytes of compared objects", case.heap["reachable_bytes"], live)
    exact = {name: row["objects"] for name, row in case.answer("type-comparison")["known_by"]["wrong"].items()
             if name in EXACT and row["objects"]}
    if exact:
        yield differ("objects whose wrong type is known by exact evidence", "none", exact)
    most = WRONG_WITHOUT_DWARF * live
    if sums["wrong"]["bytes"] > most:
        yield differ("bytes of wrong type without debug information", f"at most {most:.0f}", sums["wrong"]["bytes"])


@check(when=lambda case: case.mode.dwarf and case.kind == "core")
def machine_code_names_what_debug_information_does(case):
    sums = case.answer("type-comparison")["agreement"]
    bytes_floor = LIKE_DWARF if cells.minor(case.release) >= 22 else LIKE_DWARF_BEFORE_HEADERS
    # An idle program has a few hundred objects, of which forty texts that the runtime made at its start are several per cent.
    objects_floor = LIKE_DWARF_OBJECTS if case.heap["reachable_objects"] >= MANY_OBJECTS else 0.9
    # In Go 1.25 generic code captures what due cleanups are called with, and it only knows the shape of a pointer.
    if cells.minor(case.release) == 25 and "queued_tickets" in case.truth["facts"]:
        bytes_floor = objects_floor = 0.95
    for unit, floor in (("bytes", bytes_floor), ("objects", objects_floor)):
        alike = sum(sums[kind][unit] for kind in ("same", "other name", "nesting"))
        share = alike / max(1, alike + sums["wrong"][unit] + sums["only with"][unit])
        if share < floor:
            yield differ(f"{unit} typed alike without debug information", f"at least {floor:.0%}", f"{share:.2%}")


@check(when=lambda case: case.mode.dwarf and case.kind == "core")
def what_large_variables_and_frames_lead_to_is_typed(case):
    answer = case.answer("type-comparison")
    variables, slots = answer["large_variables"], answer["frame_slots"]
    if variables["typed_without"] < LARGE_VARIABLES * variables["all"]:
        yield differ("variables that hold over a thousandth of the live bytes and lead to typed objects",
                     f"{LARGE_VARIABLES:.0%} of {variables['all']}", f"all but {', '.join(variables['untyped'])}")
    if slots["all"] >= MANY_SLOTS and slots["typed_without"] < FRAME_SLOTS * slots["all"]:
        yield differ("pointers of frames to typed objects", f"{FRAME_SLOTS:.0%} of {slots['all']}", slots["typed_without"])


# A .hold file has types without the reasons for them; a process is gone when checks are made.
@check(when=lambda case: case.kind == "core" and "deepest_node" in case.truth["facts"])
def the_type_of_the_deepest_node_goes_back_to_its_variable(case):
    """Each node of the list is known by the one before it, and the first by the variable: by debug information or by the code
    that fills it."""
    at = f"{case.truth['facts']['deepest_node']:#x}"
    chain = case.answer(f"type-reasons {at}")
    if (chain["type"], chain["object"]) != ("main.node", at):
        yield differ(f"what is at {at}", f"a main.node from {at} on", f"{chain['type']} from {chain['object']} on")
    nodes = next(h["count"] for h in case.truth["holders"] if h["name"] == "main.listHead")
    if len(chain["steps"]) + chain["left_out"] != nodes:
        yield differ("steps to the variable", nodes, f"{len(chain['steps'])} and {chain['left_out']} left out")
    first, last = chain["steps"][0], chain["steps"][-1]
    if (first["evidence"], first.get("field")) != ("holder", ".Next"):
        yield differ("what says the type of the deepest node", "field .Next of its holder", first)
    wanted = ("variable", "name", "main.listHead") if case.mode.dwarf else ("code strong", "function", "main.main")
    if (last["evidence"], last.get(wanted[1])) != (wanted[0], wanted[2]):
        yield differ("where the chain ends", wanted, last)


@check(when=lambda case: case.kind == "core" and "views" in case.truth["facts"])
def an_interface_beats_a_field(case):
    """Both types of a conflict are told: the zoo holds nodes that interfaces call by another name."""
    rows = [r for r in case.answer("type-conflicts --top 0")["conflicts"] if r["kept"] == "main.view"]
    got = [(r["kept_by"], r["refused"], r["refused_by"], r["cause"], r["objects"], r["standing"]) for r in rows]
    wanted = ("interface", "main.node", "propagated", "conversion", *[case.truth["facts"]["views"]] * 2)
    if got != [wanted]:
        yield differ("conflicts in which main.view is kept", [wanted], got)
    for row in rows:
        chain = case.answer(f"type-reasons {row['example']}")
        if chain["steps"][-1]["evidence"] != "interface" or [r["type"] for r in chain["refused"]] != ["main.node"]:
            yield differ(f"reasons at {row['example']}", "an interface, and a node refused", chain)


@check(when=lambda case: case.kind == "core")
def conflicts_add_up_to_the_loss(case):
    counted = sum(loss["count"] for loss in case.audit["losses"] if loss["kind"] == "type-conflict")
    listed = sum(row["claims"] for row in case.answer("type-conflicts --top 0")["conflicts"] if row["cause"] == "evidence")
    if listed != counted:
        yield differ("claims of the listed conflicts", counted, listed)


@check(when=lambda case: case.mode.dwarf and "queued_tickets" in case.truth["facts"])
def arguments_of_cleanups_are_typed(case):
    counts = {t["type"]: t["count"] for t in case.answer("types")["types"]}
    for name in ("main.ticket", "*main.ticket"):  # what a cleanup is called with, and the copy that the runtime keeps
        if counts.get(name, 0) != case.truth["facts"]["queued_tickets"]:
            yield differ(f"objects of type {name}", case.truth["facts"]["queued_tickets"], counts.get(name, 0))


def stated_types(truth):
    return {name.removeprefix("objects of "): count for name, count in truth["facts"].items() if name.startswith("objects of ")}


@check(when=lambda case: stated_types(case.truth))
def objects_have_the_types_that_the_program_says(case):
    counts = {t["type"]: t["count"] for t in case.answer("types")["types"]}
    for name, count in stated_types(case.truth).items():
        if counts.get(name, 0) != count:
            yield differ(f"objects of type {name}", count, counts.get(name, 0))


def stated(truth, kind):
    """Returns {"tenant=acme": {"goroutines": 3, ...}} of the kind "label", as the program says it."""
    things = collections.defaultdict(dict)
    for fact, value in truth["facts"].items():
        if fact.startswith(kind + " "):
            name, column = fact.removeprefix(kind + " ").rsplit(" ", 1)
            things[name][column] = value
    return things


def stated_labels(truth):
    return stated(truth, "label")


@check(when=lambda case: still(case) and stated_labels(case.truth))
def goroutines_of_a_label_hold_what_the_program_says(case):
    """Beside its buffers a goroutine has closures, contexts and its labels; what is shared can lead to a little more."""
    rows = {f"{r['key']}={r['value']}": r for r in case.answer(LABELS)["labels"]}
    stated = stated_labels(case.truth)
    if rows.keys() != stated.keys():
        yield differ("labels", sorted(stated), sorted(rows))
    for label, wanted in stated.items():
        row = rows.get(label, collections.Counter())
        yield from outside(f"goroutines of {label}", wanted["goroutines"], wanted["goroutines"], row["goroutines"])
        for column in ("exclusive", "shared"):
            yield from outside(f"{column} bytes of {label}", wanted[column], wanted[column] + LABEL_SLACK, row[column])


@check(when=lambda case: still(case) and stated_labels(case.truth))
def goroutines_show_their_labels(case):
    goroutines = case.answer(EACH_GOROUTINE)["goroutines"]
    for label, wanted in stated_labels(case.truth).items():
        shown = sum(label in (g["labels"] or "").split(", ") for g in goroutines)
        yield from outside(f"goroutines that show {label}", wanted["goroutines"], wanted["goroutines"], shown)


@check(when=lambda case: still(case) and stated(case.truth, "channel"))
def channels_are_as_full_as_the_program_says(case):
    """Each is told where a holder is about it, or goroutines wait for it and for no other one."""
    report = case.answer("report")
    told = [row["channel"] for row in report["goroutines"] + report["holders"] if row.get("channel")]
    for name, wanted in stated(case.truth, "channel").items():
        ours = [channel for channel in told if channel["name"] == name] if case.mode.dwarf else told
        if not any(all(channel[column] == value for column, value in wanted.items()) for channel in ours):
            yield differ(f"the channel {name}", dict(wanted), ours)


@check(when=lambda case: still(case) and stated(case.truth, "select"))
def goroutines_of_a_select_say_its_channels(case):
    """Without debug information the variables have no names of their own, but all have one."""
    rows = case.answer("report")["goroutines"]
    for function, wanted in stated(case.truth, "select").items():
        for row in (r for r in rows if r["wait_reason"] == "select" and function in r["top"]):
            names = [channel["name"] for channel in row["common_channels"]]
            right = sorted(names) == sorted(wanted) if case.mode.dwarf else len(names) == len(wanted) and all(names)
            if right and all(count == row["count"] for count in wanted.values()):
                break
        else:
            yield differ(f"channels that {function} selects on", dict(wanted), rows)


def stated_questions(truth):
    """Returns the verbs whose answers the program states, with their arguments: for a process, to be asked while it lives."""
    return [f"{verb}{words}" for kind, verb in (("why", "why "), ("cut", "cut "), ("free", "cut --free ")) for words in stated(truth, kind)]


@check(when=lambda case: stated(case.truth, "why"))
def objects_are_held_as_the_program_says(case):
    """Of an object: how many holders there are that need none of the others, what all ways share, and how long the shortest is."""
    for address, wanted in stated(case.truth, "why").items():
        why = case.answer(f"why {address}")["why"]
        got = {"holders": len(why["holders"]), "through": len(why["through"]), "retained": why["retained"],
               "steps": sum(step["kind"] in ("object", "container") for step in why["shortest"])}
        if any(got[column] != value for column, value in wanted.items()):
            yield differ(f"how {address} is held", dict(wanted), got)
        if not why["all_holders"]:
            yield f"the search for holders of {address} has not ended"


@check(when=lambda case: stated(case.truth, "cut"))
def cuts_free_what_the_program_says(case):
    for drops, wanted in stated(case.truth, "cut").items():
        effect = case.answer(f"cut {drops}")
        got = {"freed": effect["freed_bytes"], "kept": effect["kept_bytes"]}
        if any(got[column] != value for column, value in wanted.items()):
            yield differ(f"what is free with {drops}", dict(wanted), got)
    for address, wanted in stated(case.truth, "free").items():
        fewest = case.answer(f"cut --free {address}")
        got = {"pointers": fewest["pointers"], "freed": fewest["freed_bytes"]}
        if not fewest["complete"] or any(got[column] != value for column, value in wanted.items()):
            yield differ(f"the fewest pointers to {address}", dict(wanted), got)


@check
def tables_add_up_to_the_heap(case):
    spans = case.answer("spans")["spans"]
    low, high = case.range("HeapInuse")
    if still(case):
        yield from outside("sum of span bytes", low, high, sum(s["size"] for s in spans))


def estimates(report):
    """Yields (what, exact bytes, estimated bytes) of each thing that the memory profile's samples say something of."""
    for rows, name, exact in (("holders", "what", "bytes"), ("types", "type", "bytes"), ("goroutines", "top", "retained_bytes")):
        for row in report[rows]:
            sites = row.get("allocated_at")
            if sites and sites["estimate"]:
                yield row[name], row[exact], sites["estimate"]["bytes"]


@check
def samples_say_what_the_graph_knows(case):
    rows = list(estimates(case.answer("report")))
    missed = [(what, exact, said) for what, exact, said in rows if not said["least"] <= exact <= said["most"]]
    # Intervals have the truth in 19 of 20 cases; four standard deviations more are chance.
    expected = len(rows) * WITHOUT_TRUTH
    allowed = expected + 4 * (expected * (1 - WITHOUT_TRUTH)) ** 0.5
    if len(missed) > max(allowed, FEW_WITHOUT_TRUTH):
        yield f"{len(missed)} of {len(rows)} estimates are wrong: {missed[:3]}"


@check(when=lambda case: case.program not in SETS_THE_RATE)
def the_rate_of_the_profile_has_not_changed(case):
    profile = case.answer("report")["memory_profile"]
    if profile["rate_has_changed"]:
        yield f"the profile's rate has changed: {profile}"


@check(when=lambda case: "rate_changes" in case.truth["facts"])
def a_changed_rate_is_told(case):
    report = case.answer("report")
    if not report["memory_profile"]["rate_has_changed"]:
        yield f"the rate of the profile has changed, unnoticed: {report['memory_profile']}"
    for what, exact, said in list(estimates(report))[:1]:
        yield f"{what}, {exact} B, was estimated at {said} though the rate has changed"


@check(when=lambda case: "profile_rate" in case.truth["facts"])
def what_was_sampled_is_told(case):
    report = case.answer("report")
    if report["memory_profile"]["rate"] != case.truth["facts"]["profile_rate"]:
        yield differ("rate of the profile", case.truth["facts"]["profile_rate"], report["memory_profile"]["rate"])
    if len(list(estimates(report))) < MANY_ESTIMATES:
        yield f"only {len(list(estimates(report)))} estimates"
    places = [h["allocated_at"]["place"] for h in report["holders"] if h["allocated_at"]["agreed"]]
    if not any(place.startswith("main.record ") for place in places):  # and not bytes.growSlice
        yield f"main.record put nothing there, but {places}"


def without_volatile(value):
    if isinstance(value, dict):
        return {k: without_volatile(v) for k, v in value.items() if k not in VOLATILE}
    if isinstance(value, list):
        return [without_volatile(v) for v in value]
    return value


def first_difference(a, b, path="$"):
    """Returns the path and the values of the first place where two JSON values differ, or None."""
    if type(a) is not type(b):
        return f"{path}: {a!r} against {b!r}"
    if isinstance(a, dict):
        for key in sorted(a.keys() | b.keys()):
            if key not in a or key not in b:
                return f"{path}.{key}: only on one side"
            if found := first_difference(a[key], b[key], f"{path}.{key}"):
                return found
    elif isinstance(a, list):
        if len(a) != len(b):
            return f"{path}: {len(a)} entries against {len(b)}"
        for i, (x, y) in enumerate(zip(a, b)):
            if found := first_difference(x, y, f"{path}[{i}]"):
                return found
    elif a != b:
        return f"{path}: {a!r} against {b!r}"
    return None


def variables(roots):
    """{address: name} of the package variables that hold something."""
    return {r["where"]: r["name"] for r in roots["roots"] if r.get("kind") == "global"}


def labels(roots):
    """{place: name} of the package variables without a name of their own that hold something."""
    return {place_of(r): r["name"] for r in roots["roots"] if r.get("kind") == "global" and place_of(r)}


@check(when=lambda case: not case.mode.dwarf or "stripped copy" in case.others)
def variables_without_symbol_are_called_after_who_uses_them(case):
    answer = case.answer if not case.mode.dwarf else case.others["stripped copy"]
    for root in answer("roots")["roots"]:
        if root.get("kind") != "global" or root["retained"] < LABELLED_FROM * case.heap["reachable_bytes"]:
            continue
        # Programs and plugins whose variables others share keep some names in their dynamic symbols.
        if place_of(root) and not LABEL.fullmatch(root["name"]):
            yield differ(f"name of a variable that holds {root['retained']} bytes", "a label with its users", root["name"])


@check(when=lambda case: not case.mode.dwarf)
def variables_without_symbol_say_their_type(case):
    for root in case.answer("roots")["roots"]:
        said = root.get("type") or ""
        if place_of(root) and said and len(said) <= LONGEST_TYPE and root["name"].startswith("global of "):
            yield differ(f"name of the variable at {root['where']}", f"global {said} of ...", root["name"])


@check(when=lambda case: not case.mode.dwarf)
def what_the_library_has_once_has_its_name(case):
    """The table of unique values has no symbol and no type, but no other variable leads to such a trie."""
    for root in case.answer("roots")["roots"]:
        if re.match(r"0x[0-9a-f]+ after a global of unique\.", root["name"]):
            yield differ(f"name of the variable at {root['where']}", "unique.uniqueMaps", root["name"])


@check(when=lambda case: "without symbols" in case.others)
def debug_information_names_variables(case):
    """Only looks at those of the program: what the linker makes only has a symbol."""
    names = variables(case.others["without symbols"]("roots"))
    for root in case.answer("roots")["roots"]:
        name, at = root.get("variable") or "", root.get("where")  # what a literal became has no name of its own
        if name.startswith("main.") and names.get(at) != name:
            yield differ(f"variable at {at} without the symbol table", name, names.get(at))


@check(when=lambda case: "another run" in case.others)
def labels_are_the_same_in_every_run(case):
    """Compares by place: what a variable holds and where the program was loaded may differ."""
    names = labels(case.answer("roots"))
    for place, other in labels(case.others["another run"]("roots")).items():
        if names.get(place, other) != other:
            yield differ(f"label of {place} in another run", names[place], other)


@check(when=lambda case: SYMBOL_SOURCES & case.others.keys())
def symbols_of_a_twin_give_a_stripped_copy_the_true_names(case):
    ours = case.answer("report")
    for source in sorted(SYMBOL_SOURCES & case.others.keys()):
        if found := first_difference(variables(case.answer("roots")), variables(case.others[source]("roots"))):
            yield differ(f"variables with symbols of {source}", "those of the unstripped program", found)
        theirs = case.others[source]("report")
        if theirs["heap"]["typed_bytes"] != ours["heap"]["typed_bytes"]:
            yield differ(f"typed bytes with debug information of {source}", ours["heap"]["typed_bytes"], theirs["heap"]["typed_bytes"])


def same_answers(case, other, verbs):
    for verb in verbs:
        theirs, ours = without_volatile(case.others[other](verb)), without_volatile(case.answer(verb))
        if found := first_difference(theirs, ours):
            yield differ(f"`{verb}` of the {case.kind}", f"that of the {other}", found)


def slack_of_two_looks(case):
    """What the runtime may make or drop between two looks at the live process: objects, edges, or bytes."""
    return THREADS_STARTED * THREAD_RECORD_BYTES if case.starts_threads() else SMALL_HEAP_SLACK


def same_graph(case, other):
    theirs = case.others[other]("report")["heap"]
    slack = slack_of_two_looks(case) if case.kind == "live" else 0
    for name in ("objects", "bytes", "reachable_objects", "reachable_bytes", "edges"):
        if abs(theirs[name] - case.heap[name]) > slack:
            yield differ(f"heap.{name} of the {other}", case.heap[name], theirs[name])


@check(when=lambda case: "stripped copy" in case.others)
def a_stripped_copy_gives_the_same_graph(case):
    """The same core with the program stripped must give the same graph, since that comes from what the collector reads."""
    yield from same_graph(case, "stripped copy")


@check(when=lambda case: "stripped copy" in case.others)
def a_stripped_copy_gives_the_same_memory_profile(case):
    """Where its records and its rate lie is told by symbols, or by code that was compiled in one of several ways."""
    ours, theirs = case.answer("report")["memory_profile"], case.others["stripped copy"]("report")["memory_profile"]
    if ours != theirs:
        yield differ("memory profile of the stripped copy", ours, theirs)


@check(when=lambda case: "bare reading" in case.others and "never_idle" not in case.truth["facts"])
def the_layout_table_gives_the_same_graph_as_debug_information(case):
    """The same picture, read without debug information and symbols, must give the same graph."""
    yield from same_graph(case, "bare reading")


@check(when=lambda case: "live" in case.others and still(case) and "never_idle" not in case.truth["facts"])
def a_picture_answers_as_the_process_did(case):
    """A picture shows another moment than the live answer; even an idle runtime makes and drops a few objects in between."""
    theirs = case.others["live"]("report")["heap"]
    for name in ("objects", "bytes", "reachable_objects", "reachable_bytes", "edges"):
        slack = max(slack_of_two_looks(case), LIVE_TOLERANCE * theirs[name])
        yield from outside(f"heap.{name}", theirs[name] - slack, theirs[name] + slack, case.heap[name])


@check(when=lambda case: "live" in case.others and still(case))
def looks_of_one_collection_differ_in_new_objects_only(case):
    """Between two collections no marked object goes away, and every object that comes is known to be new."""
    theirs, ours = case.others["live"]("audit"), case.audit
    if theirs["gc_cycles"] != ours["gc_cycles"]:
        return
    if theirs["marked"] != ours["marked"]:
        yield differ("marked objects", theirs["marked"], ours["marked"])
    new = theirs["objects"] - theirs["marked"], ours["objects"] - ours["marked"]
    if new[1] < new[0]:
        yield differ("objects allocated since the mark", f"at least {new[0]}", new[1])


@check(when=lambda case: "itself again" in case.others)
def the_same_picture_gives_the_same_answer(case):
    yield from same_answers(case, "itself again", ("report",))


@check(when=lambda case: "one thread" in case.others)
def one_thread_gives_the_same_answer(case):
    yield from same_answers(case, "one thread", ("report", "types", "roots"))
