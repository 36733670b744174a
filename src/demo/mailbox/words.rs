//! What the messages say. `{}` is filled with another of the list's words.

/// A language with everything a message in it needs.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    pub subjects: &'static [&'static str],
    pub greetings: &'static [&'static str],
    pub sentences: &'static [&'static str],
    pub things: &'static [&'static str],
    pub closings: &'static [&'static str],
}

pub const ITALIAN: Language = Language {
    subjects: &[
        "Preventivo per {}",
        "Domani alle nove: {}",
        "Novità su {}",
        "Verbale della riunione",
        "Perché manca {}?",
        "Fattura di novembre",
        "Ferie di Natale",
        "Re: {}",
    ],
    greetings: &["Ciao,", "Buongiorno,", "Gentile collega,", "Cara Anna,", "Salve a tutti,"],
    sentences: &[
        "ti mando in allegato {} che avevamo promesso al cliente.",
        "Giovedì mattina l'ufficio resta chiuso, quindi conviene sentirci prima per {}.",
        "Ho riletto {} e secondo me la seconda pagina va accorciata.",
        "Il fornitore consegna {} entro la fine del mese, salvo imprevisti.",
        "Potresti controllare se {} è già stato registrato?",
        "La sala grande è libera dalle undici, così possiamo parlare con calma di {}.",
        "Per {} manca ancora la firma della direzione.",
        "Non c'è fretta, ma vorrei chiudere {} prima di venerdì.",
        "Il magazzino ha trovato due scatole in più e nessuno sa da dove vengano.",
        "Grazie ancora per l'aiuto di ieri: senza di voi {} sarebbe ancora lì.",
        "Il treno delle sette era in ritardo, perciò ho letto tutto {} durante il viaggio.",
        "Se qualcuno ha già {}, lo metta per favore nella cartella comune.",
    ],
    things: &[
        "il contratto",
        "il nuovo listino",
        "la bozza del catalogo",
        "l'ordine delle sedie",
        "il bilancio",
        "la relazione tecnica",
        "il calendario dei turni",
        "la traduzione del manuale",
        "l'elenco degli invitati",
        "il modulo per le trasferte",
    ],
    closings: &["A presto", "Cordiali saluti", "Buona giornata", "Un caro saluto", "Grazie e a lunedì"],
};

pub const ENGLISH: Language = Language {
    subjects: &[
        "Quote for {}",
        "Tomorrow at nine: {}",
        "Where we stand with {}",
        "Minutes of Tuesday",
        "Who has {}?",
        "November invoice",
        "Office closed on the 8th",
        "Re: {}",
    ],
    greetings: &["Hello,", "Good morning,", "Dear colleague,", "Hi Paul,", "Dear all,"],
    sentences: &[
        "please find attached {} that we promised last week.",
        "The lift is being repaired on Thursday, so bring {} up before noon.",
        "I went through {} twice and the sums on page three still differ.",
        "Our supplier can send {} by the end of the month at the earliest.",
        "Would you check whether {} was ever signed?",
        "The large room is free from eleven, which leaves us an hour for {}.",
        "Nobody has touched {} since the summer, as far as I can see.",
        "There is no hurry, though I would like to be done with {} before Friday.",
        "Two more boxes turned up in the storeroom and no one knows whose they are.",
        "Thanks again for yesterday: without you {} would still be on my desk.",
        "My train was late, so I read all of {} on the way.",
        "If anyone already has {}, please put it into the shared folder.",
    ],
    things: &[
        "the contract",
        "the new price list",
        "the draft of the catalogue",
        "the order for the chairs",
        "the budget",
        "the technical report",
        "the rota",
        "the translation of the manual",
        "the guest list",
        "the travel form",
    ],
    closings: &["See you soon", "Kind regards", "Have a good day", "All the best", "Thanks, until Monday"],
};
