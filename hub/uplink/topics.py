"""The topic tree of one hub: `dho/v1/{tenant}/{hub}/…` (contract §2). No person is in any topic."""

from dataclasses import dataclass

from hub.records import OutboxKind

WILDCARDS = frozenset("+#\0")


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic that this hub writes (`up/…`) or reads (`dn/…`)."""

    tenant: str
    hub: str

    @property
    def root(self) -> str:
        return f"dho/v1/{self.tenant}/{self.hub}/"

    @property
    def status(self) -> str:
        return f"{self.root}up/status"

    def device(self, key: str) -> str:
        return f"{self.root}up/device/{key}"

    def fhir(self, kind: OutboxKind) -> str:
        return f"{self.root}up/fhir/{kind}"

    def reported(self, document: str) -> str:
        return f"{self.root}up/reported/{document}"

    @property
    def command_ack(self) -> str:
        return f"{self.root}up/cmd/ack"

    @property
    def everything_down(self) -> str:
        return f"{self.root}dn/#"

    @property
    def receipt(self) -> str:
        return f"{self.root}dn/receipt"

    @property
    def command(self) -> str:
        return f"{self.root}dn/cmd"

    def desired(self, document: str) -> str:
        return f"{self.root}dn/desired/{document}"

    def desired_document(self, topic: str) -> str | None:
        """The document's name when `topic` is one of this hub's `dn/desired/{doc}`."""
        prefix = self.desired("")
        name = topic.removeprefix(prefix)
        return name if topic.startswith(prefix) and name and "/" not in name else None

    def may_answer_on(self, topic: str) -> bool:
        """A Response Topic counts only inside the hub's own `up/` (contract §3)."""
        return topic.startswith(f"{self.root}up/") and not WILDCARDS.intersection(topic)
