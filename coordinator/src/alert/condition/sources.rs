//! Conditions of sources and their limits.

use std::time::Duration;

use schema::{
    alert::{Severity, SubjectKind},
    alert_facts::Fact,
};

use super::{BASE, Condition, FoundBy, HOUR, MINUTE, Unit};
use crate::alert::runbook::{command, hand, sql};

pub(super) const LIST: [Condition; 10] = [
    Condition {
        name: "source_quarantined",
        found_by: FoundBy::Fact(Fact::SourceQuarantined),
        what: "source {subject} is quarantined",
        measure: "steps",
        means: "most answers of a step cannot be used, so it is held but for a probe now and then; nothing new is seen of it",
        next_step: "coordinator source show {subject}; its last answers: coordinator source quarantine {subject}",
        look: &[
            command("the health of each step, and why", "source show {subject}"),
            command(
                "the answers that cannot be used",
                "source quarantine {subject}",
            ),
            sql(
                "since when, and what changed in the hour before",
                "SELECT step, first_failed_at, first_error, last_success_at, changed_before FROM failing_step WHERE source = '{subject}';",
            ),
        ],
        act: &[
            hand(
                "the site changed: correct the definition, try it with `agent source try`, then apply it with `coordinator source apply FILE`; it is tried on the answers in quarantine first",
            ),
            command(
                "the answers are right as they are",
                "source accept {subject} --reason 'seen on the site'",
            ),
            command(
                "the last version of the definition was wrong",
                "source rollback {subject} --reason 'reads nothing'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "source_degraded",
        found_by: FoundBy::Fact(Fact::SourceDegraded),
        holds_for: Duration::from_mins(10),
        over_for: Duration::from_mins(2),
        what: "source {subject} is degraded",
        measure: "steps",
        means: "a part of its answers cannot be used: some rows are stored, others are missing",
        next_step: "coordinator source show {subject}",
        look: &[
            command("the health of each step, and why", "source show {subject}"),
            sql(
                "the errors of the last day",
                "SELECT step, reason, jobs, last_at, last_error FROM source_failure WHERE source = '{subject}' ORDER BY last_at DESC;",
            ),
        ],
        act: &[
            hand("correct the definition for the rows that are left out, and apply it"),
            command(
                "the answers are right as they are",
                "source accept {subject} --reason 'seen on the site'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "source_blocked",
        found_by: FoundBy::Fact(Fact::SourceBlocked),
        threshold: 0.0,
        unit: Unit::Hours,
        holds_for: Duration::ZERO,
        what: "source {subject} is blocked",
        measure: "since",
        means: "the site refuses the fleet, so nothing is asked until a person decides",
        next_step: "settle it with the site, then coordinator source resume {subject}",
        look: &[
            command("why it is blocked, and since when", "source show {subject}"),
            sql(
                "what happened before",
                "SELECT at, step, new_state, reason, job_id FROM source_history WHERE source = '{subject}' ORDER BY at DESC LIMIT 20;",
            ),
        ],
        act: &[
            hand(
                "settle it with the site: who asks, how often, and by which rules; nothing is asked meanwhile",
            ),
            command(
                "when it is settled",
                "source resume {subject} --reason 'settled with the site'",
            ),
            command(
                "until then, if nobody needs to be reminded",
                "alert silence source_blocked {subject} --for 3d --reason 'they answer on Monday'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "source_failing",
        found_by: FoundBy::Fact(Fact::SourceFailing),
        threshold: 5.0,
        every: MINUTE,
        holds_for: Duration::from_mins(2),
        what: "source {subject} answers nothing that can be used",
        measure: "jobs that failed within 30 min, none succeeded",
        means: "the site does not answer, or answers with errors; its seats are not seen meanwhile",
        next_step: "coordinator source show {subject}, then open the site in a browser",
        look: &[
            command("the last failures of each step", "source show {subject}"),
            sql(
                "failures by class",
                "SELECT step, reason, jobs, first_at, last_at, last_error FROM source_failure WHERE source = '{subject}' ORDER BY last_at DESC;",
            ),
            hand("open the site in a browser: is it down, or does it refuse the fleet alone?"),
        ],
        act: &[
            hand("if the site is down, wait: the fleet probes it and goes on by itself"),
            command(
                "if it moved or asks to be left alone",
                "source pause {subject} --reason 'the site moves'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "source_empty",
        found_by: FoundBy::Fact(Fact::SourceEmpty),
        every: MINUTE,
        holds_for: HOUR,
        over_for: MINUTE,
        what: "source {subject} lists nothing",
        measure: "showtimes to come",
        means: "its listing is empty though its answers are taken as right: closed cinemas, or a definition that finds no rows",
        next_step: "coordinator source show {subject}, and compare with the site",
        look: &[
            command(
                "when its listing was read last, and how",
                "source show {subject}",
            ),
            sql(
                "showtimes by the day on which they were found",
                "SELECT starts_at::date AS day, count(*) AS showtimes FROM showtime INNER JOIN cinema USING (cinema_id) INNER JOIN source USING (source_id) WHERE source.name = '{subject}' GROUP BY 1 ORDER BY 1 DESC LIMIT 14;",
            ),
            hand("compare with the site: does it sell tickets?"),
        ],
        act: &[
            hand("if the site sells, correct the definition, which finds no rows"),
            command(
                "if its cinemas are closed",
                "source pause {subject} --reason 'closed until May'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "source_over_cap",
        found_by: FoundBy::Fact(Fact::SourceOverCap),
        unit: Unit::Share,
        what: "source {subject} is over its cap",
        measure: "share of it",
        means: "new tasks or layouts of it are not stored",
        next_step: "correct its definition, or raise agent.max_tasks_per_source or agent.max_layouts_per_source",
        look: &[
            sql(
                "what it has, and its caps",
                "SELECT what, found, cap, noted_at FROM source_over_cap INNER JOIN source USING (source_id) WHERE source.name = '{subject}';",
            ),
            command("its tasks by step", "source show {subject}"),
        ],
        act: &[
            hand("if keys change with each answer (a session, a time), correct the definition"),
            hand(
                "if the chain is as large as that, raise `agent.max_tasks_per_source` or `agent.max_layouts_per_source` and restart the pods",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "seats_unmapped",
        found_by: FoundBy::Fact(Fact::SeatsUnmapped),
        every: MINUTE,
        holds_for: MINUTE,
        what: "status codes of seats of source {subject} are not mapped",
        measure: "codes",
        means: "seats with such a code count neither as free nor as sold; mapping them corrects the past",
        next_step: "coordinator source codes {subject}, then coordinator source map {subject} CODE=STATUS",
        look: &[
            command(
                "the codes, and how many seats have each",
                "source codes {subject}",
            ),
            hand("open a showtime with such a seat on the page and on the site, and compare"),
        ],
        act: &[command(
            "say what a code means; the past is corrected",
            "source map {subject} House=house --reason 'seen on the site'",
        )],
        ..BASE
    },
    Condition {
        name: "attributes_unmapped",
        severity: Severity::Info,
        found_by: FoundBy::Fact(Fact::AttributesUnmapped),
        every: MINUTE,
        holds_for: HOUR,
        what: "attributes of showtimes of source {subject} are not mapped",
        measure: "codes",
        means: "formats and languages of these showtimes are not known; mapping them corrects the past",
        next_step: "coordinator source attributes {subject}, then coordinator source map-attribute {subject} CODE=KIND:WORD",
        look: &[command(
            "the attributes, and how many showtimes have each",
            "source attributes {subject}",
        )],
        act: &[command(
            "say what one means; it has the meaning in the past, too",
            "source map-attribute {subject} OV=language:original --reason 'seen on the site'",
        )],
        ..BASE
    },
    Condition {
        name: "limit_slowed",
        about: SubjectKind::LimitKey,
        found_by: FoundBy::Fact(Fact::LimitSlowed),
        threshold: 0.5,
        unit: Unit::Share,
        holds_for: Duration::from_mins(30),
        over_for: Duration::from_mins(5),
        what: "limit key {subject} is slowed down",
        measure: "share of its rate",
        means: "the site answers 429 or 503, or slowly, so it is asked less often than its limit allows",
        next_step: "coordinator limit list; if it stays so, lower the rate in the definition",
        look: &[
            command("the rate, its share and the reason", "limit list"),
            sql(
                "who shares it",
                "SELECT DISTINCT source.name FROM step INNER JOIN source USING (source_id) INNER JOIN limit_key USING (limit_key_id) WHERE limit_key.name = '{subject}';",
            ),
        ],
        act: &[
            hand(
                "if it comes back within a day, lower `rate_per_second` in the definition and apply it: the site allows less than it says",
            ),
            hand("otherwise wait: the share grows again by itself"),
        ],
        ..BASE
    },
    Condition {
        name: "limit_paused",
        about: SubjectKind::LimitKey,
        found_by: FoundBy::Fact(Fact::LimitPaused),
        threshold: 10.0,
        unit: Unit::Minutes,
        holds_for: Duration::from_mins(5),
        what: "limit key {subject} is paused",
        measure: "for another",
        means: "the site asked for a pause (Retry-After); nothing is asked of it meanwhile",
        next_step: "coordinator limit list; if it comes again, lower the rate in the definition",
        look: &[
            command("until when, and why", "limit list"),
            sql(
                "the same in SQL",
                "SELECT limit_key, paused_until, pause_reason FROM limit_status WHERE limit_key = '{subject}';",
            ),
        ],
        act: &[
            hand("wait until the pause is over; it is what the site asked for"),
            hand("if it comes again, lower the rate in the definition"),
        ],
        ..BASE
    },
];
