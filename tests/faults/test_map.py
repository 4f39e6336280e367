"""Which tests stand for which row of the table of faults. A test that is renamed or removed is missed here."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.tools.programs import ROOT

ROWS: Final[dict[str, list[str]]] = {
    "cut for 1 s, for 30 s; hold; cut at every byte offset of an exchange": [
        "tests/trust/test_exactly_once.py::test_cut_at_bytes_all_over_a_scripted_exchange",
        "tests/trust/test_exactly_once.py::test_three_hundred_forced_reconnects",
        "tests/trust/test_exactly_once.py::test_messages_that_come_again_are_skipped",
        "tests/trust/test_exactly_once.py::test_a_resume_of_an_old_connection_takes_over",
        "tests/browser/test_resume.py::test_clicks_made_while_offline_are_kept_and_handled_once",
        "tests/browser/test_resume.py::test_cut_at_many_bytes",
        "tests/browser/test_resume.py::test_a_link_that_hangs",
        "tests/browser/test_resume.py::test_the_banner_comes_and_goes",
        "tests/browser/test_resume.py::test_back_soon_after_the_link_returns",
    ],
    "cut inside a blocking read; inside a view change": [
        "tests/faults/test_blocking.py::test_a_read_is_asked_again_after_a_cut",
        "tests/faults/test_blocking.py::test_a_read_fails_with_its_type_where_nobody_comes_back",
        "tests/faults/test_blocking.py::test_a_read_is_answered_once_wherever_it_is_cut",
        "tests/faults/test_blocking.py::test_a_view_change_is_whole_wherever_it_is_cut",
        "tests/browser/test_faults.py::test_a_view_change_that_is_cut_shows_one_view_or_the_other",
        "tests/browser/test_faults.py::test_a_read_that_is_cut_is_asked_again",
    ],
    "10 minutes; laptop asleep": [
        "tests/faults/test_blocking.py::test_grace_time_over",
        "tests/faults/test_half_open.py::test_a_page_that_never_answers_ends_with_its_grace_time",
        "tests/browser/test_faults.py::test_grace_time_over_what_was_typed_stays",
    ],
    "kill -9, restart on the same port": [
        "tests/browser/test_resume.py::test_a_restarted_server_finds_the_page_again",
        "tests/unit/sessions/test_restart.py::test_visits_are_counted_over_restarts",
        "tests/unit/sessions/test_restart.py::test_an_open_page_stays_signed_in",
        "tests/unit/sessions/test_stores.py::test_killed_at_any_moment_the_session_is_whole",
    ],
    "SIGTERM": [
        "tests/faults/test_signals.py::test_sigterm_with_nothing_under_way_ends_at_once",
        "tests/faults/test_signals.py::test_sigterm_lets_a_handler_finish_and_its_writes_arrive",
        "tests/faults/test_signals.py::test_sigterm_takes_no_new_pages",
        "tests/faults/test_signals.py::test_sigterm_takes_no_new_pages_over_a_kept_connection",
        "tests/faults/test_signals.py::test_sigterm_starts_no_new_handlers_and_says_so",
        "tests/faults/test_signals.py::test_sigterm_gives_a_handler_ten_seconds_and_no_more",
        "tests/faults/test_signals.py::test_ctrl_c_ends_at_once",
        "tests/faults/test_signals.py::test_ctrl_c_during_the_ten_seconds_ends_at_once",
        "tests/faults/test_signals.py::test_what_a_handler_wrote_last_arrives_though_the_loop_was_held_up",
        "tests/faults/test_signals.py::test_pages_come_back_to_the_next_process",
        "tests/faults/test_signals.py::test_a_connection_that_says_nothing_does_not_hold_up_the_end",
        "tests/browser/test_resume.py::test_a_polite_end",
        "tests/browser/test_faults.py::test_sigterm_shows_what_the_handler_wrote_and_the_page_comes_back",
        "tests/browser/test_faults.py::test_a_click_that_a_polite_end_did_not_handle_is_told",
    ],
    "2,000 pages reconnect at once after a restart": [
        "tests/faults/test_restart.py::test_two_hundred_pages_reconnect_at_once",
        "tests/faults/test_crowd.py::test_who_loads_a_page_does_not_wait_for_a_crowd_of_sockets",
        "tests/faults/test_crowd.py::test_who_has_left_the_crowd_is_not_let_in",
        "tests/faults/test_crowd.py::test_who_sends_many_requests_at_once_leaves_turns_to_others",
    ],
    "handler raises; handler loops on the CPU; load() raises; teardown() raises": [
        "tests/faults/test_handlers.py::test_a_handler_that_raises",
        "tests/faults/test_handlers.py::test_a_handler_that_loops",
        "tests/faults/test_handlers.py::test_a_load_that_raises",
        "tests/faults/test_handlers.py::test_a_render_that_raises_leaves_the_view_as_it_was",
        "tests/faults/test_handlers.py::test_a_teardown_that_raises",
        "tests/browser/test_faults.py::test_a_handler_that_loops_brings_the_banner_and_it_goes",
        "tests/browser/test_faults.py::test_a_teardown_that_raises",
    ],
    "refresh during a handler; tab closed; tab duplicated; back/forward cache": [
        "tests/faults/test_leaks.py::test_hundreds_of_pages_opened_and_closed",
        "tests/faults/test_leaks.py::test_refreshed_during_a_handler",
        "tests/faults/test_leaks.py::test_a_tab_that_vanishes_during_a_handler",
        "tests/faults/test_leaks.py::test_a_tab_that_vanishes_during_a_read",
        "tests/faults/test_leaks.py::test_a_duplicated_tab_is_nobody_elses_page",
        "tests/faults/test_leaks.py::test_a_page_that_nobody_connects_is_let_go",
        "tests/browser/test_resume.py::test_a_refresh_during_a_handler",
        "tests/browser/test_resume.py::test_a_duplicated_page_is_one_of_its_own",
        "tests/browser/test_faults.py::test_tabs_refreshed_closed_gone_back_to_leave_nothing",
    ],
    "two tabs write the session": [
        "tests/unit/sessions/test_restart.py::test_two_tabs_lose_no_increment",
        "tests/unit/sessions/test_stores.py::test_processes_lose_no_increment",
        "tests/unit/sessions/test_stores.py::test_threads_lose_no_increment",
    ],
    "session store down, slow, full, emptied": [
        "tests/unit/sessions/test_stores.py::test_a_full_disk_loses_nothing",
        "tests/unit/sessions/test_stores.py::test_a_folder_that_cannot_be",
        "tests/unit/sessions/test_stores.py::test_a_store_that_cannot_be_read",
        "tests/unit/sessions/test_stores.py::test_a_locked_store",
        "tests/unit/sessions/test_stores.py::test_the_folder_is_emptied",
        "tests/unit/sessions/test_restart.py::test_an_unwritable_store_ends_no_page",
        "tests/unit/sessions/test_restart.py::test_an_unreadable_store_fails_where_it_is_used",
    ],
    "WebSocket blocked": [
        "tests/faults/test_polling.py::test_cut_at_bytes_all_over_the_requests",
        "tests/faults/test_polling.py::test_eighty_forced_reconnects",
        "tests/faults/test_polling.py::test_it_leaves_nothing",
        "tests/browser/test_resume.py::test_long_polling_where_web_sockets_are_blocked",
        "tests/trust/test_joining.py::test_a_refusal_arrives_over_long_polling_too",
    ],
    "file descriptors run out": ["tests/faults/test_descriptors.py::test_file_descriptors_run_out"],
    "any of these, in any order": [
        "tests/faults/test_machine.py::test_any_sequence_of_faults",
        "tests/browser/test_machine.py::test_seed",
        "tests/testing/test_network.py::test_each_loss_is_made_good",
    ],
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_tests(row: str) -> None:
    for name in ROWS[row]:
        file, _, test = name.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert test in there, f"{name} is not there"
