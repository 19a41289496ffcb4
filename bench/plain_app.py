"""The peer: a chat in plain Streamlit, which writes chunk by chunk what the same provider sends."""

import json
import os
from collections.abc import Iterator

import httpx
import streamlit as st


def chunks(prompt: str) -> Iterator[str]:
    """Yield the answer's chunks."""
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}], "stream": True}
    headers = {"Authorization": "Bearer sk-simulated"}
    url = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
    with httpx.stream("POST", url, json=body, headers=headers) as response:
        for line in response.iter_lines():
            if line.startswith("data: {") and (choices := json.loads(line[6:])["choices"]):
                yield choices[0]["delta"].get("content") or ""


st.button("Stop")
if prompt := st.chat_input("Write a prompt"):
    with st.chat_message("user"):
        st.write(prompt)
    with st.chat_message("assistant"):
        st.write_stream(chunks(prompt))
    st.button("Run again")
