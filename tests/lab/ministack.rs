//! ministack: a mock of Amazon's services with IAM, versions and Object Lock, from the Python index.

use super::keeper::Keeper;
use super::{S3Server, await_answer, exchange, folder, free_port};

/// The one region where buckets are made without naming it.
const REGION: &str = "us-east-1";

/// Allows everything to the lab's own user.
const ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// Starts the server and makes a user in it.
pub fn start() -> S3Server {
    let program = folder().join("ministack/bin/ministack");
    assert!(program.is_file(), "{} is missing: run ./tests/run, which installs ministack", program.display());
    let port = free_port();
    let keeper = Keeper::new("ministack", &[("MINISTACK", program.as_os_str())]);
    // What the environment says of AWS would become the server's own root key.
    keeper.start(&format!(
        "env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY TMPDIR=. AUTH=true SERVICES=s3,iam \
         BIND_HOST=127.0.0.1 GATEWAY_PORT={port} \"$MINISTACK\""
    ));
    await_answer(port, "/_ministack/ready", &["HTTP/1.1 200"], &keeper);
    let (access_key, secret_key) = make_user(port, "lab", ALL);
    S3Server {
        endpoint: format!("http://127.0.0.1:{port}"),
        region: REGION.to_owned(),
        access_key,
        secret_key,
        _keeper: keeper,
    }
}

/// Makes a user who may do what `policy` (IAM, JSON) says; access key and secret key.
///
/// `name` must be new: the server lives as long as the test binary.
pub fn user(name: &str, policy: &str) -> (String, String) {
    let (_, port) = super::ministack().endpoint.rsplit_once(':').expect("an endpoint has a port");
    make_user(port.parse().expect("a port"), name, policy)
}

fn make_user(port: u16, name: &str, policy: &str) -> (String, String) {
    iam(port, &format!("Action=CreateUser&UserName={name}"));
    let policy = percent(policy);
    iam(port, &format!("Action=PutUserPolicy&UserName={name}&PolicyName=lab&PolicyDocument={policy}"));
    let keys = iam(port, &format!("Action=CreateAccessKey&UserName={name}"));
    (element(&keys, "AccessKeyId"), element(&keys, "SecretAccessKey"))
}

/// One call of the IAM query API as root, whose signature ministack does not check.
fn iam(port: u16, form: &str) -> String {
    let head = format!(
        "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/iam/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let answer = exchange(port, &head, &format!("{form}&Version=2010-05-08")).expect("an answer from IAM");
    assert!(answer.starts_with("HTTP/1.1 200"), "{form}: {answer}");
    answer
}

/// The text of the only element `name`; IAM's answers have no attributes.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split('<').next().expect("split yields one piece at least").to_owned()
}

/// Percent-encodes all but letters and digits, for a form field.
fn percent(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
