//! What a server can do wrong, each told apart.

use mailproof::demo::live::{Fault as Spoil, Operation};
use mailproof::live::Fault;

use super::*;

const FOLDERS: Operation = Operation::Soap("GetFolderRequest");
const SUMMARIES: Operation = Operation::Soap("GetMsgMetadataRequest");

/// Anna's first message.
fn first() -> u32 {
    messages(&account(ANNA, 5))[0].id
}

/// What becomes of the question for folders.
fn folders_with(spoil: Spoil) -> Fault {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    scene.server.inject(FOLDERS, spoil, 9);
    mailbox.folders().unwrap_err().fault
}

/// What becomes of the question for a body.
fn body_with(spoil: Spoil) -> (Result<Delivery, LiveError>, Kept) {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    scene.server.inject(Operation::Rest, spoil, 9);
    body(&mailbox, first())
}

fn calls(scene: &Scene, call: &str) -> usize {
    scene.server.seen().iter().filter(|seen| seen.call == call).count()
}

#[test]
fn wrong_credentials_are_refused() {
    let scene = Scene::new(5);
    let wrong = || SecretString::from("hunter2");
    for error in [
        scene.client().mailbox(ANNA, wrong()).unwrap_err(),
        scene.client().mailbox("nobody@example.org", scene.password()).unwrap_err(),
        scene.client().administrator(scene.server.admin(), wrong()).unwrap_err(),
        scene.client().administrator(ANNA, scene.password()).unwrap_err(),
    ] {
        assert!(matches!(error.fault, Fault::Refused { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let unset = Settings { administrators: None, ..scene.settings() };
    let error = scene.client_with(&unset).unwrap().administrator("a", wrong()).unwrap_err();
    assert!(matches!(error.fault, Fault::Address { .. }), "{error}");
}

#[test]
fn soap_s_faults_are_told_apart() {
    assert_eq!(folders_with(Spoil::Soap("mail.MAINTENANCE")), Fault::Maintenance);
    assert_eq!(folders_with(Spoil::Soap("account.NO_SUCH_ACCOUNT")), Fault::NoSuchAccount);
    assert!(matches!(folders_with(Spoil::Soap("service.PERM_DENIED")), Fault::NoRights { .. }));
    assert!(matches!(folders_with(Spoil::Soap("service.FAILURE")), Fault::Denied { .. }));
    let host = Some("mail2.example.org".to_owned());
    assert_eq!(folders_with(Spoil::WrongHost("mail2.example.org".to_owned())), Fault::WrongHost { host });
    for status in [500, 502, 503] {
        assert!(matches!(folders_with(Spoil::Refuse(status)), Fault::Unavailable { .. }), "{status}");
    }
    assert!(matches!(folders_with(Spoil::Refuse(404)), Fault::Protocol { .. }));
}

#[test]
fn an_account_that_is_not_there_is_named() {
    let scene = Scene::new(5);
    let admin = scene.client().administrator(scene.server.admin(), scene.password()).unwrap();
    let error = admin.mailbox("nobody@example.org").unwrap_err();
    assert_eq!(error.fault, Fault::NoSuchAccount);
    assert!(error.to_string().contains("nobody@example.org"), "{error}");
}

#[test]
fn a_token_that_expired_is_renewed_once() {
    for operation in [FOLDERS, Operation::Rest] {
        let scene = Scene::new(5);
        let mailbox = scene.anna();
        scene.server.inject(operation, Spoil::Expired, 1);
        mailbox.folders().unwrap();
        body(&mailbox, first()).0.unwrap();
        assert_eq!(calls(&scene, "AuthRequest"), 2, "{operation:?}");
        scene.server.inject(operation, Spoil::Expired, 2);
        let errors = [mailbox.folders().err(), body(&mailbox, first()).0.err()];
        let [error] = errors.into_iter().flatten().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(error.fault, Fault::Expired);
    }
}

#[test]
fn a_borrowed_token_is_renewed_and_so_is_the_lender_s() {
    let scene = Scene::new(5);
    let admin = scene.client().administrator(scene.server.admin(), scene.password()).unwrap();
    let mailbox = admin.mailbox(ANNA).unwrap();
    scene.server.inject(Operation::Rest, Spoil::Expired, 1);
    scene.server.inject(Operation::Soap("DelegateAuthRequest"), Spoil::Expired, 1);
    body(&mailbox, first()).0.unwrap();
    assert_eq!((calls(&scene, "AuthRequest"), calls(&scene, "DelegateAuthRequest")), (2, 3));
}

#[test]
fn what_passes_is_tried_again_as_often_as_allowed() {
    let mut scene = Scene::new(5);
    scene.terms.retry = Retry::new(2);
    let mailbox = scene.anna();
    scene.server.inject(FOLDERS, Spoil::Refuse(503), 2);
    mailbox.folders().unwrap();
    scene.server.inject(FOLDERS, Spoil::Refuse(503), 3);
    let error = mailbox.folders().unwrap_err();
    assert!(matches!(error.fault, Fault::Unavailable { attempts: 3, .. }), "{error}");
    scene.server.inject(FOLDERS, Spoil::Soap("mail.MAINTENANCE"), 1);
    assert_eq!(mailbox.folders().unwrap_err().fault, Fault::Maintenance, "not tried again");
}

#[test]
fn statuses_of_bodies_are_told_apart() {
    let fault = |status| body_with(Spoil::Refuse(status)).0.unwrap_err().fault;
    assert_eq!(fault(401), Fault::Expired);
    assert!(matches!(fault(403), Fault::NoRights { .. }));
    assert!(matches!(fault(503), Fault::Unavailable { .. }));
    assert!(matches!(fault(418), Fault::Denied { .. }));
    assert_eq!(body_with(Spoil::Refuse(404)).0.unwrap(), Delivery::Withheld, "it is listed");
}

#[test]
fn a_mailbox_under_maintenance_is_not_taken_for_an_empty_one() {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    scene.server.inject(Operation::Rest, Spoil::Refuse(404), 1);
    scene.server.inject(SUMMARIES, Spoil::Soap("mail.MAINTENANCE"), 2);
    assert_eq!(body(&mailbox, first()).0.unwrap_err().fault, Fault::Maintenance);
    assert_eq!(look(&mailbox, &[first()]).unwrap_err().fault, Fault::Maintenance);
}

#[test]
fn a_login_is_taken_to_no_other_address() {
    let (scene, thief) = (Scene::new(5), Scene::new(5));
    let mailbox = scene.anna();
    for (operation, path) in [(FOLDERS, "/service/soap/"), (Operation::Rest, "/home/x/?id=257")] {
        let elsewhere = format!("{}{path}", thief.server.address());
        scene.server.inject(operation, Spoil::Redirect(elsewhere.clone()), 1);
        let error = match operation {
            Operation::Rest => body(&mailbox, first()).0.unwrap_err(),
            _ => mailbox.folders().unwrap_err(),
        };
        assert!(
            matches!(error.fault, Fault::Protocol { .. }) && error.to_string().contains(&elsewhere),
            "{error}"
        );
    }
    assert_eq!(thief.server.seen(), []);
}

#[test]
fn a_body_that_breaks_is_read_again_from_its_beginning() {
    let mut scene = Scene::new(5);
    scene.terms.retry = Retry::new(1);
    let mailbox = scene.anna();
    scene.server.inject(Operation::Rest, Spoil::Cut(100), 1);
    let (delivery, kept) = body(&mailbox, first());
    assert!(matches!(delivery.unwrap(), Delivery::Whole { .. }) && kept.began == 2);
    assert_eq!(Some(&kept.bytes), messages(&account(ANNA, 5))[0].body.as_ref());
}

#[test]
fn a_body_shorter_than_announced_is_never_whole() {
    let size = messages(&account(ANNA, 5))[0].size();
    for (spoil, came) in [(Spoil::Cut(100), 100), (Spoil::Cut(0), 0), (Spoil::Longer(1), size)] {
        let error = body_with(spoil).0.unwrap_err();
        let Fault::Unavailable { detail, .. } = &error.fault else { panic!("{error}") };
        assert!(detail.starts_with(&format!("the body ended after {came} of ")), "{detail}");
    }
}

#[test]
fn a_body_without_a_length_is_refused() {
    let (delivery, kept) = body_with(Spoil::NoLength);
    assert!(matches!(delivery.unwrap_err().fault, Fault::Protocol { .. }));
    assert_eq!(kept.began, 0);
}

#[test]
fn a_body_in_many_pieces_is_the_same() {
    let (delivery, kept) = body_with(Spoil::Pieces(7));
    assert!(matches!(delivery.unwrap(), Delivery::Whole { .. }));
    assert_eq!(Some(&kept.bytes), messages(&account(ANNA, 5))[0].body.as_ref());
}

#[test]
fn silence_ends_by_either_limit() {
    let short = Duration::from_millis(50);
    for by_total in [false, true] {
        let mut scene = Scene::new(5);
        let patience = &mut scene.terms.patience;
        *(if by_total { &mut patience.total } else { &mut patience.read }) = short;
        let mailbox = scene.anna();
        scene.server.inject(FOLDERS, Spoil::Stall(10), 1);
        scene.server.inject(Operation::Rest, Spoil::Stall(10), 1);
        let error = mailbox.folders().unwrap_err();
        assert!(matches!(error.fault, Fault::TimedOut { .. }), "{error}");
        let error = body(&mailbox, first()).0.unwrap_err();
        assert!(matches!(error.fault, Fault::TimedOut { .. }), "{error}");
    }
}

#[test]
fn the_run_s_end_ends_the_silence() {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    scene.server.inject(Operation::Rest, Spoil::Stall(10), 1);
    let end = |part: BodyPart<'_>| {
        if matches!(part, BodyPart::Bytes(_)) {
            scene.terms.cancel.cancel();
        }
    };
    let error = mailbox.body(ItemId(first()), &mut { end }).unwrap_err();
    assert_eq!(error.fault, Fault::Interrupted);
    assert_eq!(mailbox.folders().unwrap_err().fault, Fault::Interrupted);
}

#[test]
fn hostile_answers_are_errors() {
    let deep = format!("{{\"Body\":{{\"GetFolderResponse\":{}", "{\"folder\":[".repeat(1 << 20));
    let empty = |name: &str| {
        format!("{{\"Body\":{{\"{name}Response\":{{\"m\":[{{}}],\"folder\":7,\"token\":[]}}}}}}")
    };
    let answers = [
        "",
        "{",
        "[]",
        "null",
        "<html>",
        "\u{0}",
        &deep,
        &empty("GetFolder"),
        &empty("GetMsgMetadata"),
        &empty("Sync"),
    ];
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    for answer in answers {
        for call in ["GetFolderRequest", "GetMsgMetadataRequest", "SyncRequest", "AuthRequest"] {
            scene.server.inject(Operation::Soap(call), Spoil::Answer(answer.as_bytes().to_vec()), 1);
        }
        let errors = [
            mailbox.folders().unwrap_err(),
            look(&mailbox, &[first()]).unwrap_err(),
            mailbox.deleted(NonZero::<u32>::MIN, SyncMark::accepted()).unwrap_err(),
            scene.client().mailbox(ANNA, scene.password()).unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(error.fault, Fault::Protocol { .. }),
                "{}: {error}",
                &answer[..answer.len().min(60)]
            );
        }
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    scene.server.inject(SUMMARIES, Spoil::Answer(vec![b' '; 9 << 20]), 1);
    let error = look(&mailbox, &[first()]).unwrap_err();
    assert!(error.to_string().contains("more than 8388608 bytes"), "{error}");
}

#[test]
fn what_can_t_be_reached_or_trusted_is_told_apart() {
    let scene = Scene::new(5);
    let login = |settings: &Settings| {
        let client = scene.client_with(settings)?;
        client.mailbox(ANNA, scene.password()).map(|_| ())
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = Settings { users: format!("http://{closed}"), ..scene.settings() };
    let error = login(&gone).unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable { attempts: 1, .. }), "{error}");
    let plain = Settings { users: scene.server.address().replace("http:", "https:"), ..scene.settings() };
    let error = login(&plain).unwrap_err();
    assert!(matches!(error.fault, Fault::Tls { .. }), "{error}");
    let authority = Settings { ca_file: Some("/nonexistent/ca.pem".into()), ..scene.settings() };
    let error = login(&authority).unwrap_err();
    assert!(matches!(error.fault, Fault::Tls { .. }) && error.to_string().contains("ca.pem"), "{error}");
    let away = Settings { users: "http://mail.example.org".to_owned(), ..scene.settings() };
    assert!(matches!(login(&away).unwrap_err().fault, Fault::PlainText { .. }));
}
