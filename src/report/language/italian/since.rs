//! Since when, in Italian.

use super::many;
use crate::report::language::since::Since;

pub(super) const SINCE: Since = Since {
    title: "Da quando",
    tests: |language, kind, number| match kind {
        "verify" => many(language, number, "verifica", "verifiche"),
        "rehearse" => many(language, number, "prova di ripristino", "prove di ripristino"),
        other => format!("{other}: {}", language.count(number)),
    },
    passed: |when, tests| format!("Ogni prova di questo tipo è stata superata dal {when}: {tests}"),
    always: |when, tests| {
        format!(
            "Ogni prova di questo tipo tra quelle registrate è stata superata. La prima è del {when}; in tutto: {tests}"
        )
    },
    amiss: |when, tests| format!("Non superata dal {when}: {tests}"),
    before: |kind, when, record| {
        format!("Prima di allora non è stata superata la {} del {when} ({record})", super::kind(kind))
    },
    mended: |language, runs, when| match runs {
        1 => format!(
            "1 esecuzione precedente di questo rapporto non è stata superata, il {when} (si veda «Scostamenti»)"
        ),
        runs => format!(
            "{} esecuzioni precedenti di questo rapporto non sono state superate, l'ultima il {when} (si veda «Scostamenti»)",
            language.count(runs)
        ),
    },
    meanwhile: |when, record| {
        format!(
            "Nel frattempo una parte esaminata a mano non è stata superata, l'ultima volta il {when} ({record})"
        )
    },
    hidden: |record| format!("Del tempo precedente non si dice nulla: la {record} non è leggibile"),
    broken: "Non si sa: le registrazioni non sono affidabili",
    unread: |record| format!("Non si sa: la {record} non è leggibile"),
    unbound: "Non si dice: queste esecuzioni non avevano una policy e nulla le lega alle precedenti",
    last_good: "Ultima prova superata",
    never: "Nessuna: tra quelle registrate finora nessuna prova di questo tipo è stata superata",
    none_since: |record| format!("Nessuna dopo la {record}, che non è leggibile"),
    later_word: "Questa non è la più recente",
    later: |language, number, when, record, outcome| match number {
        1 => {
            format!(
                "C'è 1 prova successiva, del {when} ({record}): {outcome}. Questo rapporto si ferma prima."
            )
        }
        number => format!(
            "Ci sono {} prove successive, l'ultima del {when} ({record}): {outcome}. Questo rapporto si ferma prima.",
            language.count(number)
        ),
    },
    later_unread: |language, number| match number {
        1 => "1 registrazione successiva non è leggibile.".to_owned(),
        number => format!("{} registrazioni successive non sono leggibili.", language.count(number)),
    },
};
