"""What people who used SCOOP ran into does not happen here."""

import importlib
import pkgutil
import re
from pathlib import Path

PAINS: dict[str, tuple[str, ...]] = {
    "a remote error's traceback was lost among the framework's frames": (
        "test_a_remote_traceback_shows_the_programs_frames_and_none_of_ours",
        "test_the_frames_of_nested_tasks_are_chained",
    ),
    "what could not be pickled took the pool down": (
        "test_what_cannot_travel_fails_its_one_future_and_the_pool_lives_on",
    ),
    "to format the user's exception crashed the worker": (
        "test_an_exception_that_cannot_even_be_formatted_fails_its_one_future",
        "test_words_about_what_cannot_travel_are_short",
    ),
    "a killed worker stalled the run": (
        "test_a_run_outlives_a_worker_that_is_killed_in_the_middle_of_a_task",
        "test_tasks_of_a_killed_worker_that_waited_for_others_are_run_again",
        "test_a_task_that_kills_its_workers_fails_alone_and_says_how",
    ),
    "futures were reported lost while they ran; records leaked": (
        "test_a_long_task_is_not_lost_among_many_short_ones",
        "test_the_books_balance_after_every_kind_of_end",
    ),
    "a worker kept two long tasks while others idled": ("test_two_long_tasks_overlap_wherever_they_stand",),
    "a map registered all inputs before the first result": ("test_a_map_over_endless_inputs_gives_results_at_once",),
    "all processors at 100 % whatever was asked for": (
        "test_the_affinity_of_the_process_bounds_the_number_of_workers",
        "test_numerical_libraries_are_kept_from_starting_a_thread_a_processor",
        "test_what_the_user_set_for_numerical_libraries_stays",
        "test_nobody_is_busy_waiting",
    ),
    "seconds of hang at exit": ("test_a_program_that_fails_ends_at_once_also_while_workers_are_busy",),
    "the work of a map that was not consumed was skipped": ("test_a_map_that_nobody_consumes_is_done",),
    "getConst while a worker imported the script crashed": (
        "test_constants_can_be_read_while_the_script_is_imported",
    ),
    "names were looked up at import, which failed offline": (
        "test_import_and_a_run_use_no_network",
        "test_nothing_listens",
    ),
    "noise at exit": ("test_a_run_is_silent_also_where_python_shows_every_warning",),
    "the exit status was always 0": ("test_the_exit_status_is_the_scripts",),
    "functools.wraps left __wrapped__ in the public functions' __dict__": (
        "test_public_functions_have_an_empty_dict",
    ),
    "constants could not be deleted": ("test_constants_can_be_deleted_and_set_anew",),
    '"is it running?" had no public answer': ("test_whether_scoop_is_running_is_public",),
}


TESTED_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "lists of nodes were misread, tasks a node uneven, scontrol needed": (
        "test_slurm",
        "test_ranges",
        "test_one_step_starts_an_agent_on_each_host_of_the_job",
    ),
    "LSF, and a list of hosts on standard input": ("test_lsf", "test_a_hostfile"),
    "the wrong Python or environment on a host, and no word why": (
        "test_the_environment_is_forwarded",
        "test_what_cannot_be_reached_is_reported",
        "test_pythons_that_do_not_fit",
        "test_a_failure_has_a_cause_and_a_remedy",
    ),
    "another ssh, a user and a port for each host": ("test_ssh_with_all_there_is", "test_forms_of_a_host"),
    "a pool could not be started and stopped within a program, or a notebook": (
        "test_after_start_all_calls_work_until_stop",
        "test_in_a_module_that_is_no_file_within_an_event_loop_it_works",
    ),
}
"""Rows whose tests are beside what they test."""


def test_the_table_names_tests_that_exist() -> None:
    tests = set()
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], prefix=f"{__package__}."):
        if module.name != __name__:
            tests |= {name for name in vars(importlib.import_module(module.name)) if name.startswith("test_")}
    assert {test for row in PAINS.values() for test in row} == tests


def test_the_tests_that_are_elsewhere_exist() -> None:
    files = Path(__file__).parent.parent.rglob("test_*.py")
    there = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}
    assert {test for row in TESTED_ELSEWHERE.values() for test in row} <= there
