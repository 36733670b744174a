//! What laws and standards ask, and what the records of real runs answer.

mod files;
mod gaps;
mod reviews;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailproof::evidence::PublicKey;
use serde_json::Value;

use crate::evidence::{allowed_signers, key_file, public};
use crate::program::{self, Ended, json, run};
use crate::rehearse::Scene;

/// A chain of real runs: a verification and a rehearsal with targets, against live mailboxes, signed by key 1.
struct House {
    scene: Scene,
}

impl House {
    fn new() -> Self {
        let scene = Scene::new();
        key_file(&scene.bench.path(""), 1);
        let live = scene.live();
        let more = format!("{live}[sample]\nnumber = 10\n[evidence]\nkey_file = './key-1.pem'\n");
        scene.policy(&more, "rto = '4h'\nrpo = '26h'");
        Self { scene }
    }

    /// A chain that a verification and a rehearsal began.
    fn begun() -> Self {
        let house = Self::new();
        assert_eq!(house.verify("meaningful").code, Some(0));
        assert_eq!(house.rehearse().code, Some(0));
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scene.bench.path(name)
    }

    fn verify(&self, rung: &str) -> Ended {
        self.verify_file(rung, &self.scene.archive)
    }

    fn verify_file(&self, rung: &str, archive: &Path) -> Ended {
        let mut verify = self.scene.bench.command("verify");
        run(verify.args(["--policy", "rehearsal.toml", "--rung", rung]).arg(archive))
    }

    /// A run that fails: half an archive.
    fn fail(&self) {
        let half = self.path("half.tar.zst.age");
        let whole = fs::read(&self.scene.archive).unwrap();
        fs::write(&half, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(self.verify_file("complete", &half).code, Some(10));
    }

    fn rehearse(&self) -> Ended {
        let mut rehearse = self.scene.bench.command("rehearse");
        run(rehearse.args(["--policy", "rehearsal.toml"]).arg(&self.scene.archive))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.scene.bench.command("evidence");
        command.args(arguments);
        command
    }

    fn evidence(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments))
    }

    /// What `evidence gaps` says as JSON, trusting key 1.
    fn gaps(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let trust = allowed_signers(&self.path(""), &[1]);
        let mut command = self.command(&["gaps", "--policy", "rehearsal.toml", "--json"]);
        let ended = run(command.args(arguments).arg("--trust").arg(trust));
        let result = json(&ended.stdout);
        program::fits(&result, "gaps");
        (ended.code, result)
    }

    fn sign_off(&self, record: &str) -> Ended {
        self.evidence(&[
            "sign-off",
            record,
            "--policy",
            "rehearsal.toml",
            "--by",
            "Anna",
            "--role",
            "IT manager",
            "--note",
            "RTO met.",
        ])
    }

    fn holds(&self) -> bool {
        let trust = allowed_signers(&self.path(""), &[1]);
        let mut verify = self.command(&["verify", "records", "--trust"]);
        run(verify.arg(trust)).code == Some(0)
    }

    /// How many records there are.
    fn count(&self) -> usize {
        self.scene.bench.kept().len()
    }
}

fn key() -> PublicKey {
    public(1)
}

/// The state of each requirement, by its id.
fn states(gaps: &Value) -> Vec<(&str, &str)> {
    let frameworks = gaps["frameworks"].as_array().unwrap().iter();
    let requirements = frameworks.flat_map(|framework| framework["requirements"].as_array().unwrap());
    requirements.map(|asked| (asked["id"].as_str().unwrap(), asked["state"].as_str().unwrap())).collect()
}

fn requirement<'a>(gaps: &'a Value, id: &str) -> &'a Value {
    let mut frameworks = gaps["frameworks"].as_array().unwrap().iter();
    let found = frameworks.find_map(|framework| {
        framework["requirements"].as_array().unwrap().iter().find(|asked| asked["id"] == id)
    });
    found.unwrap_or_else(|| panic!("{id}: {gaps:#}"))
}
