#!/usr/bin/env python3
"""Tests the checks themselves: each is silent about a faultless answer, and complains of its own fault."""
import collections
import copy
import dataclasses
import re
import unittest

import account_checks
import cells
import checking
import checks
import exports
import healthy
import json_page
import leak_cases
import leak_profile
import leaks
import processes

MAP_RULE = (cells.ROOT / "data/owner_rules.txt").read_text().split("\n").index("container sync.Map sync.Map") + 1
GOOD = {
    "report": {
        "target": {"go_version": "go1.26.11", "stripped": False, "layout_source": "dwarf", "kind": "live",
                   "captured_at": "2026-11-28T17:20:03Z", "core_written_at": None, "host": "vm", "kernel": "6.1.0", "captured_with": "0.1.0"},
        "account": {"known": True, "of_mappings": False, "free_pages": 2, "released_resident": 1, "huge": 1, "rss": 36, "live": 1, "garbage": 2, "free": 3, "released": 100, "stacks": 4, "runtime": 5,
                    "c_heap": 6, "mappings": 7, "files": 8, "rest": 0},
        "outside_the_heap": [{"part": "files", "bytes": 8}, {"part": "stacks", "bytes": 4}, {"part": "others", "bytes": 23}],
        "heap": {"objects": 1000, "bytes": 9000000, "reachable_objects": 995, "reachable_bytes": 8999000, "edges": 700,
                 "roots": 50, "typed_bytes": 8900000},
        "holders": [{"bytes": 8000000, "count": 900, "what": "900 x *main.T in the map main.byID", "container": "map", "owners": ["main.byID"],
                     "allocated_at": {"place": "main.make main.go:9", "agreed": True,
                                      "estimate": {"bytes": {"value": 8000000, "least": 7000000, "most": 9000000}}},
                     "chain": [{"text": "main.byID", "kind": "root", "field": ""},
                               {"text": "main.Index", "kind": "object", "field": ""},
                               {"text": "main.T", "kind": "object", "field": ".all",
                                "rules": [{"rule": "container sync.Map sync.Map", "file": "", "line": MAP_RULE}]}]}],
        "memory": {"free": {"slots": 60000, "tails": 40000, "released": 500, "pages": 5,
                            "classes": [{"free_bytes": 60000, "sparse_objects": 700, "sparse_type": "main.page"}]},
                   "stacks": {"in_use": 9000, "goroutines": 8000, "used": 700, "kept": 1000},
                   "pace": {"last_collection_at_ns": 77, "gc_percent": 100, "memory_limit": None},
                   "c_heap": {"recognised": True, "heap_bytes": 50, "large_bytes": 9, "large_blocks": 2, "used_bytes": 45, "free_bytes": 14,
                              "used_blocks": 30, "arenas": 2, "largest": 4 << 20},
                   "mappings": [{"use": "file", "name": "/tmp/x", "bytes": 4096, "resident": 4096,
                                 "pointing": [{"place": "main.caches[…]", "type": "main.cache"}]},
                                {"use": "other", "name": "", "bytes": 8192, "resident": 8192,
                                 "pointing": [{"place": "main.current", "type": "main.machine"}]}]},
        "goroutines": [{"count": 9, "depth": 103, "top": "main.render", "largest_frame": "main.(*stream).render main.go:30",
                        "largest_frame_bytes": 1000, "stack_bytes": 2000000, "stack_used": 1000000, "wait_reason": "chan send",
                        "channel": {"name": "main.jobs", "length": 3, "capacity": 4, "senders": 9, "receivers": 0}},
                       {"count": 3, "depth": 405, "top": "main.render", "largest_frame": "main.(*stream).render main.go:30",
                        "largest_frame_bytes": 1000, "stack_bytes": 2000000, "stack_used": 1900000, "wait_reason": "select",
                        "common_channels": [{"name": "main.jobs"}, {"name": "main.pool.done"}]}],
        "types": [], "losses": [], "memory_profile": {"known": True, "rate": 524288, "rate_has_changed": False},
        "pause_ms": 3.5, "bytes_read": 10000000, "peak_rss_bytes": 40000000},
    "audit": {"clean": True, "objects": 1000, "marked": 990, "gc_cycles": 4, "unexplained": [], "unexplained_objects": 0, "unexplained_bytes": 0, "floating": 5,
              "causes": [{"id": "resurrection", "objects": 8, "shown": 4, "examples": ["0xc000000000"]}],
              "alloc_count_mismatches": 0, "pointers_to_free_slots": 0, "goroutines_checked": 5, "not_unwound": [], "losses": [],
              "mem_stats": {"HeapObjects": 1000, "HeapAlloc": 9000000, "HeapInuse": 9100000, "HeapReleased": 500, "StackInuse": 9000, "LastGC": 77, "Sys": 12345678},
              "counters": [{"name": n, "runtime": v, "ours": v, "must_match": True} for n, v in
                           (("HeapObjects", 1000), ("HeapAlloc", 9000000), ("HeapInuse", 9100000))]},
    "types": {"types": [{"type": "main.ticket", "count": 7}, {"type": "*main.ticket", "count": 7},
                        {"type": "[160000]uint8", "count": 20}]},
    "type-conflicts --top 0": {"conflicts": [{"kept": "main.view", "kept_by": "interface", "refused": "main.node", "claims": 0,
                                                 "refused_by": "propagated", "cause": "conversion", "objects": 5, "standing": 5,
                                                 "example": "0xc000000040"}]},
    "type-reasons 0xc000000040": {"type": "main.view", "steps": [{"evidence": "interface"}], "refused": [{"type": "main.node"}]},
    "type-reasons 0xc000000080": {"type": "main.node", "object": "0xc000000080", "left_out": 18, "refused": [],
                                "steps": [{"evidence": "holder", "field": ".Next"},
                                          {"evidence": "variable", "name": "main.listHead"}]},
    "type-comparison": {"agreement": {"same": {"bytes": 8998984, "objects": 990}, "other name": {"bytes": 0, "objects": 0},
                                               "nesting": {"bytes": 0, "objects": 0}, "wrong": {"bytes": 16, "objects": 1},
                                               "only with": {"bytes": 0, "objects": 0}},
                              "known_by": {"wrong": {"header": {"objects": 0, "bytes": 0}, "code": {"objects": 1, "bytes": 16}}},
                              "large_variables": {"all": 20, "typed_with": 20, "typed_without": 19, "untyped": ["main.odd"]},
                              "frame_slots": {"all": 100, "typed_with": 100, "typed_without": 90}},
    "roots": {"roots": [{"name": "main.byID", "variable": "main.byID", "kind": "global", "where": "0x1000", "retained": 0},
                        {"name": "main.small", "kind": "global", "where": "0x1008", "retained": 0}]},
    "labels --top 0": {"labels": [{"key": "tenant", "value": "acme", "goroutines": 2, "exclusive": 58, "shared": 7}]},
    "goroutines --each --top 0": {"goroutines": [{"labels": "route=/pay, tenant=acme"}, {"labels": "tenant=acme"}, {"labels": None}]},
    "spans": {"spans": [{"size": 9000000}, {"size": 100000}]},
    "goroutines": {"goroutines": [{"goid": 17, "count": 3, "state": "waiting", "wait_reason": "chan send", "created_by": "main.main"},
                                  {"goid": 1, "count": 1, "state": "syscall", "wait_reason": "", "created_by": ""}]},
}
MEMSTATS = {"HeapObjects": 1000, "HeapAlloc": 9000000, "HeapInuse": 9100000, "HeapReleased": 500, "StackInuse": 9000, "LastGC": 77}
TRUTH = {"go_version": "go1.26.11", "facts": {"c_heap_bytes": 12, "shared_bytes": 9000000, "resurrected": 4, "queued_tickets": 7,
                                              "objects of [160000]uint8": 20,
                                              "channel main.jobs length": 3, "channel main.jobs capacity": 4, "channel main.jobs senders": 9,
                                              "select main.render main.jobs": 3, "select main.render main.pool.done": 3,
                                              "label tenant=acme goroutines": 2, "label tenant=acme exclusive": 50, "label tenant=acme shared": 7},
         "memstats": MEMSTATS,
         "holders": [{"name": "main.byID", "type": "*main.T", "count": 900, "bytes": 8000000},
                     {"name": "main.small", "type": "", "count": 0, "bytes": 0}]}
STACKS = """goroutine 1 [running]:
main.main()

goroutine 17 [chan send, 5 minutes]:
main.f()

goroutine 18 gp=0xc000 m=nil [chan send, locked to thread]:
main.f()
"""


# What an answer of another kind says about its target.
OF_A_KIND = {"hold": {"kind": "capture", "of": "live"}, "core": {"kind": "core", "core_written_at": "2026-11-28T17:20:02Z"}}


def case(kind="live", truth=None, answers=None, others=(), mode="dwarf"):
    answers = answers or GOOD
    if kind != "live":
        answers = changed(answers, ("report", "target"), answers["report"]["target"] | OF_A_KIND.get(kind, OF_A_KIND["core"]))
    return checks.Case(cells.MODES[mode], "1.26", "fake", kind, truth or TRUTH, truth or TRUTH, STACKS, answers.__getitem__,
                       {name: (other or GOOD).__getitem__ for name, other in others}, {"bytes": 9000000, "threads": 1, "memory": {"need_bytes": 37000000}})


def complaints(c):
    return {f.__name__: found for f in checks.applicable(c) if (found := list(f(c)))}


def changed(source, path, value):
    result = copy.deepcopy(source)
    *way, last = path
    place = result
    for step in way:
        place = place[step]
    place[last] = value
    return result


def sampled_type(exact, least, most):
    return {"type": "main.T", "bytes": exact, "allocated_at": {"estimate": {"bytes": {"value": least, "least": least, "most": most}}}}


# (check, the part of the faultless answer that is changed, its new value)
FAULTS = [
    ("nothing_is_unexplained", ("audit", "unexplained_objects"), 1),
    ("nothing_is_unexplained", ("audit", "unexplained_bytes"), 8),
    ("the_audit_is_clean", ("audit", "clean"), False),
    ("audited_objects_are_the_programs_own", ("audit", "objects"), 1001),
    ("mem_stats_equal_the_programs_own", ("audit", "mem_stats", "HeapInuse"), 5),
    ("mem_stats_equal_the_programs_own", ("audit", "mem_stats"), {"HeapObjects": 1000, "HeapAlloc": 9000000}),
    ("little_floats", ("audit", "floating"), 21),
    ("causes_are_shown", ("audit", "causes"), []),
    ("causes_are_shown", ("audit", "causes", 0, "objects"), 9),
    ("causes_are_shown", ("audit", "causes", 0, "shown"), 0),
    ("causes_are_shown", ("audit", "causes", 0, "examples"), []),
    ("allocation_counts_agree", ("audit", "alloc_count_mismatches"), 1),
    ("no_pointer_leads_to_a_free_slot", ("audit", "pointers_to_free_slots"), 1),
    ("every_parked_goroutine_unwinds", ("audit", "not_unwound"), [17]),
    ("every_parked_goroutine_unwinds", ("audit", "goroutines_checked"), 0),
    ("counters_equal_the_runtimes", ("audit", "counters", 0, "ours"), 999),
    ("counters_equal_the_runtimes", ("audit", "counters", 0, "name"), "Mallocs"),
    ("heap_equals_the_programs_own", ("report", "heap", "objects"), 1001),
    ("heap_equals_the_programs_own", ("report", "heap", "bytes"), 9000008),
    ("live_bytes_are_the_truth", ("report", "heap", "reachable_bytes"), 8990999),
    ("live_bytes_are_the_truth", ("report", "heap", "reachable_bytes"), 9000001),
    ("parts_of_the_account_add_up", ("report", "account", "files"), 9),
    ("holders_and_what_is_outside_the_heap_are_the_whole_process", ("report", "outside_the_heap", 2, "bytes"), 7),
    ("holders_and_what_is_outside_the_heap_are_the_whole_process", ("report", "outside_the_heap", 2, "first"), "0x7f0000"),
    ("free_memory_is_the_programs_own", ("report", "memory", "free", "slots"), 59992),
    ("free_memory_is_the_programs_own", ("report", "memory", "free", "released"), 501),
    ("free_memory_is_the_programs_own", ("report", "memory", "stacks", "in_use"), 8999),
    ("free_memory_is_the_programs_own", ("report", "memory", "stacks", "goroutines"), 9001),
    ("free_memory_is_the_programs_own", ("report", "memory", "free", "classes", 0, "free_bytes"), 1),
    ("free_memory_is_the_programs_own", ("report", "account", "released_resident"), 3),
    ("the_pace_is_the_programs_own", ("report", "memory", "pace", "gc_percent"), 50),
    ("the_pace_is_the_programs_own", ("report", "memory", "pace", "last_collection_at_ns"), 78),
    ("what_is_read_was_foreseen", ("report", "bytes_read"), 13000000),
    ("the_memory_that_is_needed_was_foreseen", ("report", "peak_rss_bytes"), 50000000),
    ("holders_are_named", ("report", "holders"), []),
    ("holders_are_named", ("report", "holders", 0, "bytes"), 7991999),
    ("holders_are_named", ("roots", "roots", 1, "name"), "data+0x120"),
    ("rules_that_are_shown_stand_in_the_file", ("report", "holders", 0, "chain", 2, "rules", 0, "line"), MAP_RULE + 1),
    ("rules_that_are_shown_stand_in_the_file", ("report", "holders", 0, "chain", 2, "rules", 0, "line"), 10000),
    ("goroutines_wait_for_what_the_runtime_says", ("goroutines", "goroutines", 0, "count"), 1),
    ("goroutines_wait_for_what_the_runtime_says", ("goroutines", "goroutines", 1, "state"), "waiting"),
    ("the_main_goroutine_was_made_by_nobody", ("goroutines", "goroutines", 1, "created_by"), "runtime.newproc"),
    ("nothing_was_lost", ("report", "losses"), [{"kind": "unreadable page", "count": 1}]),
    ("the_program_is_recognised", ("report", "target", "go_version"), "go1.25.0"),
    ("the_program_is_recognised", ("report", "target", "layout_source"), "table go1.26"),
    ("a_capture_is_called_one", ("report", "target", "kind"), "capture"),
    ("a_capture_is_called_one", ("report", "target", "of"), "live"),
    ("a_capture_is_called_one", ("report", "target", "captured_at"), None),
    ("a_capture_is_called_one", ("report", "target", "core_written_at"), "2026-11-28T17:20:03Z"),
    ("debug_information_types_the_heap", ("report", "heap", "typed_bytes"), 8000000),
    ("objects_have_the_types_that_the_program_says", ("types", "types", 2, "count"), 19),
    ("arguments_of_cleanups_are_typed", ("types", "types", 1, "count"), 6),
    ("goroutines_of_a_label_hold_what_the_program_says", ("labels --top 0", "labels", 0, "goroutines"), 3),
    ("goroutines_of_a_label_hold_what_the_program_says", ("labels --top 0", "labels", 0, "exclusive"), 49),
    ("goroutines_of_a_label_hold_what_the_program_says", ("labels --top 0", "labels", 0, "shared"), 70000),
    ("goroutines_of_a_label_hold_what_the_program_says", ("labels --top 0", "labels"), []),
    ("goroutines_show_their_labels", ("goroutines --each --top 0", "goroutines", 1, "labels"), "tenant=acme2"),
    ("channels_are_as_full_as_the_program_says", ("report", "goroutines", 0, "channel", "length"), 2),
    ("channels_are_as_full_as_the_program_says", ("report", "goroutines", 0, "channel", "senders"), 8),
    ("channels_are_as_full_as_the_program_says", ("report", "goroutines", 0, "channel", "name"), "main.other"),
    ("channels_are_as_full_as_the_program_says", ("report", "goroutines", 0, "channel"), None),
    ("goroutines_of_a_select_say_its_channels", ("report", "goroutines", 1, "common_channels"), [{"name": "main.jobs"}]),
    ("goroutines_of_a_select_say_its_channels", ("report", "goroutines", 1, "common_channels", 0, "name"), "main.queue"),
    ("goroutines_of_a_select_say_its_channels", ("report", "goroutines", 1, "count"), 2),
    ("samples_say_what_the_graph_knows", ("report", "types"), [sampled_type(5, 6, 7), sampled_type(8, 6, 7), sampled_type(5, 6, 7)]),
    ("the_rate_of_the_profile_has_not_changed", ("report", "memory_profile", "rate_has_changed"), True),
    ("tables_add_up_to_the_heap", ("spans", "spans", 0, "size"), 8000000),
]


def variable(name, where, retained):
    """A row of `roots`, with the facts that its name is made of."""
    place = re.search(r"(data|bss)\+0x([0-9a-f]+)(?: of (\S+)\))?", name)
    facts = {"section": place[1], "offset": int(place[2], 16), "module": place[3]} if place else {"variable": name}
    return {"name": name, "kind": "global", "where": where, "retained": retained, **facts}


class ChecksTest(unittest.TestCase):
    def test_a_faultless_answer_passes_every_check(self):
        for kind in ("live", "core", "hold", "kcore"):
            others = [("live", None), ("itself again", None), ("one thread", None), ("bare reading", None), ("stripped copy", None)]
            self.assertEqual(complaints(case(kind, others=others if kind == "core" else ())), {}, kind)

    def test_each_fault_is_found_by_its_check_alone(self):
        for name, path, value in FAULTS:
            with self.subTest(check=name, path=path):
                found = complaints(case(answers=changed(GOOD, path, value)))
                self.assertIn(name, found)
                sums = {"free_memory_is_the_programs_own"} if path == ("report", "heap", "bytes") else set()
                self.assertLessEqual(found.keys() - {name}, {"counters_equal_the_programs_own"} | sums)

    def test_the_goal_of_a_collector_that_is_off_moves(self):
        name, off = "mem_stats_equal_the_programs_own", checks.NO_COLLECTION
        for truth_has, answer_has, wrong in ((off + 5, off + 3, False), (off + 5, 4 << 20, True), (4 << 20, off + 3, True)):
            truth = copy.deepcopy(TRUTH)
            truth["memstats"]["NextGC"] = truth_has
            answers = changed(GOOD, ("audit", "mem_stats", "NextGC"), answer_has)
            found = complaints(case(truth=truth, answers=answers))
            self.assertEqual(name in found, wrong, (truth_has, answer_has))

    def test_every_check_has_a_fault(self):
        tested = {name for name, _, _ in FAULTS} | {
            "counters_equal_the_programs_own", "c_heap_is_seen", "the_c_heap_is_what_malloc_says",
            "what_points_at_a_mapping_is_named", "deep_stacks_are_told_by_depth_and_frame", "what_keeps_free_slots_apart_is_named",
            "what_was_given_back_and_is_resident_is_seen", "machine_code_names_no_wrong_types", "machine_code_names_what_debug_information_does",
            "what_large_variables_and_frames_lead_to_is_typed", "debug_information_names_variables", "memory_that_is_not_there_is_in_no_part_of_the_account", "shared_objects_belong_to_no_single_holder",
            "each_thing_is_told_once_under_its_owners", "objects_are_held_as_the_program_says", "cuts_free_what_the_program_says",
            "the_type_of_the_deepest_node_goes_back_to_its_variable", "an_interface_beats_a_field", "conflicts_add_up_to_the_loss",
            "a_stripped_copy_gives_the_same_graph", "a_stripped_copy_gives_the_same_memory_profile", "the_layout_table_gives_the_same_graph_as_debug_information", "a_picture_answers_as_the_process_did",
            "looks_of_one_collection_differ_in_new_objects_only", "the_same_picture_gives_the_same_answer", "one_thread_gives_the_same_answer",
            "variables_without_symbol_are_called_after_who_uses_them", "variables_without_symbol_say_their_type",
            "what_the_library_has_once_has_its_name", "labels_are_the_same_in_every_run",
            "symbols_of_a_twin_give_a_stripped_copy_the_true_names", "what_was_sampled_is_told", "a_changed_rate_is_told"}
        self.assertEqual({f.__name__ for f, _ in checks.CHECKS}, tested)

    def test_counters_may_lie_between_two_readings_only(self):
        later = changed(TRUTH, ("memstats", "HeapObjects"), 1002)
        for value, wrong in ((999, True), (1000, False), (1001, False), (1002, False), (1003, True)):
            answers = changed(GOOD, ("audit", "counters", 0), {"name": "HeapObjects", "runtime": value, "ours": value,
                                                                       "must_match": True})
            c = case(answers=answers)
            c.later = later
            self.assertEqual("counters_equal_the_programs_own" in complaints(c), wrong, value)

    def test_threads_of_c_may_take_memory_that_was_given_back(self):
        with_threads = changed(changed(TRUTH, ("facts", "callbacks"), 5), ("memstats", "HeapReleased"), 500 + checking.STARTED_PAGES)
        self.assertEqual(complaints(case(truth=with_threads)), {})
        without = changed(TRUTH, ("memstats", "HeapReleased"), 500 + checking.STARTED_PAGES)
        self.assertIn("mem_stats_equal_the_programs_own", complaints(case(truth=without)))
        too_much = changed(with_threads, ("memstats", "HeapReleased"), 501 + checking.STARTED_PAGES)
        self.assertIn("mem_stats_equal_the_programs_own", complaints(case(truth=too_much)))

    def test_records_of_threads_of_c_may_come_between_two_looks(self):
        more = changed(GOOD, ("report", "heap", "edges"), GOOD["report"]["heap"]["edges"] + 4 * checks.THREAD_RECORD_BYTES)
        others = (("live", None),)
        self.assertIn("a_picture_answers_as_the_process_did", complaints(case("core", answers=more, others=others)))
        with_threads = changed(TRUTH, ("facts", "callbacks"), 5)
        self.assertNotIn("a_picture_answers_as_the_process_did",
                         complaints(case("core", truth=with_threads, answers=more, others=others)))

    def test_between_two_looks_at_a_live_program_only_as_much_may_come_as_it_makes(self):
        name = "the_layout_table_gives_the_same_graph_as_debug_information"
        with_threads = changed(TRUTH, ("facts", "callbacks"), 5)
        bytes_before = GOOD["report"]["heap"]["bytes"]
        for kind, truth, most in (("live", TRUTH, 4096), ("live", with_threads, 4 * 8192), ("core", TRUTH, 0), ("core", with_threads, 0)):
            for more in (most, most + 1):
                others = [("bare reading", changed(GOOD, ("report", "heap", "bytes"), bytes_before + more))]
                self.assertEqual(name in complaints(case(kind, truth=truth, others=others)), more > most, (kind, more))

    def test_a_c_heap_that_the_account_misses_is_found(self):
        truth = changed(TRUTH, ("facts", "c_heap_bytes"), 14)
        self.assertEqual(list(complaints(case(truth=truth))), ["c_heap_is_seen"])

    def finds(self, name, facts, faults):
        """With these facts the faultless answer passes, and each fault of the report is found."""
        truth = copy.deepcopy(TRUTH)
        truth["facts"].update(facts)
        self.assertEqual(complaints(case(truth=truth)), {})
        for path, value in faults:
            self.assertEqual(list(complaints(case(truth=truth, answers=changed(GOOD, ("report", *path), value)))), [name], path)

    def test_a_c_heap_that_is_not_mallocs_own_is_found(self):
        facts = {"malloc_heap_bytes": 50, "malloc_large_bytes": 5 << 20, "malloc_large_blocks": 2, "malloc_used_bytes": 45,
                 "malloc_free_bytes": 14, "malloc_blocks_at_least": 30, "malloc_arenas_at_least": 2}
        slack, at = account_checks.MALLOC_SLACK, ("memory", "c_heap")
        good = changed(changed(GOOD, ("report", *at, "large_bytes"), 5 << 20), ("report", "account", "c_heap"), 44)
        good = changed(changed(good, ("report", "account", "rss"), 36 + 38), ("report", "memory", "c_heap", "largest"), 4 << 20)
        good = changed(good, ("report", "outside_the_heap", 2, "bytes"), 23 + 38)
        truth = copy.deepcopy(TRUTH)
        truth["facts"].update(facts, c_heap_bytes=50)
        self.assertEqual(complaints(case(truth=truth, answers=good)), {})
        for key, value in (("recognised", False), ("heap_bytes", 51), ("large_blocks", 1), ("used_bytes", 46 + slack),
                           ("free_bytes", 15 + slack), ("used_blocks", 29), ("arenas", 1), ("largest", 0)):
            answers = changed(good, ("report", *at, key), value)
            self.assertEqual(list(complaints(case(truth=truth, answers=answers))), ["the_c_heap_is_what_malloc_says"], key)

    def test_mappings_that_nothing_points_at_are_found(self):
        first = ("memory", "mappings", 0)
        self.finds("what_points_at_a_mapping_is_named", {"mapped_file_bytes": 4096, "mapped_plain_bytes": 8192},
                   (((*first, "pointing"), []), ((*first, "resident"), 0), ((*first, "use"), "other"),
                    ((*first, "pointing", 0, "type"), "main.other"), ((*first, "pointing", 0, "place"), "")))

    def test_stacks_of_another_depth_are_found(self):
        first = ("goroutines", 0)
        self.finds("deep_stacks_are_told_by_depth_and_frame",
                   {"streams": 9, "streams_depth": 101, "deep_streams": 3, "deep_streams_depth": 401, "frame_at_least": 900},
                   (((*first, "depth"), 90), ((*first, "count"), 8), ((*first, "largest_frame_bytes"), 80),
                    ((*first, "largest_frame"), "main.main"), ((*first, "stack_used"), 1000)))

    def test_free_slots_that_others_keep_are_found(self):
        first = ("memory", "free", "classes", 0)
        self.finds("what_keeps_free_slots_apart_is_named", {"kept_pages": 700},
                   (((*first, "sparse_objects"), 10), ((*first, "sparse_type"), "")))

    def test_resident_pages_that_were_given_back_are_found(self):
        truth = copy.deepcopy(TRUTH)
        truth["facts"]["collapsed_bytes"] = 16 << 20
        good = GOOD
        for key, value in (("huge", 16 << 20), ("released_resident", 8 << 20), ("free_pages", 8 << 20), ("free", 8 << 20),
                           ("released", 9 << 20), ("rss", 33 + (8 << 20))):
            good = changed(good, ("report", "account", key), value)
        good = changed(good, ("report", "outside_the_heap", 2, "bytes"), 20 + (8 << 20))
        self.assertEqual(complaints(case(truth=truth, answers=good)), {})
        for key, value in (("huge", 0), ("released_resident", 0)):
            self.assertEqual(list(complaints(case(truth=truth, answers=changed(good, ("report", "account", key), value)))),
                             ["what_was_given_back_and_is_resident_is_seen"], key)

    @staticmethod
    def compared(**rows):
        answers = GOOD
        for kind, (size, objects) in rows.items():
            answers = changed(answers, ("type-comparison", "agreement", kind.replace("_", " ")),
                              {"bytes": size, "objects": objects})
        return complaints(case("core", answers=answers))

    def test_wrong_types_without_debug_information_are_found(self):
        for wrong, found in ((8000, False), (10000, True)):
            self.assertEqual(list(self.compared(same=(8999000 - wrong, 990), wrong=(wrong, 1))),
                             ["machine_code_names_no_wrong_types"] * found, wrong)
        self.assertEqual(list(self.compared(same=(8998976, 990))), ["machine_code_names_no_wrong_types"])

    def test_exact_evidence_that_is_wrong_is_found(self):
        answers = changed(GOOD, ("type-comparison", "known_by", "wrong", "header", "objects"), 1)
        self.assertEqual(list(complaints(case("core", answers=answers))), ["machine_code_names_no_wrong_types"])

    def test_types_that_only_debug_information_knows_are_found(self):
        name = "machine_code_names_what_debug_information_does"
        for size, objects, found in ((80000, 20, False), (100000, 20, True), (80000, 90, False), (80000, 110, True)):
            self.assertEqual(list(self.compared(same=(8998984 - size, 990 - objects), only_with=(size, objects))), [name] * found)

    def test_variables_and_frames_that_lead_to_unknown_objects_are_found(self):
        name, verb = "what_large_variables_and_frames_lead_to_is_typed", "type-comparison"
        self.assertEqual(complaints(case("core")), {})
        for path, value, found in ((("large_variables", "typed_without"), 18, True), (("large_variables", "typed_without"), 19, False),
                                   (("frame_slots", "typed_without"), 89, True), (("frame_slots", "typed_without"), 90, False)):
            answers = changed(GOOD, (verb, *path), value)
            self.assertEqual(list(complaints(case("core", answers=answers))), [name] * found, path)
        few = changed(GOOD, (verb, "frame_slots"), {"all": 99, "typed_with": 99, "typed_without": 0})
        self.assertEqual(complaints(case("core", answers=few)), {}, "of an idle program")

    def test_reasons_that_do_not_go_back_to_the_variable_are_found(self):
        name, at = "the_type_of_the_deepest_node_goes_back_to_its_variable", "type-reasons 0xc000000080"
        truth = changed(TRUTH, ("facts", "deepest_node"), 0xc000000080)
        truth["holders"].append({"name": "main.listHead", "type": "", "count": 20, "bytes": 0})
        good = changed(GOOD, ("roots", "roots"), [*GOOD["roots"]["roots"], {"name": "main.listHead"}])
        self.assertEqual(complaints(case("core", truth=truth, answers=good)), {})
        for path, value in (((at, "type"), "main.double"), ((at, "left_out"), 17), ((at, "steps", 0, "field"), ".Value"),
                            ((at, "steps", 1, "name"), "main.ringedList"), ((at, "steps", 1, "evidence"), "local")):
            found = complaints(case("core", truth=truth, answers=changed(good, path, value)))
            self.assertEqual(list(found), [name], path)
        self.assertIn(name, complaints(case("core", truth=truth, answers=good, mode="stripped")))
        by_code = changed(good, (at, "steps", 1), {"evidence": "code strong", "function": "main.main"})
        self.assertNotIn(name, complaints(case("core", truth=truth, answers=by_code, mode="stripped")))

    def test_ways_and_cuts_that_are_wrong_are_found(self):
        at, drop = "0xc000000100", "--drop 0xc000000100"
        truth = changed(TRUTH, ("facts",), TRUTH["facts"] | {f"why {at} holders": 2, f"why {at} through": 0, f"why {at} retained": 96, f"why {at} steps": 2,
                                                             f"cut {drop} freed": 96, f"cut {drop} kept": 8, f"free {at} pointers": 2, f"free {at} freed": 96})
        step = {"kind": "object"}
        why = {"why": {"holders": [{}, {}], "through": [], "retained": 96, "shortest": [{"kind": "root"}, step, step], "all_holders": True}}
        good = GOOD | {f"why {at}": why, f"cut {drop}": {"freed_bytes": 96, "kept_bytes": 8},
                       f"cut --free {at}": {"pointers": 2, "freed_bytes": 96, "complete": True}}
        self.assertEqual(complaints(case(truth=truth, answers=good)), {})
        faults = [((f"why {at}", "why", key), value) for key, value in
                  (("holders", [{}]), ("through", [{}]), ("retained", 97), ("shortest", [step]), ("all_holders", False))]
        for path, value in faults:
            self.assertEqual(list(complaints(case(truth=truth, answers=changed(good, path, value)))), ["objects_are_held_as_the_program_says"], path)
        faults = [((f"cut {drop}", "freed_bytes"), 95), ((f"cut {drop}", "kept_bytes"), 9), ((f"cut --free {at}", "pointers"), 3),
                  ((f"cut --free {at}", "freed_bytes"), 95), ((f"cut --free {at}", "complete"), False)]
        for path, value in faults:
            self.assertEqual(list(complaints(case(truth=truth, answers=changed(good, path, value)))), ["cuts_free_what_the_program_says"], path)

    def test_conflicts_that_are_not_told_are_found(self):
        verb, name = "type-conflicts --top 0", "an_interface_beats_a_field"
        truth = changed(TRUTH, ("facts", "views"), 5)
        good = changed(GOOD, (verb, "conflicts", 0, "claims"), 5)
        self.assertEqual(complaints(case("core", truth=truth, answers=good)), {})
        for key, value in (("kept_by", "propagated"), ("refused", "main.view"), ("cause", "unsafe"), ("objects", 4), ("standing", 4)):
            answers = changed(good, (verb, "conflicts", 0, key), value)
            self.assertEqual(list(complaints(case("core", truth=truth, answers=answers))), [name], key)
        answers = changed(good, ("type-reasons 0xc000000040", "refused"), [])
        self.assertEqual(list(complaints(case("core", truth=truth, answers=answers))), [name])
        for of, wrong in (("audit", "conflicts_add_up_to_the_loss"), ("report", "nothing_was_lost")):
            answers = changed(good, (of, "losses"), [{"kind": "type-conflict", "count": 5}])
            self.assertEqual(list(complaints(case("core", truth=truth, answers=answers))), [wrong])
        answers = changed(good, (verb, "conflicts", 0, "cause"), "evidence")
        self.assertIn("conflicts_add_up_to_the_loss", complaints(case("core", truth=truth, answers=answers)))

    def test_an_account_of_memory_that_is_not_there_is_found(self):
        name = "memory_that_is_not_there_is_in_no_part_of_the_account"
        truth = copy.deepcopy(TRUTH)
        truth["facts"].update(absent_live_bytes=8998999, resident_garbage_bytes=2, garbage_bytes=0)
        slack = account_checks.RESIDENT_SLACK
        for field, value, wrong in (("live", 0, False), ("live", 2001, True), ("garbage", 1, True), ("garbage", 2 + slack, False),
                                    ("garbage", 3 + slack, True), ("of_mappings", True, True)):
            found = complaints(case(truth=truth, answers=changed(GOOD, ("report", "account", field), value)))
            self.assertEqual(name in found, wrong, (field, value))
        self.assertIn(name, complaints(case("core", truth=truth)))

    def test_shared_objects_given_to_one_holder_are_found(self):
        for owners, wrong in ((["main.diamondByID"], True), (["main.diamondByID", "goroutine 7 at main.diamondHolder"], False)):
            answers = changed(GOOD, ("report", "holders", 0),
                              {"bytes": 9000000, "count": 1, "what": "one", "owners": owners, "chain": [{"text": "main.byID"}]})
            self.assertEqual("shared_objects_belong_to_no_single_holder" in complaints(case(answers=answers)), wrong, owners)

    def test_things_told_otherwise_than_under_their_owners_are_found(self):
        name = "each_thing_is_told_once_under_its_owners"
        truth = TRUTH | {"owned": [{"names": ["main.byID"], "in": "", "type": "T", "count": 900, "bytes": 8000000}]}
        self.assertEqual(complaints(case(truth=truth)), {})
        for path, value in ((("owners",), ["main.byID", "main.other"]), (("owners",), ["main.other"]), (("count",), 899),
                            (("bytes",), 7999999), (("what",), "900 objects of 48 B in main.byID"), (("chain", 2, "field"), "")):
            answers = changed(GOOD, ("report", "holders", 0, *path), value)
            self.assertIn(name, complaints(case(truth=truth, answers=answers)), path)
        in_another = TRUTH | {"owned": [truth["owned"][0] | {"in": "sync.Map"}]}
        self.assertIn(name, complaints(case(truth=in_another)))
        twice = changed(GOOD, ("report", "holders"), GOOD["report"]["holders"] * 2)
        self.assertIn(name, complaints(case(truth=truth, answers=twice)))

    def test_answers_that_differ_are_found_with_their_place(self):
        other = changed(GOOD, ("report", "heap", "edges"), 70001)
        for kind, check in (("live", "a_picture_answers_as_the_process_did"), ("one thread", "one_thread_gives_the_same_answer"),
                            ("itself again", "the_same_picture_gives_the_same_answer"),
                            ("bare reading", "the_layout_table_gives_the_same_graph_as_debug_information"),
                            ("stripped copy", "a_stripped_copy_gives_the_same_graph")):
            found = complaints(case("core", others=[(kind, other)]))
            self.assertEqual(list(found), [check])
            self.assertIn("heap.edges", found[check][0])

    def test_a_memory_profile_that_only_the_symbols_find_is_found(self):
        other = changed(GOOD, ("report", "memory_profile", "rate"), 1 << 62)
        found = complaints(case("core", others=[("stripped copy", other)]))
        self.assertEqual(list(found), ["a_stripped_copy_gives_the_same_memory_profile"])

    def test_large_variables_without_a_label_are_found(self):
        name = "variables_without_symbol_are_called_after_who_uses_them"
        for label, wrong in (("global of main.serve, main.init.0 (bss+0x120)", False),
                             ("global map[string]interface {} of main.serve (bss+0x120)", False),
                             ("global main.registry behind one of main.serve (bss+0x120).sessions", False),
                             ("global  of main.serve (bss+0x120)", True), ("global+0x8 of main.serve (data+0x120)", False),
                             ("variable behind a global of main.f[go.shape.struct { x int }] (data+0x120 of lib.so)", False),
                             ("variable perhaps behind main.registry (bss+0x8)", False),
                             ("0x10 after a global of main.serve (bss+0x120)", False), ("main.exported", False), ("bss+0x120", True),
                             ("global of  (bss+0x120)", True)):
            for retained in (8998, 8999):
                roots = {"roots": [variable(label, "0x1000", retained)]}
                answers = changed(GOOD, ("roots",), roots)
                self.assertEqual(name in complaints(case(answers=answers, mode="stripped")), wrong and retained == 8999, label)
                self.assertEqual(name in complaints(case("core", others=[("stripped copy", answers)])), wrong and retained == 8999, label)

    def test_names_that_keep_what_is_known_are_found(self):
        """Each with the check that it is against."""
        typed, library = "variables_without_symbol_say_their_type", "what_the_library_has_once_has_its_name"
        for name, said, wrong in (("global of main.f (bss+0x8)", "main.registry", typed), ("global of main.f (bss+0x8)", None, None),
                                  ("global main.registry of main.f (bss+0x8)", "main.registry", None),
                                  ("global of main.f (bss+0x8)", "struct { " + 80 * "x" + " }", None),
                                  ("0x10 after a global of unique.Make[go.shape.string] (bss+0x8)", None, library),
                                  ("0x10 after a global of main.f (bss+0x8)", None, None), ("unique.uniqueMaps", None, None)):
            root = {**variable(name, "0x1000", 0), "type": said}
            found = complaints(case(answers=changed(GOOD, ("roots",), {"roots": [root]}), mode="stripped"))
            self.assertEqual([check for check in found if check in (typed, library)], [wrong] if wrong else [], name)

    def test_labels_that_change_from_run_to_run_are_found(self):
        def answers(*names):
            roots = [variable(n, hex(0x1000 + 8 * i), 0) for i, n in enumerate(names)]
            return changed(GOOD, ("roots",), {"roots": roots})
        ours = answers("global of main.f (bss+0x8)", "global of main.g (bss+0x10)", "main.byID", "main.small")
        for theirs, wrong in (("global of main.f (bss+0x8)", False), ("global of main.g (bss+0x8)", True),
                              ("global of main.h (bss+0x18)", False), ("bss+0x10", True)):
            found = complaints(case(answers=ours, others=[("another run", answers(theirs))]))
            self.assertEqual("labels_are_the_same_in_every_run" in found, wrong, theirs)

    def test_names_that_symbols_do_not_bring_back_are_found(self):
        name = "symbols_of_a_twin_give_a_stripped_copy_the_true_names"
        for path, value, wrong in ((("roots", "roots", 0, "name"), "main.byID", False), (("roots", "roots", 0, "name"), "bss+0x8", True),
                                   (("report", "heap", "typed_bytes"), 8899999, True)):
            for source in checks.SYMBOL_SOURCES:
                found = complaints(case("core", others=[(source, changed(GOOD, path, value))]))
                self.assertEqual(name in found, wrong, (path, value))

    def test_a_mark_that_goes_without_a_collection_is_found(self):
        name = "looks_of_one_collection_differ_in_new_objects_only"
        for field, value, wrong in (("marked", 989, True), ("marked", 991, True), ("objects", 1001, True), ("objects", 999, False)):
            found = complaints(case("core", others=[("live", changed(GOOD, ("audit", field), value))]))
            self.assertEqual(list(found), [name] if wrong else [], (field, value))
        after_another = changed(changed(GOOD, ("audit", "marked"), 989), ("audit", "gc_cycles"), 3)
        self.assertEqual(complaints(case("core", others=[("live", after_another)])), {})

    def test_a_profile_that_tells_too_little_is_found(self):
        truth = changed(TRUTH, ("facts", "profile_rate"), 524288)
        good = changed(GOOD, ("report", "types"), [sampled_type(6, 6, 7)] * checks.MANY_ESTIMATES)
        good = changed(good, ("report", "holders", 0, "allocated_at", "place"), "main.record main.go:9")
        told = lambda answers: complaints(case(truth=truth, answers=answers)).get("what_was_sampled_is_told")
        self.assertIsNone(told(good))
        for path, value in ((("memory_profile", "rate"), 4096), (("types",), []), (("holders", 0, "allocated_at", "agreed"), False),
                            (("holders", 0, "allocated_at", "place"), "bytes.growSlice buffer.go:9")):
            self.assertTrue(told(changed(good, ("report", *path), value)), path)

    def test_a_changed_rate_that_is_not_told_is_found(self):
        truth = changed(TRUTH, ("facts", "rate_changes"), 1)
        changes = changed(GOOD, ("report", "memory_profile", "rate_has_changed"), True)
        good = changed(changes, ("report", "holders", 0, "allocated_at", "estimate"), None)
        told = lambda answers: complaints(case(truth=truth, answers=answers)).get("a_changed_rate_is_told")
        self.assertIsNone(told(good))
        self.assertTrue(told(changes))
        self.assertTrue(told(changed(good, ("report", "memory_profile", "rate_has_changed"), False)))

    def test_volatile_fields_do_not_count_as_differences(self):
        other = changed(changed(GOOD, ("report", "pause_ms"), 9), ("report", "account", "rss"), 9)
        self.assertEqual(complaints(case("core", others=[("live", other)])), {})

    def test_a_crashed_program_is_not_held_to_its_idle_counters(self):
        answers = changed(GOOD, ("report", "heap", "objects"), 5)
        self.assertEqual(complaints(case("kcore", answers=answers)), {})
        self.assertIn("heap_equals_the_programs_own", complaints(case("core", answers=answers)))

    def test_a_dump_is_counted_by_state(self):
        self.assertEqual(checks.states_of(STACKS), {"running": 1, "chan send": 2})

    def test_stripped_programs_need_no_names_of_small_globals(self):
        answers = changed(changed(GOOD, ("roots", "roots"), []), ("report", "target", "layout_source"), "table go1.26")
        self.assertEqual(complaints(case(answers=answers, mode="stripped")), {})


class CellsTest(unittest.TestCase):
    def test_cells_exist_only_where_a_release_can_build_them(self):
        for release, program, mode, exists in (("1.19", "zoo", "dwarf", True), ("1.25", "leak_profile", "dwarf", False),
                                               ("1.26", "leak_profile", "leakprofile", True), ("1.27", "zoo", "noswissmap", False),
                                               ("1.24", "zoo", "noswissmap", True), ("1.26", "plugin", "pie", False)):
            self.assertEqual(cells.Cell(release, program, mode).exists(), exists, (release, program, mode))

    def test_the_hash_of_a_cell_changes_with_its_release_and_mode(self):
        hashes = {cells.digest(cells.Cell(r, p, m)) for r in ("1.19", "1.26") for p in ("zoo", "list") for m in ("dwarf", "pie")}
        self.assertEqual(len(hashes), 8)

    def test_dropping_section_headers_refuses_what_is_no_elf_file(self):
        with self.assertRaises(cells.BuildFailed):
            cells.drop_section_headers(__file__)


class HoldfastTest(unittest.TestCase):
    def test_a_failing_program_is_reported_with_its_words(self):
        with self.assertRaisesRegex(processes.Broken, "ended with 2: no such thing"):
            processes.Holdfast("/bin/sh", "x").run(["-c", "echo no such thing >&2; exit 2"])

    def test_an_answer_that_is_no_json_is_reported_and_not_asked_for_again(self):
        holdfast = processes.Holdfast("/bin/echo", "x")
        for _ in range(2):
            with self.assertRaisesRegex(processes.Broken, "printed no JSON"):
                holdfast.answer("types")


JSON_PAGE = """
### thing

| field | kind | meaning |
|---|---|---|
| `at`, `from` | address, or null | |
| `parts` | list of [part](#part) | |
| `sums` | map to count | |
| `named` | text, or absent | |

### part

| field | kind | meaning |
|---|---|---|
| `whole` | flag | |
"""
THING = {"at": "0xc0", "from": None, "parts": [{"whole": True}], "sums": {"a": 1}, "named": "x"}


class JsonPageTest(unittest.TestCase):
    def complaints(self, path, value):
        page = json_page.Page(JSON_PAGE)
        return list(page.complaints(changed(THING, path, value), "thing"))

    def test_an_object_like_its_table_is_faultless(self):
        page = json_page.Page(JSON_PAGE)
        self.assertEqual(list(page.complaints(THING, "thing")), [])
        self.assertEqual(page.never_seen(), [])

    def test_every_departure_is_found(self):
        for path, value, words in ((("at",), "c0", "at is no address"), (("parts",), None, "parts is no list of"), (("new",), 1, "new is not on the page"),
                                   (("parts", 0, "whole"), 1, r"parts\[\].whole is no flag"), (("parts", 0), {}, r"parts\[\].whole is missing"),
                                   (("parts", 0), 7, "is no object"), (("sums", "a"), -1, r"sums\[\] is no count"), (("named",), None, "named is no text")):
            self.assertRegex("\n".join(self.complaints(path, value)), words)

    def test_only_what_may_be_absent_may_be(self):
        for field, complaints in (("named", 0), ("at", 1)):
            thing = {name: value for name, value in THING.items() if name != field}
            self.assertEqual(len(list(json_page.Page(JSON_PAGE).complaints(thing, "thing"))), complaints)

    def test_what_is_never_printed_is_told(self):
        page = json_page.Page(JSON_PAGE)
        self.assertEqual(list(page.complaints({"at": None, "from": None, "parts": [], "sums": {}}, "thing")), [])
        self.assertEqual(page.never_seen(), ["part.whole", "thing.named"])


# Two objects: main.cache keeps 48 bytes alive with the 32 of main.node.
EXPORTED = exports.Truth({"reachable_bytes": 48, "reachable_objects": 2}, [{"type": "main.cache", "retained": 48}, {"type": "main.node", "retained": 32}],
                         [{"address": "0xc000000000", "type": "main.cache", "size": 16, "retained": 48},
                          {"address": "0xc000000020", "type": "main.node", "size": 32, "retained": 32}], 0xc000000000)


class HealthyTest(unittest.TestCase):
    GOOD = {"heap": {"reachable_bytes": 1000000}, "findings": [
        {"id": "sparse-map", "confidence": "possible", "title": "a map", "bytes": 10000, "because": "of its room"}]}

    def test_what_is_only_possible_is_no_accusation_and_is_told_with_its_share(self):
        self.assertEqual(list(healthy.differences(self.GOOD)), [])
        self.assertEqual(list(healthy.possible(self.GOOD)), ["sparse-map: a map; 1 %"])

    def test_accusations_and_programs_that_show_nothing_are_found(self):
        for confidence in "proven", "strong", "observed":
            wrong = changed(self.GOOD, ("findings", 0, "confidence"), confidence)
            self.assertEqual(len(list(healthy.differences(wrong))), 1)
        self.assertEqual(len(list(healthy.differences(changed(self.GOOD, ("heap", "reachable_bytes"), 5)))), 1)


class LeaksTest(unittest.TestCase):
    LEAK = leak_cases.Leak("x", "a sort", "example.com/x", "v1", "v2", "x#1", ("goroutine-leak",), "x.work")
    FOUND = {"id": "goroutine-leak", "confidence": "proven", "title": "9 goroutines at x.work", "bytes": 5, "because": ""}
    GOOD = {"heap": {"reachable_bytes": 1000}, "findings": [FOUND]}

    def test_the_right_finding_passes_if_it_is_first(self):
        self.assertEqual(list(leaks.wrong_about_leak(self.LEAK, self.GOOD)), [])

    def test_no_finding_and_others_before_it_and_elsewhere_are_told(self):
        other = self.FOUND | {"title": "9 goroutines at y.work"}
        for findings in [], [other, self.FOUND], [self.FOUND | {"id": "sparse-map"}]:
            self.assertEqual(len(list(leaks.wrong_about_leak(self.LEAK, self.GOOD | {"findings": findings}))), 1)

    def test_a_leak_that_is_known_to_be_missed_must_be(self):
        missed = dataclasses.replace(self.LEAK, missed="a reason")
        self.assertEqual(len(list(leaks.wrong_about_leak(missed, self.GOOD))), 1)
        self.assertEqual(list(leaks.wrong_about_leak(missed, self.GOOD | {"findings": []})), [])

    def test_accusations_of_the_mended_version_are_found(self):
        self.assertEqual(len(list(leaks.wrong_about_fix(self.GOOD))), 1)

    def test_every_case_has_its_folder_and_its_other_version(self):
        self.assertEqual({leak.name for leak in leak_cases.LEAKS}, {path.parent.name for path in leaks.FOLDER.glob("*/main.go")})
        for leak in leak_cases.LEAKS:
            is_same_library = bool(leak.fixed_release or leak.fixed_argument)
            self.assertNotEqual(is_same_library, (leaks.FOLDER / leak.name / "fixed.mod").exists(), leak.name)


class LeakProfileTest(unittest.TestCase):
    TRUTH = {1: True, 2: True, 3: False}

    def complaints(self, truth, ours, theirs):
        score = leak_profile.Score()
        score.add(truth, ours, theirs)
        return len(list(score.wrong()))

    def test_who_proves_more_than_the_profile_and_accuses_nobody_passes(self):
        self.assertEqual(self.complaints(self.TRUTH, {1, 2}, {1, 3}), 0)

    def test_accusations_misses_and_comparisons_that_show_nothing_are_found(self):
        self.assertEqual(self.complaints(self.TRUTH, {1, 2, 3}, {1}), 1)
        self.assertEqual(self.complaints(self.TRUTH, {1}, {1, 2}), 1)
        self.assertEqual(self.complaints(self.TRUTH, {1, 2}, set()), 1)
        self.assertEqual(self.complaints({1: True}, {1}, {1}), 1)

    def test_only_goroutines_that_the_profile_calls_leaked_are_read(self):
        self.assertTrue(leak_profile.LEAKED.match(b"goroutine 7 gp=0xc0 m=nil [chan receive (leaked), 2 minutes]:"))
        self.assertFalse(leak_profile.LEAKED.match(b"goroutine 7 [chan receive]:"))


class ExportedProfile(exports.Profile):
    """main.all -> main.cache -> main.node."""

    def __init__(self):
        self.wrong, self.bytes, self.objects = [], 48, 2
        self.functions = [("main.all", "owner:main.all"), ("main.cache", "type:main.cache"), ("main.node", "type:main.node")]
        self.stacks = collections.Counter({(1, 0): 16, (2, 1, 0): 32})
        self.by_label = collections.Counter({("type", "main.cache"): 16, ("type", "main.node"): 32})


class ExportsTest(unittest.TestCase):
    def complain(self, words, complaints):
        self.assertRegex("\n".join(map(str, complaints)), words)

    def test_a_faultless_profile_passes_and_each_fault_is_found(self):
        self.assertEqual(list(exports.wrong_profile(ExportedProfile(), EXPORTED, "dominators")), [])
        for name, value, words in (("bytes", 47, "bytes by"), ("objects", 3, "objects by"), ("wrong", ["not numbered"], "not numbered"),
                                   ("stacks", collections.Counter({(1, 0): 16, (2, 0): 32}), "main.cache keeps alive"),
                                   ("by_label", collections.Counter({("type", "main.cache"): 48}), "bytes of main.node by labels")):
            profile = ExportedProfile()
            setattr(profile, name, value)
            self.complain(words, exports.wrong_profile(profile, EXPORTED, "dominators"))
        self.complain("no type was compared", exports.retained_by_type(ExportedProfile(), exports.Truth({"reachable_bytes": 0, "reachable_objects": 0}, [], [], 0)))

    def test_rows_of_pprof_with_other_names_or_sums_are_found(self):
        rows = {"main.all": [0, 48], "main.cache": [16, 48], "main.node": [32, 32]}
        self.assertEqual(list(exports.wrong_rows(ExportedProfile(), rows, "paths")), [])
        self.complain("names and sums", exports.wrong_rows(ExportedProfile(), {**rows, "main.node": [32, 48]}, "paths"))
        self.complain("number of names", exports.wrong_rows(ExportedProfile(), {**rows, "main.more": [0, 0]}, "paths"))

    def test_a_speedscope_file_with_other_sums_is_found(self):
        frames = {"main.all": [48, 0, "", 0], "main.cache": [48, 16, "", 0], "main.node": [32, 32, "", 0]}
        read = {"profiles": [{"total": 48, "unit": "bytes", "frames": frames}, {"total": 2, "unit": "none", "frames": {}}]}
        found = lambda read: list(exports.wrong_speedscope(read, ExportedProfile(), EXPORTED, "paths"))
        self.assertEqual(found(read), [])
        for path, value, words in ((("profiles", 0, "total"), 50, "bytes of speedscope"), (("profiles", 1, "total"), 1, "objects of speedscope"),
                                   (("profiles", 0, "frames", "main.node", 1), 30, "frames of speedscope")):
            self.complain(words, found(changed(read, path, value)))

    def test_a_profile_that_parca_gives_back_otherwise_is_found(self):
        wanted = {"main.cache": [16, 48], "main.node": [32, 32]}
        found = lambda got: list(exports.wrong_in_parca(got, wanted, 48, "paths"))
        self.assertEqual(found(wanted), [])
        self.complain("bytes in Parca", found({**wanted, "main.node": [64, 64]}))
        self.complain("functions in Parca", found({**wanted, "main.node": [32, 33]}))
        self.complain("number of functions", found({**wanted, "main.more": [0, 0]}))

    def test_allocations_that_speedscope_reads_otherwise_are_found(self):
        wanted = {"in use: bytes": {"main.f": [8, 8]}, "in use: objects": {"main.f": [1, 1]}, "allocated: bytes": {"main.f": [16, 16]}, "allocated: objects": {"main.f": [2, 2]}}
        read = {"profiles": [{"name": name, "frames": {"main.f": [total, own, "", 0] for own, total in sums.values()}} for name, sums in wanted.items()]}
        found = lambda read: list(exports.wrong_allocations(read, wanted))
        self.assertEqual(found(read), [])
        self.complain("functions of allocated: bytes", found(changed(read, ("profiles", 2, "frames", "main.f", 0), 24)))
        self.complain("profiles of allocations", found(changed(read, ("profiles", 0, "name"), "in use")))
        self.complain("no allocation", exports.wrong_allocations({"profiles": []}, {"in use: bytes": {}}))

    def test_a_heap_snapshot_with_other_sizes_is_found(self):
        objects = [[1, "main.cache", 16, 48, 3, []], [5, "main.node", 32, 32, 4, []], [0xf0000000, "(roots)", 0, 48, 0, []]]
        read = {"total": 48, "objects": objects}
        found = lambda read, most=2: list(exports.wrong_heapsnapshot(read, EXPORTED, most))
        self.assertEqual(found(read), [])
        for path, value, words in ((("total",), 50, "bytes in DevTools"), (("objects", 1, 3), 48, "sizes in DevTools"),
                                   (("objects", 0, 4), 100_000_003, "unreachable"), (("objects",), objects[1:], "1 of 2 objects have nodes")):
            self.complain(words, found(changed(read, path, value)))

    def test_a_heap_snapshot_that_memlab_reads_otherwise_is_found(self):
        read = {"total": 48, "objects": [[1, "main.cache", 16, 48], [5, "main.node", 32, 32], [0xf0000000, "(roots)", 0, 48]]}
        found = lambda read: list(exports.wrong_memlab(read, EXPORTED))
        self.assertEqual(found(read), [])
        for path, value, words in ((("total",), 50, "bytes in memlab"), (("objects", 1, 3), 48, "sizes in memlab"), (("objects",), read["objects"][:1], "objects in memlab")):
            self.complain(words, found(changed(read, path, value)))

    def test_pictures_that_graphviz_draws_otherwise_are_found(self):
        dot, drawn = "  b0 [label=x];\n  b1 [label=y];\n  b0 -> b1 [label=z];\n", collections.Counter(node=2, edge=1)
        self.assertEqual(list(exports.wrong_picture("path", 200, dot, drawn, drawn)), [])
        self.complain("2 boxes of path, 1 may", exports.wrong_picture("path", 1, dot, drawn, drawn))
        self.complain("in graphviz", exports.wrong_picture("path", 200, dot, collections.Counter(node=2), drawn))
        self.complain("in the SVG", exports.wrong_picture("path", 200, dot, drawn, collections.Counter(node=3, edge=1)))

    def test_tables_that_are_read_otherwise_are_found(self):
        lines, csv = [2, 48, 2], [2, 48, str(2 * 0xc000000000 + 0x20)]
        read = {"lines": {"duckdb": lines, "pyarrow": lines}, "csv": {"duckdb": csv, "pyarrow": csv}}
        self.assertEqual(list(exports.wrong_tables(read, EXPORTED)), [])
        self.complain("lines in pyarrow", exports.wrong_tables(changed(read, ("lines", "pyarrow"), [2, 48, 1]), EXPORTED))
        self.complain("CSV in duckdb", exports.wrong_tables(changed(read, ("csv", "duckdb", 2), "1.6e12"), EXPORTED))

    def test_parquet_files_that_are_read_otherwise_are_found(self):
        wanted = [{"id": 1, "type": "main.T", "x": 0.5}, {"id": 2, "type": None, "x": -1.0}]
        one = {"names": ["id", "type", "x"], "types": ["BIGINT", "VARCHAR", "DOUBLE"], "rows": [[1, "main.T", 0.5], [2, None, -1.0]], "groups": 1}
        read = {"duckdb": one, "pyarrow": one}
        found = lambda read: list(exports.wrong_parquet(read, wanted, ["BIGINT", "VARCHAR", "DOUBLE"], 1))
        self.assertEqual(found(read), [])
        for path, value, words in ((("duckdb", "names", 1), "kind", "columns in duckdb"), (("pyarrow", "rows"), one["rows"][:1], "number of rows in pyarrow"),
                                   (("pyarrow", "rows", 1, 1), "", "values in pyarrow"), (("duckdb", "types", 0), "DOUBLE", "types in duckdb"), (("pyarrow", "groups"), 2, "groups of rows")):
            self.complain(words, found(changed(read, path, value)))

    def test_an_hprof_file_that_is_read_otherwise_is_found(self):
        wanted = {"objects": {0: ["0xc000000000", 16, 48], 1: ["0xc000000020", 32, 32]}, "edges": {0: [1, 1]}, "roots": [0], "goids": {1},
                  "dominators": {1: 0}, "only": {1: 0}}
        read = {"bytes": 72, "count": 5, "statics": [["main", "cache", 100]], "frames": [],
                "objects": [[50, "java.lang.String", 0, 24, 0, 1, 51, True], [51, "byte[]", 24, 24, 0, 0, 0, True],
                            [100, "main.cache", 16, 48, 0xc000000000, 1, 101, True], [101, "main.node", 32, 32, 0xc000000020, 0, 0, True]]}
        found = lambda read, wanted=wanted, said="2 objects of 48 B": list(exports.wrong_hprof(read, wanted, said))
        self.assertEqual(found(read), [])
        for path, value, words in ((("bytes",), 80, "bytes of names"), (("objects", 3, 2), 40, "sizes in VisualVM"), (("objects", 2, 3), 80, "sizes in VisualVM"),
                                   (("objects", 2, 6), 100, "pointers in VisualVM"), (("objects", 2, 5), 0, "pointers in VisualVM"), (("objects", 3, 7), False, "without a way"),
                                   (("objects", 3, 4), 0xc000000000, "do not go together"), (("objects",), read["objects"][:3], "objects in VisualVM"),
                                   (("statics",), [], "what roots refer to"), (("frames",), [[7, "", 100]], "goroutines on stacks")):
            self.complain(words, found(changed(read, path, value)))
        self.complain("and there are 2 objects", found(read, said="3 objects"))
        on_stack = {**wanted, "roots": [0, 1], "only": {1: 0}, "dominators": {}, "objects": {**wanted["objects"], 0: ["0xc000000000", 16, 16]}}
        seen = changed(read, ("frames",), [[1, "main.f", 101]])
        self.complain("1 of 2 objects keep more", found(seen, on_stack))

    def test_lines_that_lack_something_are_found(self):
        lines = [{"row": "heap", "bytes": 48}, {"row": "root", "id": "r0"},
                 {"row": "object", "id": "0xc000000000", "bytes": 16, "retained": 48}, {"row": "object", "id": "0xc000000020", "bytes": 32, "retained": 32},
                 {"row": "pointer", "from": "r0", "to": "0xc000000000"}, {"row": "pointer", "from": "0xc000000000", "to": "0xc000000020"}]
        found = lambda lines: list(exports.wrong_lines(lines, EXPORTED, 2))
        self.assertEqual(found(lines), [])
        for path, value, words in (((0, "bytes"), 47, "bytes in the first"), ((3, "retained"), 48, "objects"), ((4, "from"), "r1", "pointers to nothing")):
            self.complain(words, found(changed(lines, path, value)))
        self.complain("pointers: 2 wanted, 1", found(lines[:-1]))


if __name__ == "__main__":
    unittest.main()
