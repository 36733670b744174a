//! Everything reports say in Italian: here what was proven, in `conduct` what was found and how it was done.

mod conduct;
mod guide;
mod since;

use crate::evidence::Method;
use crate::report::language::Language;
use crate::report::language::words::{Chain, Front, Proof, Words};
use crate::verdict::{Coverage, Outcome, Rung, Severity, Unit};

pub(super) static WORDS: Words = Words {
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    title: "Rapporto sulle prove dei backup",
    about_run: |number, kind, when| format!("Registrazione n. {number}: {kind}, {when}"),
    about_period: |from, to| format!("Periodo: {from} – {to}"),
    about_nothing: "Nessuna registrazione",
    foot: |version, when| {
        format!(
            "Redatto da mailproof {version}, {when}, sulla base delle registrazioni delle esecuzioni. Tutti gli orari sono UTC."
        )
    },
    kind,
    outcome,
    severity: |severity| match severity {
        Severity::Info => "Nota",
        Severity::Warning => "Avviso",
        Severity::Failure => "Errore",
    },
    rung,
    rung_means,
    no_rung: "nulla",
    checked,
    method,
    chain: CHAIN,
    front: FRONT,
    since: since::SINCE,
    proof: PROOF,
    course: conduct::COURSE,
    found: conduct::FOUND,
    conduct: conduct::CONDUCT,
    attest: conduct::ATTEST,
    guide: guide::GUIDE,
};

fn kind(kind: &str) -> String {
    match kind {
        "verify" => "verifica".to_owned(),
        "rehearse" => "prova di ripristino".to_owned(),
        "restore" => "ripristino".to_owned(),
        "hand-over" => "passaggio di chiave".to_owned(),
        "sign-off" => "approvazione".to_owned(),
        "action" => "azione correttiva".to_owned(),
        other => other.to_owned(),
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "Positivo",
        Outcome::NotVerified => "Non verificato",
        Outcome::Failed => "Negativo",
    }
}

fn rung(rung: Rung) -> &'static str {
    match rung {
        Rung::Present => "presente",
        Rung::Intact => "integro",
        Rung::Complete => "completo",
        Rung::Meaningful => "coerente",
        Rung::Restorable => "ripristinabile",
        Rung::Recoverable => "recuperabile",
    }
}

fn rung_means(rung: Rung) -> &'static str {
    match rung {
        Rung::Present => {
            "il backup esiste, è recente, ed è conservato e protetto come richiesto; da solo non dice nulla del contenuto"
        }
        Rung::Intact => "i byte conservati sono quelli sigillati; da solo non dice che si possano aprire",
        Rung::Complete => {
            "si decifra e si estrae fino in fondo, e ogni file al suo interno è quello che vi era stato messo"
        }
        Rung::Meaningful => {
            "le caselle contenute corrispondono a ciò che Zimbra stesso ne dichiara, messaggio per messaggio"
        }
        Rung::Restorable => {
            "i messaggi campionati sono stati riletti e sono uguali, byte per byte, a quelli delle caselle in linea"
        }
        Rung::Recoverable => "un'esercitazione ha rimesso in piedi il servizio, misurando il tempo impiegato",
    }
}

fn checked(language: Language, coverage: Coverage) -> String {
    let unit = match coverage.unit {
        Unit::Members => "file",
        Unit::Items => "elementi",
        Unit::Messages => "messaggi",
        Unit::Archives => "archivi",
    };
    let checked = language.count(coverage.checked);
    match coverage.total {
        Some(total) => format!("controllati {checked} su {} {unit}", language.count(total)),
        None => format!("controllati {checked} su un numero ignoto di {unit}"),
    }
}

fn method(language: Language, method: Method) -> String {
    match method {
        Method::Confidence { confidence_ppm, defects_ppm } => format!(
            "casuale, sufficiente a rilevare una quota di difetti del {} con confidenza del {}",
            language.percent(defects_ppm),
            language.percent(confidence_ppm)
        ),
        Method::Number { messages } => {
            format!("casuale, {} per archivio", many(language, messages, "messaggio", "messaggi"))
        }
        Method::Share { share_ppm } => format!("casuale, {} di ogni casella", language.percent(share_ppm)),
        Method::All => "tutti i messaggi".to_owned(),
    }
}

fn many(language: Language, number: u64, one: &str, many: &str) -> String {
    format!("{} {}", language.count(number), if number == 1 { one } else { many })
}

const CHAIN: Chain = Chain {
    title: "Le registrazioni",
    broken_word: "CATENA DELLE REGISTRAZIONI INTERROTTA",
    broken: |record, reason, detail| {
        format!(
            "nulla di questo rapporto è dimostrato. Alcune registrazioni sono state alterate, tolte o aggiunte; il primo difetto è nella registrazione n. {record} ({reason}; dettaglio in inglese): {detail}"
        )
    },
    holds_word: "La catena delle registrazioni è integra",
    holds: |language, records| {
        format!(
            "Questo riguarda le registrazioni, non i backup: {} in una catena, con firma di una chiave indicata come fidata; nessuna è stata in seguito alterata, tolta dal mezzo o aggiunta.",
            many(language, records, "registrazione", "registrazioni")
        )
    },
    holds_by_itself: |language, records| {
        format!(
            "Questo riguarda le registrazioni, non i backup: {} in una catena, con firma. La chiave è stata però ricavata dalla prima registrazione: confrontarne l'impronta (ultima pagina) con quella ottenuta per altra via.",
            many(language, records, "registrazione", "registrazioni")
        )
    },
    unsigned_word: "Le registrazioni non hanno firma elettronica",
    unsigned: |language, unsigned, records| {
        let which = match unsigned == records {
            true => "Nessuno le ha firmate".to_owned(),
            false => format!(
                "Senza firma {} su {}",
                language.count(unsigned),
                many(language, records, "registrazione", "registrazioni")
            ),
        };
        format!(
            "{which}: chi può scrivere nella loro cartella può rifarle tutte. Quanto segue vale solo nella misura in cui ci si fida di quella cartella."
        )
    },
    empty_word: "Non ci sono registrazioni",
    empty: "La cartella non contiene registrazioni di alcuna esecuzione: non si può affermare nulla.",
};

const FRONT: Front = Front {
    title: "I backup sono a posto?",
    run: |outcome| match outcome {
        Outcome::Passed => {
            "Sì, per quanto questa esecuzione ha esaminato: tutto ciò che la sua policy richiede è stato dimostrato."
        }
        Outcome::NotVerified => {
            "Non si sa. Questa esecuzione non ha potuto esaminare tutto ciò che la sua policy richiede: non prova un guasto, ma neppure che tutto vada bene."
        }
        Outcome::Failed => "No. Questa esecuzione ha trovato difetti che la sua policy non ammette.",
    },
    part: "Sì, per la parte che questa esecuzione doveva esaminare. Del resto non dice nulla.",
    parts: |tasks| format!("Era da esaminare solo una parte di quanto la policy richiede: {tasks}."),
    period: |outcome| match outcome {
        Outcome::Passed => {
            "Sì, per quanto le prove hanno esaminato: l'ultima esecuzione di ogni attività ha dimostrato tutto ciò che la sua policy richiede."
        }
        Outcome::NotVerified => {
            "Non si sa. L'ultima esecuzione di almeno un'attività non ha potuto esaminare tutto ciò che la sua policy richiede: non prova un guasto, ma neppure che tutto vada bene."
        }
        Outcome::Failed => {
            "No. L'ultima esecuzione di almeno un'attività ha trovato difetti che la sua policy non ammette."
        }
    },
    no_test: "Questa esecuzione non ha messo alla prova alcun backup: il suo esito nulla dice di essi.",
    nothing: "Non si sa. Non c'è alcuna registrazione di prove su cui riferire: nulla è stato dimostrato.",
    broken: "Non si sa. Le registrazioni non sono affidabili. Quanto dichiarano è riportato di seguito, ma non dimostra nulla.",
    unread: |language, records| match records {
        1 => "1 registrazione non è leggibile".to_owned(),
        records => format!("{} registrazioni non sono leggibili", language.count(records)),
    },
    proven: "Che cosa è stato dimostrato",
    stated: "Che cosa dichiarano le registrazioni (non dimostrato)",
    rehearsed: |language, messages, seconds| {
        let time = seconds.map_or(String::new(), |seconds| format!(", in {}", language.seconds(seconds)));
        format!(
            "{} in una sandbox e riletti, byte per byte{time}",
            many(language, messages, "messaggio ripristinato", "messaggi ripristinati")
        )
    },
    archives: |language, number, rung| {
        format!(
            "{}, livello «{}», {} di 6: {}",
            many(language, number, "archivio", "archivi"),
            self::rung(rung),
            rung.step(),
            rung_means(rung)
        )
    },
    accounts: |language, number, rung| {
        let mailboxes = many(language, number, "casella", "caselle");
        format!("{mailboxes}, livello «{}», {} di 6", self::rung(rung), rung.step())
    },
    nothing_proven: "nulla",
    unproven: "Che cosa non è stato dimostrato",
    failed: |language, number| match number {
        1 => "1 archivio con esito negativo".to_owned(),
        number => format!("{} archivi con esito negativo", language.count(number)),
    },
    not_verified: |language, number| match number {
        1 => "1 archivio non ha potuto essere verificato".to_owned(),
        number => format!("{} archivi non hanno potuto essere verificati", language.count(number)),
    },
    archives_without: |language, number| {
        format!("{}: nulla è dimostrato", many(language, number, "archivio", "archivi"))
    },
    accounts_without: |language, number| {
        format!(
            "{}: non è dimostrato che il contenuto corrisponda a ciò che Zimbra ne dichiara",
            many(language, number, "casella", "caselle")
        )
    },
    excluded: |language, number| match number {
        1 => "1 elemento escluso o non raggiunto (si veda «Ambito»)".to_owned(),
        number => format!("{} elementi esclusi o non raggiunti (si veda «Ambito»)", language.count(number)),
    },
    accounts_disproven: |language, number| {
        format!(
            "{}: il contenuto non corrisponde a ciò che Zimbra ne dichiara",
            many(language, number, "casella", "caselle")
        )
    },
    not_looked_at: |rungs| format!("livelli che nessuna prova qui ha esaminato: {rungs}"),
    all_proven: "nulla di ciò che la policy richiede è rimasto aperto",
    steps: "Che cosa fare",
    steps_of_admin: "Che cosa deve fare chi gestisce i backup",
    steps_of_owner: "Che cosa deve fare chi risponde dei backup",
    mend_chain: |folder| {
        format!(
            "Lasciare la cartella {folder} così com'è, eseguirvi `mailproof evidence verify` e accertare chi poteva scriverci. Chiedere una copia delle registrazioni conservata altrove."
        )
    },
    sign_records: "Indicare una chiave in `evidence.key_file` nella policy e iniziare una nuova cartella di registrazioni: quelle non firmate non convincono nessuno.",
    test: "Eseguire `mailproof verify` e accertare perché il timer non lo ha fatto.",
    look_again: |obstacle| match obstacle {
        Some(obstacle) => format!("Rimuovere ciò che ha impedito l'esame ed eseguire di nuovo: {obstacle}"),
        None => "Rimuovere ciò che ha impedito l'esame (si veda «Ambito») ed eseguire di nuovo.".to_owned(),
    },
    assign: "Assegnare a ogni scostamento un responsabile e una scadenza (si veda «Scostamenti») e firmare nell'ultima pagina.",
    nothing_to_do: "Nulla. Leggere l'ambito e firmare nell'ultima pagina.",
    in_english: "I rimedi e i dettagli tratti dalle registrazioni sono in inglese, come li scrive lo strumento.",
};

const PROOF: Proof = Proof {
    title: "Copertura",
    archives: "Archivi, a partire dal peggiore",
    accounts: "Caselle, a partire dalla peggiore",
    archive: "Archivio",
    account: "Casella",
    outcome: "Esito",
    proven_up_to: "Livello dimostrato",
    stated_up_to: "Livello dichiarato (non dimostrato)",
    coverage: "Copertura",
    when: "Quando",
    reason: "Perché non di più",
    disproven: "il contenuto non corrisponde a ciò che Zimbra ne dichiara",
    not_proven: "non si è potuta esaminare fino in fondo",
    whole_and_not_present: "Se «presente» non è dimostrato ma lo è un livello più alto, non è una contraddizione: «presente» giudica l'archivio dall'esterno, per età, posto nella serie e protezione. Un archivio può essere intero al suo interno e tuttavia troppo vecchio.",
    codes: "Un codice come \\u{202e} in un nome sta per un segno invisibile o che inverte il testo. Un nome che ne contiene può essere stato fatto per sembrare un altro.",
    compared: "Confrontati in linea",
    of: |language, some, all| format!("{} su {}", language.count(some), language.count(all)),
    more_up_to: |language, number, rung| match number {
        1 => format!("e 1 altro elemento dimostrato fino al livello «{}»", self::rung(rung)),
        number => format!(
            "e altri {} elementi dimostrati fino al livello «{}»",
            language.count(number),
            self::rung(rung)
        ),
    },
    more_stated: |language, number, rung| match number {
        1 => format!("e 1 altro elemento dichiarato, non dimostrato, di livello «{}»", self::rung(rung)),
        number => format!(
            "e altri {} elementi dichiarati, non dimostrati, di livello «{}»",
            language.count(number),
            self::rung(rung)
        ),
    },
    more_without: |language, number| match number {
        1 => "e 1 altro elemento di cui nulla è dimostrato".to_owned(),
        number => format!("e altri {} elementi di cui nulla è dimostrato", language.count(number)),
    },
    no_archive: "Nessun archivio è stato esaminato.",
    confidence: "Confidenza",
    no_confidence: "Nessun messaggio è stato confrontato con una casella in linea, oppure uno di quelli confrontati è diverso: non si dichiara alcuna confidenza.",
    no_confidence_broken: "La catena delle registrazioni è interrotta: non si dichiara alcuna confidenza.",
    statement: |language, confidence, most, population, compared| {
        format!(
            "Con confidenza del {}, al più {} su {} possono differire dalle caselle in linea ({} a confronto, nessuna differenza).",
            language.percent(confidence),
            language.count(most),
            many(language, population, "messaggio", "messaggi"),
            language.count(compared)
        )
    },
    statement_of_all: |language, most, population, compared| {
        format!(
            "Al più {} su {} possono differire dalle caselle in linea: estratti tutti, {} a confronto, nessuna differenza, nulla lasciato al caso.",
            language.count(most),
            many(language, population, "messaggio", "messaggi"),
            language.count(compared)
        )
    },
    caveat: "L'affermazione è calcolata dal campione e vale per le caselle che si sono potute leggere, per l'archivio indicato e per i difetti che un confronto rivela. Nulla dice di altri archivi.",
    more_archives: |language, number| match number {
        1 => "e 1 altro archivio".to_owned(),
        number => format!("e altri {} archivi", language.count(number)),
    },
    ladder: "Significato dei livelli",
};
