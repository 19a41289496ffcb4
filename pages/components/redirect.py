"""Leaving the page for a route, by the message that Streamlit's own `st.login` sends: it takes no script."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx


def leave_for(path: str) -> None:
    """Have the browser load `path` of this site."""
    context = get_script_run_ctx()
    if context is not None:
        message = ForwardMsg()
        message.auth_redirect.url = path
        context.enqueue(message)
