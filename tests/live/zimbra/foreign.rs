//! The demonstration's mail server against a client that is not ours, so that it keeps to Zimbra's wire format.

use std::process::Command;

use super::*;
use crate::lab;
use crate::support::output;

/// Logs in, lists folders, reads a message's summary and its text, and meets a fault, in both forms.
const SCRIPT: &str = r#"
import json, sys
from pythonzimbra.communication import Communication
from pythonzimbra.tools import auth

address, account, admin, password, message = sys.argv[1:]
url, admin_url = address + "/service/soap", address + "/service/admin/soap"


def ask(form, token, name, content, url=url, namespace="urn:zimbraMail"):
    communication = Communication(url)
    request = communication.gen_request(request_type=form, token=token)
    request.add_request(name + "Request", content, namespace)
    response = communication.send_request(request)
    if response.is_fault():
        return {"fault": response.get_fault_code(), "text": response.get_fault_message()}
    return response.get_response()[name + "Response"]


def listed(value):
    return value if isinstance(value, list) else [value]


def plain(value):
    # Of a list with one element this client makes the element, and goes no deeper.
    return value["_content"] if isinstance(value, dict) else value


def folders(folder):
    yield [int(folder["id"]), folder["absFolderPath"], int(folder["n"])]
    for below in listed(folder.get("folder", [])):
        yield from folders(below)


told = {}
for form in ["xml", "json"]:
    token = plain(auth.authenticate(url, account, password, use_password=True, request_type=form))
    assert token, form
    tree = listed(ask(form, token, "GetFolder", {})["folder"])[0]
    summary = listed(ask(form, token, "GetMsgMetadata", {"m": {"ids": message}})["m"])[0]
    whole = listed(ask(form, token, "GetMsg", {"m": {"id": message, "raw": "1"}})["m"])[0]
    content = whole["content"]
    master = plain(auth.authenticate(admin_url, admin, password, admin_auth=True, request_type=form))
    assert master, form
    found = ask(form, master, "SearchDirectory", {"limit": "1", "types": "accounts"}, admin_url, "urn:zimbraAdmin")
    lent = ask(form, master, "DelegateAuth", {"account": {"by": "name", "_content": account}}, admin_url, "urn:zimbraAdmin")
    told[form] = {
        "folders": list(folders(tree)),
        "summary": {key: int(summary[key]) for key in ["id", "l", "s", "d", "ms", "rev"]},
        "text": plain(content),
        "fault": ask(form, token, "GetMsgMetadata", {"m": {"ids": "1"}})["fault"],
        "stranger": auth.authenticate(url, account, "wrong", use_password=True, request_type=form),
        "expired": ask(form, "0_nonsense", "GetFolder", {})["fault"],
        "account": listed(found["account"])[0]["name"],
        "more": found["more"] in (True, "1"),
        "lent": len(ask(form, plain(lent["authToken"]), "GetFolder", {})["folder"]) > 0,
    }
print(json.dumps(told))
"#;

#[test]
#[ignore = "needs python-zimbra: tests/run installs it"]
fn python_zimbra_sees_what_ours_sees() {
    let mut anna = account(ANNA, 30);
    // In this form a server gives a message's text only where it is ASCII and short.
    let text = "Subject: <prova> & \"prova\"\r\n\r\nRiga uno\r\n\tRiga due ]]>\r\n";
    anna.items.push(Item { modified: (9001, 9000), ..Item::message(9000, 2, "<prova>", text) });
    let scene = Scene::of([(ANNA, &anna)]);
    let python = lab::folder().join("python-zimbra/bin/python");
    assert!(python.is_file(), "{} is missing: tests/run installs it", python.display());
    let (server, mailbox) = (&scene.server, scene.anna());
    let told = output(Command::new(python).args([
        "-I",
        "-c",
        SCRIPT,
        server.address(),
        ANNA,
        server.admin(),
        server.password(),
        "9000",
    ]));
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();

    let own = mailbox.folders().unwrap().into_iter().filter(|folder| folder.kind == ItemKind::Folder);
    let own: Vec<_> = own.map(|folder| serde_json::json!([folder.id.0, folder.path, folder.items])).collect();
    let Presence::Message(live) = look(&mailbox, &[9000]).unwrap()[0].1 else { panic!() };
    for form in ["xml", "json"] {
        let told = &told[form];
        let mut folders = told["folders"].as_array().unwrap().clone();
        let mut own = own.clone();
        let number = |folder: &serde_json::Value| folder[0].as_u64();
        folders.sort_by_key(number);
        own.sort_by_key(number);
        assert_eq!(folders, own, "{form}");
        let summary = serde_json::json!({
            "id": live.id.0, "l": live.folder.0, "s": live.size, "d": live.date * 1000,
            "ms": live.mod_metadata, "rev": live.mod_content,
        });
        assert_eq!(told["summary"], summary, "{form}");
        assert_eq!(told["text"], text, "{form}");
        assert_eq!(told["fault"], "mail.NO_SUCH_MSG", "{form}");
        assert_eq!(told["expired"], "service.AUTH_EXPIRED", "{form}");
        assert_eq!(
            (&told["stranger"], &told["account"]),
            (&serde_json::Value::Null, &serde_json::json!(ANNA)),
            "{form}"
        );
        assert_eq!((&told["more"], &told["lent"]), (&true.into(), &true.into()), "{form}");
    }
}
