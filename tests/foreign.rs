//! Archives that others made, through the real binary, held to the way they would be restored by hand.
//!
//! Each archive is packed by a shell with the tools people use. mailproof must pass it, and so must
//! `age -d`, `zstd -d` and `tar -x` into a fresh folder with `b3sum --check` behind them.

mod bench;
mod damages;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bench::{ANY, Bench, USTAR, USUAL, V7, Way};

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
    assert_eq!(verdict.told(), ("failed", 10));
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
        "find . -type f ! -name MANIFEST.b3 -print0 | sort -z | cut -zc 3- | xargs -0 b3sum --",
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

#[test]
#[ignore = "needs b3sum, GNU tar, bsdtar, zstd and age: tests/run installs them"]
fn a_folder_that_is_packed_from_outside_passes_with_a_manifest_beside() {
    let bench = Bench::new(ANY);
    let beside = Way { check: r#"b3sum --check --quiet "$X.b3""#, ..USUAL };
    for name in ["mail", "./mail", "mail/"] {
        for tar in ["tar -c --sort=name", "tar -b 1 -c", "tar -b 2048 -c", "bsdtar -cf -"] {
            let list = format!(r#"find {name} -type f -print0 | xargs -0 b3sum -- > "$X.b3""#);
            bench.proves(&format!("cd ..; {list}; {tar} {name} | zstd -q | seal"), &beside);
        }
    }
}
