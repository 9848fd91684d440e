-- Every figure of :day, from the log alone: a line a cell and figure, none for nothing.
-- Days are those of Viet Nam: UTC and seven hours.

WITH
    -- What happened, with what had happened to the dossier by then.
    happened AS MATERIALIZED (
        SELECT
            *,
            date(at + 25200, 'unixepoch') AS day,
            date(iif(:basis = 'original', coalesce(original_due, due), due) + 25200, 'unixepoch') AS due_day,
            lag(status) OVER life AS status_before,
            max(action = 'receive') OVER life AS received,
            max(iif(action = 'finish', version, NULL)) OVER life AS settled_by
        FROM event
        WINDOW life AS (PARTITION BY dossier ORDER BY version)
    ),
    -- How each dossier stood in the evening, and in the evening before.
    evening AS MATERIALIZED (
        SELECT
            *,
            CASE
                WHEN status IN (9, 10) THEN 'settled'
                WHEN status IN (3, 7) THEN 'ended'
                WHEN status = 1 OR (status = 5 AND NOT received) THEN 'waiting'
                ELSE 'open'
            END AS standing
        FROM (
            SELECT
                moment.name AS moment,
                happened.*,
                row_number() OVER (PARTITION BY moment.name, dossier ORDER BY version DESC) AS newest
            FROM happened
            JOIN (
                SELECT 'before' AS name, date(:day, '-1 day') AS last UNION ALL SELECT 'now', :day
            ) AS moment ON happened.day <= moment.last
        )
        WHERE newest = 1
    ),
    today AS MATERIALIZED (SELECT * FROM happened WHERE day = :day),
    now AS MATERIALIZED (SELECT * FROM evening WHERE moment = 'now'),
    settled AS MATERIALIZED (
        SELECT finish.*
        FROM now
        JOIN happened AS finish ON finish.dossier = now.dossier AND finish.version = now.settled_by
        WHERE now.standing = 'settled' AND finish.day = :day
    ),
    -- Settled before today, sent back on it: the end that holds no longer, with how its day counted it.
    taken_back AS MATERIALIZED (
        SELECT
            finish.*,
            CASE WHEN finish.day < due_day THEN 'early' WHEN finish.day > due_day THEN 'late' ELSE 'on_time' END AS class
        FROM (SELECT dossier, settled_by FROM evening WHERE moment = 'before' AND standing = 'settled') AS ended
        JOIN happened AS finish ON finish.dossier = ended.dossier AND finish.version = ended.settled_by
        WHERE ended.dossier IN (SELECT dossier FROM today WHERE action = 'send-back')
    ),
    -- The last day on which a dossier that is received today, or that waits for its receipt, was to be received: the day of the half-day in which the
    -- office time runs out, counted from when it was handed in, or for what
    -- waits, from when it or what was asked for was handed in last.
    receive_by AS MATERIALIZED (
        SELECT dossier, standing, (
            SELECT day FROM half_day WHERE before < clock.start + clock.seconds ORDER BY before DESC LIMIT 1
        ) AS day
        FROM (
            SELECT
                submit.dossier,
                submit.standing,
                (
                    SELECT before + min(max(submit.at - opens, 0), closes - opens)
                    FROM half_day WHERE opens <= submit.at ORDER BY opens DESC LIMIT 1
                ) AS start,
                (
                    SELECT seconds FROM reception WHERE valid_from <= submit.day ORDER BY valid_from DESC LIMIT 1
                ) AS seconds
            FROM (
                SELECT submit.dossier, submit.at, submit.day, 'received' AS standing
                FROM today AS receipt
                JOIN happened AS submit ON submit.dossier = receipt.dossier AND submit.version = 1
                WHERE receipt.action = 'receive'
                UNION ALL
                SELECT dossier, max(came.at), max(came.day), 'waiting'
                FROM now
                JOIN happened AS came USING (dossier)
                WHERE now.status = 1 AND came.day <= :day AND came.action IN ('submit', 'supplement')
                GROUP BY dossier
            ) AS submit
        ) AS clock
    ),
    -- The newest assignment by the evening, where nothing has taken the dossier from the desk since: it went to another
    -- agency or came back from one, or there was nothing left to do.
    hands AS MATERIALIZED (
        SELECT made.*
        FROM (
            SELECT *, row_number() OVER (PARTITION BY dossier ORDER BY number DESC) AS newest
            FROM assignment WHERE date(at + 25200, 'unixepoch') <= :day
        ) AS made
        WHERE newest = 1
            AND NOT EXISTS (
                SELECT 1 FROM happened
                WHERE happened.dossier = made.dossier AND happened.day <= :day AND happened.version > made.version
                    AND (happened.status IN (3, 7, 9, 10) OR happened.action IN ('forward', 'recall', 'hand-back'))
            )
    ),
    -- When the step is due that a dossier is in: as its newest event or assignment says.
    in_step AS MATERIALIZED (
        SELECT hands.dossier, iif(now.version > hands.version, now.step_due, hands.step_due) AS due
        FROM hands JOIN now USING (dossier)
        WHERE hands.step IS NOT NULL
    ),
    fact (figure, dossier) AS MATERIALIZED (
        SELECT 'carried_over', dossier FROM evening WHERE moment = 'before' AND standing = 'open'
        UNION ALL SELECT 'submitted', dossier FROM today WHERE action = 'submit'
        UNION ALL SELECT 'received', dossier FROM today WHERE action = 'receive'
        UNION ALL SELECT 'digitised', dossier FROM today WHERE action = 'receive' AND document_count > 0
        UNION ALL SELECT 'received_late', dossier FROM receive_by WHERE standing = 'received' AND day < :day
        UNION ALL SELECT 'waiting_late', dossier FROM receive_by WHERE standing = 'waiting' AND day < :day
        UNION ALL SELECT 'asked', dossier FROM today WHERE action = 'request-supplement'
        UNION ALL SELECT 'asked_late', dossier FROM today WHERE action = 'request-supplement' AND asked_late
        UNION ALL SELECT 'reopened', dossier FROM taken_back
        UNION ALL SELECT 'sent_back', dossier FROM today WHERE action = 'send-back' AND status_before = 9
        UNION ALL SELECT 'resolved', dossier FROM settled
        UNION ALL SELECT 'early', dossier FROM settled WHERE day < due_day
        UNION ALL SELECT 'on_time', dossier FROM settled WHERE due_day IS NULL OR day = due_day
        UNION ALL SELECT 'late', dossier FROM settled WHERE day > due_day
        UNION ALL SELECT 'results_electronic', dossier FROM settled WHERE result = 'electronic'
        UNION ALL SELECT 'refused', dossier FROM today WHERE action IN ('refuse', 'refuse-expired') AND received
        UNION ALL SELECT 'withdrawn', dossier FROM today WHERE action = 'withdraw' AND received
        UNION ALL SELECT 'refused_unreceived', dossier FROM today
            WHERE action IN ('refuse', 'refuse-expired') AND NOT received
        UNION ALL SELECT 'withdrawn_unreceived', dossier FROM today WHERE action = 'withdraw' AND NOT received
        UNION ALL SELECT 'returned', dossier FROM today WHERE action = 'return-result'
        UNION ALL SELECT 'returned_late', dossier FROM today WHERE action = 'return-result' AND due_day < :day
        UNION ALL SELECT 'paid', dossier FROM today WHERE action = 'confirm-payment'
        UNION ALL SELECT 'paid_online', dossier FROM today WHERE action = 'confirm-payment' AND role = 'portal'
        UNION ALL SELECT 'waiting', dossier FROM now WHERE standing = 'waiting'
        UNION ALL SELECT 'in_process', dossier FROM now WHERE status IN (2, 4)
        UNION ALL SELECT 'overdue', dossier FROM now WHERE status IN (2, 4) AND due_day < :day
        UNION ALL SELECT 'step_overdue', dossier FROM now JOIN in_step USING (dossier)
            WHERE now.status IN (2, 4) AND date(in_step.due + 25200, 'unixepoch') <= :day
        UNION ALL SELECT 'held', dossier FROM now
            WHERE standing = 'open' AND dossier IN (SELECT dossier FROM hands WHERE holder IS NOT NULL)
        UNION ALL SELECT 'due_tomorrow', dossier FROM now 
            WHERE status IN (2, 4) AND due_day > :day
                AND NOT EXISTS (SELECT 1 FROM half_day WHERE half_day.day > :day AND half_day.day < due_day)
        UNION ALL SELECT 'supplement', dossier FROM now WHERE status = 5 AND received
        UNION ALL SELECT 'payment', dossier FROM now WHERE status = 6
        UNION ALL SELECT 'suspended', dossier FROM now WHERE status = 8
    ),
    dossier AS MATERIALIZED (SELECT dossier, agency, procedure, channel FROM event WHERE version = 1)
SELECT 'province' AS cell, figure, count(*) FROM fact GROUP BY figure
UNION ALL
SELECT 'work#' || agency || '#' || procedure || '#' || channel AS cell, figure, count(*)
FROM fact JOIN dossier USING (dossier) GROUP BY cell, figure
UNION ALL
SELECT 'officer#' || agency || '#' || account AS cell, figure, count(*)
FROM fact JOIN settled USING (dossier)
WHERE role = 'officer' AND figure IN ('resolved', 'early', 'on_time', 'late', 'results_electronic')
GROUP BY cell, figure
UNION ALL
SELECT 'officer#' || agency || '#' || account AS cell, figure, count(*)
FROM (
    SELECT *, 'asked' AS figure FROM today WHERE action = 'request-supplement'
    UNION ALL SELECT *, 'asked_late' FROM today WHERE action = 'request-supplement' AND asked_late
)
WHERE role = 'officer'
GROUP BY cell, figure
UNION ALL
SELECT 'taken-back#' || day || '#work#' || agency || '#' || procedure || '#' || channel AS cell, figure, count(*)
FROM (
    SELECT *, 'resolved' AS figure FROM taken_back
    UNION ALL SELECT *, class FROM taken_back
    UNION ALL SELECT *, 'results_electronic' FROM taken_back WHERE result = 'electronic'
)
GROUP BY cell, figure
UNION ALL
SELECT 'taken-back#' || day || '#officer#' || agency || '#' || account AS cell, figure, count(*)
FROM (
    SELECT *, 'resolved' AS figure FROM taken_back
    UNION ALL SELECT *, class FROM taken_back
    UNION ALL SELECT *, 'results_electronic' FROM taken_back WHERE result = 'electronic'
)
WHERE role = 'officer'
GROUP BY cell, figure
