"""The playground: put a prompt to any model, watch the answer come, see what it cost."""

import streamlit as st

from core.lab import current
from pages.components.composer import Composer
from pages.components.conversation import name_in_url, open_conversation
from pages.components.reads import template_titles
from pages.components.session import require_user
from pages.components.template_dialogs import draw_template_dialog
from pages.components.turns import asked_again, draw_turns
from pages.components.welcome import draw_welcome

user = require_user()
lab = current()
conversation = open_conversation(lab, user)
composer = Composer(lab, user, conversation)

again = asked_again() and bool(conversation.turns)

if prompt := composer.draw(busy=again or conversation.live is not None):
    composer.send(prompt)
elif again:
    composer.send_again()

name_in_url(conversation)

welcome = st.empty()
if conversation.turns:
    draw_turns(conversation, composer.model)
else:
    with welcome.container():
        draw_welcome(template_titles(user.id, user))
draw_template_dialog()

if run := conversation.live:
    run.settled.wait(1)
    conversation.conclude()
    st.rerun()
