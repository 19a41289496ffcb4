"""Faults from the user's side, rows 15–23."""

from tests.faults.rows import Defence, Row

AUTH, BODIES, ANSWERS, CALLERS = "core/api/auth.py", "core/api/bodies.py", "core/api/runs.py", "core/api/callers.py"
ENGINE, LIVE, RUNS = "core/engine/engine.py", "core/engine/live_run.py", "core/services/runs.py"
ADMISSIONS, SESSIONS, TOKENS = "core/store/admissions.py", "core/store/sessions.py", "core/store/tokens.py"
ATTEMPTS, PASSWORDS = "core/store/attempts.py", "core/services/passwords.py"
ACCOUNTS, CHAT = "core/services/accounts.py", "core/domain/chat.py"

HTTP, ENGINES = "tests/faults/test_users.py", "tests/engine/test_engine.py"
PLAYGROUND, BROWSER = "tests/pages/test_playground.py", "tests/browser/test_playground.py"
SECURITY, LEDGER, SIGN_IN = "tests/api/test_security.py", "tests/store/test_ledger.py", "tests/services/test_sign_in.py"

ROWS: tuple[Row, ...] = (
    Row(
        15,
        "Stop, sign-out, while text flows or the provider is silent",
        tests=(
            f"{ENGINES}::test_stop_closes_the_providers_socket_at_once_and_keeps_the_text",
            f"{ENGINES}::test_stop_before_the_first_byte",
            f"{ENGINES}::test_a_run_stopped_before_it_began_is_settled_all_the_same",
            "tests/providers/test_faults.py::test_15_a_stopped_call_closes_its_socket_at_once",
            f"{HTTP}::test_15_signing_out_over_http_ends_what_is_in_flight",
            f"{PLAYGROUND}::test_signing_out_stops_the_runs_in_flight",
            f"{BROWSER}::test_stop_closes_the_providers_socket_at_once_and_keeps_the_text",
            f"{BROWSER}::test_signing_out_in_mid_run_stops_it",
        ),
        defences=(
            Defence(
                "Stop", ENGINE, "self._loop.call_soon_threadsafe(self._end_reading, run_id)", "self._end_reading(None)"
            ),
            Defence(
                "signing out ends runs, on a page",
                "pages/components/sidebar.py",
                "    lab.current().runs.stop_all(user)\n",
                "",
            ),
            Defence(
                "signing out ends runs, over HTTP",
                AUTH,
                "        opened.runs.stop_all(found[0])\n",
                "        pass\n",
            ),
        ),
    ),
    Row(
        16,
        "reload or another page in mid-run; tab closed, connection lost",
        tests=(
            f"{ENGINES}::test_a_page_that_is_gone_lets_its_run_end",
            f"{ENGINES}::test_a_run_that_is_followed_goes_on_past_the_grace",
            f"{ENGINES}::test_who_comes_late_sees_it_from_the_beginning",
            f"{PLAYGROUND}::test_a_run_in_flight_is_found_by_its_address_and_followed_to_its_end",
            f"{PLAYGROUND}::test_a_fresh_page_finds_the_run_that_nobody_follows",
            f"{SECURITY}::test_a_lost_connection_finds_its_page_again",
            f"{BROWSER}::test_a_reload_finds_the_run_and_follows_it_to_its_end",
            f"{BROWSER}::test_a_run_goes_on_while_another_page_is_looked_at",
            f"{BROWSER}::test_a_closed_tab_lets_the_run_end_after_the_grace",
        ),
        defences=(
            Defence(
                "the end of what nobody follows",
                ENGINE,
                "monotonic() - run.followed > self._limits.abandon_s",
                "False",
            ),
            Defence("noting that somebody follows", LIVE, "        self.followed = monotonic()\n", ""),
            Defence(
                "finding a run by its address",
                RUNS,
                "        if run := self._own_live(user, run_id):\n",
                "        if run := None:\n",
            ),
            Defence(
                "finding a run that nobody follows",
                "pages/components/conversation.py",
                "elif not conversation.turns and (lost := _unfollowed(lab, user)):",
                "elif lost := None:",
            ),
        ),
    ),
    Row(
        17,
        "double click; two tabs; 33 clients at the last free place of a limit",
        tests=(
            f"{LEDGER}::test_the_monthly_limit_holds_exactly_for_many_at_the_last_place",
            f"{LEDGER}::test_the_limit_of_runs_at_once_holds_exactly_for_many_at_the_last_place",
            f"{LEDGER}::test_many_first_runs_at_once_hold_the_limit_too",
            f"{LEDGER}::test_a_refused_run_leaves_nothing",
            f"{HTTP}::test_17_of_33_clients_at_the_last_free_place_one_gets_it",
            f"{HTTP}::test_17_of_33_clients_at_the_last_run_of_the_month_one_gets_it",
            f"{BROWSER}::test_enter_sends_once_and_shift_enter_does_not",
            f"{BROWSER}::test_two_tabs_follow_one_run_and_either_stops_it",
        ),
        defences=(
            Defence(
                "the limit of the month",
                ADMISSIONS,
                "if claim.monthly_limit is not None and months[month] >= claim.monthly_limit:",
                "if False:",
            ),
            Defence(
                "the limit of runs at once",
                ADMISSIONS,
                "if claim.concurrent_limit and places[user] >= claim.concurrent_limit:",
                "if False:",
            ),
            Defence(
                "counting in the database",
                ADMISSIONS,
                "total = {count.name: count + added.excluded[count.name]}",
                "total = {count.name: added.excluded[count.name]}",
            ),
            Defence(
                "giving back what was refused",
                ADMISSIONS,
                "    _count(connection, month_counts.c.runs, (claim.of_month for claim in refused), -1)\n",
                "",
            ),
        ),
    ),
    Row(
        18,
        "an API client that leaves before the first byte, or reads one byte a second",
        tests=(
            f"{HTTP}::test_18_who_leaves_has_the_run_cancelled_and_settled_within_a_second",
            f"{HTTP}::test_18_a_reader_of_one_byte_a_second_gets_everything_and_slows_nobody",
            f"{ENGINES}::test_a_slow_follower_holds_up_nobody",
            f"{ENGINES}::test_what_comes_while_a_reader_is_busy_is_not_lost",
            "tests/api/test_runs.py::test_a_reader_who_takes_nothing_for_too_long_is_hung_up_on",
        ),
        defences=(
            Defence(
                "noticing who leaves a stream",
                ANSWERS,
                "first(self._answer(send), left(receive), self._tend(send))",
                "first(self._answer(send), self._tend(send))",
            ),
            Defence(
                "noticing who leaves a whole answer",
                ANSWERS,
                "first(self._answer(send), left(receive)):",
                "first(self._answer(send)):",
            ),
            Defence("ending the run", ANSWERS, "runs.stop(user, run.admission.run_id)", "pass"),
            Defence("hanging up at last", ANSWERS, "while stalled < STALLED_AFTER:", "while True:"),
            Defence(
                "each reader's own place in the answer",
                LIVE,
                "                    position += len(deltas)\n                    yield deltas\n",
                "                    yield deltas\n                    position = len(self.tally.deltas)\n",
            ),
        ),
    ),
    Row(
        19,
        "NUL, lone surrogates, 300 MB, JSON nested 10,000 deep, NaN, max_tokens 10^12, 10,000 messages",
        tests=(
            "tests/unit/test_chat.py::test_what_cannot_be_run_is_refused",
            "tests/unit/test_chat.py::test_a_cleaned_text_can_be_stored",
            f"{HTTP}::test_19_a_body_that_will_not_do_is_refused_in_plain_words",
            f"{HTTP}::test_19_a_body_of_300_megabytes_is_not_waited_for",
            f"{HTTP}::test_19_a_nul_in_a_prompt_is_left_out",
            "tests/api/test_bodies.py::test_what_is_wrong_is_told_with_its_place_and_its_cure",
            "tests/api/test_bodies.py::test_what_is_no_json_is_refused_quickly",
            "tests/api/test_auth.py::test_a_body_without_end_is_cut_off",
        ),
        defences=(
            Defence(
                "the cap on a body", BODIES, "                if len(body) > limit:\n", "                if False:\n"
            ),
            Defence(
                "validating",
                BODIES,
                "    except ValidationError as error:\n",
                "    except ZeroDivisionError as error:\n",
            ),
            Defence("the number of messages", CHAT, "min_length=1, max_length=MAX_MESSAGES", "min_length=1"),
            Defence("the bound of max_tokens", CHAT, "ge=1, le=MAX_OUTPUT_TOKENS", "ge=1"),
            Defence("cleaning texts", CHAT, ", AfterValidator(clean)]", "]"),
        ),
    ),
    Row(
        20,
        "forged, expired, revoked, foreign cookies; a session id without its cookie; a cookie used after signing out",
        tests=(
            f"{HTTP}::test_20_a_cookie_that_opens_nothing_is_a_401",
            f"{HTTP}::test_20_a_token_that_opens_nothing_is_a_401",
            "tests/services/test_sessions.py::test_a_session_ends_after_12_hours_unused",
            "tests/services/test_tokens.py::test_a_token_of_an_account_that_is_disabled_by_hand_is_worth_nothing",
            "tests/pages/test_sign_in.py::test_a_session_that_ended_shows_the_form_on_the_next_run_and_nothing_is_remembered",
            "tests/api/test_auth.py::test_signing_out_ends_the_session_on_the_server",
            f"{SECURITY}::test_the_id_of_a_page_without_its_cookies_opens_nothing_of_it",
            f"{SECURITY}::test_the_id_of_a_page_is_worth_nothing_to_somebody_else_who_is_signed_in",
            f"{SECURITY}::test_a_forged_cookie_shows_the_sign_in_form",
            f"{SECURITY}::test_after_signing_out_neither_cookie_nor_page_is_worth_anything",
        ),
        defences=(
            Defence("the end of a session's time", SESSIONS, "ARRAY(String)))) & alive(now)", "ARRAY(String))))"),
            Defence("the end of a token's time", TOKENS, "ARRAY(String)))) & _alive(now)", "ARRAY(String))))"),
            Defence("the disabled are nobody", TOKENS, ".where(mine, users.c.enabled)", ".where(mine)"),
            Defence(
                "asking who shows a token",
                CALLERS,
                "    if found is None:\n        raise NotSignedIn(UNKNOWN_TOKEN)\n",
                "",
            ),
            Defence(
                "asking who shows a cookie", CALLERS, "    if found is None:\n        raise NotSignedIn(SIGN_IN)\n", ""
            ),
            Defence("ending the session at signing out", AUTH, "    opened.accounts.sign_out(token)\n", ""),
            Defence(
                "asking on each run of a page",
                "core/api/security.py",
                "await self._app(_with_owner(scope), receive, send)",
                "await self._app(scope, receive, send)",
            ),
        ),
    ),
    Row(
        21,
        "another user's run, key, template or session asked for by its id",
        tests=(
            "tests/services/test_history.py::test_nobody_opens_the_run_of_another",
            "tests/services/test_history.py::test_everybodys_runs_are_not_listed_for_whoever_asks",
            "tests/services/test_history.py::test_without_a_note_an_administrator_reads_nothing_of_others",
            "tests/services/test_history.py::test_programs_read_only_the_own_runs_even_an_administrators",
            "tests/services/test_history.py::test_a_page_holds_only_the_own_runs_whatever_the_filter_says",
            "tests/services/test_runs.py::test_anothers_run_cannot_be_opened_or_stopped",
            "tests/services/test_sessions.py::test_one_session_can_be_ended_and_only_by_its_owner",
            "tests/services/test_tokens.py::test_a_token_is_revoked_at_once_and_only_by_its_owner",
            "tests/services/test_templates.py::test_anothers_template_is_as_unknown_as_none",
            "tests/services/test_templates.py::test_what_is_not_ones_own_cannot_be_changed_or_removed",
            "tests/api/test_templates.py::test_anothers_template_is_as_unknown_as_none_and_a_built_in_one_stays",
            "tests/pages/test_history.py::test_a_run_that_is_not_ones_own_does_not_exist",
            f"{PLAYGROUND}::test_what_is_not_there_to_open_is_told_in_plain_words",
            f"{HTTP}::test_21_anothers_run_is_as_unknown_as_none",
            "tests/api/test_history.py::test_nobody_reads_the_runs_of_another",
        ),
        defences=(
            Defence(
                "a recorded run is its owner's, in the history",
                "core/services/history.py",
                "if not reads_everybodys_texts(user.role):",
                "if False:",
            ),
            Defence(
                "a recorded run is its owner's, over HTTP",
                "core/services/history.py",
                "if record.user_id != user.id:",
                "if False:",
            ),
            Defence(
                "everybody's runs are the administrators'",
                "core/services/history.py",
                "granted = everybody and reads_everybodys_texts(user.role)",
                "granted = everybody",
            ),
            Defence(
                "an administrator reads nothing without a note",
                "core/services/history.py",
                'self._note(user, "read run", str(record.id), {"owner": record.user_id})',
                "pass",
            ),
            Defence(
                "a page of the history is its owner's",
                "core/services/history.py",
                "return replace(filter, user_id=user.id)",
                "return filter",
            ),
            Defence(
                "a run in flight is its owner's",
                RUNS,
                "return run if run and run.admission.user_id == user.id else None",
                "return run",
            ),
            Defence(
                "a recorded run is its owner's, in the playground",
                RUNS,
                "if record is None or record.user_id != user.id:",
                "if record is None:",
            ),
            Defence(
                "a session is its owner's",
                SESSIONS,
                "(sessions.c.user_id == user_id) & (sessions.c.id == session_id)",
                "sessions.c.id == session_id",
            ),
            Defence(
                "a token is its owner's",
                TOKENS,
                "where(api_tokens.c.user_id == user_id, api_tokens.c.id == token_id)",
                "where(api_tokens.c.id == token_id)",
            ),
            Defence(
                "a template is its owner's",
                "core/store/templates.py",
                "(templates.c.user_id == user_id) & (templates.c.id == template_id)",
                "templates.c.id == template_id",
            ),
        ),
    ),
    Row(
        22,
        "state-changing requests from another origin, or as text/plain",
        tests=(
            f"{HTTP}::test_22_what_another_site_sends_is_refused",
            "tests/api/test_auth.py::test_another_site_can_sign_nobody_in_or_out",
            "tests/api/test_auth.py::test_what_is_not_json_is_refused",
            f"{SECURITY}::test_another_site_cannot_open_a_page",
        ),
        defences=(
            Defence(
                "the same origin",
                BODIES,
                'if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):',
                "if False:",
            ),
            Defence(
                "the same origin, for a page's connection",
                ".streamlit/config.toml",
                "enableCORS = true",
                "enableCORS = false",
            ),
            Defence("JSON alone", BODIES, "    check_type(request)\n    return", "    return"),
            Defence("JSON alone, at signing out", AUTH, "        check_type(request)\n", "        pass\n"),
        ),
    ),
    Row(
        23,
        "guessing passwords: by name, by address, in parallel",
        tests=(
            f"{SIGN_IN}::test_after_five_failures_of_a_name_even_the_right_password_waits",
            f"{SIGN_IN}::test_an_address_that_tries_many_names_is_throttled_and_others_are_not",
            f"{SIGN_IN}::test_parallel_guesses_get_exactly_five",
            f"{SIGN_IN}::test_an_unknown_name_hears_the_same_words_as_a_wrong_password",
            f"{SIGN_IN}::test_passwords_too_long_for_the_hash_count_as_guesses",
            "tests/services/test_sign_in_time.py::test_an_unknown_name_takes_as_long_as_a_wrong_password",
            "tests/api/test_auth.py::test_wrong_and_unknown_names_get_the_same_401",
            "tests/api/test_auth.py::test_too_many_attempts_get_429_and_are_told_when_to_come_back",
        ),
        defences=(
            Defence("the bound by name", ACCOUNTS, "FAILURES_BY_NAME = 5", "FAILURES_BY_NAME = 10_000"),
            Defence(
                "the bound by address", ACCOUNTS, ', Bound(f"address:{_hash(address)}", FAILURES_BY_ADDRESS)]', "]"
            ),
            Defence(
                "counting one after the other",
                ATTEMPTS,
                'text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")',
                'text("SELECT :key")',
            ),
            Defence(
                "the same time for unknown names",
                PASSWORDS,
                "same = bcrypt.checkpw(",
                "same = bool(known) and bcrypt.checkpw(",
            ),
            Defence(
                "the same words for unknown names",
                ACCOUNTS,
                "        if account is None or not right or not account.user.enabled:\n",
                '        if account is None:\n            raise NotSignedIn("There is no such user.")\n'
                "        if not right or not account.user.enabled:\n",
            ),
        ),
    ),
)
