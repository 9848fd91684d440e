-- What was settled from :first to :last, each dossier once, by the end that holds in the evening of :last; and what had been settled
-- before :first and was sent back since. From the log alone: a line a cell and figure, none for nothing.

WITH
    happened AS MATERIALIZED (
        SELECT
            *,
            date(at + 25200, 'unixepoch') AS day,
            date(iif(:basis = 'original', coalesce(original_due, due), due) + 25200, 'unixepoch') AS due_day
        FROM event
    ),
    -- The newest entry of each dossier by :last, and by the evening before :first.
    newest AS MATERIALIZED (
        SELECT dossier, max(version) AS version, max(iif(action = 'finish', version, NULL)) AS settled_by
        FROM happened WHERE day <= :last GROUP BY dossier
    ),
    earlier AS MATERIALIZED (
        SELECT dossier, max(version) AS version FROM happened WHERE day < :first GROUP BY dossier
    ),
    settled AS MATERIALIZED (
        SELECT
            finish.*,
            CASE WHEN finish.day < finish.due_day THEN 'early'
                WHEN finish.day > finish.due_day THEN 'late'
                ELSE 'on_time' END AS class
        FROM newest
        JOIN happened AS latest ON latest.dossier = newest.dossier AND latest.version = newest.version
        JOIN happened AS finish ON finish.dossier = newest.dossier AND finish.version = newest.settled_by
        WHERE latest.status IN (9, 10) AND finish.day >= :first
    ),
    reopened AS MATERIALIZED (
        SELECT latest.*
        FROM earlier
        JOIN happened AS latest ON latest.dossier = earlier.dossier AND latest.version = earlier.version
        WHERE latest.status IN (9, 10) AND EXISTS (
            SELECT 1 FROM happened AS later
            WHERE later.dossier = latest.dossier AND later.action = 'send-back' AND later.day BETWEEN :first AND :last
        )
    ),
    fact AS MATERIALIZED (
        SELECT 'resolved' AS figure, agency, procedure, channel, role, account FROM settled
        UNION ALL SELECT class, agency, procedure, channel, role, account FROM settled
        UNION ALL SELECT 'results_electronic', agency, procedure, channel, role, account FROM settled
            WHERE result = 'electronic'
        UNION ALL SELECT 'reopened', agency, procedure, channel, '', '' FROM reopened
    )
SELECT 'province' AS cell, figure, count(*) FROM fact GROUP BY figure
UNION ALL
SELECT 'work#' || agency || '#' || procedure || '#' || channel AS cell, figure, count(*) FROM fact GROUP BY cell, figure
UNION ALL
SELECT 'officer#' || agency || '#' || account AS cell, figure, count(*)
FROM fact WHERE role = 'officer' GROUP BY cell, figure
