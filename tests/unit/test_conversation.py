"""What is sent of a conversation: the system prompt, the turns that were answered, the prompt."""

from pages.components.conversation import Conversation, Turn


def contents(conversation, prompt="And now?", system=""):
    return [(message.role, message.content) for message in conversation.messages(prompt, system)]


def test_the_first_prompt_goes_alone():
    assert contents(Conversation()) == [("user", "And now?")]


def test_every_answered_turn_goes_before_the_prompt():
    conversation = Conversation([Turn("One", "First"), Turn("Two", "Second")])
    assert contents(conversation) == [
        ("user", "One"),
        ("assistant", "First"),
        ("user", "Two"),
        ("assistant", "Second"),
        ("user", "And now?"),
    ]


def test_the_system_prompt_goes_first_and_not_at_all_where_it_is_blank():
    assert contents(Conversation(), system="Be brief.")[0] == ("system", "Be brief.")
    assert contents(Conversation(), system=" \n") == [("user", "And now?")]


def test_a_turn_without_an_answer_is_left_out():
    conversation = Conversation([Turn("One", ""), Turn("Two", " \n"), Turn("Three", "Third")])
    assert contents(conversation)[:-1] == [("user", "Three"), ("assistant", "Third")]


def test_running_again_sends_what_was_sent_before_the_last_prompt():
    conversation = Conversation([Turn("One", "First"), Turn("Two", "Second")], system="Be brief.")
    before = conversation.before_last()
    assert contents(before, "Two") == [("user", "One"), ("assistant", "First"), ("user", "Two")]
    assert before.system == "Be brief."
    assert len(conversation.turns) == 2


def test_a_conversation_without_a_run_of_its_own_has_neither_id_nor_run_in_flight():
    for conversation in (Conversation(), Conversation([Turn("One", "First")])):
        assert (conversation.run_id, conversation.live) == (None, None)
