"""A questionnaire with what is hard to show on a small screen, and messages likewise."""

from tests.web.documents import EXTENSION, MESSAGE, URL, Json, limit, option, questionnaire

LONG = (
    "Har du i løpet av de siste to ukene merket at du blir mer tungpustet enn du pleier når du går "
    "i trapper, bærer handleposer eller kler på deg om morgenen, også på dager uten annen plage?"
)
LONGER = (
    "Tenk på en vanlig uke. " + LONG + " Ta med både gode og dårlige dager, og svar slik du selv "
    "synes det stemmer best. Det finnes ingen riktige eller gale svar her. Sykepleieren leser det "
    "du svarer, og ringer deg hvis noe er uklart."
)
HELP = "Tenk på den siste uken. Spør gjerne noen som kjenner deg godt, hvis du er i tvil."
PLACES = [
    "Øverst i ryggen, mellom skulderbladene",
    "Nederst i ryggen, eller utover mot hoftene",
    "I nakken og bakhodet",
    "I venstre skulder, overarm eller albue",
    "I høyre skulder, overarm eller albue",
    "I hendene, håndleddene eller fingrene, særlig om morgenen når jeg står opp",
    "I brystet",
    "I magen",
    "I hoftene",
    "I knærne, når jeg går i trapper",
    "I leggene om natten",
    "I føttene eller tærne",
    "I kjeven, tennene eller ansiktet",
    "Jeg har vondt overalt og klarer ikke å peke på ett sted",
    "Ingen av disse",
]
ANSWERS = [option(str(number), text) for number, text in enumerate(PLACES)]


def decimal_limit(name: str, value: float) -> Json:
    return {"url": EXTENSION + name, "valueDecimal": value}


def group(link_id: str, text: str, *items: Json, **more: Json) -> Json:
    return {"linkId": link_id, "text": text, "type": "group", "item": list(items), **more}


def asked(
    link_id: str, kind: str, text: str = "Hvor mange timer sov du i natt?", **more: object
) -> Json:
    return {"linkId": link_id, "text": text, "type": kind, **more}


ITEMS: list[Json] = [
    asked("info", "display", LONGER),
    group(
        "g",
        "Pusten din",
        group(
            "g.g",
            "De siste to ukene",
            group(
                "g.g.g",
                "Når du beveger deg, inne eller ute",
                asked("long", "boolean", LONG, required=True),
                asked("long.skip", "boolean", LONG),
                asked(
                    "long.scale",
                    "integer",
                    LONG,
                    extension=[limit("minValue", 0), limit("maxValue", 10)],
                ),
            ),
        ),
    ),
    asked("noted", "boolean", "Sov du godt?", item=[asked("noted.1", "display", HELP)]),
    asked(
        "three",
        "choice",
        "Hvordan har du det?",
        required=True,
        answerOption=[option(str(i), f"Svar {i}") for i in range(4)],
    ),
    asked("one", "choice", "Hvor har du mest vondt nå?", answerOption=ANSWERS),
    asked("one.long", "choice", LONG, required=True, answerOption=ANSWERS),
    asked("several", "choice", "Hvor har du hatt vondt i dag?", repeats=True, answerOption=ANSWERS),
    asked("several.long", "choice", LONG, repeats=True, required=True, answerOption=ANSWERS),
    asked("number", "integer", "Hvor mange skritt gikk du i går?"),
    asked("number.long", "integer", LONG),
    asked(
        "below",
        "decimal",
        "Hvor kaldt var det ute?",
        extension=[decimal_limit("minValue", -40), decimal_limit("maxValue", 40)],
    ),
    asked(
        "below.long",
        "decimal",
        LONG,
        extension=[decimal_limit("minValue", -40), decimal_limit("maxValue", 40)],
    ),
    asked(
        "around",
        "integer",
        "Bedre eller verre enn i går?",
        required=True,
        extension=[limit("minValue", -5), limit("maxValue", 5)],
    ),
    asked(
        "few",
        "integer",
        "Hvor mange måltider?",
        extension=[limit("minValue", 0), limit("maxValue", 5)],
    ),
    asked("date", "date", "Når var du sist hos legen?"),
    asked("date.long", "date", LONG, required=True),
    asked("words", "text", LONG, required=True, maxLength=20),
    asked("/44250-9", "boolean", "Går navnet bra?", required=True),
    asked(
        "initial",
        "choice",
        "Hvem bor du med?",
        answerOption=[
            option("alone", "Alene"),
            {**option("two", "Med noen"), "initialSelected": True},
        ],
    ),
    asked("count", "integer", "Hvor mange glass vann?", initial=[{"valueInteger": 4}]),
]
HARD = questionnaire("vanskelig", *ITEMS)

LETTER = MESSAGE | {
    "id": "long",
    "title": "Om den nye inhalatoren din, og om timen hos legen på tirsdag " * 3,
    "text": "\n\n".join(
        [
            "Hei! Du har fått en ny inhalator. Den gamle kan du levere på apoteket.",
            LONGER,
            "Timen er tirsdag kl. 12. Ta med deg medisinlisten. " + HELP,
            "Hilsen Kari på oppfølgingssenteret",
        ]
    ),
}
ANSWERABLE = MESSAGE | {
    "id": "replies",
    "replies": ["Ja, det passer bra", "Nei", "Jeg vil heller ha tirsdag i neste uke", "Ring meg"],
}
FORM = f"{URL}vanskelig"
