//! What the operational guide says in Italian.

use super::many;
use crate::report::language::guide::{Custody, Guide, People, Restoring, Testing};
use crate::verdict::Outcome;

pub(super) const GUIDE: Guide = Guide {
    title: "Guida operativa: ripristino della posta",
    subtitle: |when| format!("Situazione al {when}"),
    foot: |version, when| {
        format!(
            "Redatta da mailproof {version}, {when}, dalle policy e dalle registrazioni delle esecuzioni. Tutti gli orari sono UTC."
        )
    },
    state: "Situazione",
    broken: "Le registrazioni non sono affidabili. Quanto segue è ciò che dichiarano, e non dimostra nulla.",
    never_tested: "Nessuna registrazione riporta una prova: non è mai stato dimostrato che da qui si possa ripristinare qualcosa.",
    all_passed: "L'ultima esecuzione di ogni verifica ha dimostrato tutto ciò che la sua policy richiede.",
    untested: "L'ultima esecuzione di ogni verifica ha dimostrato tutto ciò che la sua policy richiede, ma con alcune policy nulla è mai stato verificato: vedi sotto.",
    amiss: |outcome| match outcome {
        Outcome::Failed => "L'ultima esecuzione di almeno una verifica ha trovato difetti.",
        _ => "L'ultima esecuzione di almeno una verifica non ha potuto esaminare tutto.",
    },
    take_proven: "Ripristinare dagli archivi indicati sotto come dimostrati, non semplicemente dal più recente.",
    nothing_proven: [
        "Nessun archivio dimostrato",
        "Di nessun archivio è dimostrato che si apra e che sia completo. Cercarne uno che lo sia: il primo comando elenca tutti gli archivi, il secondo ne dimostra uno; cominciare dal più recente tra quelli anteriori a quelli sotto.",
    ],
    newest: "Archivio dimostrato più recente",
    proven: |language, archive, rung, means, when, days| {
        let age = match days {
            0 => "meno di un giorno".to_owned(),
            days => many(language, days, "giorno", "giorni"),
        };
        format!("{archive} – {rung}: {means}; dimostrato il {when}, {age} prima di questa guida")
    },
    last_passed: "Ultima esecuzione positiva",
    task: |kind, policy| policy.map_or(kind.to_owned(), |policy| format!("{kind}, {policy}")),
    run: |task, when, record| format!("{task}: {when} (registrazione n. {record})"),
    never_passed: |task| format!("{task}: mai"),
    in_part: "Ripristini che non hanno restituito tutto",
    stated: |said| format!("dichiarato, non dimostrato: {said}"),
    failing: "Non positiva da",
    failing_run: |task, since, last, record, outcome, found| {
        format!("{task}: dal {since}; ultima {last} (registrazione n. {record}): {outcome}{found}")
    },
    unread: |language, records| {
        many(language, records, "registrazione illeggibile", "registrazioni illeggibili")
    },
    sources: "Da dove ripristinare: per ogni casella l'archivio dimostrato più recente, il più nuovo per primo",
    source_columns: ["Archivio", "Creato", "Dimostrato fino a", "Dimostrato il", "Caselle", "Nota"],
    more_sources: |language, number| {
        format!(
            "e {}; `mailproof history` li elenca tutti, con --account quelli di una casella",
            many(language, number, "altro archivio", "altri archivi")
        )
    },
    accounts_unknown: "non elencate: nessuno ha guardato dentro",
    accounts: |language, names, more| match more {
        0 => names.to_owned(),
        more => format!("{names} e altre {}", language.count(more)),
    },
    increment: "contiene solo ciò che è cambiato: ripristinare prima l'archivio completo",
    baseless: "contiene solo ciò che è cambiato, e nessun archivio completo precedente è dimostrato",
    partial: "dimostrato solo per le caselle indicate qui, non per altre che contiene",
    differs: "i messaggi campionati non erano uguali a quelli delle caselle in linea",
    looked_again: |when| format!("riesaminato il {when}, senza esito"),
    without: "Caselle senza archivio dimostrato",
    all_of: |store| format!("tutte le caselle in {store}"),
    newer: "Più recenti, non dimostrati",
    unproven: |archive, outcome, reason, when| format!("{archive}: {outcome}{reason} ({when})"),
    more: |language, number| format!("e altri {}", language.count(number)),
    veiled: [
        "Pseudonimi",
        "Nelle registrazioni gli indirizzi sono sostituiti da pseudonimi (p-…). Nei comandi i nomi di archivi che ne contengono uno, e delle caselle, sono scritti in maiuscolo; `mailproof list` e `mailproof show` dicono quelli veri.",
    ],
    people: PEOPLE,
    restoring: RESTORING,
    keys: KEYS,
    testing: TESTING,
};

const PEOPLE: People = People {
    title: "Chi chiamare",
    order: "In quest'ordine",
    nobody: "Le policy non indicano nessuno (`[runbook]` contacts). Compilare a mano, oggi e non quella notte:",
    roles: ["Backup", "Server di posta", "Custode della chiave", "Chi decide"],
    blanks: ["Nome", "Telefono, giorno e notte"],
    notes: "Da sapere",
    decide: "Decidere prima",
    decisions: ["Prima di ripristinare qualunque cosa", "Se", "Allora"],
    rows: [
        [
            "qualcuno può essere ancora nei sistemi",
            "ripristinare su una macchina pulita, non su quella vecchia; lasciare i vecchi dischi come sono",
        ],
        [
            "l'archivio è indicato come dimostrato",
            "ripristinarlo; tornano solo i messaggi con l'impronta che il backup dichiara",
        ],
        [
            "l'archivio non è dimostrato",
            "prima l'ultimo dimostrato, questo in una cartella a parte; il ripristino restituisce ciò che è sano e nomina il resto",
        ],
        [
            "i messaggi campionati differiscono dalle caselle in linea",
            "fermarsi: capire quale lato è stato alterato prima di sovrapporre qualcosa",
        ],
        [
            "lo store non risponde",
            "prendere lo stesso archivio da un secondo store, o da qualunque altra copia: vedi Preparare",
        ],
        [
            "nessuna chiave apre",
            "provare le copie della chiave (vedi Chiavi); senza la chiave nessuno può aprire l'archivio",
        ],
        [
            "mancano solo pochi messaggi",
            "ripristinare quelli in una cartella a parte, non tutta la casella sopra quella in linea",
        ],
    ],
    codes: ["Codici di uscita di mailproof", "Codice", "Per un ripristino"],
    code_rows: [
        ["0", "è tornato tutto ciò che era richiesto, e l'archivio è completo"],
        ["2", "la riga di comando o la policy è sbagliata; non è stato fatto nulla"],
        ["10", "qualcosa non è tornato, o l'archivio è danneggiato: ciò che è sano c'è, il resto è nominato"],
        [
            "20",
            "nulla corrisponde, o il lavoro non era possibile: nessuna chiave, nessuno store, disco pieno",
        ],
        ["130", "interrotto; eseguire di nuovo, ciò che c'è resta"],
    ],
    upkeep: "Questa guida",
    upkeep_intro: "Vale alla sua data: farla riscrivere dopo ogni notte, stamparla, e tenerne copia dove si trova anche se questa macchina non c'è più, insieme alle policy e a mailproof stesso. Se le registrazioni sono state alterate:",
    sources: ["Registrazioni", "Policy"],
    readers: ["Letta", "Provata"],
    reader_blanks: ["Nome", "Data", "Firma"],
};

const RESTORING: Restoring = Restoring {
    prepare: "Preparare",
    prepare_intro: "Su una macchina con mailproof (nel PATH), le policy e la chiave, e spazio per la posta. Tutti i comandi si danno nella cartella in cui questo crea `restored`; ciò che torna è in chiaro, perciò lo legge solo il proprietario:",
    prepare_then: "Lo store risponde, la chiave apre, e che cosa c'è nell'archivio (caselle, cartelle)?",
    placeholder: "Nessun archivio è noto per nome: `mailproof list` mostra quali ci sono.",
    replace: |words| {
        format!(
            "Da sostituire, lasciando gli apici intorno: {words}. Un apostrofo tra gli apici si scrive '\\''."
        )
    },
    keyless: "Nessuna policy indica una chiave: al posto di KEY-FILE scrivere dove si trova (vedi Chiavi). Se gli archivi non sono cifrati, ometterla.",
    away: "Se lo store non risponde: va bene lo stesso archivio da altrove, come file sotto qualunque nome o da un secondo store.",
    example: |account| match account {
        Some(account) => format!(
            "Scritto per {account}. Per un'altra casella mettere nei comandi il suo indirizzo e il suo archivio, entrambi nella tabella sopra. Se la casella è in più archivi, prenderli tutti, dal più vecchio."
        ),
        None => "ADDRESS è la casella: `mailproof show` elenca quelle di un archivio.".to_owned(),
    },
    titles: [
        "Ripristinare un messaggio",
        "Ripristinare una cartella",
        "Ripristinare una casella",
        "Ripristinare tutto",
    ],
    intros: [
        "Con ciò che se ne sa (valgono tutte le parole insieme), o con il suo Message-ID:",
        "Con le sottocartelle; il percorso è quello che `mailproof show --folders` elenca:",
        "Ciò che c'è già resta, perciò un ripristino in una Maildir o in un server di posta che è stato interrotto si esegue di nuovo:",
        "Un comando per ogni archivio, in quest'ordine; le caselle urgenti si possono ripristinare prima, da sole:",
    ],
    maildir: "Per guardare (Maildir):",
    tgz: "Per l'importazione di Zimbra (tgz; un file che c'è già non viene sovrascritto: eliminarlo, o indicarne un altro):",
    import: "Poi portare il file sul server di posta, dove l'account deve esistere, e come utente zimbra, che deve poterlo leggere:",
    import_all: "Poi creare domini e account sul server di posta (`zmprov cd`, `zmprov ca`), portarvi `restored`, darlo all'utente zimbra (`chown -R zimbra: restored`), e come quell'utente:",
    server: "Direttamente nel server di posta, in una cartella a parte (`Restored`; senza, tutto torna dov'era):",
    several: "Questi archivi vanno insieme: prima quello completo, poi ciò che è cambiato.",
    more: |language, number| {
        format!("e lo stesso per {}", many(language, number, "altro archivio", "altri archivi"))
    },
    one_by_one: "In un server di posta si ripristina una casella alla volta: vedi sopra.",
    after: "Controllare dopo",
    checks: [
        [
            "La prima riga del resoconto",
            "RESTORED e codice 0; con 10 il resoconto nomina ogni messaggio che non è tornato",
        ],
        ["I conteggi", "cartelle e messaggi del resoconto a confronto con `mailproof show --folders`"],
        [
            "A occhio",
            "il messaggio più nuovo e il più vecchio, uno con allegato, un contatto e un appuntamento; chiedere a chi usa la casella",
        ],
        [
            "Ciò che è più recente dell'archivio",
            "non vi è contenuto: cercarlo sul vecchio server, nelle sue code e presso chi ha scritto",
        ],
        [
            "Pulire",
            "eliminare `restored/` quando non serve più, e conservare la registrazione che il ripristino ha lasciato",
        ],
    ],
    by_hand: "Senza mailproof",
    by_hand_intro: "Con age, zstd e tar (e aws o un altro client dello store). Se uno di essi segnala un errore, manca qualcosa. Su questa via nulla controlla la posta, tranne l'ultimo comando, se l'archivio ha un proprio elenco:",
    by_hand_login: |file| {
        format!(
            "L'accesso allo store è in {file}: mettere i due valori in AWS_ACCESS_KEY_ID e AWS_SECRET_ACCESS_KEY."
        )
    },
    by_hand_passphrase: |file| format!("age chiede la passphrase: è in {file}."),
    layers_unknown: "Nessuna registrazione dice com'è fatto questo archivio; questa è la via usuale (cifrato con age, compresso con zstd).",
    by_hand_then: "Le esportazioni di caselle (X.tgz) che contiene vanno in Zimbra come sopra, con `zmmailbox postRestURL`.",
};

const KEYS: Custody = Custody {
    title: "Chiavi",
    lost: [
        "Senza la chiave",
        "ogni archivio cifrato per essa è perduto per sempre; nessuno può recuperarlo. Le copie stanno fuori da questa macchina e dal server di posta, in due luoghi, ciascuno noto a due persone.",
    ],
    opens: |policy| format!("Apre gli archivi di {policy}"),
    credential: |name| {
        format!("{name} (credenziale di systemd: LoadCredential= dell'unità dice dove si trova)")
    },
    passphrase: |file| format!("passphrase in {file}"),
    plugin: |name| format!("richiede il programma age-plugin-{name} e il suo dispositivo"),
    none: "la policy non indica nessuna chiave: si dà a mano (`--identity FILE`); bisogna sapere dove si trova",
    recipients: |kinds| format!("gli archivi dichiarano destinatari del tipo {kinds}"),
    opened: |archive, when, record| format!("ha aperto {archive} il {when} (registrazione n. {record})"),
    never_opened: "nessuna registrazione dice che abbia mai aperto un archivio",
    others: "Altri accessi, che si possono sostituire",
    purposes: ["store", "server di posta", "firma delle registrazioni"],
    copies: "Dove sono le copie delle chiavi, da scrivere a mano:",
    blanks: ["Copia presso", "Tenuta da", "Provata il"],
    key_of: |file| format!("Chiave {file}"),
};

const TESTING: Testing = Testing {
    measured: "Quanto tempo ci vuole, quanto si perde",
    never: "RTO e RPO non sono mai stati misurati: nessuna prova di ripristino è registrata (`mailproof rehearse`).",
    rehearsal: |when, record, outcome| {
        format!("Prova di ripristino del {when} (registrazione n. {record}, esito: {outcome})")
    },
    rto: |measured, target| format!("tempo di ripristino (RTO): {measured}, obiettivo {target}"),
    rpo: |measured, target| format!("posta che andrebbe persa (RPO): {measured}, obiettivo {target}"),
    unknown: ["non misurato", "nessuno"],
    came_back: |rate| format!("scritta e riletta a {rate}/s"),
    estimate: "Tutto (una stima, non una misura)",
    estimated_then: |time| format!("{time}, come stimato dalla prova sulla sua parte"),
    reading_takes: |language, time, bytes, rate, archives| {
        format!(
            "{time} per la sola lettura: {bytes} in {} a {rate}/s, la velocità dell'ultima verifica; la scrittura si aggiunge",
            many(language, archives, "archivio", "archivi")
        )
    },
    no_estimate: "nessuna: nessuna registrazione dichiara sia la dimensione sia una velocità",
    schedule: "Che cosa si prova e quando",
    tasks: ["Che cosa è stato eseguito", "Attività", "Esecuzioni", "Ultima", "Esito"],
    runs: |language, runs, passed| {
        format!("{}, di cui positive {}", language.count(runs), language.count(passed))
    },
    not_run: "Mai eseguite, per quanto dicono le registrazioni",
    asks: "Richiesto",
    asked: |policy, rung, rpo, rto| {
        let rpo = rpo.map_or(String::new(), |rpo| format!(", archivi vecchi al più {rpo}"));
        let rto = rto.map_or(String::new(), |rto| format!(", ripristino entro {rto}"));
        format!("{policy}: {rung}{rpo}{rto}")
    },
    timers: "La prossima esecuzione è decisa fuori da mailproof; guardare sulla macchina che lo esegue:",
    due: "Prossime scadenze",
    due_until: |what, until| format!("{what}: vale fino al {until}"),
    nothing_due: "nessun requisito ha risposta in una registrazione con una data (`mailproof evidence gaps`)",
};
