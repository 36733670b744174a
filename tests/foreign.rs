//! Archives that others made, through the real binary, held to the way they would be restored by hand.
//!
//! Each archive is packed by a shell with the tools people use. mailproof must pass it, and so must
//! `age -d | zstd -d | tar -x` into a fresh folder with `b3sum --check` behind it. Of damaged archives the two may
//! judge differently in one direction only: mailproof notices more.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
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
const V7: usize = 99;
/// Longest path that the format `ustar` holds, where it can be split.
const USTAR: usize = 255;
/// Longer than any path here.
const ANY: usize = 4096;

/// A folder of mail, a key, and one archive at a time.
struct Bench {
    root: TempDir,
    recipient: String,
    files: u64,
}

/// How an archive is opened, by mailproof and by hand.
#[derive(Clone, Copy)]
struct Way {
    /// What mailproof is told beside the archive's name.
    arguments: &'static [&'static str],
    /// Decrypts stdin.
    open: &'static str,
    /// Decompresses stdin.
    expand: &'static str,
    /// Compares the restored folder with the manifest.
    check: &'static str,
}

const USUAL: Way = Way {
    arguments: &["-i", "./key.txt"],
    open: r#"age -d -i "$ROOT/key.txt""#,
    expand: "zstd -dq --long=31",
    check: "b3sum --check --quiet MANIFEST.b3",
};

/// What mailproof said.
struct Verdict {
    code: Option<i32>,
    result: Value,
}

impl Bench {
    /// Writes the mail; paths are at most `longest` bytes long.
    fn new(longest: usize) -> Self {
        let root = support::folder();
        let key = String::from_utf8(support::output(&mut tool("age-keygen"))).unwrap();
        let recipient = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
        secret_file(root.path(), "key.txt", &key);
        secret_file(root.path(), "passphrase.txt", PASSPHRASE);
        let files = write_mail(&root.path().join("mail"), longest);
        Self { root, recipient, files }
    }

    fn path(&self, name: &str) -> PathBuf {
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
        assert!(!missing, "{script}: {said}; tests/run installs what is missing");
        output
    }

    /// Makes the archive.
    fn pack(&self, script: &str) {
        let Output { status, stderr, .. } = self.shell("mail", script);
        assert!(status.success(), "{script} ended with {status}: {}", String::from_utf8_lossy(&stderr));
    }

    /// Restores by hand into a fresh folder and says whether everything was as the manifest states.
    fn restores(&self, way: &Way) -> Result<(), String> {
        let folder = self.path("restored");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        let Way { open, expand, check, .. } = way;
        let script = format!(r#"{open} < "$X" > ../opened; {expand} < ../opened | tar -x; {check}"#);
        let Output { status, stdout, stderr } = self.shell("restored", &script);
        let said = [stdout, stderr].concat();
        if status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) }
    }

    fn verify(&self, arguments: &[&str]) -> Verdict {
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
    fn proves(&self, pack: &str, way: &Way) -> Verdict {
        for beside in ["x", "x.b3", "x.b3.age", "mail/MANIFEST.b3"] {
            let _ = fs::remove_file(self.path(beside));
        }
        self.pack(pack);
        self.restores(way).unwrap_or_else(|said| panic!("{pack}: can't be restored by hand: {said}"));
        let verdict = self.verify(way.arguments);
        let archive = &verdict.result["archives"][0];
        let counts = (&archive["coverage"]["checked"], &archive["coverage"]["total"]);
        let files = Value::from(self.files);
        assert_eq!(verdict.code, Some(0), "{pack}: {archive:#}");
        assert_eq!(verdict.result["outcome"], "passed", "{pack}: {archive:#}");
        assert_eq!((&archive["outcome"], &archive["rung"]), (&"passed".into(), &"complete".into()), "{pack}");
        assert_eq!(counts, (&files, &files), "{pack}: {archive:#}");
        assert_eq!(verdict.found(), [""; 0], "{pack}: {archive:#}");
        verdict
    }
}

impl Verdict {
    /// The kinds of findings.
    fn found(&self) -> Vec<&str> {
        let counts = self.result["archives"][0]["finding_counts"].as_array().unwrap();
        counts.iter().map(|count| count["id"].as_str().unwrap()).collect()
    }

    fn passed(&self) -> bool {
        self.result["outcome"] == "passed"
    }

    fn fact(&self, name: &str) -> &Value {
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

#[test]
#[ignore = "needs GNU tar, zstd, age and b3sum: tests/run installs them"]
fn archives_of_gnu_tar_pass() {
    for (longest, formats) in
        [(V7, &["v7"][..]), (USTAR, &["ustar"]), (ANY, &["oldgnu", "gnu", "posix", "pax --sort=name"])]
    {
        let bench = Bench::new(longest);
        for format in formats {
            bench.proves(&format!("put_manifest; tar --format={format} -c . | zstd -q | seal"), &USUAL);
            bench.proves(&format!("put_manifest; tar --format={format} -c -- * | zstd -q | seal"), &USUAL);
        }
    }
}

#[test]
#[ignore = "needs bsdtar, zstd, age and b3sum: tests/run installs them"]
fn archives_of_bsdtar_pass() {
    for (longest, formats) in [(V7, &["v7"][..]), (USTAR, &["ustar"]), (ANY, &["pax", "paxr", "gnutar"])] {
        let bench = Bench::new(longest);
        for format in formats {
            bench.proves(&format!("put_manifest; bsdtar --format {format} -cf - . | zstd -q | seal"), &USUAL);
            bench.proves(
                &format!("put_manifest; bsdtar --format {format} -cf - -- * | zstd -q | seal"),
                &USUAL,
            );
        }
    }
}

#[test]
#[ignore = "needs python3, zstd, age and b3sum: tests/run installs them"]
fn archives_of_python_pass() {
    for (longest, format) in [(USTAR, "USTAR"), (ANY, "GNU"), (ANY, "PAX")] {
        let bench = Bench::new(longest);
        for names in ["['.']", "sorted(os.listdir('.'))"] {
            let open =
                format!("tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile.{format}_FORMAT)");
            let write = format!(
                "import os, sys, tarfile\nwith {open} as archive:\n for name in {names}: archive.add(name)"
            );
            bench.proves(&format!("put_manifest; python3 -c \"{write}\" | zstd -q | seal"), &USUAL);
        }
    }
}

#[test]
#[ignore = "needs zstd, pzstd, gzip, age and b3sum: tests/run installs them"]
fn every_compression_passes() {
    let bench = Bench::new(ANY);
    let halves = |tool: &str| {
        format!(
            "tar -c . > \"$ROOT/t\"; {{ head -c 999999 \"$ROOT/t\" | {tool}; tail -c +1000000 \"$ROOT/t\" | {tool}; }}"
        )
    };
    for (expand, name, pack) in [
        ("zstd -dq", "zstd", "tar -c . | zstd -q -3".to_owned()),
        ("zstd -dq --long=27", "zstd", "tar -c . | zstd -q -19 --long=27".to_owned()),
        ("zstd -dq", "zstd", "tar -c . | zstd -q --no-check".to_owned()),
        ("zstd -dq", "zstd", "tar -c . | zstd -q -T2 --rsyncable --check".to_owned()),
        ("zstd -dq", "zstd", "tar -c . > \"$ROOT/t\"; zstd -qc \"$ROOT/t\"".to_owned()),
        ("zstd -dq", "zstd", "tar -c --zstd .".to_owned()),
        ("zstd -dq", "zstd", "tar -c . | pzstd -q -1 -p 2 -c".to_owned()),
        ("pzstd -dqc", "zstd", halves("pzstd -q -p 2 -c")),
        ("zstd -dq", "zstd", halves("zstd -q")),
        ("gzip -d", "gzip", "tar -c . | gzip".to_owned()),
        ("gzip -d", "gzip", "tar -cz .".to_owned()),
        ("gzip -d", "gzip", "tar -c . > \"$ROOT/t\"; gzip -9c \"$ROOT/t\"".to_owned()),
        ("gzip -d", "gzip", halves("gzip -1")),
        ("cat", "none", "tar -c .".to_owned()),
    ] {
        let verdict = bench.proves(&format!("put_manifest; {{ {pack}; }} | seal"), &Way { expand, ..USUAL });
        assert_eq!(verdict.fact("compression"), name, "{pack}");
    }
}

#[test]
#[ignore = "needs zstd, age and b3sum: tests/run installs them"]
fn a_window_of_one_gib_passes_where_the_policy_allows_it() {
    let bench = Bench::new(ANY);
    fs::write(bench.path("wide.toml"), "[limits]\nwindow_mib = 1024\n").unwrap();
    let arguments = &["-i", "./key.txt", "--policy", "./wide.toml"];
    bench.proves("put_manifest; tar -c . | zstd -q --long=30 | seal", &Way { arguments, ..USUAL });
    let verdict = bench.verify(USUAL.arguments);
    assert_eq!(verdict.found(), ["zstd-window-too-large"]);
    assert_eq!((verdict.code, &verdict.result["outcome"]), (Some(10), &"failed".into()));
    assert!(
        bench.restores(&Way { expand: "zstd -dq", ..USUAL }).is_err(),
        "zstd -d refuses it by itself, too"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, zstd and b3sum: tests/run installs them"]
fn every_kind_of_recipient_passes() {
    let bench = Bench::new(ANY);
    bench.pack(
        r#"cd "$ROOT"
        ssh-keygen -q -t ed25519 -N '' -f ed25519; ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
        ssh-keygen -q -t rsa -b 3072 -m PEM -N '' -f pem
        age-keygen -o other.txt 2> other.pub; sed -n 's/Public key: //p' other.pub > recipients
        cat rsa.pub ed25519.pub >> recipients; echo "$RECIPIENT" >> recipients"#,
    );
    let opening = |arguments, open| Way { arguments, open, ..USUAL };
    let ed25519 = opening(&["-i", "./ed25519"], r#"age -d -i "$ROOT/ed25519""#);
    let rsa = opening(&["-i", "./rsa"], r#"age -d -i "$ROOT/rsa""#);
    let pem = opening(&["-i", "./pem"], r#"age -d -i "$ROOT/pem""#);
    let pack = |with: &str| format!(r#"put_manifest; tar -c . | zstd -q | age {with} > "$X""#);
    for (with, way, encryption) in [
        (r#"-r "$RECIPIENT""#, &USUAL, "age"),
        (r#"-a -r "$RECIPIENT""#, &USUAL, "age-armored"),
        (r#"-R "$ROOT/ed25519.pub""#, &ed25519, "age"),
        (r#"-a -R "$ROOT/ed25519.pub""#, &ed25519, "age-armored"),
        (r#"-R "$ROOT/rsa.pub""#, &rsa, "age"),
        (r#"-R "$ROOT/pem.pub""#, &pem, "age"),
        (r#"-R "$ROOT/recipients""#, &USUAL, "age"),
        (r#"-R "$ROOT/recipients""#, &ed25519, "age"),
        (r#"-R "$ROOT/recipients""#, &rsa, "age"),
    ] {
        let verdict = bench.proves(&pack(with), way);
        assert_eq!(verdict.fact("encryption"), encryption, "{with}");
    }
}

#[test]
#[ignore = "needs age, script, zstd and b3sum: tests/run installs them"]
fn passphrases_of_archives_and_of_identity_files_pass() {
    let bench = Bench::new(ANY);
    let typed =
        r#"put_manifest; tar -c . | zstd -q > "$ROOT/packed"; typed "age -p ARMOR -o $X $ROOT/packed""#;
    let open = r#"cat > "$ROOT/sealed"; typed "age -d -o $ROOT/clear $ROOT/sealed" >&2; cat "$ROOT/clear""#;
    let arguments = &["--passphrase-file", "./passphrase.txt"];
    bench.proves(&typed.replace("ARMOR", ""), &Way { arguments, open, ..USUAL });
    bench.proves(&typed.replace("ARMOR", "-a"), &Way { arguments, open, ..USUAL });
    for armor in ["", "-a"] {
        bench.pack(&format!(r#"typed "age -p {armor} -o $ROOT/locked.txt $ROOT/key.txt""#));
        fs::set_permissions(bench.path("locked.txt"), fs::Permissions::from_mode(0o600)).unwrap();
        let arguments = &["-i", "./locked.txt", "--passphrase-file", "./passphrase.txt"];
        bench.proves("put_manifest; tar -c . | zstd -q | seal", &Way { arguments, ..USUAL });
    }
}

#[test]
#[ignore = "needs rage: cargo install rage"]
fn archives_sealed_by_rage_pass() {
    let bench = Bench::new(ANY);
    let open = r#""${RAGE:-rage}" -d -i "$ROOT/key.txt""#;
    for armor in ["", "-a"] {
        let pack =
            format!(r#"put_manifest; tar -c . | zstd -q | "${{RAGE:-rage}}" {armor} -r "$RECIPIENT" > "$X""#);
        bench.proves(&pack, &USUAL);
        bench.proves(&pack, &Way { open, ..USUAL });
    }
}

#[test]
#[ignore = "needs b3sum, GNU tar, zstd and age: tests/run installs them"]
fn manifests_in_every_place_and_order_pass() {
    let bench = Bench::new(ANY);
    let orders = [
        "manifest",
        "manifest | sort -r",
        "manifest | sort -R",
        "manifest | sed 's,  ./,  ,'",
        "files | tr '\\n' '\\0' | xargs -0 b3sum --",
        "files | tr '\\n' '\\0' | xargs -0 b3sum --tag --",
        "find . -type f -print0 ! -name MANIFEST.b3 | sort -z | cut -zc 3- | xargs -0 b3sum --",
    ];
    let beside = Way { check: r#"b3sum --check --quiet "$X.b3""#, ..USUAL };
    let sealed =
        Way { check: r#"age -d -i "$ROOT/key.txt" "$X.b3.age" > l; b3sum --check --quiet l"#, ..USUAL };
    for order in orders {
        let inside = format!(r#"{{ {order}; }} > "$ROOT/m"; mv "$ROOT/m" MANIFEST.b3"#);
        for (pack, way) in [
            (format!("{inside}; {{ echo MANIFEST.b3; files; }} | LIST | seal"), &USUAL),
            (format!("{inside}; {{ files; echo ./MANIFEST.b3; }} | LIST | seal"), &USUAL),
            (format!("{inside}; {{ files | sort; echo MANIFEST.b3; }} | LIST | seal"), &USUAL),
            (format!("{inside}; {{ files | sed 's,./,,'; echo MANIFEST.b3; }} | LIST | seal"), &USUAL),
            (format!(r#"{{ {order}; }} > "$X.b3"; tar -c . | zstd -q | seal"#), &beside),
            (format!(r#"{{ {order}; }} > "$X.b3"; tar -c -- * | zstd -q | seal"#), &beside),
            (
                format!(r#"{{ {order}; }} | age -r "$RECIPIENT" > "$X.b3.age"; tar -c . | zstd -q | seal"#),
                &sealed,
            ),
            (
                format!(
                    r#"{{ {order}; }} | age -a -r "$RECIPIENT" > "$X.b3.age"; tar -c . | zstd -q | seal"#
                ),
                &sealed,
            ),
        ] {
            bench.proves(&pack.replace("LIST", "tar -c --verbatim-files-from -T - | zstd -q"), way);
        }
    }
}
