"""What somebody has to do before a device works again: in the technician's words, and in the
patient's where the patient can do it."""

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
PATIENT = {
    Task.HELD_BY_PHONE: marked("%(device)s er opptatt. Fjern apparatet fra mobiltelefonen."),
    Task.PASSKEY_NEEDED: marked("%(device)s venter på et tall. Mål en gang til."),
}


def for_technician(code: str | None) -> str | None:
    """A code that this page does not know yet is shown as it is."""
    if code is None:
        return None
    return gettext(TECHNICIAN[Task(code)]) if code in set(Task) else code


def for_patient(books: Books) -> str | None:
    """The first thing that the patient can do, if there is one."""
    statuses = books.ledger.device_statuses()
    for device in books.documents.devices():
        status = statuses.get(device.key)
        words = PATIENT.get(Task(status.task)) if status and status.task in set(Task) else None
        if words:
            return gettext(words) % {"device": _named(device)}
    return None


def _named(device: Device) -> str:
    """ "The scale" where it is known to be one, else by its own name."""
    model = catalogue.by_id(device.model)
    text = wording.the_shape(model.shape) if model else device.name
    return text[:1].upper() + text[1:]
