"""Faults from the provider, rows 1–14."""

from tests.faults.rows import Defence, Row

CLIENT, BODY, CALL = "core/providers/client.py", "core/providers/client_body.py", "core/providers/client_call.py"
NETWORK, REFUSALS, SSE = "core/providers/client_faults.py", "core/providers/refusals.py", "core/providers/sse.py"
STREAM, CHAT = "core/providers/dialects/stream.py", "core/providers/dialects/chat_completions.py"
ENGINE, TALLY = "core/engine/engine.py", "core/engine/tally.py"

UNIT, ALONE = "tests/unit", "tests/providers/test_faults.py"
EVENTS, ADDRESSES = f"{UNIT}/test_sse.py", "tests/providers/test_addresses.py"
MANNERS = "tests/providers/test_answers.py::test_however_the_bytes_come_the_text_is_the_same"
ERRORS = "tests/providers/test_network_errors.py::test_the_cause_decides"
WHOLE = "tests/faults/test_providers.py"


def through_the_lab(*cases: str) -> tuple[str, ...]:
    """The tests of these cases through the whole lab, with a provider of each dialect."""
    name = f"{WHOLE}::test_a_providers_fault_leaves_one_record_its_text_and_a_plain_sentence"
    return tuple(f"{name}[{provider}-{case}]" for case in cases for provider in ("openrouter", "anthropic"))


ROWS: tuple[Row, ...] = (
    Row(
        1,
        "connection reset in mid-stream; chunked body without its end",
        tests=(
            ERRORS,
            f"{ALONE}::test_1_a_broken_connection_keeps_the_text_so_far",
            *through_the_lab("1-reset", "1-half-chunk"),
        ),
        defences=(
            Defence(
                "catching what the network raises",
                CLIENT,
                "        except CAUGHT as error:\n",
                "        except ZeroDivisionError as error:\n",
            ),
            Defence("the code of a broken connection", NETWORK, "    (ConnectionError, FaultCode.NETWORK),\n", ""),
            Defence("keeping what had arrived", TALLY, "text=self.text,", 'text="" if self.failure else self.text,'),
        ),
    ),
    Row(
        2,
        "body closed early and cleanly; half an event at the end",
        tests=(
            f"{EVENTS}::test_half_an_event_at_the_end_is_kept_back",
            f"{ALONE}::test_2_a_body_that_ends_early_drops_the_half_event",
            *through_the_lab("2-truncated"),
        ),
        defences=(
            Defence(
                "believing the dialect alone that an answer is complete",
                STREAM,
                "        if self._reason is not None:\n",
                '        if self._streams:\n            self._reason = self._reason or "stop"\n',
            ),
            Defence(
                "the status of its own",
                TALLY,
                "return RunStatus.INCOMPLETE if self.failure.code is FaultCode.TRUNCATED else RunStatus.ERROR",
                "return RunStatus.ERROR",
            ),
            Defence(
                "dropping half an event",
                STREAM,
                "        if not self._streams:\n",
                '        for event in self._sse.feed(b"\\n\\n"):\n            self._read(event.data, out)\n'
                "        if not self._streams:\n",
            ),
        ),
    ),
    Row(
        3,
        "any split of the bytes: one at a time, in mid-character, between CR and LF",
        tests=(
            f"{EVENTS}::test_any_split_gives_the_same_events",
            f"{EVENTS}::test_a_line_that_ends_between_two_reads_ends_once",
            f"{UNIT}/test_chat_completions.py::test_any_split_gives_the_same_text",
            f"{UNIT}/test_messages.py::test_byte_by_byte_is_the_same",
            MANNERS,
            "tests/providers/test_answers.py::test_text_of_every_kind_comes_as_it_was_said",
            *through_the_lab("3-words?size=1&eol=crlf"),
        ),
        defences=(
            Defence("looking for an end across reads", SSE, "max(self._searched - 1, 0)", "self._searched"),
            Defence(
                "taking CR and LF for one end across reads",
                SSE,
                '            data = data.removeprefix(b"\\n")\n',
                "",
            ),
        ),
    ),
    Row(
        4,
        "CRLF, CR, BOM, comments, data over several lines, no space after the colon, U+2028 and U+0085 in JSON",
        tests=(
            f"{EVENTS}::test_fields_comments_and_a_byte_order_mark",
            f"{EVENTS}::test_a_byte_order_mark_hides_nothing",
            f"{EVENTS}::test_only_one_space_after_the_colon_is_taken",
            f"{EVENTS}::test_other_separators_are_text",
            f"{EVENTS}::test_any_split_gives_the_same_events",
            MANNERS,
            *through_the_lab("4-words?eol=cr&bom=1&noise=1&space=0&lines=1"),
        ),
        defences=(
            Defence("a CR ends a line", SSE, '.replace(b"\\r", b"\\n")', ""),
            Defence("dropping the byte order mark", SSE, "whole = whole.removeprefix(_BOM)", "pass"),
            Defence(
                "nothing but LF, CR and CRLF ends a line",
                SSE,
                '_event_of_lines(block.split("\\n"))',
                "_event_of_lines(block.splitlines())",
            ),
            Defence("a space after the colon is optional", SSE, '        value = value.removeprefix(" ")\n', ""),
            Defence("data over several lines", SSE, 'text = "\\n".join(data)', 'text = "".join(data[:1])'),
        ),
    ),
    Row(
        5,
        "invalid UTF-8; an event that is not JSON",
        tests=(
            f"{EVENTS}::test_bytes_that_are_no_text_are_replaced_and_told",
            f"{UNIT}/test_chat_completions.py::test_damaged_characters_are_replaced_and_told_once",
            f"{ALONE}::test_5_damaged_text_is_mended_and_told",
            f"{ALONE}::test_5_an_event_that_is_not_json_matters_only_without_an_end",
            *through_the_lab("5-bad-utf8", "5-not-json", "5-not-json?complete=0"),
        ),
        defences=(
            Defence(
                "showing what was damaged", SSE, 'whole.decode("utf-8", "replace")', 'whole.decode("utf-8", "ignore")'
            ),
            Defence("telling what was damaged", STREAM, "            out.insert(0, Noticed(_MENDED))\n", ""),
            Defence(
                "going on after what is no JSON",
                STREAM,
                "        except (ValueError, RecursionError):\n            payload = None\n",
                "        except ZeroDivisionError:\n            payload = None\n",
            ),
            Defence("telling what was left out", STREAM, "            out.append(Noticed(_UNREADABLE))\n", ""),
            Defence(
                "the verdict without an end",
                STREAM,
                "protocol = self._unreadable and otherwise is _TRUNCATED",
                "protocol = False",
            ),
        ),
    ),
    Row(
        6,
        "an event of 8 MB; output without end; a gzip bomb",
        tests=(
            f"{EVENTS}::test_an_event_over_the_limit_is_refused",
            "tests/providers/test_body.py::test_what_cannot_be_inflated_safely_is_refused",
            "tests/providers/test_body.py::test_the_cap_is_exact",
            *through_the_lab("6-big-event?mb=8", "6-endless", "6-gzip-bomb"),
            f"{ALONE}::test_6_too_much_is_cut_and_the_socket_closed",
        ),
        defences=(
            Defence("the cap on an event", SSE, "        if size > self._limit:\n", "        if size < 0:\n"),
            Defence("the cap on a body", BODY, "            left -= len(data)\n", ""),
            Defence(
                "the cap on what a read inflates to",
                BODY,
                "        if self._engine.unconsumed_tail:\n",
                "        if False:\n",
            ),
            Defence("the cap on an answer", ENGINE, "if run.tally.characters > MOST_CHARACTERS:", "if False:"),
        ),
    ),
    Row(
        7,
        "a finish reason but no [DONE]; no usage",
        tests=(
            f"{UNIT}/test_chat_completions.py::test_the_answer_is_complete_when_the_dialect_says_so",
            "tests/providers/test_answers.py::test_a_finish_reason_or_the_done_mark_is_enough",
            *through_the_lab("7-words?usage=0"),
        ),
        defences=(
            Defence(
                "believing a finish reason", STREAM, "        if self._reason is not None:\n", "        if False:\n"
            ),
            Defence("marking an estimate", TALLY, "return self._counted(admission), False", "return Usage(), True"),
        ),
    ),
    Row(
        8,
        "HTTP 200 with a JSON body; an error object after text; overloaded_error with HTTP 200",
        tests=(
            f"{UNIT}/test_chat_completions.py::test_an_error_as_json_in_place_of_a_stream",
            f"{UNIT}/test_chat_completions.py::test_an_error_after_text_keeps_the_text_and_the_usage",
            f"{UNIT}/test_messages.py::test_an_error_in_the_stream",
            f"{ALONE}::test_8_an_error_as_json_with_status_200",
            f"{ALONE}::test_8_an_error_after_text_keeps_the_text",
            f"{ALONE}::test_8_overloaded_with_status_200",
            f"{ALONE}::test_8_a_page_with_status_200",
            *through_the_lab("8-json-error", "8-error-after-text", "8-overloaded?after=5", "8-page"),
        ),
        defences=(
            Defence(
                "reading what came in place of a stream",
                STREAM,
                "        if not self._streams:\n",
                "        if False:\n",
            ),
            Defence(
                "hearing an error (Chat Completions)",
                CHAT,
                "            self._fail(error, out)\n",
                "            pass\n",
            ),
            Defence(
                "hearing an error (Messages)",
                "core/providers/dialects/messages.py",
                '                self._fail(payload.get("error"), out)\n',
                "                pass\n",
            ),
            Defence(
                "telling overloaded from broken",
                REFUSALS,
                '    "overloaded_error": FaultCode.OVERLOADED,\n',
                "",
            ),
            Defence(
                "making the provider's words plain",
                REFUSALS,
                "return Failed(code, plain(message_of(error)))",
                "return Failed(code, message_of(error))",
            ),
        ),
    ),
    Row(
        9,
        "429 with Retry-After (seconds, a date, absurd)",
        tests=(
            f"{UNIT}/test_refusals.py::test_the_wait_is_read_and_bounded",
            f"{UNIT}/test_faults.py::test_the_wait_is_told",
            f"{ALONE}::test_9_a_rate_limit_tells_the_wait_within_bounds",
            *through_the_lab(
                "9-error-429?retry_after=7",
                "9-error-429?retry_after=Fri,+01+Mar+2999+12:00:30+GMT",
                "9-error-429?retry_after=9e99",
            ),
        ),
        defences=(
            Defence(
                "the bounds of a wait", REFUSALS, "return min(max(seconds, 0.0), LONGEST_WAIT_S)", "return seconds"
            ),
            Defence("reading a date", REFUSALS, "        seconds = _seconds_until(value, now)\n", "        pass\n"),
            Defence(
                "telling the wait",
                "core/domain/faults.py",
                'wait = f"{ceil(retry_after_s)} seconds" if retry_after_s else "a little"',
                'wait = "a little"',
            ),
        ),
    ),
    Row(
        10,
        "529, 503, 502 before the first byte",
        tests=(
            f"{ALONE}::test_10_an_overloaded_provider_is_asked_once_more",
            *through_the_lab("10-error-503?times=1", "10-error-502", "10-error-503", "10-error-529"),
        ),
        defences=(
            Defence("asking again", CALL, "if response.status_code in RETRIED and may_pause:", "if False:"),
            Defence("asking again only once", CALL, "                may_pause = False\n", ""),
            Defence("the pause before", CALL, "await asyncio.sleep(random.uniform(*PAUSE_S))", "pass"),
            Defence("the code", REFUSALS, "    503: FaultCode.OVERLOADED,\n", ""),
        ),
    ),
    Row(
        11,
        "400 (unknown model, context too long), 401, 402, 403, 404",
        tests=(
            f"{UNIT}/test_refusals.py::test_a_status_has_its_code",
            f"{UNIT}/test_refusals.py::test_some_words_say_more_than_their_status",
            f"{ALONE}::test_11_a_refusal_is_final",
            f"{ALONE}::test_11_no_money_left_is_told_from_too_many_requests",
            f"{ALONE}::test_no_error_shows_the_key_or_any_markup",
            *through_the_lab(*(f"11-error-{status}" for status in (400, 401, 402, 403, 404))),
        ),
        defences=(
            Defence(
                "a code for each status",
                REFUSALS,
                "_BY_STATUS.get(status, FaultCode.PROVIDER)",
                "FaultCode.PROVIDER",
            ),
            Defence(
                "asking only once",
                CALL,
                "RETRIED = frozenset({502, 503, 529})",
                "RETRIED = frozenset({400, 401, 402, 403, 404, 502, 503, 529})",
            ),
            Defence("hearing that the money is gone", REFUSALS, "_decisive(payload, message) or ", ""),
            Defence(
                "hiding the key, and making the words plain",
                REFUSALS,
                "return Failed(code, plain(message), wait)",
                "return Failed(code, message, wait)",
            ),
        ),
    ),
    Row(
        12,
        "silence; keep-alive comments for ever; a drip past the deadline",
        tests=(
            "tests/engine/test_engine.py::test_the_deadline_ends_a_run_within_half_a_second",
            "tests/engine/test_engine.py::test_a_provider_that_falls_silent_is_given_up",
            f"{WHOLE}::test_silence_and_drips_are_ended_in_time",
            f"{ALONE}::test_12_silence_and_mere_comments_end_at_the_stall_limit",
            f"{ALONE}::test_12_words_that_come_slowly_are_no_silence",
            f"{ALONE}::test_12_a_drip_is_no_silence_either",
        ),
        defences=(
            Defence(
                "the deadline",
                ENGINE,
                "async with asyncio.timeout(self._limits.deadline_s), aclosing(stream):",
                "async with aclosing(stream):",
            ),
            Defence(
                "the limit of a silence",
                BODY,
                "            with patience:\n                read = await anext(reads, None)\n",
                "            read = await anext(reads, None)\n",
            ),
            Defence("taking no comment for a word", CLIENT, "if decoder.heard > heard:", "if True:"),
        ),
    ),
    Row(
        13,
        "redirect; name that does not resolve; refused; TLS expired or for another host",
        tests=(
            ERRORS,
            f"{ADDRESSES}::test_a_redirect_is_not_followed",
            f"{ADDRESSES}::test_a_name_that_does_not_resolve",
            f"{ADDRESSES}::test_an_address_that_is_none",
            f"{ADDRESSES}::test_nobody_answers_there",
            f"{ADDRESSES}::test_a_certificate_that_expired_or_is_anothers",
            f"{ADDRESSES}::test_a_certificate_of_nobody_known",
            f"{ADDRESSES}::test_https_where_only_http_is_spoken",
            f"{WHOLE}::test_an_address_that_leads_nowhere_has_its_code",
            *through_the_lab("13-redirect"),
        ),
        defences=(
            Defence("the code of a redirect", REFUSALS, "    if 300 <= status < 400:\n", "    if False:\n"),
            Defence(
                "the code of an unknown name", NETWORK, "    (socket.gaierror, FaultCode.NAME_NOT_RESOLVED),\n", ""
            ),
            Defence(
                "the code of a closed port",
                NETWORK,
                "    (ConnectionRefusedError, FaultCode.CONNECTION_REFUSED),\n",
                "",
            ),
            Defence("the code of TLS", NETWORK, "    (ssl.SSLError, FaultCode.TLS),\n", ""),
            Defence("looking at certificates", "core/providers/client_wire.py", "ssl=trust,", "ssl=False,"),
        ),
    ),
    Row(
        14,
        "hostile text: script, event handlers, javascript:, pictures elsewhere, 4 MB in one line, odd marks",
        tests=(
            "tests/api/test_security.py::test_the_policy_lets_nothing_in_from_elsewhere_and_no_script_that_is_not_ours",
            f"{UNIT}/test_format.py::test_hostile_text_is_shown_as_it_stands",
            f"{UNIT}/test_plaintext.py::test_whatever_is_said_comes_out_harmless",
            f"{UNIT}/test_chat_completions.py::test_what_cannot_be_kept_is_cleaned_out_of_the_text",
            "tests/providers/test_answers.py::test_text_of_every_kind_comes_as_it_was_said",
            *through_the_lab("14-echo", "14-big-event?mb=2&pieces=2"),
            "tests/pages/test_history.py::test_a_hostile_prompt_is_shown_as_text",
            "tests/browser/test_playground.py::test_what_a_model_writes_runs_nothing_and_asks_nobody",
            "tests/browser/test_playground.py::test_an_error_that_brings_markup_and_a_key_shows_neither",
            "tests/browser/test_playground.py::test_four_megabytes_in_one_line_leave_the_page_usable",
        ),
        defences=(
            Defence(
                "no picture from elsewhere",
                "core/api/security.py",
                "\"img-src 'self' data: blob:\"",
                '"img-src * data: blob:"',
            ),
            Defence(
                "no script that is not ours",
                "core/api/security.py",
                "f\"script-src 'self' blob:",
                "f\"script-src 'self' 'unsafe-inline' blob:",
            ),
            Defence(
                "no HTML in an answer",
                "pages/components/turns.py",
                "            st.markdown(block)\n",
                "            st.markdown(block, unsafe_allow_html=True)\n",
            ),
            Defence(
                "cleaning what cannot be kept",
                "core/providers/dialects/fields.py",
                'value if value.isascii() and "\\x00" not in value else clean(value)',
                "value",
            ),
        ),
    ),
)
