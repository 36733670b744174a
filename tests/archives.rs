//! The damage matrix through the real S3 path: each situation ends in its findings, its outcome, its exit code.

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::damage::{self, Damage, Specimen};
use mailproof::demo::server::{Fault, Keeping, Operation, Seen, Server, Times};
use mailproof::event::Silent;
use mailproof::exit;
use mailproof::policy::{Bytes, Policy};
use mailproof::verdict::Outcome;
use mailproof::verify::{self, Cancel, Job, RunResult};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::support;

const BUCKET: &str = "backups";

/// A store, a key and a sound archive to damage.
struct Bench {
    server: Server,
    specimen: Specimen,
    folder: TempDir,
    policy: Policy,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let server = Server::start().unwrap();
        server.create_bucket(BUCKET, Keeping::Latest);
        let specimen = Specimen::new(7).unwrap();
        let folder = support::folder();
        let mut policy = support::policy(&server, BUCKET, folder.path());
        let key = support::secret_file(folder.path(), "key.txt", specimen.identity().expose_secret());
        policy.keys.identities = vec![key];
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { server, specimen, folder, policy, runtime }
    }

    fn verify(&self, damage: &Damage) -> RunResult {
        let case = damage.make(&self.specimen).unwrap();
        case.store(&self.server, BUCKET, damage.name);
        let mut policy = self.policy.clone();
        case.adjust(&mut policy);
        self.run(&policy, damage.name)
    }

    fn run(&self, policy: &Policy, key: &str) -> RunResult {
        let keyring = Keyring::load(&policy.keys, Some(self.folder.path())).unwrap();
        let cancel = Cancel::default();
        let handle = self.runtime.handle();
        let job = Job { policy, keyring: &keyring, runtime: handle, cancel: &cancel, live: None };
        let addresses = [format!("s3://{BUCKET}/{key}")];
        let store = policy.store.clone().unwrap();
        let selection = handle.block_on(verify::named(&addresses, &store, None)).unwrap();
        verify::run(&job, selection, &Silent)
    }
}

/// What is wrong with the result of one situation.
fn complaint(damage: &Damage, run: &RunResult) -> Option<String> {
    let archive = &run.archives[0];
    let found: Vec<_> = archive.findings.counts().map(|(kind, _)| kind.id).collect();
    let missing: Vec<_> =
        damage.findings.iter().filter(|kind| !found.contains(&kind.id)).map(|kind| kind.id).collect();
    let allowed = damage.outcome != Outcome::Passed
        || found.iter().all(|id| damage.findings.iter().any(|kind| kind.id == *id));
    let code = match damage.outcome {
        Outcome::Passed => exit::PASSED,
        Outcome::NotVerified => exit::NOT_VERIFIED,
        Outcome::Failed => exit::FAILED,
    };
    let fits = missing.is_empty() && allowed && run.outcome == damage.outcome && run.exit_code == code;
    (!fits).then(|| {
        format!(
            "{}: expected {} with {:?}, got {} (exit {}) with {found:?}, {:?}, {:?}",
            damage.name,
            damage.outcome,
            damage.findings.iter().map(|kind| kind.id).collect::<Vec<_>>(),
            run.outcome,
            run.exit_code,
            archive.troubles,
            archive.standings,
        )
    })
}

#[test]
fn every_damage_ends_in_its_findings_outcome_and_exit_code() {
    let bench = Bench::new();
    let mut complaints = Vec::new();
    let mut situations = 0;
    for damage in damage::matrix() {
        situations += 1;
        let run = bench.verify(damage);
        complaints.extend(complaint(damage, &run));
    }
    assert!(situations >= 40, "only {situations} situations");
    assert!(complaints.is_empty(), "{} of {situations}:\n{}", complaints.len(), complaints.join("\n"));
}

fn found(run: &RunResult) -> Vec<&'static str> {
    run.archives[0].findings.counts().map(|(kind, _)| kind.id).collect()
}

#[test]
fn a_manifest_beside_that_is_too_large_is_not_read() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "x", bench.specimen.archive().to_vec());
    let mut policy = bench.policy.clone();
    policy.limits.manifest_size = Bytes(1_000_000);
    for key in ["x.b3", "x.b3.age"] {
        bench.server.clear();
        bench.server.put(BUCKET, key, vec![b'x'; 1_000_001]);
        let run = bench.run(&policy, "x");
        assert_eq!((run.outcome, found(&run)), (Outcome::Failed, vec!["limit-manifest-size"]), "{key}");
        let finding = run.archives[0].findings.iter().next().unwrap();
        assert_eq!((finding.subject.as_str(), finding.observed.as_str()), (key, "1000001 bytes"));
        let read = |seen: &&Seen| seen.operation == Operation::Get && seen.key == key;
        assert_eq!(bench.server.seen().iter().filter(read).count(), 0);
        bench.server.delete(BUCKET, key);
    }
    bench.server.put(BUCKET, "x.b3", vec![b'x'; 1_000_000]);
    assert!(!found(&bench.run(&policy, "x")).contains(&"limit-manifest-size"));
}

/// What could not be looked at is no contradiction to the manifest in the archive.
#[test]
fn a_manifest_beside_that_breaks_off_leaves_the_archive_unverified() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "x", bench.specimen.archive().to_vec());
    bench.server.put(BUCKET, "x.b3", bench.specimen.manifest());
    let denied = Fault::Refuse { operation: Operation::Get, status: 403 };
    bench.server.inject("x.b3", Fault::CutBody { after: 200 }, Times::First(1));
    bench.server.inject("x.b3", denied, Times::Always);
    let run = bench.run(&bench.policy, "x");
    assert_eq!((run.outcome, found(&run)), (Outcome::NotVerified, vec![]));
    assert_eq!(run.archives[0].troubles[0].stage, "manifest");
}

/// What came of it, however much, is not the manifest that stood there.
#[test]
fn a_manifest_beside_that_is_overwritten_meanwhile_is_to_be_read_again() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "x", bench.specimen.archive().to_vec());
    // The lines that come are those of all that is in the archive.
    let lost = format!("{}  lost.eml\n", blake3::hash(b"lost"));
    let manifest = [bench.specimen.manifest(), lost].concat();
    for after in [200, manifest.len() as u64 - 10] {
        bench.server.put(BUCKET, "x.b3", manifest.clone());
        bench.server.inject("x.b3", Fault::Overwrite { after }, Times::First(1));
        let run = bench.run(&bench.policy, "x");
        assert_eq!(
            (run.outcome, found(&run)),
            (Outcome::NotVerified, vec!["storage-object-changed"]),
            "{after}"
        );
        let finding = run.archives[0].findings.iter().next().unwrap();
        assert_eq!(finding.subject, "x.b3");
        assert!(finding.remedy.contains("verify again"), "{}", finding.remedy);
    }
}
