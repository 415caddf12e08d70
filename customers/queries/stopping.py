"""How customers are told that messages can be stopped, in the language of the message."""

from typing import NamedTuple


class StoppingWords(NamedTuple):
    """The link under a message, and the page behind it."""

    link: str
    title: str
    question: str
    button: str
    done: str
    owed: str


WORDS = {
    "en": StoppingWords(
        "Stop these messages",
        "Messages",
        "Stop messages of this kind?",
        "Stop them",
        "You will get no more of these messages.",
        "What belongs to your orders by law, such as confirmations, still reaches you.",
    ),
    "de": StoppingWords(
        "Diese Nachrichten abbestellen",
        "Nachrichten",
        "Nachrichten dieser Art abbestellen?",
        "Abbestellen",
        "Sie erhalten keine Nachrichten dieser Art mehr.",
        "Was rechtlich zu Ihren Bestellungen gehört, etwa Bestätigungen, erhalten Sie weiterhin.",
    ),
    "fr": StoppingWords(
        "Ne plus recevoir ces messages",
        "Messages",
        "Ne plus recevoir ce type de message ?",
        "Ne plus recevoir",
        "Vous ne recevrez plus ce type de message.",
        "Les messages que la loi attache à vos commandes, comme les confirmations, vous parviennent "
        "toujours.",
    ),
}


def stopping_words(language: str) -> StoppingWords:
    """In this language; English where nobody has written them yet."""
    return WORDS.get(language, WORDS["en"])
