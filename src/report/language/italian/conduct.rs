//! What reports say in Italian of the course, of what was found, of how it was done, and of who signs.

use super::many;
use crate::policy::Damage;
use crate::report::language::conduct::{Attest, Conduct, Course, Finds};

pub(super) const COURSE: Course = Course {
    title: "Andamento",
    throughput: "Velocità di lettura delle verifiche",
    rto: "Durata dei ripristini di prova",
    findings: "Errori e avvisi di ogni esecuzione",
    told: |language, runs, least, most, last| {
        format!("{}: da {least} a {most}, ultima {last}.", many(language, runs, "esecuzione", "esecuzioni"))
    },
    target: |language, target, over| {
        let over = match over {
            0 => "nessuna lo supera".to_owned(),
            1 => "1 esecuzione lo supera".to_owned(),
            over => format!("{} esecuzioni lo superano", language.count(over)),
        };
        format!("Obiettivo {target} (linea tratteggiata): {over}.")
    },
    too_few: "Le esecuzioni sono troppo poche per mostrare un andamento.",
    per_second: |size| format!("{size}/s"),
};

pub(super) const FOUND: Finds = Finds {
    title: "Rilievi",
    none: "Nessun rilievo.",
    told: |language, times, archives, runs, last| {
        let archives = match archives {
            0 => String::new(),
            archives => format!(" in {}", many(language, archives, "archivio", "archivi")),
        };
        format!(
            "{}{archives}, in {}; l'ultima nella {last}.",
            many(language, times, "volta", "volte"),
            many(language, runs, "esecuzione", "esecuzioni")
        )
    },
    gone: "L'ultima esecuzione non lo rileva più.",
    remedy: "Rimedio (in inglese)",
    more: |language, number| match number {
        1 => "e 1 altro tipo, meno grave o più raro".to_owned(),
        number => format!("e altri {} tipi, meno gravi o più rari", language.count(number)),
    },
    more_about: "Per ogni tipo docs/findings.md (in inglese) spiega che cosa significa, come nasce e che cosa fare. Ogni singolo rilievo si trova nella registrazione.",
    deviations: "Scostamenti",
    deviations_intro: "Ciò che è fallito o che non si è potuto esaminare. Responsabile e scadenza sono quelli delle azioni correttive (`mailproof evidence action open`); ciò che è vuoto si compila a mano.",
    no_deviation: "Non ce ne sono.",
    record: |_, number| format!("registrazione n. {number}"),
    what: "Che cosa",
    observed: "Che cosa si è visto",
    owner: "Responsabile",
    due: "Scadenza",
    counts: |language, serious, excluded| {
        format!("errori e avvisi: {}; esclusi: {}", language.count(serious), language.count(excluded))
    },
    more_deviations: |language, number| match number {
        1 => "e 1 altro scostamento".to_owned(),
        number => format!("e altri {} scostamenti", language.count(number)),
    },
    closed: |_, number| format!("fatto, si veda la registrazione n. {number}"),
    unreadable: |why| format!("non è leggibile: {why}"),
};

pub(super) const CONDUCT: Conduct = Conduct {
    scope: "Ambito",
    tasks: "Esecuzioni per tipo e policy",
    task: "Attività",
    runs: "Esecuzioni",
    ended: |language, passed, not_verified, failed| {
        format!(
            "positive {}, non verificate {}, negative {}",
            language.count(passed),
            language.count(not_verified),
            language.count(failed)
        )
    },
    last: "Ultima",
    reach: "Ambito dell'ultima",
    reached: |language, archives, accounts, messages| {
        let parts = [
            archives.map(|number| many(language, number, "archivio", "archivi")),
            accounts.map(|number| many(language, number, "casella", "caselle")),
            messages.map(|number| many(language, number, "messaggio", "messaggi")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "non dichiarato".to_owned() } else { parts.join(", ") }
    },
    no_policy: "senza policy",
    excluded: "Esclusi o non raggiunti",
    why: "Perché",
    in_runs: "Esecuzioni",
    nothing_excluded: "Le registrazioni non dichiarano esclusioni.",
    more_excluded: |language, number| match number {
        1 => "e 1 altro, che si trova nelle registrazioni".to_owned(),
        number => format!("e altri {}, che si trovano nelle registrazioni", language.count(number)),
    },
    sampling: "Campionamento",
    draws: "Campioni estratti, dal più recente",
    method: "Metodo",
    drawn: |language, population, wanted, compared| {
        format!(
            "estratti {} su {}, {} a confronto",
            language.count(wanted),
            many(language, population, "messaggio", "messaggi"),
            language.count(compared)
        )
    },
    size: "Dimensione",
    seed: "Seme",
    no_seed: "nessuno, presi tutti",
    redraw: "Chi ha l'archivio, la sua chiave e il seme estrae di nuovo gli stessi messaggi: `mailproof verify --seed SEME`.",
    no_sample: "Non è stato estratto alcun campione.",
    objectives: "Obiettivi e misure",
    rto: "Tempo di ripristino (RTO)",
    rpo: "Posta che andrebbe persa (RPO)",
    measured: |measured, target| format!("{measured}, obiettivo {target}"),
    not_measured: "non misurato",
    no_target: "nessuno",
    environment: "Ambiente, persone e versioni",
    store: "Archiviazione dei backup",
    live: "Server di posta in linea",
    restored_to: "Ripristinato in",
    host: "Macchina",
    operator: "Eseguito da",
    version: "Versione",
    policy: "Policy",
    digest: |file, digest| format!("{file} (BLAKE3 {digest})"),
    ran: "Dal – al",
    not_stated: "non dichiarato",
    controls: "Controlli negativi",
    no_controls: "Le registrazioni non ne dichiarano: nessuno ha danneggiato apposta una copia per vedere se la prova se ne accorge.",
    controlled: |language, runs, tried, found| {
        format!(
            "Una prova che non può fallire non prova nulla. In {} sono state danneggiate apposta delle copie: {} danni su {} sono stati trovati.",
            many(language, runs, "esecuzione", "esecuzioni"),
            language.count(found),
            language.count(tried)
        )
    },
    missed: "Un danno fatto apposta non è stato trovato. Di ciò che queste esecuzioni provano non ci si può fidare.",
    damaged: |archive, when| format!("Copie di {archive}, danneggiate il {when}"),
    control: ["Danno", "Dove", "Trovato come"],
    damage: |damage| match damage {
        Damage::FlippedBit => "un bit memorizzato invertito",
        Damage::CutEnd => "la fine tagliata",
        Damage::LostBlock => "un blocco mancante",
        Damage::DoubledBlock => "un blocco ripetuto",
        Damage::SwappedBlocks => "due blocchi scambiati",
        Damage::AlteredContent => "un bit di un file invertito, dietro la cifratura",
        Damage::LostMember => "un file mancante, dietro la cifratura",
    },
    at_byte: |language, at| format!("byte {}", language.count(at)),
    not_found: "non trovato",
    not_tried: "non è stato possibile provarlo",
};

pub(super) const ATTEST: Attest = Attest {
    title: "Dove verificare",
    intro: "Questo rapporto non è di per sé una prova: lo sono le registrazioni. Procurarsi la chiave pubblica per altra via e controllarle:",
    folder: "Registrazioni",
    head: "Testa della catena, da annotare",
    no_head: "nessuna: la catena non regge",
    keys: "Firmate con",
    key: |_, key, first, last| format!("{key} (registrazioni da {first} a {last})"),
    no_key: "nessuna chiave",
    stamps: "Marche temporali",
    stamped: |language, stamped, missing, without, vouched| {
        let of = many(language, stamped, "registrazione ha una marca", "registrazioni hanno una marca");
        let by = if vouched {
            "dell'autorità indicata"
        } else {
            "di un'autorità per la quale qui nessuno garantisce (--timestamp-ca)"
        };
        let missing = match missing {
            0 => String::new(),
            missing => format!("; senza, benché richiesta: {}", language.count(missing)),
        };
        let without = match without {
            0 => String::new(),
            without => format!(
                "; per {} non era richiesta",
                many(language, without, "registrazione", "registrazioni")
            ),
        };
        format!("{of} {by}{missing}{without}")
    },
    warnings: "Avvisi del controllo (in inglese)",
    records: "Controllate",
    record: "Registrazione di questa esecuzione",
    signed: "Approvazioni finora",
    signed_columns: ["Registrazione", "Di chi", "Quando", "Che cosa è stato detto"],
    more_signed: |language, number| match number {
        1 => "e 1 altra approvazione".to_owned(),
        number => format!("e altre {} approvazioni", language.count(number)),
    },
    sign_off: "Firme",
    sign_off_intro: "Chi firma ha letto questo rapporto, con il suo ambito e i suoi scostamenti.",
    roles: ["Eseguito", "Riesaminato", "Approvato"],
    blanks: ["Nome", "Data", "Firma"],
};
