"""The patient's language: catalogues, dates, numbers.

The source text of every page is Bokmål. Another language is one file,
`translations/<language>/LC_MESSAGES/messages.po`; it is read as it is, so nothing has to be
compiled. A language without a file is not offered.
"""

import gettext as standard
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol
from flask import current_app, g
from werkzeug.datastructures import Accept

TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE = "nb"
NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "se": "Davvisámegiella", "en": "English"}
SHORT_NAMES = NAMES | {"nb": "Norsk", "se": "Sámi"}  # beside an icon
LOCALES = {"nb": "nb", "nn": "nn", "se": "se", "en": "en_GB"}
# What a browser may ask for instead. The other Sámi languages have no catalogue; whoever reads
# them in Norway reads Bokmål.
ALSO = {"no": "nb", "sma": "nb", "smj": "nb", "sme": "se"}
LONG_DATE = {"se": "EEEE MMMM d. 'b.'", "en": "EEEE d MMMM"}
DAY_AND_MONTH = {"se": "MMMM d. 'b.'", "en": "d MMMM"}
FULL_DATE = {"se": "MMMM d. 'b.' y"}
SHORT_DATE = {"se": "d.M.", "en": "d MMM"}
# Babel has the month's name by itself; beside its day it stands in the genitive. Thursday as it
# is written in Norway.
SAMI_DATE = {"mánnu": "mánu", "duorasdat": "duorastat"}


def catalogue(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def offered() -> list[str]:
    return [name for name in NAMES if name == SOURCE or catalogue(name).exists()]


def names() -> dict[str, str]:
    """What may be chosen, each in its own name."""
    return {language: NAMES[language] for language in offered()}


def wanted_by(browser: Accept) -> str | None:
    """The first of its languages that is offered, or the nearest to one."""
    found = browser.best_match([*offered(), *ALSO])
    return ALSO.get(found, found) if found else None


@cache
def translations(language: str) -> standard.NullTranslations:
    if language == SOURCE:
        return standard.NullTranslations()
    compiled = BytesIO()
    with catalogue(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def use(language: str) -> None:
    """For the rest of this request."""
    g.language = language if language in offered() else SOURCE


def current() -> str:
    """Also answers for the error pages of a request that went wrong before it had a language."""
    language: str = g.get("language", SOURCE)
    return language


def current_name() -> str:
    """Of the language in itself, short enough for a small button."""
    return SHORT_NAMES[current()]


def marked(text: str) -> str:
    """For texts in tables: marks one for the catalogues; `gettext` it where it is shown."""
    return text


def gettext(text: str) -> str:
    return translations(current()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    return translations(current()).ngettext(one, many, number)


def locale() -> Locale:
    return Locale.parse(LOCALES[current()])


def zone() -> ZoneInfo:
    found: ZoneInfo = current_app.config["ZONE"]
    return found


def time_of_day(moment: datetime) -> str:
    """10:41, in the patient's time."""
    return format_time(moment, "HH:mm", tzinfo=zone(), locale=locale())


def day(moment: datetime) -> str:
    """Saturday 22 November."""
    return long_date(moment.astimezone(zone()).date())


def long_date(on: date) -> str:
    text = weekday_and_date(on)
    return text[:1].upper() + text[1:]


def weekday_and_date(on: date) -> str:
    """saturday 22 November, within a sentence."""
    return _date(on, LONG_DATE.get(current(), "EEEE d. MMMM"))


def weekday(number: int) -> str:
    """0 is Monday; within a sentence."""
    return _as_written(str(locale().days["format"]["wide"][number]))


def day_and_month(on: date, today: date) -> str:
    """22 November; with the year where it is another one than today's."""
    if on.year != today.year:
        return full_date(on)
    return _date(on, DAY_AND_MONTH.get(current(), "d. MMMM"))


def full_date(on: date) -> str:
    """22 November 2026."""
    return _date(on, FULL_DATE.get(current(), "long"))


def short_date(on: date) -> str:
    return _date(on, SHORT_DATE.get(current(), "d. MMM"))


def _date(on: date, pattern: str) -> str:
    return _as_written(format_date(on, pattern, locale=locale()))


def _as_written(text: str) -> str:
    for as_in_babel, as_written in SAMI_DATE.items() if current() == "se" else ():
        text = text.replace(as_in_babel, as_written)
    return text


def when(moment: datetime, now: datetime) -> str:
    """Today 10:41, yesterday 10:41, 20 Nov 10:41."""
    on, today = moment.astimezone(zone()).date(), now.astimezone(zone()).date()
    time = time_of_day(moment)
    if on == today:
        return gettext("i dag kl. %(time)s") % {"time": time}
    if on == today - timedelta(days=1):
        return gettext("i går kl. %(time)s") % {"time": time}
    return gettext("%(date)s kl. %(time)s") % {"date": short_date(on), "time": time}


def short_when(moment: datetime, now: datetime) -> str:
    """10:41 today, else 20 Nov."""
    on, today = moment.astimezone(zone()).date(), now.astimezone(zone()).date()
    return time_of_day(moment) if on == today else short_date(on)


def decimal_comma() -> str:
    """A comma, in English a point."""
    return get_decimal_symbol(locale())


def number(value: Decimal) -> str:
    """With exactly the decimals that the device gave."""
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, pattern, locale=locale())
