"""Faults from below, rows 24–38."""

from tests.faults.rows import Defence, Row

DATABASE, EMBEDDED, MODEL = "core/store/database.py", "core/store/embedded.py", "core/providers/local_model.py"
LAB, LIFESPAN, SETTLEMENT, SPOOL, SWEEPER = (
    "core/composition.py",
    "core/lifespan.py",
    "core/engine/settlement.py",
    "core/store/spool.py",
    "core/store/orphans.py",
)

AWAY, CALENDAR = "tests/faults/test_database_away.py", "tests/faults/test_calendar.py"
ENDING, PROCESSES = "tests/faults/test_ending.py", "tests/faults/test_processes.py"
LOOKUPS = "tests/services/test_lookups.py"
REFUSED, GONE = "tests/faults/test_refused_starts.py", "tests/faults/test_helpers_gone.py"

KILLED_AND_ENDED = (
    f"{PROCESSES}::test_a_killed_process_leaves_a_run_that_the_next_start_settles_and_an_ended_one_settles_its_own"
)
ASK_REDIS = """
        import os, socket
        host, port = os.environ["REDIS_URL"][8:-2].split(":")
        socket.create_connection((host, int(port))).recv(1)
"""

ROWS: tuple[Row, ...] = (
    Row(
        24,
        "database down at start",
        tests=(
            "tests/api/test_errors.py::test_before_the_lab_is_open_it_lives_but_is_not_ready",
            "tests/store/test_migrations.py::test_a_database_is_ready_only_once_it_is_migrated",
            "tests/store/test_migrations.py::test_an_unreachable_database_is_said_so",
            f"{PROCESSES}::test_without_its_database_it_says_so_and_is_ready_by_itself_when_it_comes",
        ),
        defences=(
            Defence(
                "trying again", LIFESPAN, "            await asyncio.sleep(RETRY_EVERY_S)\n", "            return\n"
            ),
            Defence(
                "being ready only with every migration",
                DATABASE,
                "return self.call(_revision) == newest_revision()",
                'return bool(self.call(lambda connection: connection.scalar(text("SELECT 1"))))',
            ),
            Defence(
                "the plain refusal of an unreachable database",
                "core/store/migrations/__init__.py",
                "    except (SQLAlchemyError, OSError) as error:\n",
                "    except KeyboardInterrupt as error:\n",
            ),
        ),
    ),
    Row(
        25,
        "database down or frozen before a run",
        tests=(
            "tests/services/test_runs.py::test_without_the_database_nothing_is_sent",
            "tests/store/test_database.py::test_slow_work_is_refused_at_the_limit_and_leaves_nothing",
            "tests/store/test_database.py::test_an_address_where_nothing_listens_is_refused",
            f"{AWAY}::test_before_a_run_it_is_refused_in_time_and_no_provider_is_called",
        ),
        defences=(
            Defence(
                "the application's own limit",
                DATABASE,
                "return future.result(self._limit_s if limit_s is None else limit_s)",
                "return future.result(10)",
            ),
            Defence(
                "admitting before anything is sent",
                "core/services/runs.py",
                "                admitted()\n",
                "",
            ),
        ),
    ),
    Row(
        26,
        "database down, killed or frozen at the end of a run",
        tests=(
            "tests/engine/test_engine.py::test_a_settlement_waits_on_disk_while_the_database_is_away",
            f"{AWAY}::test_at_the_end_of_a_run_the_answer_is_whole_and_settled_once_when_it_is_back",
            "tests/store/test_spool.py::test_outcomes_wait_while_the_database_is_away",
        ),
        defences=(
            Defence("the spool", SETTLEMENT, "            self.keep(outcome)\n", ""),
            Defence("the replay", SETTLEMENT, "_repeat(self._replay, REPLAY_EVERY_S), ", ""),
            Defence(
                "keeping what the database still refuses",
                SPOOL,
                "            except StoreUnavailable:\n                break\n",
                "            except StoreUnavailable:\n                pass\n",
            ),
        ),
    ),
    Row(
        27,
        "the same spool replayed twice; a crash between commit and delete; a torn last line",
        tests=(
            "tests/store/test_spool.py::test_the_same_spool_replayed_twice_makes_one_record",
            "tests/store/test_spool.py::test_a_torn_file_is_set_aside_and_the_others_go_on",
            "tests/store/test_spool.py::test_a_crash_while_writing_leaves_nothing_to_replay",
            f"{AWAY}::test_a_crash_between_the_commit_and_the_deletion_counts_the_run_once",
        ),
        defences=(
            Defence(
                "settling only what is not settled",
                "core/store/settlements.py",
                "logs.c.status.in_([RunStatus.STARTED, RunStatus.UNKNOWN]) & logs.c.settled_at.is_(None)",
                "logs.c.id.is_not(None)",
            ),
            Defence("setting a torn file aside", SPOOL, '            path.rename(path.with_suffix(".torn"))\n', ""),
            Defence("leaving half-written files alone", SPOOL, 'self._folder.glob("*.json")', 'self._folder.glob("*")'),
            Defence(
                "forgetting what was told",
                SPOOL,
                "            path.unlink(missing_ok=True)\n            done += 1\n",
                "            done += 1\n",
            ),
        ),
    ),
    Row(
        28,
        "disk full at the spool",
        tests=(
            "tests/store/test_spool.py::test_a_disk_that_refuses_is_said_loudly",
            "tests/store/test_ledger.py::test_own_runs_are_swept_only_long_after_their_deadline",
            f"{AWAY}::test_on_a_full_disk_it_is_said_loudly_and_the_sweeper_settles_the_run",
            f"{AWAY}::test_when_the_disk_refuses_too_the_answer_is_whole_and_it_is_said_loudly",
        ),
        defences=(
            Defence("saying so", SPOOL, "            _log.critical(", "            _log.debug("),
            Defence("taking back the half", SPOOL, "        part.unlink(missing_ok=True)\n", ""),
            Defence(
                "sweeping what is long past its deadline",
                SWEEPER,
                "or_(logs.c.instance_id.in_(dead), logs.c.deadline_at < now - GRACE)",
                "logs.c.instance_id.in_(dead)",
            ),
        ),
    ),
    Row(
        29,
        "kill -9 in mid-run",
        tests=(
            "tests/store/test_ledger.py::test_an_orphan_is_settled_at_its_estimate_and_its_place_is_released",
            "tests/store/test_instance.py::test_the_runs_of_a_killed_process_are_swept",
            "tests/store/test_instance.py::test_the_runs_of_a_living_process_are_left_alone",
            KILLED_AND_ENDED,
        ),
        defences=(
            Defence("sweeping at the start", SETTLEMENT, ", _repeat(self._sweep, SWEEP_EVERY_S)", ""),
            Defence(
                "knowing the dead", SWEEPER, "if number != own_instance and _is_free(connection, number)", "if False"
            ),
            Defence("knowing the living", SWEEPER, " and _is_free(connection, number)", ""),
            Defence("the estimate", SWEEPER, '        "cost": cost.amount,\n', ""),
            Defence(
                "giving the place back",
                SWEEPER,
                '        release(connection, [row["user_id"] for row in orphans])\n',
                "",
            ),
        ),
    ),
    Row(
        30,
        "SIGTERM in mid-run",
        tests=(
            "tests/engine/test_engine.py::test_closing_the_lab_settles_what_goes_on",
            f"{ENDING}::test_a_server_with_an_open_response_ends_when_it_is_told_to",
            KILLED_AND_ENDED,
        ),
        defences=(
            Defence("closing the engine first", LAB, "    stack.push_async_callback(engine.close)\n", ""),
            Defence(
                "hearing the signal",
                "core/ending.py",
                "        _listen(asyncio.get_running_loop(), asked)\n",
                "        ...\n",
            ),
            Defence(
                "waiting for nobody for long", "core/ending.py", "    signal.raise_signal(signal.SIGINT)", "    return"
            ),
        ),
    ),
    Row(
        31,
        "pool exhausted",
        tests=(
            "tests/api/test_errors.py::test_each_error_has_its_status_and_its_detail",
            "tests/store/test_database.py::test_when_every_worker_is_busy_the_next_call_is_refused_at_the_limit",
            "tests/store/test_database.py::test_when_every_worker_is_stuck_calls_are_refused_at_once",
            f"{AWAY}::test_when_every_connection_is_taken_a_run_is_refused_at_the_limit",
        ),
        defences=(
            Defence(
                "the limit on waiting for a worker",
                DATABASE,
                "return future.result(self._limit_s if limit_s is None else limit_s)",
                "return future.result(10)",
            ),
            Defence(
                "refusing at once when all are stuck",
                DATABASE,
                "        if len(self._stuck) >= self._pool_size:\n",
                "        if False:\n",
            ),
            Defence("the status", "core/errors.py", "    status = 503\n", "    status = 500\n"),
        ),
    ),
    Row(
        32,
        "two processes start at once on one data directory or one database",
        tests=(
            "tests/store/test_migrations.py::test_processes_that_start_at_once_migrate_once",
            "tests/store/test_embedded.py::test_two_processes_start_it_at_once_and_the_last_to_leave_stops_it",
            f"{PROCESSES}::test_two_processes_that_start_at_once_both_serve",
        ),
        defences=(
            Defence(
                "the lock around the migrations",
                "core/store/migrations/__init__.py",
                "            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))\n",
                "",
            ),
            Defence(
                "the gate of the data directory",
                EMBEDDED,
                '    def _enter(self) -> None:\n        gate = self._lock("gate", fcntl.LOCK_EX)\n',
                '    def _enter(self) -> None:\n        gate = self._lock("gate", fcntl.LOCK_SH)\n',
            ),
        ),
    ),
    Row(
        33,
        "wrong, missing or malformed ENCRYPTION_KEY, .env, URL, port in use, data directory not writable",
        tests=(
            "tests/unit/test_settings.py::test_a_bad_value_is_refused_in_one_line_that_names_the_variable_and_never_the_value",
            "tests/unit/test_settings.py::test_a_file_that_would_be_read_in_part_is_refused_in_one_line",
            "tests/unit/test_settings.py::test_a_file_that_cannot_be_read_is_refused_in_one_line",
            "tests/unit/test_secrets.py::test_a_malformed_key_is_refused_in_one_line_with_the_cure",
            "tests/unit/test_secrets.py::test_without_a_key_one_is_made_once_and_only_for_us",
            "tests/unit/test_secrets.py::test_a_damaged_key_file_is_refused_in_one_line",
            "tests/unit/test_secrets.py::test_a_key_file_that_cannot_be_read_is_refused_in_one_line",
            "tests/unit/test_secrets.py::test_a_data_directory_that_cannot_be_written_is_refused_in_one_line",
            "tests/services/test_secrets.py::test_a_wrong_key_is_refused_in_one_line_that_names_the_variable",
            f"{REFUSED}::test_every_variable_is_told_so",
            f"{REFUSED}::test_a_port_in_use_is_told_in_one_line",
            f"{REFUSED}::test_a_bad_file_of_settings_is_told_in_one_line_however_the_lab_is_started",
            f"{REFUSED}::test_a_wrong_key_is_told_in_one_line_however_the_lab_is_started",
        ),
        defences=(
            Defence(
                "the check of a key",
                "core/secrets.py",
                "    if not keys or not all(_is_fernet_key(key) for key in keys):\n",
                "    if False:\n",
            ),
            Defence(
                "the canary",
                "core/services/secrets.py",
                "            raise SettingsError(WRONG_KEY) from None\n",
                "            return\n",
            ),
            Defence(
                "proving the keys at the start",
                LAB,
                "    Secrets(vault, SecretStore(database)).check()\n",
                "",
            ),
            Defence("ending where no trying will cure", LIFESPAN, "        os._exit(1)\n", "        return\n"),
            Defence("the check of .env", "core/settings.py", "        _check_env_file(Path(path))\n", "        ...\n"),
            Defence(
                "the check of the URL",
                "core/settings.py",
                "        if value and not POSTGRES_URL.fullmatch(value.get_secret_value()):\n",
                "        if False:\n",
            ),
            Defence(
                "the check of the data directory", "core/secrets.py", "        probe.touch()\n", "        return\n"
            ),
            Defence("the check of the port", "core/serve.py", "    _require_free(settings.host, settings.port)\n", ""),
            Defence("the check in every way to start", "app.py", "checked_settings()  #", "#"),
        ),
    ),
    Row(
        34,
        "ciphertext moved to another user's row",
        tests=(
            "tests/unit/test_secrets.py::test_it_opens_for_nobody_and_nothing_else",
            "tests/services/test_secrets.py::test_a_ciphertext_moved_to_another_row_is_refused",
            "tests/services/test_keys.py::test_a_ciphertext_that_was_moved_opens_for_nobody_and_nowhere_else",
        ),
        defences=(
            Defence(
                "comparing owner and purpose",
                "core/secrets.py",
                "        if sealed_for != [owner, purpose]:\n",
                "        if False:\n",
            ),
        ),
    ),
    Row(
        35,
        "month edges, daylight saving, clock set back, a reporting zone of +05:45",
        tests=(
            "tests/unit/test_periods.py::test_kathmandu_is_in_the_next_month_when_utc_is_not",
            "tests/unit/test_periods.py::test_a_day_of_the_clock_change_has_twenty_five_hours",
            "tests/unit/test_periods.py::test_now_lies_in_its_month",
            "tests/store/test_spend.py::test_a_run_falls_on_the_local_day_of_the_reporting_zone",
            "tests/services/test_stats.py::test_days_are_those_of_the_reporting_zone",
            f"{CALENDAR}::test_a_month_and_its_limit_begin_at_the_zones_midnight",
            f"{CALENDAR}::test_a_clock_that_is_set_back_gives_no_month_twice",
            f"{CALENDAR}::test_a_clock_that_is_set_back_in_mid_run_leaves_its_duration_right",
            f"{CALENDAR}::test_every_run_is_on_the_chart_on_its_local_day_and_once",
        ),
        defences=(
            Defence(
                "the zone's month", "core/domain/periods.py", "return now.astimezone(zone).date()", "return now.date()"
            ),
            Defence(
                "the zone's midnight",
                "core/domain/periods.py",
                "datetime.combine(day, time(), zone).astimezone(UTC)",
                "datetime.combine(day, time(), UTC)",
            ),
            Defence(
                "the zone's day on the chart",
                "core/store/rollup_sql.py",
                "date_trunc('{unit}', created_at, :zone)",
                "date_trunc('{unit}', created_at, 'UTC')",
            ),
            Defence(
                "a clock of its own for durations",
                "core/engine/live_run.py",
                "        return monotonic() - self.started\n",
                "        from time import time\n\n        return time() - self.admission.started_at.timestamp()\n",
            ),
        ),
    ),
    Row(
        36,
        "embedded model killed",
        tests=(
            "tests/providers/test_local_model.py::test_a_killed_model_is_noticed_and_started_again_at_the_same_address",
            f"{GONE}::test_a_killed_model_is_unavailable_while_all_else_goes_on_and_comes_back",
        ),
        defences=(
            Defence("noticing", MODEL, "            self._ready.clear()\n", ""),
            Defence("starting it again", MODEL, "while process := self._launch():", "if process := self._launch():"),
        ),
    ),
    Row(
        37,
        "Redis absent, stopped or slow",
        tests=(f"{GONE}::test_without_a_shared_cache_everything_works_as_fast",),
        defences=(
            Defence(
                "asking nobody who may not be there",
                LAB,
                "    if postgres:\n        stack.push_async_callback(asyncio.to_thread, postgres.stop)\n",
                "    if postgres:\n        stack.push_async_callback(asyncio.to_thread, postgres.stop)\n"
                f"    else:{ASK_REDIS}",
            ),
        ),
    ),
    Row(
        38,
        "a bill that comes late, or twice, or for another run; killed between the answer and its record",
        tests=(
            "tests/store/test_lookups.py::test_however_many_are_told_at_once_the_ledger_is_corrected_once",
            "tests/store/test_lookups.py::test_a_correction_that_cannot_be_kept_changes_nothing_and_is_asked_for_again",
            f"{LOOKUPS}::test_a_provider_is_asked_until_it_tells",
            f"{LOOKUPS}::test_the_bill_of_another_run_is_not_believed",
            f"{LOOKUPS}::test_killed_between_the_answer_and_its_record_another_process_asks_again_and_corrects_once",
            f"{LOOKUPS}::test_two_processes_at_once_ask_about_each_run_once",
        ),
        defences=(
            Defence(
                "asking again",
                "core/domain/corrections.py",
                "return now + PAUSES[attempts] if attempts < len(PAUSES) else None",
                "return None",
            ),
            Defence(
                "asking who takes a row for a while", "core/store/lookups.py", "next_at=now + LEASE", "next_at=now"
            ),
            Defence(
                "asking anew for what nobody was heard of",
                "core/store/lookups.py",
                "next_at=now + LEASE",
                "next_at=None",
            ),
            Defence(
                "believing a bill only of the run that was asked about",
                "core/providers/listing.py",
                ' or told.get("id") != generation_id',
                "",
            ),
        ),
    ),
)
