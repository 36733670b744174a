//! Where archives are made by others, restored by hand, and verified.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{self, secret_file, tool};

/// What the shell that packs and restores knows: `$X` is the archive, `$ROOT` the folder around it.
const PREAMBLE: &str = r#"
set -euo pipefail
seal() { age -r "$RECIPIENT" > "$X"; }
files() { find . -type f ! -name MANIFEST.b3; }
manifest() { files | LC_ALL=C sort | tr '\n' '\0' | xargs -0 b3sum --; }
put_manifest() { manifest > "$ROOT/MANIFEST.b3"; mv "$ROOT/MANIFEST.b3" .; }
typed() { printf '%s\n%s\n' "$PASSPHRASE" "$PASSPHRASE" | script -qec "$1" /dev/null > "$ROOT/terminal"; }
"#;

const PASSPHRASE: &str = "correct horse battery staple";

/// Longest path that the format `v7` holds.
pub const V7: usize = 99;
/// Longest path that the format `ustar` holds, where it can be split.
pub const USTAR: usize = 255;
/// Longer than any path here.
pub const ANY: usize = 4096;

/// A folder of mail, a key, and one archive at a time.
pub struct Bench {
    root: TempDir,
    recipient: String,
    files: u64,
}

/// How an archive is opened, by mailproof and by hand.
#[derive(Clone, Copy)]
pub struct Way {
    /// What mailproof is told beside the archive's name.
    pub arguments: &'static [&'static str],
    /// Decrypts stdin.
    pub open: &'static str,
    /// Decompresses stdin.
    pub expand: &'static str,
    /// Compares the restored folder with the manifest.
    pub check: &'static str,
}

/// An age identity, zstd, and the manifest inside.
pub const USUAL: Way = Way {
    arguments: &["-i", "./key.txt"],
    open: r#"age -d -i "$ROOT/key.txt""#,
    expand: "zstd -dq --long=31",
    check: "b3sum --check --quiet MANIFEST.b3",
};

/// What mailproof said.
pub struct Verdict {
    code: Option<i32>,
    pub result: Value,
}

impl Bench {
    /// Writes the mail; paths are at most `longest` bytes long.
    pub fn new(longest: usize) -> Self {
        let root = support::folder();
        let key = String::from_utf8(support::output(&mut tool("age-keygen"))).unwrap();
        let recipient = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
        secret_file(root.path(), "key.txt", &key);
        secret_file(root.path(), "passphrase.txt", PASSPHRASE);
        let files = write_mail(&root.path().join("mail"), longest);
        Self { root, recipient, files }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs `script` in `folder`; a program that is missing fails the test, whatever else is expected.
    fn shell(&self, folder: &str, script: &str) -> Output {
        let output = tool("bash")
            .args(["-c", &format!("{PREAMBLE}{script}")])
            .current_dir(self.path(folder))
            .env("LC_ALL", "C.UTF-8")
            .env("SHELL", "/bin/bash")
            .env("ROOT", self.root.path())
            .env("X", self.path("x"))
            .env("RECIPIENT", &self.recipient)
            .env("PASSPHRASE", PASSPHRASE)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let missing = output.status.code() == Some(127) || said.contains("command not found");
        assert!(!missing, "{script}: {said}; install what the test says it needs");
        output
    }

    /// Makes the archive.
    pub fn pack(&self, script: &str) {
        let Output { status, stderr, .. } = self.shell("mail", script);
        assert!(status.success(), "{script} ended with {status}: {}", String::from_utf8_lossy(&stderr));
    }

    /// Makes the archive where nothing is left of the one before.
    pub fn pack_anew(&self, script: &str) {
        for left in ["x", "x.b3", "x.b3.age", "mail/MANIFEST.b3"] {
            let _ = fs::remove_file(self.path(left));
        }
        self.pack(script);
    }

    /// Restores by hand into a fresh folder and says whether everything was as the manifest states.
    ///
    /// Each step ends before the next begins: `tar -x` stops at the end marker, which breaks a pipe that still fills.
    pub fn restores(&self, way: &Way) -> Result<(), String> {
        let folder = self.path("restored");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        let Way { open, expand, check, .. } = way;
        let script = format!(
            r#"{{ {open}; }} < "$X" > ../opened; {expand} < ../opened > ../t; tar -xf ../t; {check}"#
        );
        let Output { status, stdout, stderr } = self.shell("restored", &script);
        let said = [stdout, stderr].concat();
        if status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) }
    }

    pub fn verify(&self, arguments: &[&str]) -> Verdict {
        let output = Command::new(env!("CARGO_BIN_EXE_mailproof"))
            .args(["verify", "--format", "json", "--records", "./records"])
            .args(arguments)
            .arg("./x")
            .current_dir(self.root.path())
            .env_remove("CREDENTIALS_DIRECTORY")
            .output()
            .unwrap();
        let result = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        Verdict { code: output.status.code(), result }
    }

    /// Makes an archive that mailproof must pass and that must be restored by hand.
    pub fn proves(&self, pack: &str, way: &Way) -> Verdict {
        self.pack_anew(pack);
        self.restores(way).unwrap_or_else(|said| panic!("{pack}: can't be restored by hand: {said}"));
        let verdict = self.verify(way.arguments);
        let archive = &verdict.result["archives"][0];
        let counts = (&archive["coverage"]["checked"], &archive["coverage"]["total"]);
        let files = Value::from(self.files);
        assert_eq!(verdict.told(), ("passed", 0), "{pack}: {archive:#}");
        assert_eq!((&archive["outcome"], &archive["rung"]), (&"passed".into(), &"complete".into()), "{pack}");
        assert_eq!(counts, (&files, &files), "{pack}: {archive:#}");
        assert_eq!(verdict.found(), [""; 0], "{pack}: {archive:#}");
        verdict
    }
}

impl Verdict {
    /// The kinds of findings.
    pub fn found(&self) -> Vec<&str> {
        let counts = self.result["archives"][0]["finding_counts"].as_array().unwrap();
        counts.iter().map(|count| count["id"].as_str().unwrap()).collect()
    }

    /// The outcome and the exit code.
    pub fn told(&self) -> (&str, i32) {
        (self.result["outcome"].as_str().unwrap(), self.code.unwrap())
    }

    pub fn fact(&self, name: &str) -> &Value {
        &self.result["archives"][0]["facts"][name]
    }
}

/// Writes messages with what archivers find hard and returns how many files there are.
fn write_mail(folder: &Path, longest: usize) -> u64 {
    let split = format!("{}/{}/", "d".repeat(60), "e".repeat(60));
    let deep = format!("{split}{split}");
    let names = [
        "inbox/1.eml".to_owned(),
        "inbox/with two  spaces.eml".to_owned(),
        "inbox/Grüße caffè 漢字 ✉.eml".to_owned(),
        "inbox/back\\slash.eml".to_owned(),
        "inbox/'quoted' \"twice\" [x]*.eml".to_owned(),
        "top level.eml".to_owned(),
        format!("{}.eml", "b".repeat(94)),
        format!("{}.eml", "c".repeat(96)),
        format!("{}{}.eml", &split[..61], "f".repeat(90)),
        format!("{split}{}.eml", "g".repeat(90)),
        format!("inbox/{}.eml", "h".repeat(200)),
        format!("{deep}{}.eml", "é".repeat(80)),
    ];
    let mut files = 4;
    // The prefix `./` counts.
    for name in names.iter().filter(|name| fits(name, longest - 2)) {
        put(folder, name, format!("Subject: {files}\r\n\r\n{name}\r\n").as_bytes());
        files += 1;
    }
    put(folder, "inbox/empty.eml", b"");
    put(folder, "sent/large.eml", &attachment(3 << 20));
    put(folder, "sent/first.eml", &attachment(70_001));
    fs::hard_link(folder.join("sent/first.eml"), folder.join("sent/second.eml")).unwrap();
    files
}

/// Whether a format with this limit holds `name`; a file name alone never has more than 100 bytes in old formats.
fn fits(name: &str, longest: usize) -> bool {
    let last = name.rsplit('/').next().unwrap().len();
    name.len() <= longest && (longest > USTAR || last <= 98)
}

fn put(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// As compressible as an encoded attachment.
fn attachment(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().finalize_xof().read_exact(&mut bytes).unwrap();
    bytes.iter().map(|byte| b'A' + byte % 32).collect()
}
