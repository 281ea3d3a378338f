"""What somebody has to do before a device works again: in the technician's words, and in the
patient's where the patient can do it or ought to know."""

from dataclasses import dataclass

from drivers import catalogue
from hub.records import Device, Task
from hub.web import wording
from hub.web.books import Books
from hub.web.language import gettext, marked

TECHNICIAN = {
    Task.BOND_LOST: marked(
        "Kjenner ikke boksen lenger. Gjør det klart for paring, og la boksen lete på nytt."
    ),
    Task.HELD_BY_PHONE: marked(
        "Er i nærheten, men slipper ikke boksen inn. Fjern det fra mobiltelefonen og appen som "
        "brukte det."
    ),
    Task.CLOCK_LOST: marked("Har mistet dato og klokkeslett. Still dem på apparatet."),
    Task.CONSENT_NEEDED: marked("Vil vite brukernummer og PIN. Skriv dem nedenfor."),
    Task.PASSKEY_NEEDED: marked(
        "Viste et tall som ingen skrev inn. Ta en måling til, og skriv tallet da."
    ),
}
ANEW = marked("%(device)s må kobles til på nytt.")
PATIENT = {
    Task.BOND_LOST: ANEW,
    Task.CONSENT_NEEDED: ANEW,
    Task.HELD_BY_PHONE: marked("%(device)s er opptatt. Fjern apparatet fra mobiltelefonen."),
    Task.PASSKEY_NEEDED: marked("%(device)s venter på et tall. Mål en gang til."),
}
NEEDS_TECHNICIAN = {Task.BOND_LOST, Task.CONSENT_NEEDED}


def for_technician(code: str | None) -> str | None:
    """A code that this page does not know yet is shown as it is."""
    if code is None:
        return None
    return gettext(TECHNICIAN[Task(code)]) if code in set(Task) else code


@dataclass(frozen=True, slots=True)
class Request:
    """What the patient is told; `call` when somebody else has to come or be asked."""

    words: str
    call: bool


def for_patient(books: Books) -> Request | None:
    """The first thing that the patient can do or ought to know, if there is one."""
    found = (of_device(books, device) for device in books.documents.devices())
    return next((request for request in found if request), None)


def of_device(books: Books, device: Device) -> Request | None:
    status = books.ledger.device_statuses().get(device.key)
    words = PATIENT.get(Task(status.task)) if status and status.task in set(Task) else None
    if status is None or words is None:
        return None
    call = status.task in NEEDS_TECHNICIAN
    return Request(gettext(words) % {"device": _named(device)}, call)


def _named(device: Device) -> str:
    """ "The scale" where it is known to be one, else by its own name."""
    model = catalogue.by_id(device.model)
    text = wording.the_shape(model.shape) if model else device.name
    return text[:1].upper() + text[1:]
