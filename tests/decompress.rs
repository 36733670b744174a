//! Streams made by zstd, pzstd and gzip, unpacked by the stage.

use std::path::PathBuf;
use std::process::Command;

use mailproof::archive::decompress::{self, Compression, Decompressed};
use mailproof::archive::pipe::{PipeReader, Stop, pipe};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

struct Bench {
    folder: tempfile::TempDir,
}

struct Unpacked {
    result: Result<Decompressed, Stop>,
    hash: blake3::Hash,
    findings: Findings,
}

impl Bench {
    /// A folder with a file `plain` of 12 MB of text.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = (0_u64..400_000).map(|n| format!("{:x} line {n} of a mail\n", n * 0x9E37_79B9));
        std::fs::write(folder.path().join("plain"), lines.collect::<String>()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn shell(&self, script: &str) -> String {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.folder.path())
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn unpack(&self, name: &str, limits: &Limits) -> Unpacked {
        let packed = std::fs::read(self.path(name)).unwrap();
        let (pieces, input) = pipe(packed.len() / 100_000 + 2);
        for piece in packed.chunks(100_000) {
            pieces.send(piece.to_vec()).unwrap();
        }
        pieces.finish(&Ok(()));
        let (output, mut plain) = pipe(1000);
        let mut findings = Findings::default();
        let result = decompress::run(PipeReader::new(input), &output, limits, &mut findings);
        output.finish(&result);
        let mut hasher = blake3::Hasher::new();
        while let Ok(Some(buffer)) = plain.receive() {
            hasher.update(&buffer);
        }
        Unpacked { result, hash: hasher.finalize(), findings }
    }

    /// Makes `packed` with `script` and unpacks it; the content must be that of `plain` as b3sum sees it.
    fn comes_back(&self, script: &str, limits: &Limits) -> Compression {
        self.shell(script);
        let unpacked = self.unpack("packed", limits);
        assert!(unpacked.findings.is_empty(), "{script}: {:?}", unpacked.findings);
        let expected = self.shell("b3sum --no-names plain");
        assert_eq!(unpacked.hash.to_string(), expected.trim(), "{script}");
        unpacked.result.unwrap().compression
    }

    fn finding(&self, script: &str) -> &'static str {
        self.shell(script);
        let unpacked = self.unpack("packed", &Limits::default());
        assert!(matches!(unpacked.result, Err(Stop::Finding)), "{script}");
        unpacked.findings.iter().next().unwrap().kind.id
    }
}

#[test]
#[ignore = "needs zstd and b3sum: tests/run installs them"]
fn frames_of_zstd_come_back() {
    let bench = Bench::new();
    let limits = Limits::default();
    let one = |checksummed| Compression::Zstd { frames: 1, checksummed, skippable: 0 };
    assert_eq!(bench.comes_back("zstd -19 --long=27 -T0 -c plain >packed", &limits), one(1));
    assert_eq!(bench.comes_back("zstd -3 <plain >packed", &limits), one(1));
    assert_eq!(bench.comes_back("zstd --no-check -c plain >packed", &limits), one(0));
    assert_eq!(bench.comes_back("zstd -1 --rsyncable -T2 <plain >packed", &limits), one(1));
    let appended = "split -n 3 plain part.; for p in part.*; do zstd -qc $p; done >packed";
    let three = Compression::Zstd { frames: 3, checksummed: 3, skippable: 0 };
    assert_eq!(bench.comes_back(appended, &limits), three);
}

#[test]
#[ignore = "needs pzstd and b3sum: tests/run installs them"]
fn frames_of_pzstd_come_back() {
    let bench = Bench::new();
    let compression = bench.comes_back("pzstd -p 2 -q -c plain >packed", &Limits::default());
    let Compression::Zstd { frames, skippable, .. } = compression else { panic!("{compression:?}") };
    assert!(frames > 1 && skippable == frames, "{compression:?}");
}

#[test]
#[ignore = "needs zstd and b3sum: tests/run installs them"]
fn a_window_of_a_gibibyte_needs_the_policys_consent() {
    let bench = Bench::new();
    let script = "zstd -1 --long=30 <plain >packed";
    assert_eq!(bench.finding(script), "zstd-window-too-large");
    bench.comes_back(script, &Limits { window_mib: 1024, ..Limits::default() });
}

#[test]
#[ignore = "needs zstd: tests/run installs it"]
fn a_dictionary_is_found_to_be_missing() {
    let bench = Bench::new();
    let script = "split -l 500 plain part.; zstd -q --train part.* -o dictionary; zstd -q -D dictionary -c part.aa >packed";
    assert_eq!(bench.finding(script), "zstd-dictionary-needed");
}

#[test]
#[ignore = "needs gzip and b3sum: tests/run installs them"]
fn members_of_gzip_come_back() {
    let bench = Bench::new();
    let limits = Limits::default();
    let one = Compression::Gzip { members: 1 };
    assert_eq!(bench.comes_back("gzip -9 -c plain >packed", &limits), one);
    assert_eq!(bench.comes_back("gzip -1 <plain >packed; head -c 3000 /dev/zero >>packed", &limits), one);
    let appended = "split -n 4 plain part.; for p in part.*; do gzip -c $p; done >packed";
    assert_eq!(bench.comes_back(appended, &limits), Compression::Gzip { members: 4 });
}

#[test]
#[ignore = "needs zstd and gzip: tests/run installs them"]
fn what_a_broken_job_leaves_is_named() {
    let bench = Bench::new();
    assert_eq!(bench.finding("zstd -c plain >all; head -c 1000000 all >packed"), "zstd-truncated");
    assert_eq!(bench.finding("(zstd -c plain; echo done) >packed"), "zstd-trailing-data");
    assert_eq!(bench.finding("gzip -c plain >all; head -c 1000000 all >packed"), "gzip-truncated");
    assert_eq!(bench.finding("(gzip -c plain; echo done) >packed"), "gzip-trailing-data");
}
