-- The raw log of events, one row an entry of a history, and the office time in which a dossier has to be received.

CREATE TABLE event (
    dossier INTEGER NOT NULL,
    agency TEXT NOT NULL,          -- that of the dossier
    procedure TEXT NOT NULL,
    channel TEXT NOT NULL,
    version INTEGER NOT NULL,
    action TEXT NOT NULL,
    status INTEGER NOT NULL,       -- national code, after the event
    at INTEGER NOT NULL,           -- seconds since 1970, UTC, as are all instants here
    due INTEGER,
    original_due INTEGER,          -- where an apology parted the two
    role TEXT NOT NULL,
    account TEXT NOT NULL,
    document_count INTEGER NOT NULL,       -- handed in with the dossier
    asked_late INTEGER NOT NULL,   -- documents, later or more often than the rule allows
    step_due INTEGER,              -- of the step that it is in, after the event
    result TEXT,                   -- what kind of result the event gave
    PRIMARY KEY (dossier, version)
) WITHOUT ROWID;

-- In whose hands each dossier was put, and in which step.
CREATE TABLE assignment (
    dossier INTEGER NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,      -- of the dossier, when it was made
    at INTEGER NOT NULL,
    holder TEXT,                   -- none where it was given back
    step TEXT,
    step_due INTEGER,
    PRIMARY KEY (dossier, number)
) WITHOUT ROWID;

-- Half-days on which offices are open, each with the office time that lies before it since the first.
CREATE TABLE half_day AS
WITH RECURSIVE
    day (day) AS (
        SELECT '2024-01-01' UNION ALL SELECT date(day, '+1 day') FROM day WHERE day < '2026-12-31'
    ),
    listed (list, day) AS (
        SELECT list.key, entry.value
        FROM json_each(:calendar, '$.years') AS year, json_each(year.value) AS list, json_each(list.value) AS entry
        WHERE list.key IN ('off', 'worked')
    ),
    working (day) AS (
        SELECT day FROM day
        WHERE day IN (SELECT day FROM listed WHERE list = 'worked')
            OR (
                strftime('%w', day) NOT IN ('0', '6')
                AND day NOT IN (SELECT day FROM listed WHERE list = 'off')
            )
    ),
    slot (opens, closes) AS (
        SELECT value ->> 0, value ->> 1 FROM json_each(:calendar, '$.hours[0].slots')
    )
SELECT day, opens, closes, coalesce(sum(closes - opens) OVER earlier, 0) AS before
FROM (
    SELECT day, unixepoch(day || ' ' || opens) - 25200 AS opens, unixepoch(day || ' ' || closes) - 25200 AS closes
    FROM working, slot
)
WINDOW earlier AS (ORDER BY opens ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);

CREATE INDEX half_day_before ON half_day (before);
CREATE INDEX half_day_opens ON half_day (opens);

-- Within how much office time a dossier is to be received, by the rule of the day on which it was handed in.
CREATE TABLE reception AS
SELECT value ->> 'validFrom' AS valid_from, 3600 * (value ->> 'receptionWorkingHours') AS seconds
FROM json_each(:rules, '$.rules');
