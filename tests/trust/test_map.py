"""Which tests hold each row of the threat model: every limit, every attack, everything measured in the defaults of the stack.

The key is the row, as in the design; the values are `file::test`. A row without a test, or a test that is not there, fails.
"""

from __future__ import annotations

import ast
import dataclasses
from functools import cache
from pathlib import Path

import pytest

from pycommunicate.protocol.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT.parent / "client" / "tests"

DEFAULTS: dict[str, list[str]] = {
    "a deflate bomb; one giant frame": [
        "trust/test_malformed.py::test_a_deflate_bomb",
        "trust/test_stack_defaults.py::test_default_one_giant_frame_is_not_taken_in",
        "trust/test_attacks_floods.py::test_attack_7_flood",
    ],
    "partial writes to a slow reader": ["trust/test_large_messages.py::test_twenty_of_300_kb_to_a_slow_reader"],
    "bytes after a close are served; the tail of a frame is logged": [
        "trust/test_malformed.py::test_bytes_after_a_close_are_not_served_as_http",
        "trust/test_stack_defaults.py::test_default_bytes_after_a_close_are_no_request",
        "trust/test_stack_defaults.py::test_default_the_tail_of_an_oversized_frame_is_not_logged",
    ],
    "gevent-websocket is preferred where it is installed": [
        "trust/test_stack_defaults.py::test_default_gevent_websocket_changes_nothing"
    ],
    "reserved events run handlers": [
        "trust/test_stack_defaults.py::test_default_reserved_events_run_no_handler",
        "trust/test_malformed.py::test_a_malformed_packet_ends_its_connection",
    ],
    "an empty frame escapes": [
        "trust/test_stack_defaults.py::test_default_a_malformed_frame_ends_the_page_connection_at_once"
    ],
    "a slow reader": [
        "trust/test_stack_defaults.py::test_default_a_slow_reader_is_bounded",
        "trust/test_large_messages.py::test_others_do_not_wait_for_a_slow_reader",
    ],
    "20,000 events in flight": ["trust/test_stack_defaults.py::test_default_events_in_flight_are_bounded"],
    "a socket that never joins": [
        "trust/test_stack_defaults.py::test_default_a_socket_that_never_joins",
        "trust/test_malformed.py::test_a_socket_that_never_joins",
    ],
    "DNS rebinding": [
        "trust/test_stack_defaults.py::test_default_rebinding_is_refused",
        "trust/test_stack_defaults.py::test_default_allowed_hosts_are_configured",
    ],
}

ATTACKS: dict[str, list[str]] = {
    "1 cross-site, null and suffix origins, rebinding, forged forwarded host": [
        "trust/test_attacks_joining.py::test_attack_1_cross_site",
        "trust/test_attacks_joining.py::test_attack_1_a_cross_site_fetch_without_an_origin",
        "trust/test_attacks_joining.py::test_attack_1_forwarded_headers_count_from_configured_proxies_only",
        "trust/test_joining.py::test_cross_site_sockets_are_refused",
    ],
    "1b the doors: what is there, whose it is, nothing used up": [
        "trust/test_doors.py::test_what_is_not_in_the_list_does_not_exist",
        "trust/test_doors.py::test_the_url_map_has_no_other_rule_under_the_prefix",
        "trust/test_doors.py::test_a_ticket_is_taken_by_its_owner_only_and_a_wrong_try_uses_up_nothing",
        "trust/test_doors.py::test_one_of_many_takes_a_ticket",
        "trust/test_doors.py::test_another_site_does_not_bring_a_ticket",
        "trust/test_doors.py::test_origins_at_an_https_site",
        "trust/test_doors.py::test_a_poll_is_its_visitors_only",
        "browser/test_doors.py::test_a_foreign_base_leads_nothing_of_ours_elsewhere",
        "browser/test_doors.py::test_a_sign_in_that_did_not_arrive_is_an_error",
    ],
    "2 joining what is somebody else's, used, expired": [
        "trust/test_attacks_joining.py::test_attack_2_join_with_another_sessions_request_id",
        "trust/test_attacks_joining.py::test_attack_2_used_request_id_and_the_victims_own_cookie_without_its_resume_token",
        "trust/test_attacks_joining.py::test_attack_2_expired_request_id",
        "trust/test_attacks_joining.py::test_attack_2_an_old_resume_token",
        "trust/test_joining.py::test_a_resume_token_needs_the_session",
        "trust/test_joining.py::test_a_mount_token_is_bound_to_its_session_and_route",
    ],
    "3 events for listeners of another page, or gone": [
        "trust/test_attacks_joining.py::test_attack_3_event_for_another_pages_listener",
        "trust/test_attacks_joining.py::test_attack_3_event_for_a_listener_that_is_gone",
    ],
    "4 answers: another page's, twice, late, wrong, NaN, deep, too large": [
        "trust/test_attacks_joining.py::test_attack_4_answer_another_pages_read_twice_and_late",
        "trust/test_attacks_joining.py::test_attack_4_answers_of_the_wrong_type",
        "trust/test_attacks_joining.py::test_attack_4_answers_that_are_no_json",
        "trust/test_attacks_joining.py::test_attack_4_events_that_are_no_json",
        "trust/test_attacks_joining.py::test_attack_4_deep_answers",
        "trust/test_attacks_joining.py::test_attack_4_a_million_levels",
        "browser/test_reads.py::test_an_answer_that_does_not_fit",
    ],
    "5 never answering": [
        "trust/test_attacks_joining.py::test_attack_5_never_answer",
        "trust/test_attacks_joining.py::test_attack_5_leave_instead_of_answering",
        "trust/test_attacks_joining.py::test_attack_5_half_a_join",
    ],
    "6 malformed packets": [
        "trust/test_malformed.py::test_a_malformed_packet_ends_its_connection",
        "trust/test_malformed.py::test_a_malformed_frame_ends_its_connection",
        "trust/test_malformed.py::test_a_malformed_handshake_ends_its_connection",
        "trust/test_attacks_packets.py::test_attack_6_malformed_over_long_polling",
        "trust/test_limits.py::test_limit_events_queued_in_one_message",
        "trust/test_fuzz.py::test_a_hundred_thousand_inputs",
        "trust/test_attacks_packets.py::test_attack_6_content_lengths_that_lie",
        "trust/test_attacks_packets.py::test_attack_6_handshakes_that_are_none",
        "trust/test_attacks_packets.py::test_attack_6_ten_lines_a_second_are_told_of_one_peer",
        "trust/test_attacks_packets.py::test_attack_6_nobody_writes_lines_of_his_own_into_the_log",
        "trust/test_attacks_packets.py::test_attack_6_noise",
    ],
    "7 floods": [
        "trust/test_attacks_floods.py::test_attack_7_flood",
        "trust/test_attacks_floods.py::test_attack_7_flood_of_one_visitor",
        "trust/test_bounds.py::test_who_opens_and_drops_pages_ends_their_own",
        "trust/test_bounds.py::test_a_proxy_that_restarts_loses_no_page",
        "trust/test_log.py::test_the_log_is_bounded_and_nothing_is_lost_count_of",
        "trust/test_attacks_floods.py::test_attack_7_floods_leave_nothing",
        "trust/test_attacks_floods.py::test_attack_7_floods_together",
        "trust/test_attacks_floods.py::test_attack_7_pages_that_are_loaded_without_a_socket",
        "trust/test_attacks_floods.py::test_attack_7_five_hundred_reconnect_at_once",
        "trust/test_attacks_floods.py::test_attack_7_one_byte_a_second",
        "trust/test_attacks_floods.py::test_attack_7_upgrade_that_is_never_finished",
        "trust/test_attacks_floods.py::test_attack_7_honest_pages_that_wait_are_let_go_and_mount_anew",
    ],
    "8 markup": [
        "browser/test_inert.py::test_through_a_template",
        "browser/test_inert.py::test_through_the_api",
        "browser/test_inert.py::test_what_a_visitor_typed_comes_back_as_it_was",
        "trust/test_attacks_markup.py::test_attack_8_markup_in_titles_attributes_and_values",
        "trust/test_attacks_markup.py::test_attack_8_markup_through_operations",
    ],
    "9 URLs": [
        "unit/protocol/test_safety.py::test_urls",
        "trust/test_attacks_markup.py::test_attack_9_unsafe_urls_on_the_server",
        "trust/test_attacks_markup.py::test_attack_9_unsafe_urls_again_in_the_client",
    ],
    "10 names": [
        "unit/protocol/test_safety.py::test_names",
        "browser/test_inert.py::test_prototypes_are_unchanged",
        "trust/test_attacks_markup.py::test_attack_9_unsafe_urls_on_the_server",
        "trust/test_attacks_markup.py::test_attack_10_names_again_in_the_client",
    ],
    "11 cookies, fixation": [
        "trust/test_attacks_sessions.py::test_attack_11_tampered_oversized_foreign_cookies",
        "trust/test_attacks_sessions.py::test_attack_11_a_cookie_of_another_server",
        "trust/test_attacks_sessions.py::test_attack_11_fixation",
        "trust/test_attacks_sessions.py::test_attack_11_a_planted_cookie_does_not_earn_the_new_one",
        "browser/test_users.py::test_renew",
    ],
    "12 leaks": [
        "trust/test_attacks_sessions.py::test_attack_12_nothing_leaks",
        "trust/test_attacks_sessions.py::test_attack_12_the_cookie_is_secure_under_tls",
        "trust/test_attacks_sessions.py::test_attack_12_error_texts_stay_on_the_server",
        "browser/test_users.py::test_no_secret_in_the_page",
    ],
    "13 weak keys": [
        "cli/test_run.py::test_no_real_secret_key",
        "trust/test_attacks_sessions.py::test_attack_13_a_weak_key_is_told_once",
    ],
    "13b mount anew as a way past authorisation": [
        "trust/test_attacks_sessions.py::test_attack_13b_mount_anew_after_sign_out",
        "trust/test_attacks_sessions.py::test_attack_13b_mount_anew_after_rights_were_taken",
        "trust/test_attacks_sessions.py::test_attack_13b_the_token_is_bound_to_the_session",
        "trust/test_attacks_sessions.py::test_attack_13b_the_token_expires",
    ],
    "13c answers that nobody asked for": [
        "trust/test_attacks_sessions.py::test_attack_13c_unasked_answers_are_ignored",
        "trust/test_joining.py::test_answers_to_nobody",
    ],
    "14 framing, inline script": [
        "trust/test_attacks_sessions.py::test_attack_14_framing_and_inline_script",
        "trust/test_attacks_sessions.py::test_attack_14_a_query_can_not_write_into_the_page",
        "browser/test_pages.py::test_a_page_is_nobody_elses_and_may_not_be_framed",
        "browser/test_policy.py::test_everything_works",
    ],
    "15 the session store": [
        "trust/test_attacks_sessions.py::test_attack_15_bytes_written_by_somebody_else",
        "trust/test_attacks_sessions.py::test_attack_15_ids_that_lead_elsewhere",
        "unit/sessions/test_session.py::test_somebody_elses_bytes_are_no_session",
        "unit/sessions/test_stores.py::test_what_is_no_file_of_ours_is_not_read",
    ],
}

LIMITS: dict[str, list[str]] = {
    field.name: [f"trust/test_limits.py::test_limit_{field.name}"] for field in dataclasses.fields(Limits)
}

ROWS = {**DEFAULTS, **ATTACKS, **{f"limit {name}": tests for name, tests in LIMITS.items()}}


@cache
def names_in(file: str) -> frozenset[str]:
    """The test functions of a file, without importing it."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS)
def test_the_row_has_its_tests(row: str) -> None:
    assert ROWS[row]
    missing = [test for test in ROWS[row] if test.split("::")[1] not in names_in(test.split("::")[0])]
    assert missing == []


def test_no_test_of_an_attack_is_missing_here() -> None:
    named = {test for tests in ROWS.values() for test in tests}
    for file in sorted((ROOT / "trust").glob("test_*.py")):
        for name in names_in(f"trust/{file.name}"):
            if name.startswith(("test_attack_", "test_default_", "test_limit_")):
                assert f"trust/{file.name}::{name}" in named


def test_the_client_refuses_the_same_names() -> None:
    assert "safety.json" in (CLIENT / "safety.test.ts").read_text(encoding="utf-8")
