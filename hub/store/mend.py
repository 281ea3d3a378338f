"""After a rescue: make the rows that were salvaged into a ledger that loses nothing more.

Sending something twice is harmless (the central service knows each id); not sending it is not.
"""

from hub.clock import now
from hub.store.database import Database
from hub.store.encoding import moment_columns

LOST = "its content was lost when the ledger was damaged"

MEASUREMENTS_WITHOUT_ROW = """
INSERT INTO outbox (seq, kind, session, created_wall, created_mono, created_boot, created_state)
SELECT seq, 'observation', session, received_wall, received_mono, received_boot, received_state
FROM measurement WHERE seq IS NOT NULL AND seq NOT IN (SELECT seq FROM outbox)
GROUP BY seq HAVING number = min(number)
"""

# The resource in the bytes is what tells the kind of a row that is gone.
BUNDLES_WITHOUT_ROW = """
INSERT INTO outbox (seq, kind, created_wall, created_mono, created_boot, created_state)
SELECT seq, CASE
    WHEN instr(unsealed(body, 'bundle', id, seq), '"QuestionnaireResponse"')
        THEN 'questionnaireresponse'
    WHEN instr(unsealed(body, 'bundle', id, seq), '"DetectedIssue"') THEN 'alert'
    ELSE 'observation' END, :created_wall, :created_mono, :created_boot, :created_state
FROM bundle WHERE seq NOT IN (SELECT seq FROM outbox)
"""

ROWS_WITHOUT_CONTENT = """
UPDATE outbox SET state = 'parked', reason = sealed(?, 'reason', seq)
WHERE state IN ('due', 'deferred')
  AND seq NOT IN (SELECT seq FROM bundle)
  AND seq NOT IN (SELECT seq FROM measurement WHERE seq IS NOT NULL)
"""


def mend(database: Database) -> None:
    with database.transaction():
        database.change(MEASUREMENTS_WITHOUT_ROW)
        database.change(BUNDLES_WITHOUT_ROW, moment_columns("created", now()))
        database.change(ROWS_WITHOUT_CONTENT, (LOST,))
