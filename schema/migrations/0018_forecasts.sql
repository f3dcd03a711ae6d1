-- Forecasts: what was forecast at each origin, from what, and how it came out.
--
-- Everything is append-only but for old rows, which the leader's pass deletes. A forecast reads only what
-- was stored by its origin, so the admissions of a finished showtime have the time at which they
-- were known.

CREATE TABLE showtime_outcome (
    known_at    timestamptz NOT NULL,
    showtime_id integer     NOT NULL REFERENCES showtime,
    admissions  smallint,

    CONSTRAINT showtime_outcome_pkey PRIMARY KEY (showtime_id),
    CONSTRAINT showtime_outcome_not_negative CHECK (admissions >= 0)
);
COMMENT ON TABLE showtime_outcome IS 'Admissions of showtimes that are over, settled once: what forecasts learn from and are scored by. For analysis see admission.';
COMMENT ON COLUMN showtime_outcome.known_at IS 'From when they could be known: an hour after the start, or the snapshot that shows them if that was later. A forecast of an earlier origin does not read them.';
COMMENT ON COLUMN showtime_outcome.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_outcome.admissions IS 'Seats sold at the first snapshot within an hour after the start, else at the last one before it; NULL if its seats were never seen.';

CREATE TABLE holiday (
    holiday_on date    NOT NULL,
    territory  char(2) NOT NULL,
    name       text    NOT NULL DEFAULT '',

    CONSTRAINT holiday_pkey PRIMARY KEY (territory, holiday_on),
    CONSTRAINT holiday_territory_code CHECK (territory ~ '^[A-Z]{2}$')
);
COMMENT ON TABLE holiday IS 'Public and school holidays by territory, filled by the operator: forecasts take them as inputs. Empty without. Example: INSERT INTO holiday (holiday_on, territory, name) VALUES (''2026-12-25'', ''GB'', ''Christmas'');';
COMMENT ON COLUMN holiday.holiday_on IS 'The business day.';
COMMENT ON COLUMN holiday.territory IS 'ISO 3166 code.';
COMMENT ON COLUMN holiday.name IS 'Its name, for people.';

CREATE TABLE forecast_run (
    origin       timestamptz NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    inputs_until timestamptz NOT NULL,
    forecast_run_id integer  NOT NULL GENERATED ALWAYS AS IDENTITY,
    finished_showtimes integer NOT NULL,
    past_forecasts integer   NOT NULL,
    showtimes    integer     NOT NULL,
    work_days    integer     NOT NULL,
    openings     integer     NOT NULL,
    refusals     integer     NOT NULL,
    model        text        NOT NULL,

    CONSTRAINT forecast_run_pkey PRIMARY KEY (forecast_run_id),
    CONSTRAINT forecast_run_origin_key UNIQUE (origin),
    CONSTRAINT forecast_run_reads_the_past CHECK (inputs_until <= origin)
);
COMMENT ON TABLE forecast_run IS 'Runs of the forecasts: one for each origin, with what was known then.';
COMMENT ON COLUMN forecast_run.origin IS 'The moment of the forecasts: nothing that was stored later was read.';
COMMENT ON COLUMN forecast_run.made_at IS 'When they were computed; long after the origin if an operator asked for a past one.';
COMMENT ON COLUMN forecast_run.inputs_until IS 'The latest time of an input: a snapshot, a listing or an outcome.';
COMMENT ON COLUMN forecast_run.forecast_run_id IS 'Key.';
COMMENT ON COLUMN forecast_run.finished_showtimes IS 'Finished showtimes that were known.';
COMMENT ON COLUMN forecast_run.past_forecasts IS 'Earlier forecasts, with what came, that the intervals were calibrated on.';
COMMENT ON COLUMN forecast_run.showtimes IS 'Showtimes that were forecast.';
COMMENT ON COLUMN forecast_run.work_days IS 'Works by territory and day that were forecast.';
COMMENT ON COLUMN forecast_run.openings IS 'Works before their release that were forecast.';
COMMENT ON COLUMN forecast_run.refusals IS 'Targets that the data could not carry.';
COMMENT ON COLUMN forecast_run.model IS 'Name and version of the method.';

CREATE TABLE forecast (
    forecast_id bigint   NOT NULL GENERATED ALWAYS AS IDENTITY,
    forecast_run_id integer NOT NULL REFERENCES forecast_run,
    target_on   date     NOT NULL,
    showtime_id integer  REFERENCES showtime,
    work_id     integer  REFERENCES work,
    sold        integer,
    days        smallint NOT NULL,
    phase       smallint NOT NULL,
    lead_hours  real     NOT NULL,
    level       real     NOT NULL,
    presale     real     NOT NULL,
    unlisted    real     NOT NULL,
    floor       real     NOT NULL,
    mean        real     NOT NULL,
    variance    real     NOT NULL,
    cap         real,
    territory   char(2)  NOT NULL,
    target      text     NOT NULL,
    quantiles   real[]   NOT NULL,
    baselines   real[]   NOT NULL,

    CONSTRAINT forecast_pkey PRIMARY KEY (forecast_id),
    CONSTRAINT forecast_target_word CHECK (target IN ('showtime', 'work_day', 'opening')),
    CONSTRAINT forecast_target_key CHECK ((showtime_id IS NOT NULL) = (target = 'showtime')),
    CONSTRAINT forecast_work_given CHECK (work_id IS NOT NULL),
    CONSTRAINT forecast_quantiles_seven CHECK (cardinality(quantiles) = 7)
);
-- Serves forecast_showtime, and the newest forecast of a showtime.
CREATE INDEX forecast_showtime_idx ON forecast (showtime_id, forecast_run_id) WHERE showtime_id IS NOT NULL;
-- Serves forecast_work_day and forecast_opening.
CREATE INDEX forecast_work_idx ON forecast (work_id, territory, target_on, forecast_run_id) WHERE showtime_id IS NULL;
-- Serves what is to be scored.
CREATE INDEX forecast_target_on_idx ON forecast (target_on, target);
-- Serves the deletion of old runs.
CREATE INDEX forecast_run_idx ON forecast (forecast_run_id);
COMMENT ON TABLE forecast IS 'Forecasts of admissions, append-only: read the newest through forecast_showtime, forecast_work_day and forecast_opening.';
COMMENT ON COLUMN forecast.forecast_id IS 'Key.';
COMMENT ON COLUMN forecast.forecast_run_id IS 'The run, which has the origin and the model.';
COMMENT ON COLUMN forecast.target_on IS 'The business day; of an opening the first one.';
COMMENT ON COLUMN forecast.showtime_id IS 'The showtime; NULL for other targets.';
COMMENT ON COLUMN forecast.work_id IS 'The work.';
COMMENT ON COLUMN forecast.sold IS 'Seats sold at the origin, as far as they were known; NULL if no snapshot was known.';
COMMENT ON COLUMN forecast.days IS 'Horizon: days from the origin to the business day.';
COMMENT ON COLUMN forecast.phase IS '0: no admissions of the work were known; 1: its first week; 2: later.';
COMMENT ON COLUMN forecast.lead_hours IS 'Hours from the origin to the start; 0 for other targets than showtimes.';
COMMENT ON COLUMN forecast.level IS 'What was expected before the target''s own sales; for a work and day, of listed showtimes.';
COMMENT ON COLUMN forecast.presale IS 'Seats sold of the work, against what was expected by then.';
COMMENT ON COLUMN forecast.unlisted IS 'Expected of showtimes that were not listed yet.';
COMMENT ON COLUMN forecast.floor IS 'The distribution before its recalibration: what is sold already.';
COMMENT ON COLUMN forecast.mean IS 'Its mean on top of that.';
COMMENT ON COLUMN forecast.variance IS 'Its variance.';
COMMENT ON COLUMN forecast.cap IS 'The most that it can be; NULL without a bound.';
COMMENT ON COLUMN forecast.territory IS 'ISO 3166 code.';
COMMENT ON COLUMN forecast.target IS 'showtime; work_day: a work in a territory on a day; opening: the first seven days of a work in a territory, before its release.';
COMMENT ON COLUMN forecast.quantiles IS 'Quantiles at 2.5, 10, 25, 50, 75, 90 and 97.5 %: the ends of the intervals of 95, 80 and 50 %, and the median.';
COMMENT ON COLUMN forecast.baselines IS 'What simple methods said: last week × decay, level × curve, additive pickup, multiplicative pickup; empty for an opening.';

CREATE TABLE forecast_score (
    forecast_id bigint      NOT NULL REFERENCES forecast ON DELETE CASCADE,
    known_at    timestamptz NOT NULL,
    scored_at   timestamptz NOT NULL DEFAULT now(),
    admissions  integer     NOT NULL,
    rank        real        NOT NULL,
    pinball     real        NOT NULL,
    crps        real        NOT NULL,

    CONSTRAINT forecast_score_pkey PRIMARY KEY (forecast_id)
);
COMMENT ON TABLE forecast_score IS 'Each forecast beside what came; see forecast_accuracy.';
COMMENT ON COLUMN forecast_score.forecast_id IS 'The forecast.';
COMMENT ON COLUMN forecast_score.known_at IS 'From when what came could be known: a forecast of an earlier origin does not learn from it.';
COMMENT ON COLUMN forecast_score.scored_at IS 'When it was scored.';
COMMENT ON COLUMN forecast_score.admissions IS 'What came.';
COMMENT ON COLUMN forecast_score.rank IS 'Share of the distribution below what came, half of that on it: evenly spread if forecasts are calibrated.';
COMMENT ON COLUMN forecast_score.pinball IS 'Mean pinball loss over the seven quantiles; less is better.';
COMMENT ON COLUMN forecast_score.crps IS 'Continuous ranked probability score; less is better.';

CREATE TABLE forecast_refusal (
    forecast_run_id integer NOT NULL REFERENCES forecast_run,
    work_id   integer REFERENCES work,
    territory char(2),
    target    text    NOT NULL,
    reason    text    NOT NULL,

    CONSTRAINT forecast_refusal_once UNIQUE NULLS NOT DISTINCT (forecast_run_id, target, work_id, territory),
    CONSTRAINT forecast_refusal_target_word CHECK (target IN ('showtime', 'work_day', 'opening')),
    CONSTRAINT forecast_refusal_reason_given CHECK (reason <> '')
);
COMMENT ON TABLE forecast_refusal IS 'What was not forecast because the data could not carry it, and why.';
COMMENT ON COLUMN forecast_refusal.forecast_run_id IS 'The run.';
COMMENT ON COLUMN forecast_refusal.work_id IS 'The work; NULL if nothing was forecast at all.';
COMMENT ON COLUMN forecast_refusal.territory IS 'ISO 3166 code; NULL if nothing was forecast at all.';
COMMENT ON COLUMN forecast_refusal.target IS 'As in forecast.';
COMMENT ON COLUMN forecast_refusal.reason IS 'Why, in a sentence.';

CREATE TABLE work_presale (
    seen_at     timestamptz NOT NULL,
    released_on date        NOT NULL,
    work_id     integer     NOT NULL REFERENCES work,
    sold        integer     NOT NULL,
    days        smallint    NOT NULL,
    territory   char(2)     NOT NULL,

    CONSTRAINT work_presale_pkey PRIMARY KEY (work_id, territory, days),
    CONSTRAINT work_presale_before_release CHECK (days >= 1)
);
COMMENT ON TABLE work_presale IS 'The presale curve: seats sold for the first seven days of a work in a territory, at T minus n days. Comparable works are found by it.';
COMMENT ON COLUMN work_presale.seen_at IS 'The origin at which they were counted.';
COMMENT ON COLUMN work_presale.released_on IS 'First day, as it was known then.';
COMMENT ON COLUMN work_presale.work_id IS 'The work.';
COMMENT ON COLUMN work_presale.sold IS 'Seats sold for showtimes of the first seven days.';
COMMENT ON COLUMN work_presale.days IS 'Days before the release.';
COMMENT ON COLUMN work_presale.territory IS 'ISO 3166 code.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('forecast_showtime', 'analysts', 'analytics'),
    ('forecast_work_day', 'analysts', 'analytics'),
    ('forecast_opening', 'analysts', 'analytics'),
    ('forecast_accuracy', 'analysts', 'analytics');
