"""What a reader does and sees, without JavaScript."""

import re
from html import unescape

from starlette.testclient import TestClient

QUESTION = "Combien de patients ont été inclus dans Onco'Link ?"


def ask(client: TestClient, question: str = QUESTION, conversation: str = "") -> str:
    """The address of the conversation after a question asked by the form."""
    form = {"question": question, "conversation_id": conversation}
    response = client.post("/", data=form)
    assert response.status_code == 303, response.text
    return str(response.headers["location"].partition("#")[0])


def text_of(html: str) -> str:
    """What a reader sees: templates, tags and head left out."""
    body = re.sub(r"(?s)<head>.*?</head>|<template.*?</template>", "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", body)).split())


def see(client: TestClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return text_of(response.text)
